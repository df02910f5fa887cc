#include <criterion/criterion.h>

#include "idp/rules/response_mode.h"

Test(response_mode, knows_no_other_names)
{
    static const char *const none[] = {"",          "QUERY",          "Form_Post", "token",
                                       "jwt.query", ".jwt",           "query.",    "query.jwt.jwt",
                                       "postmsg",   "query,fragment", "query ",    "form-post"};
    enum response_mode mode;

    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        cr_expect_not(response_mode_read(&mode, view_text(none[i])), "%s", none[i]);
}

Test(response_mode, reads_every_name_that_it_offers_and_is_query_without_one)
{
    enum response_mode mode;

    for (size_t i = 0; response_mode_names[i]; i++)
        cr_expect(response_mode_read(&mode, view_text(response_mode_names[i])), "%s", response_mode_names[i]);
    cr_expect(response_mode_read(&mode, VIEW_NONE));
    cr_expect_eq(mode, RESPONSE_QUERY, "Multiple Response Types 2.1");
}

Test(response_mode, goes_under_the_jwt_as_without_it)
{
    static const struct {
        const char *name;
        enum response_mode way;
        bool jwt;
    } rows[] = {{"query", RESPONSE_QUERY, false},           {"fragment", RESPONSE_FRAGMENT, false},
                {"form_post", RESPONSE_FORM_POST, false},   {"jwt", RESPONSE_QUERY, true}, /* JARM 2.3.4 */
                {"query.jwt", RESPONSE_QUERY, true},        {"fragment.jwt", RESPONSE_FRAGMENT, true},
                {"form_post.jwt", RESPONSE_FORM_POST, true}};
    enum response_mode mode;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert(response_mode_read(&mode, view_text(rows[i].name)));
        cr_expect_eq(response_mode_way(mode), rows[i].way, "%s", rows[i].name);
        cr_expect_eq(response_mode_is_jwt(mode), rows[i].jwt, "%s", rows[i].name);
    }
}
