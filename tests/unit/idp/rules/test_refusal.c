#include <criterion/criterion.h>

#include "idp/rules/client.h"
#include "idp/rules/refusal.h"

Test(refusal, has_a_complete_row_for_every_reason)
{
    for (enum refusal r = REFUSAL_NONE + 1; r < REFUSAL_COUNT; r++) {
        const struct refusal_row *row = refusal_row(r);
        cr_expect(row->reason && *row->reason, "%d has no reason", r);
        cr_expect(row->paragraph && *row->paragraph, "%d cites nothing", r);
        cr_expect(row->error || r == REFUSAL_BEARER_MISSING, "%d has no error", r);
        cr_expect_geq(row->status, 300);
    }
}

Test(refusal, says_nothing_that_error_description_may_not_say)
{
    for (enum refusal r = REFUSAL_NONE + 1; r < REFUSAL_COUNT; r++)
        for (const char *c = refusal_row(r)->reason; *c; c++)
            cr_expect(*c >= 0x20 && *c <= 0x7E && *c != '"' && *c != '\\', "RFC 6749 5.2: %d", r);
}

Test(refusal, never_redirects_for_an_unknown_client_or_address)
{
    cr_expect_eq(refusal_row(REFUSAL_CLIENT_MISSING)->tell, TELL_PAGE, "RFC 6749 4.1.2.1");
    cr_expect_eq(refusal_row(REFUSAL_CLIENT_UNKNOWN)->tell, TELL_PAGE);
    cr_expect_eq(refusal_row(REFUSAL_REDIRECT_MISSING)->tell, TELL_PAGE);
    cr_expect_eq(refusal_row(REFUSAL_REDIRECT_UNKNOWN)->tell, TELL_PAGE);
}

Test(refusal, answers_a_failed_client_with_401)
{
    cr_expect_eq(refusal_row(REFUSAL_CLIENT_AUTH_FAILED)->status, 401, "RFC 6749 5.2");
    cr_expect_str_eq(refusal_row(REFUSAL_CLIENT_AUTH_FAILED)->error, "invalid_client");
}

Test(client, has_no_address_when_nothing_is_sent)
{
    struct client c = {.id = VIEW("a")};
    struct view none[] = {{NULL, 0}};

    cr_expect_not(client_has_redirect(&c, VIEW("https://a.example/")));
    c.redirect_uris = c.logout_uris = none;
    c.redirect_count = c.logout_count = 1;
    cr_expect_not(client_has_redirect(&c, VIEW_NONE), "absent equals nothing");
    cr_expect_not(client_has_logout_redirect(&c, VIEW_NONE));
}
