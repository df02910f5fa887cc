/* What a DPoP proof must say (RFC 9449 4.3). */
#include <criterion/criterion.h>

#include "base/base64.h"
#include "base/hash.h"
#include "idp/rules/binding.h"
#include "idp/rules/dpop.h"
#include "idp/rules/possession.h"

enum { NOW = 1000000 };

#define URL "https://op.example/token"

static struct client client;
static struct cnf key, other;
static struct dpop proof;
static struct dpop_facts facts;

static void prepare(void)
{
    client = (struct client){.id = VIEW("a")};
    cr_assert(cnf_read(&key, CNF_JKT, VIEW("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")));
    cr_assert(cnf_read(&other, CNF_JKT, VIEW("AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")));
    proof = (struct dpop){.alg = JWS_ES256,
                          .key = key,
                          .typ = VIEW("dpop+jwt"),
                          .jti = VIEW("1"),
                          .htm = VIEW("POST"),
                          .htu = VIEW(URL),
                          .has_iat = true,
                          .iat = NOW};
    facts = (struct dpop_facts){.client = &client, .method = "POST", .url = {VIEW(URL)}, .now = NOW};
}

TestSuite(dpop, .init = prepare);

static enum refusal decide(void)
{
    return dpop_decide(&proof, &facts);
}

Test(dpop, is_of_its_own_type)
{
    proof.typ = VIEW("JWT");
    cr_expect_eq(decide(), REFUSAL_DPOP_TYPE, "item 4");
    proof.typ = VIEW("dpop+jwt+x");
    cr_expect_eq(decide(), REFUSAL_DPOP_TYPE);
    proof.typ = VIEW_NONE;
    cr_expect_eq(decide(), REFUSAL_DPOP_TYPE);
}

Test(dpop, is_signed_as_the_profile_says)
{
    proof.alg = JWS_RS256;
    cr_expect_eq(decide(), REFUSAL_NONE);
    client.profile = CLIENT_PROFILE_FAPI2;
    cr_expect_eq(decide(), REFUSAL_DPOP_ALG, "item 5, FAPI 2.0 5.4.1");
    proof.alg = JWS_ES384;
    cr_expect_eq(decide(), REFUSAL_DPOP_ALG);
    proof.alg = JWS_PS256;
    cr_expect_eq(decide(), REFUSAL_NONE);
}

Test(dpop, is_for_this_method_and_place)
{
    proof.htm = VIEW("GET");
    cr_expect_eq(decide(), REFUSAL_DPOP_METHOD, "item 8");
    proof.htm = VIEW("post");
    cr_expect_eq(decide(), REFUSAL_DPOP_METHOD, "methods have a case");
    proof.htm = VIEW_NONE;
    cr_expect_eq(decide(), REFUSAL_DPOP_METHOD);
    prepare();
    proof.htu = VIEW_NONE;
    cr_expect_eq(decide(), REFUSAL_DPOP_URL, "item 9");
    proof.htu = VIEW("https://op.example/par");
    cr_expect_eq(decide(), REFUSAL_DPOP_URL);
    facts.url[1] = proof.htu;
    cr_expect_eq(decide(), REFUSAL_NONE, "another name of ours");
}

Test(dpop, place_is_compared_without_query_case_of_host_and_default_port)
{
    static const char *const same[] = {URL,
                                       URL "?a=b",
                                       URL "#f",
                                       URL "?a#b",
                                       "HTTPS://OP.Example/token",
                                       "https://op.example:443/token",
                                       "https://op.example:/token"};
    static const char *const different[] = {"",
                                            "/token",
                                            "op.example/token",
                                            "https:///token",
                                            "http://op.example/token",
                                            "https://op.example",
                                            "https://op.example/",
                                            "https://op.example/Token",
                                            "https://op.example/token/",
                                            "https://op.example:444/token",
                                            "https://op.example:0443/token",
                                            "https://evil.example/token",
                                            "https://op.example.evil/token",
                                            "https://a@op.example/token",
                                            "https://op.example\\@evil.example/token",
                                            "https://op.example/token/../token"};

    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        cr_expect(dpop_same_url(view_text(same[i]), VIEW(URL)), "%s", same[i]);
    for (size_t i = 0; i < sizeof different / sizeof different[0]; i++)
        cr_expect_not(dpop_same_url(view_text(different[i]), VIEW(URL)), "%s", different[i]);
    cr_expect(dpop_same_url(VIEW("http://[::1]:80"), VIEW("http://[::1]/")), "RFC 3986 6.2.3");
    cr_expect_not(dpop_same_url(VIEW("http://[::1]:8080/"), VIEW("http://[::1]/")));
    cr_expect_not(dpop_same_url(VIEW_NONE, VIEW_NONE));
    cr_expect_not(dpop_same_url(VIEW("https://op.example\0/token"), VIEW("https://op.example\0/token")));
}

Test(dpop, has_a_jti_and_a_time)
{
    static const char long_jti[DPOP_JTI_MAX + 1] = {0};

    proof.jti = VIEW_NONE;
    cr_expect_eq(decide(), REFUSAL_DPOP_JTI);
    proof.jti = VIEW("");
    cr_expect_eq(decide(), REFUSAL_DPOP_JTI);
    proof.jti = VIEW_ARRAY(long_jti);
    cr_expect_eq(decide(), REFUSAL_DPOP_JTI);
    prepare();
    proof.has_iat = false;
    cr_expect_eq(decide(), REFUSAL_DPOP_TIME, "item 3");
    facts.nonce_is_ours = true;
    facts.nonce_at = NOW;
    proof.nonce = VIEW("n");
    cr_expect_eq(decide(), REFUSAL_DPOP_TIME, "a nonce is no substitute for the claim itself");
}

Test(dpop, is_of_now_within_the_clocks_difference)
{
    proof.iat = NOW - DPOP_PAST_S;
    cr_expect_eq(decide(), REFUSAL_DPOP_TIME, "item 11");
    proof.iat = NOW + DPOP_AHEAD_S + 1;
    cr_expect_eq(decide(), REFUSAL_DPOP_TIME);
    proof.iat = INT64_MIN;
    cr_expect_eq(decide(), REFUSAL_DPOP_TIME);
    proof.iat = INT64_MAX;
    cr_expect_eq(decide(), REFUSAL_DPOP_TIME);
    proof.iat = NOW - 10;
    cr_expect_eq(decide(), REFUSAL_NONE, "FAPI 2.0 5.3.2.1: ten seconds either way");
    proof.iat = NOW + 10;
    cr_expect_eq(decide(), REFUSAL_NONE);
    cr_expect_eq(dpop_end(&proof, &facts), NOW + 10 + DPOP_PAST_S);
}

Test(dpop, names_a_nonce_of_ours_if_any)
{
    proof.nonce = VIEW("n");
    cr_expect_eq(decide(), REFUSAL_DPOP_NONCE, "item 10: not needed of this client, but wrong");
    facts.nonce_is_ours = true;
    facts.nonce_at = NOW - DPOP_NONCE_S;
    cr_expect_eq(decide(), REFUSAL_DPOP_NONCE, "too old");
    facts.nonce_at++;
    proof.iat = NOW - 3600;
    cr_expect_eq(decide(), REFUSAL_NONE, "item 11: its time is the nonce's then");
    cr_expect_eq(dpop_end(&proof, &facts), NOW + 1);
}

Test(dpop, of_a_client_that_is_registered_so_needs_a_nonce)
{
    cr_expect_not(dpop_needs_nonce(&client));
    client.dpop_nonce = true;
    cr_expect(dpop_needs_nonce(&client));
    cr_expect_eq(decide(), REFUSAL_DPOP_NONCE, "RFC 9449 11.2: made before, by somebody in its page");
    facts.nonce_is_ours = true;
    facts.nonce_at = NOW;
    cr_expect_eq(decide(), REFUSAL_DPOP_NONCE);
    proof.nonce = VIEW("n");
    cr_expect_eq(decide(), REFUSAL_NONE);
}

Test(dpop, beside_a_token_is_for_that_token_and_of_its_key)
{
    char ath[44];

    facts.access_token = VIEW("token");
    facts.bound = &key;
    cr_expect_eq(decide(), REFUSAL_DPOP_TOKEN, "item 12");
    proof.ath = VIEW("token");
    cr_expect_eq(decide(), REFUSAL_DPOP_TOKEN);
    dpop_ath(ath, VIEW("token"));
    cr_expect_str_eq(ath, "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A");
    proof.ath = view_text(ath);
    proof.key = other;
    cr_expect_eq(decide(), REFUSAL_DPOP_KEY);
    proof.key = key;
    cr_expect_eq(decide(), REFUSAL_NONE);
}

/* --- what tokens are bound to ------------------------------------------------------------------------------------ */

static const struct cnf none = {.kind = CNF_NONE};

Test(binding, is_needed_of_who_registered_it)
{
    struct cnf out, cert = {.kind = CNF_X5T};

    prepare();
    client.dpop_bound = true;
    cr_expect_eq(binding_decide(&out, &client, &none, &none), REFUSAL_DPOP_MISSING, "RFC 9449 5.2");
    cr_expect_eq(binding_decide(&out, &client, &none, &cert), REFUSAL_DPOP_MISSING);
    cr_expect_eq(binding_decide(&out, &client, &key, &none), REFUSAL_NONE);
    cr_expect(cnf_equal(&out, &key));
    client.dpop_bound = false;
    client.tls_bound = true;
    cr_expect_eq(binding_decide(&out, &client, &none, &none), REFUSAL_CERTIFICATE_MISSING, "RFC 8705 3");
    cr_expect_eq(binding_decide(&out, &client, &key, &cert), REFUSAL_DPOP_BESIDE_CERTIFICATE, "RFC 7800 3: one");
    cr_expect_eq(binding_decide(&out, &client, &none, &cert), REFUSAL_NONE);
    cr_expect(cnf_equal(&out, &cert));
}

Test(binding, is_what_a_client_shows_that_need_not)
{
    struct cnf out, cert = {.kind = CNF_X5T};

    prepare();
    cr_expect_eq(binding_decide(&out, &client, &none, &cert), REFUSAL_NONE);
    cr_expect_eq(out.kind, CNF_NONE, "a certificate only where that was registered (RFC 8705 3.4)");
    cr_expect_eq(binding_decide(&out, &client, &key, &none), REFUSAL_NONE);
    cr_expect(cnf_equal(&out, &key));
}

Test(binding, of_refresh_tokens_is_for_clients_that_do_not_authenticate)
{
    prepare();
    cr_expect_eq(binding_of_refresh(&client, &key).kind, CNF_NONE, "RFC 9449 5");
    cr_expect(binding_allows_refresh(&client, &none));
    client.auth_method = CLIENT_AUTH_NONE;
    struct cnf bound = binding_of_refresh(&client, &key);
    cr_expect(cnf_equal(&bound, &key));
    cr_expect_not(binding_allows_refresh(&client, &none), "RFC 9700 2.2.2");
    cr_expect(binding_allows_refresh(&client, &key));
}

/* --- who shows a token ------------------------------------------------------------------------------------------- */

Test(possession, a_token_bound_to_a_key_is_no_bearer_token_and_the_other_way_round)
{
    struct cnf cert = {.kind = CNF_X5T};
    struct possession_facts f = {.bound = &key};

    prepare();
    cr_expect_eq(possession_decide(&f), REFUSAL_BEARER_BOUND, "RFC 9449 7.1");
    f.certificate = cert;
    cr_expect_eq(possession_decide(&f), REFUSAL_BEARER_BOUND);
    f.as_dpop = true;
    cr_expect_eq(possession_decide(&f), REFUSAL_DPOP_MISSING);
    f.proof = other;
    cr_expect_eq(possession_decide(&f), REFUSAL_DPOP_MISSING);
    f.proof = key;
    cr_expect_eq(possession_decide(&f), REFUSAL_NONE);
    f.bound = &none;
    cr_expect_eq(possession_decide(&f), REFUSAL_BEARER_INVALID);
    f.as_dpop = false;
    cr_expect_eq(possession_decide(&f), REFUSAL_NONE);
}

Test(possession, a_token_bound_to_a_certificate_is_for_that_certificate)
{
    struct cnf cert = {.kind = CNF_X5T, .thumbprint = {1}};
    struct possession_facts f = {.bound = &cert};

    prepare();
    cr_expect_eq(possession_decide(&f), REFUSAL_BEARER_CERTIFICATE, "RFC 8705 3");
    f.certificate = (struct cnf){.kind = CNF_X5T, .thumbprint = {2}};
    cr_expect_eq(possession_decide(&f), REFUSAL_BEARER_CERTIFICATE);
    f.certificate = cert;
    cr_expect_eq(possession_decide(&f), REFUSAL_NONE);
    f.as_dpop = true;
    f.proof = key;
    cr_expect_eq(possession_decide(&f), REFUSAL_BEARER_CERTIFICATE);
}
