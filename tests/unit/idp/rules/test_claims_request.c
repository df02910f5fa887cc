/* The parameter "claims" (OIDC Core 5.5). */
#include <criterion/criterion.h>

#include "idp/rules/authorization_request.h"
#include "idp/rules/claims_request.h"

static struct arena arena;

static void open_arena(void)
{
    arena_open(&arena, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&arena);
}

TestSuite(claims_request, .init = open_arena, .fini = close_arena);

static enum err read(struct claims_request *r, const char *text)
{
    return claims_request_read(r, &arena, view_text(text));
}

static struct claims_request good(const char *text)
{
    struct claims_request r;

    cr_assert_eq(read(&r, text), ERR_OK, "%s", text);
    return r;
}

static uint32_t bit(const char *field)
{
    return field_bit(field_find(view_text(field)));
}

Test(claims_request, is_json_of_the_right_form)
{
    static const char *const texts[] = {"",
                                        "[]",
                                        "null",
                                        "{\"userinfo\":null}",
                                        "{\"userinfo\":[]}",
                                        "{\"id_token\":\"name\"}",
                                        "{\"userinfo\":{\"name\":true}}",
                                        "{\"userinfo\":{\"name\":\"x\"}}",
                                        "{\"userinfo\":{\"unknown\":7}}",
                                        "{\"userinfo\":{\"name\":{\"essential\":\"true\"}}}",
                                        "{\"userinfo\":{\"name\":{\"values\":\"x\"}}}",
                                        "{\"userinfo\":{\"name\":{\"values\":[]}}}",
                                        "{\"userinfo\":{\"name\":null,\"name\":null}}",
                                        "{\"id_token\":{\"sub\":{\"value\":7}}}",
                                        "{\"id_token\":{\"sub\":{\"value\":\"\"}}}",
                                        "{\"id_token\":{\"acr\":{\"values\":[7]}}}",
                                        "{\"id_token\":{\"acr\":{\"value\":\"a b\"}}}",
                                        "{\"userinfo\":{}} x"};
    struct claims_request r;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect_eq(read(&r, texts[i]), ERR_SYNTAX, "OIDC Core 5.5: %s", texts[i]);
}

Test(claims_request, is_no_longer_than_its_limit)
{
    char *text = arena_alloc(&arena, CLAIMS_REQUEST_MAX + 2);
    struct claims_request r;

    memset(text, ' ', CLAIMS_REQUEST_MAX + 1);
    memcpy(text, "{}", 2);
    cr_expect_eq(read(&r, text), ERR_SYNTAX);
    text[CLAIMS_REQUEST_MAX] = 0;
    cr_expect_eq(read(&r, text), ERR_OK);
}

Test(claims_request, passes_over_what_is_not_known)
{
    struct claims_request r = good("{\"userinfo\":{\"nickname\":null,\"name#ja-Kana-JP\":{\"essential\":true},"
                                   "\"name\":{\"essential\":true,\"purpose\":7}},\"other\":[1]}");

    cr_expect_eq(r.userinfo.fields, bit("name"));
    cr_expect_eq(r.id_token.fields, 0);
}

Test(claims_request, keeps_the_two_places_apart)
{
    struct claims_request r =
        good("{\"userinfo\":{\"address\":null},\"id_token\":{\"age_over_65\":null,\"name\":null}}");

    cr_expect_eq(r.userinfo.fields, bit("address"));
    cr_expect_eq(r.id_token.fields, bit("name") | bit("age_over_65"));
}

Test(claims_request, that_is_absent_asks_for_nothing)
{
    struct claims_request r;
    struct view kept;

    cr_assert_eq(claims_request_read(&r, &arena, VIEW_NONE), ERR_OK);
    cr_expect(!r.userinfo.fields && !r.id_token.fields && !view_is(r.sub) && !view_is(r.acr));
    cr_assert_eq(claims_request_keep(&kept, &arena, &r), ERR_OK);
    cr_expect_not(view_is(kept));
}

static const char *kept(const char *text)
{
    struct claims_request r = good(text), again;
    struct view v, once_more;

    cr_assert_eq(claims_request_keep(&v, &arena, &r), ERR_OK, "%s", text);
    if (!view_is(v))
        return "";
    cr_assert_eq(claims_request_read(&again, &arena, v), ERR_OK);
    cr_assert_eq(claims_request_keep(&once_more, &arena, &again), ERR_OK);
    cr_assert(view_equal(v, once_more), "kept twice it is the same");
    return arena_text(&arena, v);
}

Test(claims_request, is_kept_in_one_form_whatever_was_sent)
{
    static const char same[] = "{\"id_token\":{\"name\":null},\"userinfo\":{\"name\":null,\"gender\":{\"value\":"
                               "\"female\"}}}";

    cr_expect_str_eq(kept("{\"userinfo\":{\"gender\":{\"value\":\"female\",\"essential\":true},\"name\":null},"
                          "\"id_token\":{\"name\":{\"essential\":true},\"sub\":{\"value\":\"s\"},\"acr\":null}}"),
                     same);
    cr_expect_str_eq(kept(same), same);
    cr_expect_str_eq(kept("{\"id_token\":{\"acr\":{\"essential\":true,\"value\":\"aal3\"},\"sub\":{\"value\":\"s\"}}}"),
                     "", "what is about the login is not kept here: it is another one each time");
}

Test(claims_request, has_no_numbers_that_are_not_whole)
{
    struct claims_request r = good("{\"userinfo\":{\"household_size\":{\"value\":2.5}}}");
    struct view v;

    cr_expect_eq(claims_request_keep(&v, &arena, &r), ERR_SYNTAX);
}

Test(claims_request, takes_only_the_values_that_are_asked_for)
{
    static const struct {
        const char *field, *json;
        bool takes;
    } rows[] = {{"gender", "\"male\"", false},
                {"gender", "\"female\"", true},
                {"age_over_65", "true", true},
                {"age_over_65", "false", false},
                {"household_size", "3", true},
                {"household_size", "2", true},
                {"household_size", "4", false},
                {"household_size", "\"3\"", false},
                {"municipality", "{\"name\":\"堺市\",\"code\":\"27140\"}", true},
                {"municipality", "{\"code\":\"27100\",\"name\":\"大阪市\"}", false},
                {"name", "\"whoever\"", true},
                {"birthdate", "\"2000-01-01\"", false}};
    struct claims_request r =
        good("{\"userinfo\":{\"gender\":{\"value\":\"female\"},\"age_over_65\":{\"value\":true},\"household_size\":"
             "{\"values\":[2,3]},\"municipality\":{\"value\":{\"code\":\"27140\",\"name\":\"堺市\"}},\"name\":null}}");

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(
            claims_request_takes(&r.userinfo, &arena, field_find(view_text(rows[i].field)), view_text(rows[i].json)),
            rows[i].takes, "OIDC Core 5.5.1: %s %s", rows[i].field, rows[i].json);
}

/* --- what it does to a request ---------------------------------------------------------------------------------- */

static enum refusal decide(struct authz_request *r, const char *claims)
{
    enum refusal refusal;

    cr_assert_eq(authz_decide_claims(r, &arena, view_text(claims), &refusal), ERR_OK, "%s", claims);
    return refusal;
}

Test(claims_request, that_is_malformed_refuses_the_request)
{
    struct authz_request r = {.max_age = -1};

    cr_expect_eq(decide(&r, "{"), REFUSAL_CLAIMS_MALFORMED);
    cr_expect_eq(decide(&r, "{\"userinfo\":{\"household_size\":{\"value\":2.5}}}"), REFUSAL_CLAIMS_MALFORMED);
    cr_expect_eq(decide(&r, NULL), REFUSAL_NONE);
}

Test(claims_request, may_name_the_resident_but_not_another_one_than_the_hint)
{
    static const char sub[] = "{\"id_token\":{\"sub\":{\"value\":\"s\"}}}";
    struct authz_request r = {.hint_sub = VIEW("t")};

    cr_expect_eq(decide(&r, sub), REFUSAL_CLAIMS_SUBJECT);
    r.hint_sub = VIEW("s");
    cr_expect_eq(decide(&r, sub), REFUSAL_NONE);
    r.hint_sub = VIEW_NONE;
    cr_expect_eq(decide(&r, sub), REFUSAL_NONE);
    cr_expect(view_equal_text(r.hint_sub, "s"));
}

Test(claims_request, can_insist_on_an_acr)
{
    static const struct {
        const char *claims, *before, *after;
        bool essential;
    } rows[] = {
        {"{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"aal3\",\"x\"]}}}", "y", "aal3 x", true},
        {"{\"id_token\":{\"acr\":{\"value\":\"aal3\"}}}", "y", "y aal3", false},
        {"{\"id_token\":{\"acr\":{\"value\":\"aal3\"}}}", NULL, "aal3", false},
        {"{\"id_token\":{\"acr\":{\"essential\":true}}}", "y", "y", false},
        {"{\"userinfo\":{\"acr\":{\"essential\":true,\"value\":\"aal3\"}}}", NULL, NULL, false},
        {"{\"id_token\":{\"acr\":null}}", "y", "y", false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct authz_request r = {.acr_values = view_text(rows[i].before)};
        cr_expect_eq(decide(&r, rows[i].claims), REFUSAL_NONE);
        cr_expect(view_equal(r.acr_values, view_text(rows[i].after)), "OIDC Core 5.5.1.1: %s", rows[i].claims);
        cr_expect_eq(r.acr_essential, rows[i].essential, "%s", rows[i].claims);
    }
}
