#include <criterion/criterion.h>

#include "base/hash.h"
#include "idp/rules/pkce.h"
#include "idp/rules/token_request.h"

/* RFC 7636 appendix B. */
#define VERIFIER  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

enum { NOW = 1000 };

static const struct cnf no_key = {.kind = CNF_NONE};

static struct client service(void)
{
    return (struct client){.id = VIEW("a"), .grants = CLIENT_GRANT_CODE, .may_refresh = true};
}

static struct token_params by_code(void)
{
    return (struct token_params){.grant_type = VIEW("authorization_code"),
                                 .code = VIEW("c"),
                                 .redirect_uri = VIEW("https://a.example/cb"),
                                 .code_verifier = VIEW(VERIFIER)};
}

static struct code_facts code(void)
{
    struct code_facts f = {.client_id = VIEW("a"),
                           .challenge = VIEW(CHALLENGE),
                           .bound = &no_key,
                           .expires_at = NOW + 1,
                           .redemption_known = true};

    sha256(f.redirect_hash, VIEW("https://a.example/cb"));
    return f;
}

static enum refusal request(struct token_params p, bool may_refresh)
{
    struct client c = service();
    enum token_kind kind;

    c.may_refresh = may_refresh;
    return token_request_decide(&p, &c, &kind);
}

Test(token_request, refuses_grant_types_it_does_not_know)
{
    struct token_params p = by_code();

    p.grant_type = VIEW_NONE;
    cr_expect_eq(request(p, true), REFUSAL_GRANT_TYPE_MISSING, "RFC 6749 5.2");
    p.grant_type = VIEW("password");
    cr_expect_eq(request(p, true), REFUSAL_GRANT_TYPE_UNSUPPORTED);
    p.grant_type = VIEW("implicit");
    cr_expect_eq(request(p, true), REFUSAL_GRANT_TYPE_UNSUPPORTED);
    p.grant_type = VIEW("Authorization_Code");
    cr_expect_eq(request(p, true), REFUSAL_GRANT_TYPE_UNSUPPORTED);
}

Test(token_request, refuses_requests_without_what_they_redeem)
{
    struct token_params p = by_code();

    p.code = VIEW_NONE;
    cr_expect_eq(request(p, true), REFUSAL_CODE_MISSING, "RFC 6749 4.1.3");
    p = by_code();
    p.redirect_uri = VIEW_NONE;
    cr_expect_eq(request(p, true), REFUSAL_CODE_MISSING, "RFC 6749 4.1.3");
    p = (struct token_params){.grant_type = VIEW("refresh_token")};
    cr_expect_eq(request(p, true), REFUSAL_REFRESH_MISSING, "RFC 6749 6");
}

Test(token_request, refuses_refreshing_to_clients_that_did_not_register_it)
{
    struct token_params p = {.grant_type = VIEW("refresh_token"), .refresh_token = VIEW("r")};

    cr_expect_eq(request(p, false), REFUSAL_GRANT_TYPE_NOT_REGISTERED, "RFC 6749 5.2 unauthorized_client");
    cr_expect_eq(request(p, true), REFUSAL_NONE);
    cr_expect_eq(request(by_code(), false), REFUSAL_NONE);
}

static enum refusal judge(struct code_facts f, struct token_params p)
{
    struct client c = service();

    return code_decide(&f, &p, &c, &no_key, NOW);
}

Test(token_request, refuses_codes_of_others_and_codes_too_old)
{
    struct code_facts f = code();

    f.client_id = VIEW("b");
    cr_expect_eq(judge(f, by_code()), REFUSAL_CODE_OTHER_CLIENT, "RFC 6749 5.2");
    f = code();
    f.expires_at = NOW;
    cr_expect_eq(judge(f, by_code()), REFUSAL_CODE_EXPIRED, "30 s are over at the thirtieth second");
}

Test(token_request, refuses_a_code_of_which_nobody_knows_whether_it_was_used)
{
    struct code_facts f = code();

    f.redemption_known = false;
    cr_expect_eq(judge(f, by_code()), REFUSAL_CODE_FORGOTTEN, "RFC 6749 4.1.2: not more than once");
}

Test(token_request, refuses_another_redirect_uri_than_that_of_the_request)
{
    struct token_params p = by_code();

    p.redirect_uri = VIEW("https://a.example/cb/");
    cr_expect_eq(judge(code(), p), REFUSAL_CODE_REDIRECT, "RFC 6749 4.1.3");
}

Test(token_request, refuses_wrong_missing_and_uncalled_for_verifiers)
{
    struct code_facts f = code();
    struct token_params p = by_code();

    p.code_verifier = VIEW_NONE;
    cr_expect_eq(judge(f, p), REFUSAL_VERIFIER_MISSING, "RFC 7636 4.6");
    p.code_verifier = VIEW(CHALLENGE);
    cr_expect_eq(judge(f, p), REFUSAL_VERIFIER_WRONG, "the challenge itself is no proof (plain)");
    p.code_verifier = VIEW("short");
    cr_expect_eq(judge(f, p), REFUSAL_VERIFIER_MALFORMED, "RFC 7636 4.1");
    p.code_verifier = VIEW("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl");
    cr_expect_eq(judge(f, p), REFUSAL_VERIFIER_WRONG);
    f.challenge = VIEW_NONE;
    cr_expect_eq(judge(f, by_code()), REFUSAL_VERIFIER_UNASKED, "RFC 9700 4.8.2");
    p.code_verifier = VIEW_NONE;
    cr_expect_eq(judge(f, p), REFUSAL_NONE);
    cr_expect_eq(judge(code(), by_code()), REFUSAL_NONE);
}

Test(token_request, rotates_refresh_tokens_but_of_fapi)
{
    cr_expect_not(refresh_rotates(&(struct client){.profile = CLIENT_PROFILE_FAPI2}), "FAPI 2.0 5.3.2.1");
    cr_expect(refresh_rotates(&(struct client){.profile = CLIENT_PROFILE_MUNI}), "RFC 9700 4.14.2");
    cr_expect(refresh_rotates(&(struct client){.profile = CLIENT_PROFILE_BASIC}));
}

Test(token_request, narrows_scopes_and_never_widens_them)
{
    cr_expect_eq(refresh_scope_decide(VIEW("openid email"), VIEW("openid name")), REFUSAL_REFRESH_SCOPE, "RFC 6749 6");
    cr_expect_eq(refresh_scope_decide(VIEW("openid"), VIEW("openid name")), REFUSAL_NONE);
    cr_expect_eq(refresh_scope_decide(VIEW_NONE, VIEW("openid name")), REFUSAL_NONE);
}

Test(pkce, knows_the_example_of_the_standard)
{
    cr_expect(pkce_fits(VIEW(VERIFIER), VIEW(CHALLENGE)), "RFC 7636 appendix B");
    cr_expect_not(pkce_fits(VIEW(CHALLENGE), VIEW(VERIFIER)));
    cr_expect_not(pkce_fits(VIEW(VERIFIER), VIEW("")));
}

Test(pkce, refuses_verifiers_of_wrong_length_or_letters)
{
    char text[130];

    memset(text, 'a', sizeof text);
    cr_expect_not(pkce_is_verifier(view_bytes(text, 42)), "RFC 7636 4.1");
    cr_expect(pkce_is_verifier(view_bytes(text, 43)));
    cr_expect(pkce_is_verifier(view_bytes(text, 128)));
    cr_expect_not(pkce_is_verifier(view_bytes(text, 129)));
    text[10] = '+';
    cr_expect_not(pkce_is_verifier(view_bytes(text, 43)));
    text[10] = '~';
    cr_expect(pkce_is_verifier(view_bytes(text, 43)));
    cr_expect_not(pkce_is_challenge(view_bytes(text, 43)));
    text[10] = '.';
    cr_expect(pkce_is_verifier(view_bytes(text, 43)));
    cr_expect_not(pkce_is_challenge(view_bytes(text, 43)));
    cr_expect_not(pkce_is_challenge(VIEW_NONE));
}

Test(token_request, a_code_that_is_bound_to_a_key_is_for_whom_shows_it)
{
    struct client c = service();
    struct token_params p = by_code();
    struct code_facts f = code();
    struct cnf key = {.kind = CNF_JKT, .thumbprint = {1}}, other = {.kind = CNF_JKT, .thumbprint = {2}};

    f.bound = &key;
    cr_expect_eq(code_decide(&f, &p, &c, &no_key, NOW), REFUSAL_CODE_KEY, "RFC 9449 10");
    cr_expect_eq(code_decide(&f, &p, &c, &other, NOW), REFUSAL_CODE_KEY);
    cr_expect_eq(code_decide(&f, &p, &c, &key, NOW), REFUSAL_NONE);
    f.bound = &no_key;
    cr_expect_eq(code_decide(&f, &p, &c, &key, NOW), REFUSAL_NONE, "the tokens are bound, the code was not");
}
