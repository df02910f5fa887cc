#include <criterion/criterion.h>

#include "base/hash.h"
#include "idp/rules/invite.h"

#define FIELDS                                                                                                         \
    "[{\"id\":\"name\",\"required\":true,\"purpose\":\"p\",\"purpose#en\":\"p\"},"                                     \
    "{\"id\":\"age_over_65\",\"required\":false,\"purpose\":\"q\",\"purpose#en\":\"q\"}]"
#define TERMS                                                                                                          \
    "{\"organization\":{\"id\":\"a\",\"name\":\"A\"},\"sector\":\"a-city\",\"profile\":\"basic\","                     \
    "\"client_name\":\"A\",\"fields\":" FIELDS "}"

static struct arena arena;
static struct invite_fault fault;

static void open_arena(void)
{
    arena_open(&arena, 4 << 20);
}

static void close_arena(void)
{
    arena_close(&arena);
}

TestSuite(invite, .init = open_arena, .fini = close_arena);

static bool knows(struct view name)
{
    return !view_equal_text(name, "colour") && !view_equal_text(name, "scope");
}

static const struct json *parse(const char *text)
{
    struct json *j = NULL;

    if (text)
        cr_assert_eq(json_read(&j, &arena, view_text(text), NULL), ERR_OK, "%s", text);
    return j;
}

static enum err apply(const char *said, const char *terms, const char *current, const char **out)
{
    const struct invite_request r = {parse(said), parse(terms), parse(current), knows};
    struct buf b;

    buf_open(&b, &arena, 65536);
    enum err e = invite_apply(&b, &arena, &r, &fault);
    *out = "";
    return e ? e : buf_done_text(&b, out);
}

static void expect_refused(const char *said, const char *terms, const char *member)
{
    const char *out;

    cr_expect_eq(apply(said, terms, NULL, &out), ERR_SYNTAX, "%s became %s", said, out);
    cr_expect(fault.member && strcmp(fault.member, member) == 0, "%s: blames %s", said, fault.member);
}

static void expect(const char *said, const char *terms, const char *current, const char *registration)
{
    const char *out;

    cr_assert_eq(apply(said, terms, current, &out), ERR_OK, "%s: %s %s", said, fault.member, fault.rule);
    cr_expect_str_eq(out, registration);
}

Test(invite, nobody_registers_itself_into_an_organisation_a_sector_or_a_profile)
{
    expect_refused("{\"sector\":\"b-city\"}", TERMS, "sector");
    expect_refused("{\"organization\":{\"id\":\"b\",\"name\":\"B\"}}", TERMS, "organization");
    expect_refused("{\"profile\":\"muni\"}", TERMS, "profile");
    expect_refused("{\"sector\":\"b-city\"}", "{}", "sector");
    expect_refused("{\"sector\":\"host:a.example\"}", "{}", "sector");
    expect_refused("{\"resource\":\"https://a.example/\"}", TERMS, "resource");
}

Test(invite, nobody_gives_itself_fields_or_other_purposes)
{
    expect_refused("{\"fields\":[{\"id\":\"name\",\"required\":true,\"purpose\":\"other\",\"purpose#en\":\"p\"}]}",
                   TERMS, "fields");
    expect_refused("{\"fields\":[{\"id\":\"address\",\"required\":true,\"purpose\":\"p\",\"purpose#en\":\"p\"}]}", "{}",
                   "fields");
    expect("{\"scope\":\"openid address\"}", TERMS, NULL,
           "{\"organization\":{\"id\":\"a\",\"name\":\"A\"},\"sector\":\"a-city\",\"profile\":\"basic\","
           "\"client_name\":\"A\",\"fields\":[]}");
}

Test(invite, what_the_terms_fix_cannot_be_chosen)
{
    expect_refused("{\"client_name\":\"B\"}", TERMS, "client_name");
    expect_refused("{\"token_endpoint_auth_method\":\"none\"}", "{\"token_endpoint_auth_method\":\"private_key_jwt\"}",
                   "token_endpoint_auth_method");
    expect("{\"client_name\":\"A\"}", "{\"client_name\":\"A\"}", NULL, "{\"client_name\":\"A\"}");
}

Test(invite, grants_resources_and_types_are_chosen_among_those_of_the_terms)
{
    expect_refused("{\"grant_types\":[\"client_credentials\"]}", "{}", "grant_types");
    expect_refused("{\"grant_types\":\"authorization_code\"}", "{}", "grant_types");
    expect_refused("{\"grant_types\":[7]}", "{}", "grant_types");
    expect_refused("{\"resources\":[\"https://data.example/\"]}", "{}", "resources");
    expect_refused("{\"authorization_details_types\":[\"booking\"]}", "{}", "authorization_details_types");
    expect_refused("{\"authorization_details_definitions\":[]}", "{}", "authorization_details_definitions");
    expect_refused("{\"resources\":[\"https://b.example/\"]}", "{\"resources\":[\"https://a.example/\"]}", "resources");
    expect("{\"grant_types\":[\"authorization_code\",\"refresh_token\"]}", "{}", NULL,
           "{\"grant_types\":[\"authorization_code\",\"refresh_token\"]}");
    expect("{\"grant_types\":[\"client_credentials\"]}", "{\"grant_types\":[\"client_credentials\"]}", NULL,
           "{\"grant_types\":[\"client_credentials\"]}");
    expect("{}", "{\"grant_types\":[\"client_credentials\"],\"resources\":[\"https://a.example/\"]}", NULL,
           "{\"resources\":[\"https://a.example/\"]}");
}

Test(invite, what_is_unknown_or_null_is_nothing_said)
{
    expect("{\"colour\":\"red\",\"logo_uri\":null,\"client_uri\":\"https://a.example/\",\"client_id\":\"x\"}", "{}",
           NULL, "{\"client_uri\":\"https://a.example/\"}");
}

Test(invite, what_is_no_object_or_has_other_numbers_is_refused)
{
    expect_refused("[]", "{}", "registration");
    expect_refused("{\"default_max_age\":1.5}", "{}", "default_max_age");
}

Test(invite, the_scope_chooses_among_the_fields_of_the_terms)
{
    expect("{\"scope\":\"openid age_over_65\"}", "{\"fields\":" FIELDS "}", NULL,
           "{\"fields\":[{\"id\":\"age_over_65\",\"purpose\":\"q\",\"purpose#en\":\"q\",\"required\":false}]}");
    expect("{\"scope\":\"profile\"}", "{\"fields\":" FIELDS "}", NULL,
           "{\"fields\":[{\"id\":\"name\",\"purpose\":\"p\",\"purpose#en\":\"p\",\"required\":true}]}");
}

Test(invite, what_the_endpoint_gave_may_come_back_and_nothing_else)
{
    const char *out;

    expect("{\"sector\":\"host:a.example\",\"fields\":[]}", "{\"fields\":" FIELDS "}",
           "{\"sector\":\"host:a.example\",\"fields\":[]}",
           "{\"fields\":[{\"id\":\"name\",\"purpose\":\"p\",\"purpose#en\":\"p\",\"required\":true},"
           "{\"id\":\"age_over_65\",\"purpose\":\"q\",\"purpose#en\":\"q\",\"required\":false}]}");
    cr_expect_eq(apply("{\"sector\":\"host:b.example\"}", "{}", "{\"sector\":\"host:a.example\"}", &out), ERR_SYNTAX);
}

Test(invite, a_change_names_the_service_and_cannot_choose_its_secret)
{
    uint8_t hash[SHA256_SIZE];

    sha256(hash, VIEW("secret"));
    cr_expect_not(invite_may_update(parse("{}"), VIEW("a"), VIEW_ARRAY(hash), &fault));
    cr_expect_str_eq(fault.member, "client_id");
    cr_expect_not(invite_may_update(parse("{\"client_id\":\"b\"}"), VIEW("a"), VIEW_ARRAY(hash), &fault));
    cr_expect_not(invite_may_update(parse("{\"client_id\":7}"), VIEW("a"), VIEW_ARRAY(hash), &fault));
    cr_expect_not(invite_may_update(parse("{\"client_id\":\"a\",\"client_secret\":\"other\"}"), VIEW("a"),
                                    VIEW_ARRAY(hash), &fault));
    cr_expect_str_eq(fault.member, "client_secret");
    cr_expect_not(
        invite_may_update(parse("{\"client_id\":\"a\",\"client_secret\":\"secret\"}"), VIEW("a"), VIEW_NONE, &fault));
    cr_expect(invite_may_update(parse("{\"client_id\":\"a\",\"client_secret\":\"secret\"}"), VIEW("a"),
                                VIEW_ARRAY(hash), &fault));
    cr_expect(invite_may_update(parse("{\"client_id\":\"a\"}"), VIEW("a"), VIEW_ARRAY(hash), &fault));
}
