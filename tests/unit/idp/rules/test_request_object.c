/* What a signed authorization request must say (RFC 9101, OIDC Core 6, FAPI 2.0 Message Signing 5.3.1). */
#include <criterion/criterion.h>

#include "idp/rules/request_object.h"

#define ISSUER "https://op.example"

enum { NOW = 1000000 };

static struct arena arena;
static struct client client;

static void open_arena(void)
{
    arena_open(&arena, 262144);
    client = (struct client){.id = VIEW("a"), .profile = CLIENT_PROFILE_MUNI};
}

static void close_arena(void)
{
    arena_close(&arena);
}

TestSuite(request_object, .init = open_arena, .fini = close_arena);

static enum err read(struct request_object *o, const char *claims)
{
    struct jws jws = {.alg = JWS_ES256, .payload = view_text(claims)};

    return request_object_read(o, &arena, &jws);
}

static enum refusal decide_as(const struct request_object *o, bool pushed)
{
    struct request_object_facts f = {&client, VIEW(ISSUER), request_object_way(&client, pushed), NOW};

    return request_object_decide(o, &f);
}

static enum refusal decide(const char *claims)
{
    struct request_object o;

    cr_assert_eq(read(&o, claims), ERR_OK, "%s", claims);
    return decide_as(&o, false);
}

/* Everything that counts alone, with MORE behind it. */
#define GOOD(MORE) "{\"client_id\":\"a\",\"aud\":\"" ISSUER "\",\"exp\":1000060" MORE "}"

Test(request_object, is_a_claims_set_of_the_right_types)
{
    static const char *const texts[] = {"",
                                        "[]",
                                        "\"a\"",
                                        "{",
                                        "{\"iss\":1}",
                                        "{\"sub\":[]}",
                                        "{\"exp\":\"1000060\"}",
                                        "{\"exp\":-1}",
                                        "{\"nbf\":1.5}",
                                        "{\"client_id\":7}",
                                        "{\"scope\":[\"openid\"]}",
                                        "{\"state\":null}",
                                        "{\"max_age\":\"10\"}",
                                        "{\"max_age\":10.5}",
                                        "{\"registration\":\"{}\"}",
                                        "{\"authorization_details\":\"[]\"}",
                                        "{\"authorization_details\":{}}",
                                        "{\"resource\":{}}",
                                        "{\"resource\":[1]}",
                                        "{\"resource\":[\"\"]}",
                                        "{\"resource\":\"https://a https://b\"}",
                                        "{\"resource\":[\"https://a https://b\"]}",
                                        "{\"state\":\"a\",\"state\":\"b\"}"};
    struct request_object o;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect_eq(read(&o, texts[i]), ERR_SYNTAX, "RFC 9101 4: %s", texts[i]);
}

Test(request_object, names_one_resource_or_several)
{
    struct request_object o;

    cr_assert_eq(read(&o, "{\"resource\":\"https://a\"}"), ERR_OK);
    cr_expect(view_equal_text(o.params.resource, "https://a"));
    cr_assert_eq(read(&o, "{\"resource\":[\"https://a\",\"https://b\"]}"), ERR_OK, "RFC 8707 2.1");
    cr_expect(view_equal_text(o.params.resource, "https://a https://b"));
    cr_assert_eq(read(&o, "{\"resource\":[]}"), ERR_OK);
    cr_expect_not(view_is(o.params.resource));
}

Test(request_object, of_any_profile_keeps_these)
{
    static const struct {
        const char *claims;
        enum refusal refusal;
        const char *why;
    } rows[] = {
        {GOOD(",\"request\":\"x\""), REFUSAL_OBJECT_NESTED, "RFC 9101 4"},
        {GOOD(",\"request_uri\":\"https://a.example\""), REFUSAL_OBJECT_NESTED, "RFC 9101 4"},
        {GOOD(",\"iss\":\"b\""), REFUSAL_OBJECT_ISSUER, "RFC 9101 4"},
        {GOOD(",\"iss\":\"\""), REFUSAL_OBJECT_ISSUER, "RFC 9101 4"},
        {GOOD(",\"sub\":\"a\""), REFUSAL_OBJECT_SUBJECT, "RFC 9101 10.8"},
        {"{\"client_id\":\"b\",\"aud\":\"" ISSUER "\",\"exp\":1000060}", REFUSAL_OBJECT_CLIENT, "RFC 9101 5"},
        {"{\"client_id\":\"a\",\"aud\":\"https://other.example\",\"exp\":1000060}", REFUSAL_OBJECT_AUDIENCE, "aud"},
        {"{\"client_id\":\"a\",\"aud\":[],\"exp\":1000060}", REFUSAL_OBJECT_AUDIENCE, "aud"},
        {"{\"client_id\":\"a\",\"aud\":[\"https://other.example\",7],\"exp\":1000060}", REFUSAL_OBJECT_AUDIENCE, "aud"},
        {"{\"client_id\":\"a\",\"aud\":7,\"exp\":1000060}", REFUSAL_OBJECT_AUDIENCE, "aud"},
        {"{\"client_id\":\"a\",\"aud\":\"" ISSUER "/\",\"exp\":1000060}", REFUSAL_OBJECT_AUDIENCE, "exact"},
        {"{\"client_id\":\"a\",\"aud\":\"" ISSUER "\",\"exp\":1000000}", REFUSAL_OBJECT_EXPIRED, "RFC 7519 4.1.4"},
        {GOOD(",\"nbf\":1000031"), REFUSAL_OBJECT_EARLY, "RFC 7519 4.1.5"},
        {GOOD(",\"nbf\":1000008"), REFUSAL_NONE, "eight seconds are a clock"},
        {GOOD(",\"sub\":\"b\",\"iss\":\"a\""), REFUSAL_NONE, "good"},
        {"{\"client_id\":\"a\",\"aud\":[\"https://x.example\",\"" ISSUER "\"],\"exp\":1000001}", REFUSAL_NONE,
         "one of"},
    };

    for (enum client_profile p = CLIENT_PROFILE_MUNI; p <= CLIENT_PROFILE_BASIC; p++) {
        client.profile = p;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            cr_expect_eq(decide(rows[i].claims), rows[i].refusal, "%s: %s", rows[i].why, rows[i].claims);
    }
}

Test(request_object, that_counts_alone_says_whose_it_is_for_whom_and_until_when)
{
    static const struct {
        const char *claims;
        enum refusal alone;
    } rows[] = {{"{\"aud\":\"" ISSUER "\",\"exp\":1000060}", REFUSAL_OBJECT_CLIENT},
                {"{\"client_id\":\"a\",\"exp\":1000060}", REFUSAL_OBJECT_AUDIENCE},
                {"{\"client_id\":\"a\",\"aud\":\"" ISSUER "\"}", REFUSAL_OBJECT_NO_END}};
    struct request_object o;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        client.profile = CLIENT_PROFILE_MUNI;
        cr_expect_eq(decide(rows[i].claims), rows[i].alone, "%s", rows[i].claims);
        client.profile = CLIENT_PROFILE_BASIC;
        cr_expect_eq(decide(rows[i].claims), REFUSAL_NONE, "OIDC Core 6.1 leaves it open: %s", rows[i].claims);
        cr_assert_eq(read(&o, rows[i].claims), ERR_OK);
        cr_expect_eq(decide_as(&o, true), rows[i].alone, "RFC 9126 3: %s", rows[i].claims);
    }
}

Test(request_object, of_fapi_has_a_short_life_that_began_lately)
{
    static const struct {
        const char *claims;
        enum refusal refusal;
    } rows[] = {{GOOD(",\"iss\":\"a\""), REFUSAL_OBJECT_OLD},
                {GOOD(",\"iss\":\"a\",\"nbf\":996399"), REFUSAL_OBJECT_OLD},
                {GOOD(",\"nbf\":1000000"), REFUSAL_OBJECT_ISSUER},
                {GOOD(",\"iss\":\"a\",\"nbf\":1000031"), REFUSAL_OBJECT_EARLY},
                {GOOD(",\"iss\":\"a\",\"nbf\":996459"), REFUSAL_OBJECT_TOO_LONG},
                {GOOD(",\"iss\":\"a\",\"nbf\":996460"), REFUSAL_NONE},
                {GOOD(",\"iss\":\"a\",\"nbf\":1000008"), REFUSAL_NONE},
                {"{\"client_id\":\"a\",\"iss\":\"a\",\"aud\":\"" ISSUER "\",\"nbf\":1000000}", REFUSAL_OBJECT_NO_END}};

    client.profile = CLIENT_PROFILE_FAPI2;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(decide(rows[i].claims), rows[i].refusal, "FAPI 2.0 Message Signing 5.3.1: %s", rows[i].claims);
}

Test(request_object, is_signed_with_an_algorithm_the_client_may_use)
{
    struct request_object o;

    cr_assert_eq(read(&o, GOOD(",\"iss\":\"a\",\"nbf\":1000000")), ERR_OK);
    o.alg = JWS_RS256;
    cr_expect_eq(decide_as(&o, false), REFUSAL_NONE);
    client.request_alg = JWS_PS256;
    cr_expect_eq(decide_as(&o, false), REFUSAL_OBJECT_ALG, "OIDC Registration 2");
    client.request_alg = JWS_NONE_GIVEN;
    client.profile = CLIENT_PROFILE_FAPI2;
    cr_expect_eq(decide_as(&o, true), REFUSAL_OBJECT_ALG, "FAPI 2.0 5.4.1");
    o.alg = JWS_PS256;
    cr_expect_eq(decide_as(&o, true), REFUSAL_NONE);
}

Test(request_object, is_no_token_of_another_kind)
{
    static const struct {
        const char *typ;
        enum refusal refusal;
    } rows[] = {{"dpop+jwt", REFUSAL_OBJECT_TYPE},
                {"at+jwt", REFUSAL_OBJECT_TYPE},
                {"logout+jwt", REFUSAL_OBJECT_TYPE},
                {"", REFUSAL_OBJECT_TYPE},
                {"JWT", REFUSAL_NONE},
                {"oauth-authz-req+jwt", REFUSAL_NONE},
                {NULL, REFUSAL_NONE}};
    struct request_object o;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert_eq(read(&o, GOOD("")), ERR_OK);
        o.typ = view_text(rows[i].typ);
        cr_expect_eq(decide_as(&o, false), rows[i].refusal, "RFC 8725 3.11: %s", rows[i].typ);
    }
}

/* --- what becomes of the request -------------------------------------------------------------------------------- */

static enum refusal apply(struct authz_params *sent, const char *claims, enum request_object_way way)
{
    struct request_object o;

    cr_assert_eq(read(&o, claims), ERR_OK, "%s", claims);
    return request_object_apply(sent, &o, way);
}

Test(request_object, alone_leaves_nothing_of_what_stands_beside_it)
{
    struct authz_params p = {.client_id = VIEW("a"),
                             .state = VIEW("outside"),
                             .nonce = VIEW("outside"),
                             .redirect_uri = VIEW("https://evil.example"),
                             .response_type = VIEW("code"),
                             .pushed = true};

    cr_assert_eq(apply(&p, "{\"client_id\":\"a\",\"state\":\"inside\",\"max_age\":7}", REQUEST_OBJECT_ALONE),
                 REFUSAL_NONE);
    cr_expect(view_equal_text(p.state, "inside"));
    cr_expect(view_equal_text(p.max_age, "7"));
    cr_expect_not(view_is(p.nonce), "RFC 9101 6.3");
    cr_expect_not(view_is(p.redirect_uri));
    cr_expect_not(view_is(p.response_type));
    cr_expect(p.pushed && p.signed_object);
}

Test(request_object, merged_wins_over_what_stands_beside_it)
{
    struct authz_params p = {.client_id = VIEW("a"),
                             .state = VIEW("outside"),
                             .nonce = VIEW("outside"),
                             .scope = VIEW("openid"),
                             .response_type = VIEW("code")};

    cr_assert_eq(apply(&p, "{\"state\":\"inside\",\"scope\":\"openid name\",\"nonce\":\"\"}", REQUEST_OBJECT_MERGED),
                 REFUSAL_NONE);
    cr_expect(view_equal_text(p.state, "inside"), "OIDC Core 6.1");
    cr_expect(view_equal_text(p.scope, "openid name"));
    cr_expect(view_equal_text(p.nonce, "outside"), "an empty parameter is none (RFC 6749 3.1)");
    cr_expect(view_equal_text(p.response_type, "code"));
}

Test(request_object, merged_needs_a_request_of_oauth_beside_it)
{
    struct authz_params p = {.client_id = VIEW("a"), .scope = VIEW("openid")};

    cr_expect_eq(apply(&p, "{\"response_type\":\"code\"}", REQUEST_OBJECT_MERGED), REFUSAL_RESPONSE_TYPE_MISSING);
    p.response_type = VIEW("code");
    cr_expect_eq(apply(&p, "{\"response_type\":\"token\"}", REQUEST_OBJECT_MERGED), REFUSAL_OBJECT_RESPONSE_TYPE);
    p.scope = VIEW("name");
    cr_expect_eq(apply(&p, "{\"scope\":\"openid\"}", REQUEST_OBJECT_MERGED), REFUSAL_SCOPE_NO_OPENID);
    p.scope = VIEW_NONE;
    cr_expect_eq(apply(&p, "{\"scope\":\"openid\"}", REQUEST_OBJECT_MERGED), REFUSAL_SCOPE_MISSING, "OIDC Core 6.1");
}
