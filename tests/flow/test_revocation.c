/* Revocation unknown means no login, with a page that says whose fault it is. */
#include <criterion/criterion.h>

#include "tests/lib/stage.h"

Test(revocation, a_responder_that_is_down_means_no)
{
    static const struct provider_options OCSP_ONLY = {.revocation = "ocsp = on\n ocsp_timeout = 1\n"};
    struct provider genkan;
    struct service a_city;
    struct resident hanako;
    provider_open(&genkan, &OCSP_ONLY);
    service_open_a(&a_city, &genkan);
    resident_open(&hanako, &genkan, "residents/hanako");
    cr_assert(browser_get(&hanako.browser, service_begin(&a_city, NULL)));
    cr_assert(resident_goes_to(&hanako, AT_CARD_START));
    cr_assert(resident_uses_card(&hanako, NULL));
    IS_AT(&hanako.browser, AT_CARD_PROBLEM);
    cr_assert(browser_has_form(&hanako.browser, "/login/card"), "she may try again");
    cr_assert_eq(provider_number(&genkan, "SELECT count(*) FROM session"), 0);
    resident_close(&hanako);
    service_close(&a_city);
    provider_close(&genkan);
}

Test(revocation, a_list_that_has_run_out_means_no)
{
    struct stage s;
    stage_open(&s);
    provider_pass(&s.genkan, 200LL * 24 * 3600);
    cr_assert(browser_get(&s.hanako.browser, service_begin(&s.a_city, NULL)));
    cr_assert(resident_goes_to(&s.hanako, AT_CARD_START));
    cr_assert(resident_uses_card(&s.hanako, NULL));
    IS_AT(&s.hanako.browser, AT_CARD_PROBLEM);
    cr_assert_eq(provider_number(&s.genkan, "SELECT count(*) FROM session"), 0);
    stage_close(&s);
}
