/* Disabling and enabling a registration: facts and verdicts, and the words of RISC 1.0 2.3. */
#include <criterion/criterion.h>

#include "idp/rules/account.h"

Test(account, is_changed_only_when_there_is_one_and_it_is_not_so_already)
{
    static const struct {
        const char *why;
        struct account_facts facts;
        enum account_verdict verdict;
    } rows[] = {
        {"nobody, or several", {.found = false}, ACCOUNT_UNKNOWN},
        {"nobody, to enable", {.found = false, .enable = true}, ACCOUNT_UNKNOWN},
        {"it is disabled", {.found = true, .disabled = true}, ACCOUNT_ALREADY},
        {"it is not disabled", {.found = true, .enable = true}, ACCOUNT_ALREADY},
        {"to disable", {.found = true}, ACCOUNT_GO},
        {"to enable", {.found = true, .disabled = true, .enable = true}, ACCOUNT_GO},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(account_decide(&rows[i].facts), rows[i].verdict, "%s", rows[i].why);
}

Test(account, tells_services_the_two_reasons_that_risc_knows_and_no_other)
{
    enum account_reason r;

    cr_expect_not(account_reason_of(&r, VIEW("because")));
    cr_expect_not(account_reason_of(&r, VIEW("")));
    cr_expect_null(account_reason_told(ACCOUNT_REQUEST));
    cr_expect_null(account_reason_told(ACCOUNT_ORDER));
    cr_expect_null(account_reason_told(ACCOUNT_OTHER));
    cr_expect_str_eq(account_reason_told(ACCOUNT_HIJACKING), "hijacking");
    cr_expect_str_eq(account_reason_told(ACCOUNT_BULK_ACCOUNT), "bulk-account");
    for (enum account_reason i = 0; i < ACCOUNT_REASONS; i++)
        cr_expect(account_reason_of(&r, view_text(account_reason_name(i))) && r == i);
}
