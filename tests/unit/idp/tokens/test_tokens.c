/* Codes, access tokens, ID tokens, log-out tokens and subjects, made with one set of keys. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/base64.h"
#include "base/hash.h"
#include "idp/tokens/access_token.h"
#include "idp/tokens/code.h"
#include "idp/tokens/id_token.h"
#include "idp/tokens/logout_token.h"
#include "idp/tokens/notify_token.h"
#include "idp/tokens/pack.h"
#include "idp/tokens/resource_token.h"
#include "idp/tokens/subject.h"
#include "tests/lib/box.h"
#include "tests/lib/key_folder.h"

enum { NOW = 1700000000 };

static struct box box;
static struct keys *keys, *others;
static char folder[80];

static struct keys *make_keys(const char *name, void (*copy)(struct arena *, const char *, int64_t))
{
    struct keys *k;

    snprintf(folder, sizeof folder, "%s/%s", box.folder, name);
    copy(&box.a, folder, NOW);
    cr_assert_eq(keys_open(&k, folder, NULL), ERR_OK);
    return k;
}

static void open_all(void)
{
    box_open_empty(&box);
    arena_open(&box.a, 1 << 22);
    others = make_keys("others", key_folder_copy_others);
    keys = make_keys("keys", key_folder_copy);
}

static void close_all(void)
{
    keys_close(keys);
    keys_close(others);
    box_close(&box);
}

TestSuite(tokens, .init = open_all, .fini = close_all);

static struct ident some(uint8_t byte)
{
    struct ident id;

    memset(id.b, byte, sizeof id.b);
    return id;
}

/* --- subjects --- */

Test(tokens, a_subject_is_another_one_in_another_sector_and_for_another_resident)
{
    char *a = subject_sub(&box.a, keys, VIEW("a-city"), some(1));

    cr_expect_str_eq(a, subject_sub(&box.a, keys, VIEW("a-city"), some(1)), "OIDC Core 8.1: stable");
    cr_expect_str_neq(a, subject_sub(&box.a, keys, VIEW("b-city"), some(1)));
    cr_expect_str_neq(a, subject_sub(&box.a, keys, VIEW("a-city"), some(2)));
    cr_expect_str_neq(a, subject_sub(&box.a, others, VIEW("a-city"), some(1)));
    cr_expect_eq(strlen(a), 43);
}

Test(tokens, a_session_has_another_name_for_every_service)
{
    char *a = subject_sid(&box.a, keys, some(1), VIEW("a"));

    cr_expect_str_neq(a, subject_sid(&box.a, keys, some(1), VIEW("b")));
    cr_expect_str_neq(a, subject_sid(&box.a, keys, some(2), VIEW("a")));
    cr_expect_eq(strlen(a), 22);
}

/* --- codes --- */

static struct code a_code(void)
{
    struct code c = {.client_id = VIEW("a"),
                     .sub = VIEW("sub"),
                     .sid = VIEW("sid"),
                     .scope = VIEW("openid name"),
                     .nonce = VIEW_NONE,
                     .challenge = VIEW("challenge"),
                     .session = some(3),
                     .grant = some(4),
                     .epoch = some(5),
                     .minted_at = NOW,
                     .offline = true};
    sha256(c.redirect_hash, VIEW("https://a.example/cb"));
    return c;
}

static struct view code_text(void)
{
    struct code c = a_code();
    struct view text;

    cr_assert_eq(code_mint(&box.a, keys, &c, &text), ERR_OK);
    return text;
}

Test(tokens, a_code_changed_in_any_letter_is_refused)
{
    struct view text = code_text(), changed = arena_copy(&box.a, text);
    struct code c;

    for (size_t i = 0; i < text.n; i++) {
        uint8_t *letter = (uint8_t *)(uintptr_t)&changed.p[i], was = *letter;
        *letter = was == 'A' ? 'B' : 'A';
        cr_expect_neq(code_read(&box.a, keys, changed, &c), ERR_OK, "letter %zu", i);
        *letter = was;
    }
    cr_expect_neq(code_read(&box.a, keys, view_part(text, 0, text.n - 1), &c), ERR_OK);
    cr_expect_neq(code_read(&box.a, keys, VIEW(""), &c), ERR_OK);
    cr_expect_neq(code_read(&box.a, keys, VIEW_NONE, &c), ERR_OK);
}

Test(tokens, a_code_of_another_genkan_is_refused)
{
    struct code c;

    cr_expect_eq(code_read(&box.a, others, code_text(), &c), ERR_MISMATCH);
}

Test(tokens, an_access_token_is_no_code_and_a_code_is_no_access_token)
{
    struct access_token t = {
        .family = some(1), .grant = some(2), .client_id = VIEW("a"), .sub = VIEW("s"), .scope = VIEW("openid")};
    struct access_token back;
    struct code c;
    struct view text;

    cr_assert_eq(access_token_mint(&box.a, keys, &t, &text), ERR_OK);
    cr_expect_eq(code_read(&box.a, keys, text, &c), ERR_MISMATCH);
    cr_expect_eq(access_token_read(&box.a, keys, code_text(), &back), ERR_MISMATCH);
}

Test(tokens, a_code_comes_back_as_it_was)
{
    struct code was = a_code(), c;

    cr_assert_eq(code_read(&box.a, keys, code_text(), &c), ERR_OK);
    cr_expect(view_equal(c.client_id, was.client_id) && view_equal(c.sub, was.sub) && view_equal(c.sid, was.sid));
    cr_expect(view_equal(c.scope, was.scope) && !view_is(c.nonce) && view_equal(c.challenge, was.challenge));
    cr_expect(ident_equal(c.session, was.session) && ident_equal(c.grant, was.grant) &&
              ident_equal(c.epoch, was.epoch));
    cr_expect_arr_eq(c.redirect_hash, was.redirect_hash, 32);
    cr_expect(c.minted_at == NOW && c.offline && !c.claims);
    cr_expect(!view_is(c.resource) && c.cnf.kind == CNF_NONE);
}

Test(tokens, a_code_knows_apart_what_outlives_the_session_and_what_waits_for_it)
{
    for (int i = 0; i < 4; i++) {
        struct code was = a_code(), c;
        struct view text;

        was.offline = i & 1;
        was.claims = i & 2;
        cr_assert_eq(code_mint(&box.a, keys, &was, &text), ERR_OK);
        cr_assert_eq(code_read(&box.a, keys, text, &c), ERR_OK);
        cr_expect(c.offline == was.offline && c.claims == was.claims, "%d", i);
    }
}

#define THUMBPRINT "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

Test(tokens, an_access_token_that_is_plain_names_its_session_and_says_what_a_row_would)
{
    struct access_token t = {.family = token_family_id(VIEW("code"), 1000000),
                             .grant = ident_of(VIEW("grant")),
                             .session = ident_of(VIEW("session")),
                             .client_id = VIEW("a-city"),
                             .sub = VIEW("sub"),
                             .scope = VIEW("openid name"),
                             .expires_at = 1000600};
    struct access_token back;
    struct view text;
    cr_assert_eq(access_token_mint(&box.a, keys, &t, &text), ERR_OK);
    cr_assert_eq(access_token_read(&box.a, keys, text, &back), ERR_OK);
    struct family f = access_token_plain_family(&back);
    cr_expect(ident_equal(back.session, t.session) && ident_equal(f.session, t.session));
    cr_expect(ident_equal(f.id, t.family) && ident_equal(f.grant, t.grant));
    cr_expect(view_equal_text(f.client, "a-city") && view_equal_text(f.scope, "openid name"));
    cr_expect(f.minted_at == 1000000 && f.expires_at == 1000600);
    cr_expect(token_is_plain(&f));
    t.session = IDENT_NONE;
    cr_assert_eq(access_token_mint(&box.a, keys, &t, &text), ERR_OK);
    cr_assert_eq(access_token_read(&box.a, keys, text, &back), ERR_OK);
    cr_expect_not(ident_is(back.session));
}

Test(tokens, a_code_and_an_access_token_keep_the_key_and_the_server_they_are_bound_to)
{
    struct access_token t = {
        .client_id = VIEW("a"), .sub = VIEW("s"), .scope = VIEW("read"), .resource = VIEW("https://r")};
    struct code was = a_code(), c;
    struct access_token back;
    struct view text;

    was.resource = t.resource;
    cr_assert(cnf_read(&was.cnf, CNF_JKT, VIEW(THUMBPRINT)) && cnf_read(&t.cnf, CNF_X5T, VIEW(THUMBPRINT)));
    cr_assert_eq(code_mint(&box.a, keys, &was, &text), ERR_OK);
    cr_assert_eq(code_read(&box.a, keys, text, &c), ERR_OK);
    cr_expect(view_equal_text(c.resource, "https://r") && cnf_equal(&c.cnf, &was.cnf));
    cr_assert_eq(access_token_mint(&box.a, keys, &t, &text), ERR_OK);
    cr_assert_eq(access_token_read(&box.a, keys, text, &back), ERR_OK);
    cr_expect(view_equal_text(back.resource, "https://r") && cnf_equal(&back.cnf, &t.cnf));
    cr_expect_not(cnf_equal(&back.cnf, &c.cnf), "the same digest of another kind of key");
}

Test(tokens, what_a_counter_is_told_comes_back_as_it_was_and_to_nobody_else)
{
    struct notify_token t = {VIEW("the-request"), VIEW("the-word")}, back;
    struct view sealed, code;
    struct code c = a_code();
    cr_assert_eq(notify_token_seal(&box.a, keys, &t, &sealed), ERR_OK);
    cr_expect_eq(notify_token_open(&box.a, others, sealed, &back), ERR_MISMATCH);
    cr_assert_eq(code_mint(&box.a, keys, &c, &code), ERR_OK);
    cr_expect_eq(notify_token_open(&box.a, keys, code, &back), ERR_MISMATCH, "a code is none");
    cr_assert_eq(notify_token_open(&box.a, keys, sealed, &back), ERR_OK);
    cr_expect(view_equal(back.auth_req_id, t.auth_req_id) && view_equal(back.token, t.token));
}

Test(tokens, no_two_codes_are_alike)
{
    cr_expect_not(view_equal(code_text(), code_text()));
}

Test(tokens, an_access_token_comes_back_as_it_was)
{
    struct access_token t = {
        .family = some(1), .client_id = VIEW("a"), .sub = VIEW("s"), .scope = VIEW("openid"), .expires_at = NOW + 600};
    struct access_token back;
    struct view text;

    cr_assert_eq(access_token_mint(&box.a, keys, &t, &text), ERR_OK);
    cr_assert_eq(access_token_read(&box.a, keys, text, &back), ERR_OK);
    cr_expect(ident_equal(back.family, t.family) && !ident_is(back.grant));
    cr_expect(view_equal_text(back.scope, "openid") && back.expires_at == NOW + 600);
    cr_expect_neq(access_token_read(&box.a, others, text, &back), ERR_OK);
}

/* --- records --- */

Test(tokens, a_record_that_is_cut_short_is_refused)
{
    struct view rest = VIEW("\x00\x05"
                            "abc"),
                out;
    int64_t i;

    cr_expect_not(pack_take(&rest, &out));
    rest = VIEW("\x00");
    cr_expect_not(pack_take(&rest, &out));
    rest = VIEW("1234567");
    cr_expect_not(pack_take_int(&rest, &i));
}

/* --- ID tokens --- */

static struct id_token an_id_token(void)
{
    return (struct id_token){.issuer = VIEW("https://op.example"),
                             .client_id = VIEW("a"),
                             .sub = VIEW("sub"),
                             .sid = VIEW("sid"),
                             .nonce = VIEW("n\"1"),
                             .acr = VIEW("aal3"),
                             .amr = VIEW("sc pin"),
                             .access_token = VIEW("token"),
                             .login_at = NOW - 60,
                             .now = NOW};
}

static struct view id_token_text(enum jws_alg alg)
{
    struct id_token t = an_id_token();
    struct view text;

    cr_assert_eq(id_token_mint(&box.a, keys, alg, &t, &text), ERR_OK);
    return text;
}

static bool is_pair(const struct json *j, const char *first, const char *second)
{
    struct view one, two;
    return json_is_array(j) && json_count(j) == 2 && json_text(json_at(j, 0), &one) && json_text(json_at(j, 1), &two) &&
           view_equal_text(one, first) && view_equal_text(two, second);
}

static const struct json *payload(struct view text)
{
    struct jws jws;
    struct json *j;

    cr_assert_eq(jws_read(&jws, &box.a, text), ERR_OK);
    cr_assert_eq(json_read(&j, &box.a, jws.payload, NULL), ERR_OK);
    return j;
}

static enum err hint(struct view text)
{
    struct id_token t;

    return id_token_read(&box.a, keys, VIEW("https://op.example"), text, &t);
}

static struct view sign(const struct jws_key *key, const char *typ, const char *claims)
{
    struct view text;
    struct buf b;

    buf_open(&b, &box.a, 8192);
    cr_assert_eq(jws_sign(&b, key, typ, view_text(claims)), ERR_OK);
    cr_assert_eq(buf_done(&b, &text), ERR_OK);
    return text;
}

Test(tokens, a_hint_that_is_not_ours_is_refused)
{
    static const char claims[] = "{\"iss\":\"https://op.example\",\"aud\":\"a\",\"sub\":\"s\",\"sid\":\"x\"}";
    const struct jws_key *ours = keys_active(keys, KEY_TOKEN, JWS_ES256);

    cr_expect_neq(hint(sign(keys_active(others, KEY_TOKEN, JWS_ES256), "JWT", claims)), ERR_OK, "bad-id-token-hint");
    cr_expect_neq(hint(sign(keys_active(keys, KEY_CARD, JWS_ES256), "JWT", claims)), ERR_OK, "key of card requests");
    cr_expect_neq(hint(sign(ours, "logout+jwt", claims)), ERR_OK, "RFC 8725 3.11");
    cr_expect_neq(hint(sign(ours, "JWT", "{\"iss\":\"https://evil\",\"aud\":\"a\",\"sub\":\"s\",\"sid\":\"x\"}")),
                  ERR_OK);
    cr_expect_neq(hint(sign(ours, "JWT", "{\"iss\":\"https://op.example\",\"aud\":\"a\",\"sid\":\"x\"}")), ERR_OK);
    cr_expect_neq(
        hint(sign(ours, "JWT",
                  "{\"iss\":\"https://op.example\",\"aud\":\"a\",\"sub\":\"s\",\"sid\":\"x\",\"events\":{}}")),
        ERR_OK, "Back-Channel Logout 2.4");
    cr_expect_neq(hint(VIEW("eyJhbGciOiJub25lIn0.e30.")), ERR_OK, "modified-id-token-hint: alg none");
    cr_expect_neq(hint(VIEW("nonsense")), ERR_OK);
    cr_expect_eq(hint(sign(ours, "JWT", claims)), ERR_OK);
}

Test(tokens, a_hint_with_another_payload_under_our_signature_is_refused)
{
    struct view text = id_token_text(JWS_ES256), changed = arena_copy(&box.a, text);
    size_t dot = view_index(text, '.');
    uint8_t *letter = (uint8_t *)(uintptr_t)&changed.p[dot + 20];

    *letter = *letter == 'A' ? 'B' : 'A';
    cr_expect_neq(hint(changed), ERR_OK);
}

Test(tokens, an_id_token_says_who_when_and_how_and_nothing_else)
{
    const struct json *j = payload(id_token_text(JWS_ES256));
    static const char *const known[] = {"iss",   "sub", "aud", "exp",     "iat", "auth_time",
                                        "nonce", "acr", "amr", "at_hash", "sid", NULL};
    struct view stranger;

    cr_expect(json_only(j, known, &stranger), "fields leave through UserInfo only");
    cr_expect(view_equal_text(json_member_text(j, "iss"), "https://op.example"));
    cr_expect(view_equal_text(json_member_text(j, "aud"), "a"));
    cr_expect(view_equal_text(json_member_text(j, "nonce"), "n\"1"), "OIDC Core 3.1.2.1: unmodified");
    cr_expect_eq(json_member_int(j, "iat", 0), NOW);
    cr_expect_eq(json_member_int(j, "exp", 0), NOW + ID_TOKEN_LIFE_S);
    cr_expect_eq(json_member_int(j, "auth_time", 0), NOW - 60);
    cr_expect(is_pair(json_member(j, "amr"), "sc", "pin"), "OIDC Core 2: amr is an array");
}

Test(tokens, at_hash_is_the_left_half_of_the_digest)
{
    /* OIDC Core 3.1.3.6 with the access token of its appendix A.3 */
    cr_expect_str_eq(id_token_half_hash(&box.a, JWS_RS256, VIEW("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y")),
                     "77QmUPtjPfzWtF2AnpK9RQ");
    /* and by the hash of the algorithm, made by another implementation */
    static const struct {
        enum jws_alg alg;
        const char *half;
    } rows[] = {{JWS_ES256, "ungWv48Bz-pBQUDeXa4iIw"},
                {JWS_PS256, "ungWv48Bz-pBQUDeXa4iIw"},
                {JWS_ES384, "ywB1P0WjXou1oD1pmsZQBycsMqsO3tFj"},
                {JWS_EDDSA, "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05o"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(id_token_half_hash(&box.a, rows[i].alg, VIEW("abc")), rows[i].half, "%s",
                         jws_alg_name(rows[i].alg));
}

Test(tokens, an_id_token_is_signed_with_the_algorithm_of_the_client)
{
    struct jws jws;

    static const enum jws_alg algs[] = {JWS_RS256, JWS_ES256, JWS_PS256, JWS_EDDSA};

    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++) {
        enum jws_alg alg = algs[i];
        cr_assert_eq(jws_read(&jws, &box.a, id_token_text(alg)), ERR_OK);
        cr_expect_eq(jws.alg, alg);
        cr_expect(view_equal_text(jws.kid, jws_key_id(keys_active(keys, KEY_TOKEN, alg))));
        cr_expect_eq(jws_verify(&jws, keys_active(keys, KEY_TOKEN, alg)), ERR_OK);
    }
}

Test(tokens, a_hint_of_a_retired_key_is_still_ours)
{
    struct view text = id_token_text(JWS_ES256);

    cr_assert_eq(keys_rotate_at_once(folder, KEY_TOKEN, JWS_ES256, NOW), ERR_OK);
    keys_close(keys);
    cr_assert_eq(keys_open(&keys, folder, NULL), ERR_OK);
    cr_expect_eq(hint(text), ERR_OK);
}

/* --- log-out tokens --- */

Test(tokens, a_logout_token_is_what_the_standard_says)
{
    struct logout_token t = {VIEW("https://op.example"), VIEW("a"), VIEW("sub"), VIEW("sid"), NOW};
    struct view text, again;
    struct jws jws;

    cr_assert_eq(logout_token_mint(&box.a, keys, JWS_RS256, &t, &text), ERR_OK);
    cr_assert_eq(logout_token_mint(&box.a, keys, JWS_RS256, &t, &again), ERR_OK);
    const struct json *j = payload(text);
    cr_expect_null(json_member(j, "nonce"), "Back-Channel Logout 2.4: nonce MUST NOT be there");
    cr_assert_eq(jws_read(&jws, &box.a, text), ERR_OK);
    cr_expect(view_equal_text(jws.typ, "logout+jwt"));
    cr_expect_eq(jws_verify(&jws, keys_active(keys, KEY_TOKEN, JWS_RS256)), ERR_OK);
    const struct json *event =
        json_member(json_member(j, "events"), "http://schemas.openid.net/event/backchannel-logout");
    cr_expect(json_is_object(event));
    cr_expect(view_equal_text(json_member_text(j, "sub"), "sub") && view_equal_text(json_member_text(j, "sid"), "sid"));
    cr_expect(view_equal_text(json_member_text(j, "iss"), "https://op.example"));
    cr_expect(view_equal_text(json_member_text(j, "aud"), "a"));
    cr_expect_eq(json_member_int(j, "iat", 0), NOW);
    cr_expect_not(view_equal(json_member_text(j, "jti"), json_member_text(payload(again), "jti")));
    cr_expect_neq(hint(text), ERR_OK, "a log-out token is no id_token_hint");
}

/* --- tokens that a resource server reads --- */

static struct resource_token a_resource_token(void)
{
    return (struct resource_token){.family = some(1),
                                   .issuer = VIEW("https://op.example"),
                                   .resource = VIEW("https://r.example"),
                                   .client_id = VIEW("a"),
                                   .sub = VIEW("s"),
                                   .now = NOW,
                                   .expires_at = NOW + 600};
}

static struct view resource_text(void)
{
    struct resource_token t = a_resource_token();
    struct view text;

    cr_assert(cnf_read(&t.cnf, CNF_JKT, VIEW(THUMBPRINT)));
    cr_assert_eq(resource_token_mint(&box.a, keys, JWS_ES256, &t, &text), ERR_OK);
    return text;
}

Test(tokens, a_resource_servers_token_is_no_id_token_and_the_other_way_round)
{
    struct id_token id = {.issuer = VIEW("https://op.example"), .client_id = VIEW("a"), .sub = VIEW("s"), .now = NOW};
    struct resource_token back;
    struct view text;

    cr_assert_eq(id_token_mint(&box.a, keys, JWS_ES256, &id, &text), ERR_OK);
    cr_expect_neq(resource_token_read(&box.a, keys, text, &back), ERR_OK, "RFC 9068 5");
    cr_expect_neq(resource_token_read(&box.a, others, resource_text(), &back), ERR_OK, "of another Genkan");
    cr_expect_neq(resource_token_read(&box.a, keys, VIEW("a.b.c"), &back), ERR_OK);
}

Test(tokens, a_resource_servers_token_comes_back_with_its_family_which_it_does_not_show)
{
    struct resource_token back, was = a_resource_token();
    struct view text = resource_text();
    struct jws jws;

    cr_assert_eq(resource_token_read(&box.a, keys, text, &back), ERR_OK);
    cr_expect(ident_equal(back.family, was.family) && view_equal(back.resource, was.resource));
    cr_expect(view_equal(back.client_id, was.client_id) && back.now == NOW && back.expires_at == NOW + 600 &&
              back.cnf.kind == CNF_JKT);
    cr_assert_eq(jws_read(&jws, &box.a, text), ERR_OK);
    cr_expect(view_equal_text(jws.typ, "at+jwt"), "RFC 9068 2.1");
    cr_expect_not(view_equal(text, resource_text()), "two of one family have nothing in common");
}

static const struct json *resource_claims(const struct login_claims *login)
{
    struct resource_token t = a_resource_token();
    struct view text;
    struct json *claims;
    struct jws jws;

    t.login = login;
    cr_assert_eq(resource_token_mint(&box.a, keys, JWS_ES256, &t, &text), ERR_OK);
    cr_assert_eq(jws_read(&jws, &box.a, text), ERR_OK);
    cr_assert_eq(json_read(&claims, &box.a, jws.payload, NULL), ERR_OK);
    return claims;
}

Test(tokens, a_resource_servers_token_tells_of_a_login_only_if_there_was_one_and_never_a_scope)
{
    static const char *const of_a_login[] = {"auth_time", "acr", "amr", "scope"};
    const struct login_claims login = {NOW - 60, VIEW("aal3"), VIEW("pin pop")};
    const struct json *claims = resource_claims(NULL);

    for (size_t i = 0; i < 4; i++)
        cr_expect_null(json_member(claims, of_a_login[i]), "RFC 9068 2.2.1: %s", of_a_login[i]);
    claims = resource_claims(&login);
    cr_expect_eq(json_member_int(claims, "auth_time", 0), NOW - 60);
    cr_expect(view_equal_text(json_member_text(claims, "acr"), "aal3"));
    cr_expect(is_pair(json_member(claims, "amr"), "pin", "pop"));
    cr_expect_null(json_member(claims, "scope"), "2.2.3: it has no meaning there");
}
