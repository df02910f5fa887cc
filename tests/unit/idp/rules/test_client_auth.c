#include <criterion/criterion.h>

#include "base/base64.h"
#include "base/hash.h"
#include "idp/rules/client_auth.h"

static struct arena arena;
static uint8_t hash[32];

static void open_arena(void)
{
    arena_open(&arena, 65536);
    sha256(hash, VIEW("s3cret"));
}

static void close_arena(void)
{
    arena_close(&arena);
}

TestSuite(client_auth, .init = open_arena, .fini = close_arena);

static struct client service(enum client_auth_method method)
{
    return (struct client){.id = VIEW("a"), .secret_hash = VIEW_ARRAY(hash), .auth_method = method};
}

static struct view basic(const char *pair)
{
    return view_text(arena_printf(&arena, "Basic %s", base64_text(&arena, view_text(pair))));
}

static enum refusal claim_of(struct client_claim *claim, struct client_auth_params p)
{
    enum refusal refusal;

    cr_assert_eq(client_claim_read(claim, &arena, &p, &refusal), ERR_OK);
    return refusal;
}

static enum refusal refusal_of(struct view authorization, const char *id, const char *secret)
{
    struct client_claim claim;

    return claim_of(&claim, (struct client_auth_params){.authorization = authorization,
                                                        .client_id = view_text(id),
                                                        .client_secret = view_text(secret)});
}

#define JWT_BEARER "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

Test(client_auth, refuses_a_request_without_any)
{
    cr_expect_eq(refusal_of(VIEW_NONE, NULL, NULL), REFUSAL_CLIENT_AUTH_MISSING, "RFC 6749 3.2.1");
    cr_expect_eq(refusal_of(VIEW_NONE, NULL, "s3cret"), REFUSAL_CLIENT_AUTH_MISSING);
}

Test(client_auth, refuses_two_ways_at_once)
{
    struct client_claim claim;
    struct client_auth_params p = {.client_id = VIEW("a"), .assertion = VIEW("x"), .assertion_type = VIEW(JWT_BEARER)};

    cr_expect_eq(refusal_of(basic("a:s3cret"), "a", "s3cret"), REFUSAL_CLIENT_AUTH_TWICE, "RFC 6749 2.3");
    cr_expect_eq(refusal_of(basic("a:s3cret"), NULL, "s3cret"), REFUSAL_CLIENT_AUTH_TWICE);
    cr_expect_eq(refusal_of(basic("a:s3cret"), "b", NULL), REFUSAL_CLIENT_AUTH_TWICE, "two different ids");
    p.client_secret = VIEW("s3cret");
    cr_expect_eq(claim_of(&claim, p), REFUSAL_CLIENT_AUTH_TWICE, "a secret and an assertion");
    p.client_secret = VIEW_NONE;
    p.authorization = basic("a:s3cret");
    cr_expect_eq(claim_of(&claim, p), REFUSAL_CLIENT_AUTH_TWICE, "the header and an assertion");
}

Test(client_auth, refuses_an_assertion_of_another_type_or_half_of_one)
{
    struct client_claim claim;
    struct client_auth_params p = {.client_id = VIEW("a"), .assertion = VIEW("x")};

    cr_expect_eq(claim_of(&claim, p), REFUSAL_CLIENT_AUTH_MALFORMED, "RFC 7521 4.2");
    p.assertion_type = VIEW("urn:ietf:params:oauth:client-assertion-type:saml2-bearer");
    cr_expect_eq(claim_of(&claim, p), REFUSAL_CLIENT_AUTH_MALFORMED);
    p = (struct client_auth_params){.client_id = VIEW("a"), .assertion_type = VIEW(JWT_BEARER)};
    cr_expect_eq(claim_of(&claim, p), REFUSAL_CLIENT_AUTH_MALFORMED);
}

Test(client_auth, takes_an_assertion_with_or_without_client_id)
{
    struct client_claim claim;
    struct client_auth_params p = {.assertion = VIEW("x.y.z"), .assertion_type = VIEW(JWT_BEARER)};

    cr_expect_eq(claim_of(&claim, p), REFUSAL_NONE);
    cr_expect_eq(claim.method, CLIENT_AUTH_PRIVATE_KEY_JWT);
    cr_expect(view_equal_text(claim.assertion, "x.y.z") && !view_is(claim.id));
    p.client_id = VIEW("a");
    cr_expect_eq(claim_of(&claim, p), REFUSAL_NONE);
    cr_expect(view_equal_text(claim.id, "a"));
}

Test(client_auth, a_name_alone_is_enough_for_public_clients_only)
{
    static const enum client_auth_method PROVING[] = {CLIENT_AUTH_BASIC, CLIENT_AUTH_POST, CLIENT_AUTH_PRIVATE_KEY_JWT};
    struct client_claim claim;
    struct client c = service(CLIENT_AUTH_NONE);

    cr_expect_eq(claim_of(&claim, (struct client_auth_params){.client_id = VIEW("a")}), REFUSAL_NONE);
    cr_expect_eq(claim.method, CLIENT_AUTH_NONE);
    cr_expect_eq(client_name_decide(NULL, false), REFUSAL_CLIENT_AUTH_MISSING, "the same as for who exists");
    cr_expect_eq(client_name_decide(NULL, true), REFUSAL_CLIENT_AUTH_MISSING);
    cr_expect_eq(client_name_decide(&c, false), REFUSAL_NONE, "RFC 6749 3.2.1");
    for (size_t i = 0; i < sizeof PROVING / sizeof PROVING[0]; i++) {
        c.auth_method = PROVING[i];
        cr_expect_eq(client_name_decide(&c, true), REFUSAL_CLIENT_AUTH_MISSING);
    }
}

Test(client_auth, a_name_beside_the_registered_certificate_is_enough)
{
    static const enum client_auth_method BY_TLS[] = {CLIENT_AUTH_TLS, CLIENT_AUTH_TLS_SELF_SIGNED};

    for (size_t i = 0; i < 2; i++) {
        struct client c = service(BY_TLS[i]);
        cr_expect_eq(client_name_decide(&c, false), REFUSAL_CLIENT_AUTH_MISSING, "RFC 8705 2");
        cr_expect_eq(client_name_decide(&c, true), REFUSAL_NONE);
    }
}

Test(client_auth, refuses_headers_that_are_not_basic)
{
    static const char *const headers[] = {"Basic",      "Basic ",         "Bearer abc",     "Basic YTpi!",
                                          "BasicYTpi",  "Basic YWI=",     "Basic YQ",       "Basic YTo=",
                                          "Basic OnM=", "Basic YTolWg==", "Basic YSUyOnM=", "Basic YTpi YTpi"};

    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        cr_expect_eq(refusal_of(view_text(headers[i]), NULL, NULL), REFUSAL_CLIENT_AUTH_MALFORMED, "%s", headers[i]);
}

Test(client_auth, decodes_id_and_secret_of_the_header)
{
    struct client_claim claim;

    cr_expect_eq(claim_of(&claim, (struct client_auth_params){.authorization = basic("a%3Ab:s+3%25")}), REFUSAL_NONE,
                 "RFC 6749 2.3.1");
    cr_expect(view_equal_text(claim.id, "a:b"));
    cr_expect(view_equal_text(claim.secret, "s 3%"));
    cr_expect_eq(claim.method, CLIENT_AUTH_BASIC);
}

Test(client_auth, splits_at_the_first_colon)
{
    struct client_claim claim;

    cr_expect_eq(claim_of(&claim, (struct client_auth_params){.authorization = basic("a:b:c")}), REFUSAL_NONE);
    cr_expect(view_equal_text(claim.id, "a"));
    cr_expect(view_equal_text(claim.secret, "b:c"));
}

Test(client_auth, takes_the_scheme_in_any_case_and_the_same_client_id_beside_it)
{
    struct client_claim claim;
    struct client_auth_params p = {.authorization = VIEW("bAsIc  YTpi"), .client_id = VIEW("a")};

    cr_expect_eq(claim_of(&claim, p), REFUSAL_NONE, "RFC 7235 2.1");
    cr_expect(view_equal_text(claim.secret, "b"));
}

Test(client_auth, refuses_unknown_clients_wrong_secrets_and_other_methods)
{
    struct client c = service(CLIENT_AUTH_BASIC), post = service(CLIENT_AUTH_POST);
    struct client_claim good = {.id = VIEW("a"), .secret = VIEW("s3cret"), .method = CLIENT_AUTH_BASIC}, wrong = good,
                        other = good;

    wrong.secret = VIEW("s3creT");
    other.method = CLIENT_AUTH_POST;
    cr_expect_eq(client_auth_decide(&good, NULL), REFUSAL_CLIENT_AUTH_FAILED, "RFC 6749 5.2");
    cr_expect_eq(client_auth_decide(&wrong, &c), REFUSAL_CLIENT_AUTH_FAILED);
    wrong.secret = VIEW("");
    cr_expect_eq(client_auth_decide(&wrong, &c), REFUSAL_CLIENT_AUTH_FAILED);
    cr_expect_eq(client_auth_decide(&other, &c), REFUSAL_CLIENT_AUTH_METHOD, "OIDC Registration 2");
    cr_expect_eq(client_auth_decide(&good, &post), REFUSAL_CLIENT_AUTH_METHOD);
    cr_expect_eq(client_auth_decide(&good, &c), REFUSAL_NONE);
    cr_expect_eq(client_auth_decide(&other, &post), REFUSAL_NONE);
}

Test(client_auth, refuses_a_client_that_has_no_secret)
{
    struct client c = {.id = VIEW("a")};
    struct client_claim claim = {.id = VIEW("a"), .secret = VIEW("anything"), .method = CLIENT_AUTH_BASIC};

    cr_expect_eq(client_auth_decide(&claim, &c), REFUSAL_CLIENT_AUTH_FAILED);
}

Test(client_auth, a_certificate_is_known_by_a_dns_name_of_its_own_and_an_authority)
{
    struct view names[] = {VIEW("b.example"), VIEW("A.example")};
    struct client c = {.id = VIEW("a"), .auth_method = CLIENT_AUTH_TLS, .tls_san_dns = VIEW("a.example")};
    struct client_certificate cert = {.der = VIEW("x"), .subject = VIEW("CN=a.example"), .dns = names, .n_dns = 1};

    cert.chained = true;
    cr_expect_not(client_certificate_fits(&c, &cert), "RFC 8705 2.1.2: a DNS name was registered, not the subject");
    cert.n_dns = 2;
    cr_expect(client_certificate_fits(&c, &cert), "without case");
    cert.chained = false;
    cr_expect_not(client_certificate_fits(&c, &cert));
    c.auth_method = CLIENT_AUTH_BASIC;
    cert.chained = true;
    cr_expect_not(client_certificate_fits(&c, &cert));
}
