#include <criterion/criterion.h>

#include "idp/rules/acr.h"

Test(acr, is_met_raised_by_the_card_or_impossible)
{
    static const struct {
        const char *wanted;
        bool essential;
        const char *have;
        enum acr_verdict verdict;
    } rows[] = {
        {"aal4", true, "aal3", ACR_IMPOSSIBLE}, {"aal4 urn:x", true, NULL, ACR_IMPOSSIBLE},
        {"AAL3", true, "aal3", ACR_IMPOSSIBLE}, {"aal3", true, "aal2", ACR_LOGIN},
        {"aal3", false, "aal2", ACR_LOGIN},     {"aal3", true, NULL, ACR_LOGIN},
        {"aal4", false, "aal3", ACR_MET},       {"aal4 aal3", true, "aal3", ACR_MET},
        {"aal3", true, "aal3", ACR_MET},        {"", true, "aal3", ACR_MET},
        {NULL, true, "aal3", ACR_MET},          {NULL, false, NULL, ACR_MET},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(acr_decide(view_text(rows[i].wanted), rows[i].essential, view_text(rows[i].have)), rows[i].verdict,
                     "OIDC Core 5.5.1.1: %s of %s", rows[i].wanted, rows[i].have);
}
