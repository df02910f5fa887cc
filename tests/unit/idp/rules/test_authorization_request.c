#include <criterion/criterion.h>
#include <stdlib.h>

#include "idp/rules/authorization_request.h"

#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static struct view redirects[] = {{(const uint8_t *)"https://a.example/cb", 20},
                                  {(const uint8_t *)"https://a.example/cb?x=1", 24}};

static struct client service(void)
{
    return (struct client){
        .id = VIEW("a"), .redirect_uris = redirects, .redirect_count = 2, .require_pkce = true, .default_max_age = -1};
}

static struct authz_params good(void)
{
    return (struct authz_params){.client_id = VIEW("a"),
                                 .redirect_uri = VIEW("https://a.example/cb"),
                                 .response_type = VIEW("code"),
                                 .scope = VIEW("openid name"),
                                 .state = VIEW("s"),
                                 .nonce = VIEW("n"),
                                 .code_challenge = VIEW(CHALLENGE),
                                 .code_challenge_method = VIEW("S256")};
}

static enum refusal decide(const struct authz_params *p)
{
    struct client c = service();
    struct authz_request r;

    return authz_decide(p, &c, &r).refusal;
}

struct case_row {
    const char *why;
    size_t member;
    const char *value; /* NULL: not sent */
    enum refusal refusal;
};

#define AT(MEMBER) offsetof(struct authz_params, MEMBER)

static void run(const struct case_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct authz_params p = good();
        *(struct view *)(void *)((char *)&p + rows[i].member) = view_text(rows[i].value);
        enum refusal got = decide(&p);
        cr_expect_eq(got, rows[i].refusal, "%s (%s): %d, not %d", rows[i].why, rows[i].value ? rows[i].value : "absent",
                     got, rows[i].refusal);
    }
}
#define RUN(ROWS) run(ROWS, sizeof(ROWS) / sizeof(ROWS)[0])

Test(authorization_request, tells_only_a_page_when_client_or_address_is_not_known)
{
    static const struct case_row rows[] = {
        {"RFC 6749 4.1.2.1", AT(client_id), NULL, REFUSAL_CLIENT_MISSING},
        {"OIDC Core 3.1.2.1", AT(redirect_uri), NULL, REFUSAL_REDIRECT_MISSING},
        {"RFC 9700 4.1", AT(redirect_uri), "https://a.example/cb/", REFUSAL_REDIRECT_UNKNOWN},
        {"RFC 9700 4.1", AT(redirect_uri), "https://a.example/c", REFUSAL_REDIRECT_UNKNOWN},
        {"RFC 9700 4.1", AT(redirect_uri), "https://a.example/cb?x=2", REFUSAL_REDIRECT_UNKNOWN},
        {"RFC 9700 4.1", AT(redirect_uri), "https://a.example/cb?", REFUSAL_REDIRECT_UNKNOWN},
        {"RFC 9700 4.1", AT(redirect_uri), "https://a.example/cb#f", REFUSAL_REDIRECT_UNKNOWN},
        {"RFC 9700 4.1", AT(redirect_uri), "HTTPS://a.example/cb", REFUSAL_REDIRECT_UNKNOWN},
        {"RFC 9700 4.1", AT(redirect_uri), "https://a.example:443/cb", REFUSAL_REDIRECT_UNKNOWN},
        {"RFC 9700 4.1", AT(redirect_uri), "https://a.example/%63b", REFUSAL_REDIRECT_UNKNOWN},
        {"RFC 9700 4.1", AT(redirect_uri), "https://a.example@evil/cb", REFUSAL_REDIRECT_UNKNOWN},
        {"exact", AT(redirect_uri), "https://a.example/cb?x=1", REFUSAL_NONE},
    };

    RUN(rows);
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(refusal_row(rows[i].refusal)->tell, TELL_PAGE);
}

Test(authorization_request, an_unknown_client_is_told_on_a_page)
{
    struct authz_params p = good();
    struct authz_request r;

    cr_expect_eq(authz_decide(&p, NULL, &r).refusal, REFUSAL_CLIENT_UNKNOWN);
    cr_expect_not(view_is(r.redirect_uri), "nothing to redirect to");
}

Test(authorization_request, offers_the_code_flow_only)
{
    static const struct case_row rows[] = {
        {"RFC 6749 3.1.1", AT(response_type), NULL, REFUSAL_RESPONSE_TYPE_MISSING},
        {"RFC 6749 4.1.2.1", AT(response_type), "token", REFUSAL_RESPONSE_TYPE_UNSUPPORTED},
        {"RFC 6749 4.1.2.1", AT(response_type), "id_token", REFUSAL_RESPONSE_TYPE_UNSUPPORTED},
        {"RFC 6749 4.1.2.1", AT(response_type), "code id_token", REFUSAL_RESPONSE_TYPE_UNSUPPORTED},
        {"RFC 6749 4.1.2.1", AT(response_type), "CODE", REFUSAL_RESPONSE_TYPE_UNSUPPORTED},
        {"Multiple Response Types 2.1", AT(response_mode), "Query", REFUSAL_RESPONSE_MODE_UNSUPPORTED},
        {"Multiple Response Types 2.1", AT(response_mode), "query fragment", REFUSAL_RESPONSE_MODE_UNSUPPORTED},
        {"Multiple Response Types 2.1", AT(response_mode), "web_message", REFUSAL_RESPONSE_MODE_UNSUPPORTED},
        {"JARM 2.3", AT(response_mode), "jwt.query", REFUSAL_RESPONSE_MODE_UNSUPPORTED},
        {"OIDC Core 3.1.2.1", AT(response_mode), "query", REFUSAL_NONE},
        {"OIDC Core 3.1.2.1", AT(response_mode), "fragment", REFUSAL_NONE},
        {"Form Post Response Mode 2", AT(response_mode), "form_post", REFUSAL_NONE},
        {"JARM 2.3.4", AT(response_mode), "jwt", REFUSAL_NONE},
        {"OIDC Core 7.2.1", AT(registration), "{}", REFUSAL_REGISTRATION_UNSUPPORTED},
    };

    RUN(rows);
}

Test(authorization_request, refuses_scopes_that_are_none)
{
    static const struct case_row rows[] = {
        {"OIDC Core 3.1.2.1", AT(scope), NULL, REFUSAL_SCOPE_MISSING},
        {"OIDC Core 3.1.2.1", AT(scope), "name", REFUSAL_SCOPE_NO_OPENID},
        {"OIDC Core 3.1.2.1", AT(scope), "openidx", REFUSAL_SCOPE_NO_OPENID},
        {"OIDC Core 3.1.2.1", AT(scope), "OPENID", REFUSAL_SCOPE_NO_OPENID},
        {"RFC 6749 3.3", AT(scope), "openid  name", REFUSAL_SCOPE_MALFORMED},
        {"RFC 6749 3.3", AT(scope), " openid", REFUSAL_SCOPE_MALFORMED},
        {"RFC 6749 3.3", AT(scope), "openid ", REFUSAL_SCOPE_MALFORMED},
        {"RFC 6749 3.3", AT(scope), "openid \"x\"", REFUSAL_SCOPE_MALFORMED},
        {"RFC 6749 3.3", AT(scope), "openid a\\b", REFUSAL_SCOPE_MALFORMED},
        {"RFC 6749 3.3", AT(scope), "openid 氏名", REFUSAL_SCOPE_MALFORMED},
        {"RFC 6749 3.3", AT(scope), "openid\tname", REFUSAL_SCOPE_MALFORMED},
        {"OIDC Core 3.1.2.1: not understood is ignored", AT(scope), "openid whatever", REFUSAL_NONE},
        {"order", AT(scope), "name openid", REFUSAL_NONE},
    };

    RUN(rows);
}

Test(authorization_request, takes_pkce_with_s256_and_nothing_else)
{
    static const struct case_row rows[] = {
        {"RFC 7636 4.4.1", AT(code_challenge), NULL, REFUSAL_PKCE_MISSING},
        {"RFC 7636 4.3: absent means plain", AT(code_challenge_method), NULL, REFUSAL_PKCE_METHOD},
        {"RFC 7636 4.4.1", AT(code_challenge_method), "plain", REFUSAL_PKCE_METHOD},
        {"RFC 7636 4.4.1", AT(code_challenge_method), "s256", REFUSAL_PKCE_METHOD},
        {"RFC 7636 4.2", AT(code_challenge), "short", REFUSAL_PKCE_MALFORMED},
        {"RFC 7636 4.2", AT(code_challenge), CHALLENGE "x", REFUSAL_PKCE_MALFORMED},
        {"RFC 7636 4.2", AT(code_challenge), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM", REFUSAL_PKCE_MALFORMED},
        {"RFC 7636 4.2", AT(code_challenge), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw~cM", REFUSAL_PKCE_MALFORMED},
    };

    RUN(rows);
}

Test(authorization_request, without_max_age_or_acr_values_has_what_is_registered)
{
    struct client c = service();
    struct authz_params p = good();
    struct authz_request r;

    c.default_max_age = 300;
    c.default_acr = VIEW("aal3");
    cr_assert_eq(authz_decide(&p, &c, &r).refusal, REFUSAL_NONE);
    cr_expect_eq(r.max_age, 300, "OIDC Registration 2");
    cr_expect(view_equal_text(r.acr_values, "aal3"));
    p.max_age = VIEW("10");
    p.acr_values = VIEW("other");
    cr_assert_eq(authz_decide(&p, &c, &r).refusal, REFUSAL_NONE);
    cr_expect_eq(r.max_age, 10);
    cr_expect(view_equal_text(r.acr_values, "other"));
}

Test(authorization_request, of_a_client_that_must_push_or_sign_is_pushed_or_signed)
{
    struct client c = service();
    struct authz_params p = good();
    struct authz_request r;

    c.require_par = true;
    cr_expect_eq(authz_decide(&p, &c, &r).refusal, REFUSAL_PAR_REQUIRED, "RFC 9126 6");
    p.pushed = true;
    cr_expect_eq(authz_decide(&p, &c, &r).refusal, REFUSAL_NONE);
    c.require_request = true;
    cr_expect_eq(authz_decide(&p, &c, &r).refusal, REFUSAL_OBJECT_REQUIRED, "RFC 9101 10.5");
    p.signed_object = true;
    cr_expect_eq(authz_decide(&p, &c, &r).refusal, REFUSAL_NONE);
}

Test(authorization_request, lets_a_client_without_pkce_pass_only_if_its_registration_says_so)
{
    struct client c = service();
    struct authz_params p = good();
    struct authz_request r;

    p.code_challenge = p.code_challenge_method = VIEW_NONE;
    cr_expect_eq(authz_decide(&p, &c, &r).refusal, REFUSAL_PKCE_MISSING, "RFC 9700 2.1.1");
    c.require_pkce = false;
    cr_expect_eq(authz_decide(&p, &c, &r).refusal, REFUSAL_NONE);
    cr_expect_not(view_is(r.challenge));
    p.code_challenge_method = VIEW("S256");
    cr_expect_eq(authz_decide(&p, &c, &r).refusal, REFUSAL_PKCE_MISSING, "a method without a challenge");
    p.code_challenge = VIEW(CHALLENGE);
    p.code_challenge_method = VIEW("plain");
    cr_expect_eq(authz_decide(&p, &c, &r).refusal, REFUSAL_PKCE_METHOD, "plain is never taken");
}

Test(authorization_request, refuses_prompts_it_does_not_know_and_none_with_others)
{
    static const struct case_row rows[] = {
        {"OIDC Core 3.1.2.1", AT(prompt), "create", REFUSAL_PROMPT_UNKNOWN},
        {"OIDC Core 3.1.2.1", AT(prompt), "None", REFUSAL_PROMPT_UNKNOWN},
        {"OIDC Core 3.1.2.1", AT(prompt), "none login", REFUSAL_PROMPT_NONE_WITH_OTHERS},
        {"OIDC Core 3.1.2.1", AT(prompt), "consent none", REFUSAL_PROMPT_NONE_WITH_OTHERS},
        {"OIDC Core 3.1.2.1", AT(prompt), "login consent", REFUSAL_NONE},
        {"OIDC Core 3.1.2.1", AT(prompt), "select_account", REFUSAL_NONE},
        {"OIDC Core 3.1.2.1", AT(prompt), "none", REFUSAL_NONE},
    };

    RUN(rows);
}

Test(authorization_request, refuses_a_max_age_that_is_no_number)
{
    static const struct case_row rows[] = {
        {"OIDC Core 3.1.2.1", AT(max_age), "-1", REFUSAL_MAX_AGE_MALFORMED},
        {"OIDC Core 3.1.2.1", AT(max_age), "1e3", REFUSAL_MAX_AGE_MALFORMED},
        {"OIDC Core 3.1.2.1", AT(max_age), " 1", REFUSAL_MAX_AGE_MALFORMED},
        {"OIDC Core 3.1.2.1", AT(max_age), "99999999999999999999", REFUSAL_MAX_AGE_MALFORMED},
        {"OIDC Core 3.1.2.1", AT(max_age), "0", REFUSAL_NONE},
    };

    RUN(rows);
}

Test(authorization_request, does_not_send_back_a_state_that_is_none)
{
    struct client c = service();
    struct authz_params p = good();
    struct authz_request r;
    char *large = malloc(3000);

    memset(large, 'x', 3000);
    p.state = VIEW("a\nb");
    cr_expect_eq(authz_decide(&p, &c, &r).refusal, REFUSAL_STATE_MALFORMED, "RFC 6749 A.5");
    cr_expect_not(view_is(r.state));
    p.state = view_bytes(large, 3000);
    cr_expect_eq(authz_decide(&p, &c, &r).refusal, REFUSAL_STATE_MALFORMED);
    p.state = view_bytes(large, 384);
    cr_expect_eq(authz_decide(&p, &c, &r).refusal, REFUSAL_NONE);
    p.nonce = view_bytes(large, 3000);
    cr_expect_eq(authz_decide(&p, &c, &r).refusal, REFUSAL_NONCE_MALFORMED);
    free(large);
}

Test(authorization_request, keeps_state_for_every_error_that_is_told_by_redirect)
{
    struct client c = service();
    struct authz_params p = good();
    struct authz_request r;

    p.response_type = VIEW("token");
    cr_expect_eq(authz_decide(&p, &c, &r).refusal, REFUSAL_RESPONSE_TYPE_UNSUPPORTED);
    cr_expect(view_equal_text(r.state, "s"), "RFC 6749 4.1.2.1");
    cr_expect(view_equal_text(r.redirect_uri, "https://a.example/cb"));
}

Test(authorization_request, needs_neither_state_nor_nonce)
{
    static const struct case_row rows[] = {
        {"OIDC Core 3.1.2.1", AT(state), NULL, REFUSAL_NONE},
        {"OIDC Core 3.1.2.1", AT(nonce), NULL, REFUSAL_NONE},
    };

    RUN(rows);
}

Test(authorization_request, speaks_the_first_language_it_knows)
{
    static const struct {
        const char *locales;
        bool asked, english;
    } rows[] = {{"fr", false, false},  {"", false, false},       {"fr de", false, false}, {"en", true, true},
                {"ja", true, false},   {"fr en-GB", true, true}, {"ja en", true, false},  {"en ja", true, true},
                {"eng", false, false}, {"ja-JP", true, false}};
    struct client c = service();
    struct authz_request r;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct authz_params p = good();
        p.ui_locales = view_text(rows[i].locales);
        cr_assert_eq(authz_decide(&p, &c, &r).refusal, REFUSAL_NONE);
        cr_expect_eq(r.language_asked, rows[i].asked, "%s", rows[i].locales);
        cr_expect_eq(r.english, rows[i].english, "%s", rows[i].locales);
    }
}

Test(authorization_request, ignores_offline_access_without_prompt_consent)
{
    struct client c = service();
    struct authz_request r = {.scope = VIEW("openid offline_access")};

    c.may_refresh = true;
    cr_expect_not(authz_is_offline(&r, &c), "OIDC Core 11");
    r.prompt = PROMPT_CONSENT;
    cr_expect(authz_is_offline(&r, &c));
    c.may_refresh = false;
    cr_expect_not(authz_is_offline(&r, &c), "not registered for refresh tokens");
}

Test(authorization_request, comes_back_from_its_text_as_it_was)
{
    struct client c = service();
    struct authz_params p = good();
    struct authz_request r, back;
    struct arena a;
    struct view text;
    struct buf b;

    p.prompt = VIEW("login consent");
    p.max_age = VIEW("42");
    p.state = VIEW("\" \\ {}");
    p.ui_locales = VIEW("en");
    cr_assert_eq(authz_decide(&p, &c, &r).refusal, REFUSAL_NONE);
    r.hint_sub = VIEW("somebody");
    arena_open(&a, 65536);
    buf_open(&b, &a, 4096);
    authz_write(&b, &r);
    cr_assert_eq(buf_done(&b, &text), ERR_OK);
    cr_assert_eq(authz_read(&back, &a, text), ERR_OK);
    cr_expect(view_equal(back.client_id, r.client_id) && view_equal(back.redirect_uri, r.redirect_uri));
    cr_expect(view_equal(back.scope, r.scope) && view_equal(back.state, r.state) && view_equal(back.nonce, r.nonce));
    cr_expect(view_equal(back.challenge, r.challenge) && view_equal(back.hint_sub, r.hint_sub));
    cr_expect_eq(back.prompt, PROMPT_LOGIN | PROMPT_CONSENT);
    cr_expect_eq(back.max_age, 42);
    cr_expect(back.english && back.language_asked);
    cr_expect_eq(authz_read(&back, &a, VIEW("{}")), ERR_SYNTAX);
    cr_expect_eq(authz_read(&back, &a, VIEW("not json")), ERR_SYNTAX);
    arena_close(&a);
}
