#include "jpki/proof/request.h"

#include <criterion/criterion.h>

#include "base/base64.h"
#include "jpki/proof/claims.h"

#define NOW 1800000000

static struct arena arena;
static struct jws_key *key, *stranger;
static struct jws_key *keys[1];
static struct proof_issuer issuers[2];
static struct proof_reader reader;

static void open_keys(void)
{
    arena_open(&arena, (size_t)4 << 20);
    cr_assert(!jws_key_make(&key, JWS_ES256));
    cr_assert(!jws_key_make(&stranger, JWS_ES256));
    keys[0] = key;
    issuers[0] = (struct proof_issuer){.iss = VIEW("https://other.example"), .label = VIEW("other")};
    issuers[1] =
        (struct proof_issuer){.iss = VIEW("https://id.example"), .label = VIEW("test"), .keys = keys, .n_keys = 1};
    reader = (struct proof_reader){issuers, 2, PROOF_PC_AGENT, VIEW("1.4.2"), NOW};
}

static void close_keys(void)
{
    jws_key_close(key);
    jws_key_close(stranger);
    arena_close(&arena);
}

TestSuite(request, .init = open_keys, .fini = close_keys);

static struct proof_request good_request(void)
{
    struct proof_request r = {
        .iss = VIEW("https://id.example"),
        .ch = PROOF_PC_AGENT,
        .txn = VIEW("AAAAAAAAAAAAAAAAAAAAAA"),
        .jti = VIEW("BBBBBBBBBBBBBBBBBBBBBB"),
        .iat = NOW,
        .exp = NOW + 180,
        .rp = {VIEW("booking"), VIEW("施設予約"), VIEW("A市"), VIEW("a-city.example")},
        .purpose = PROOF_LOGIN,
        .bind = VIEW("47 さくら"),
        .acr = VIEW("urn:genkan:card"),
        .ui = {VIEW("ja"), true},
        .minver = VIEW("1.0.0"),
    };
    memset(r.nonce, 7, sizeof r.nonce);
    return r;
}

/* Every claim as raw JSON; a test replaces one. */
static const char *const claims[][2] = {
    {"iss", "\"https://id.example\""},
    {"aud", "\"urn:genkan:agent:1\""},
    {"ch", "\"pc-agent\""},
    {"txn", "\"AAAAAAAAAAAAAAAAAAAAAA\""},
    {"jti", "\"BBBBBBBBBBBBBBBBBBBBBB\""},
    {"nonce", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""},
    {"iat", "1800000000"},
    {"exp", "1800000180"},
    {"response_uri", "\"https://id.example/login/card/return\""},
    {"rp", "{\"id\":\"b\",\"name\":\"n\",\"org\":\"o\",\"host\":\"h\"}"},
    {"purpose", "\"login\""},
    {"bind", "\"47 さくら\""},
    {"acr", "\"a\""},
    {"ui", "{\"lang\":\"ja\"}"},
    {"minver", "\"1\""},
};
#define N_CLAIMS (sizeof claims / sizeof *claims)

/* The payload with CLAIM replaced by JSON (NULL: left out). */
static struct view payload_with(const char *claim, const char *json)
{
    struct buf b;
    struct view v;
    buf_open(&b, &arena, 1 << 16);
    for (size_t i = 0; i < N_CLAIMS; i++) {
        bool it = claim && strcmp(claims[i][0], claim) == 0;
        if (!it || json)
            buf_printf(&b, "%s\"%s\":%s", b.n ? "," : "{", claims[i][0], it ? json : claims[i][1]);
    }
    buf_put_text(&b, "}");
    cr_assert(!buf_done(&b, &v));
    return v;
}

static struct view signed_by(const struct jws_key *k, const char *typ, struct view payload)
{
    struct buf b;
    struct view v;
    buf_open(&b, &arena, 1 << 16);
    cr_assert(!jws_sign(&b, k, typ, payload));
    cr_assert(!buf_done(&b, &v));
    return v;
}

static struct proof_refusal read_text(struct view jws)
{
    struct proof_request out;
    const struct proof_issuer *issuer;
    struct proof_refusal refusal = {PROOF_ERROR_COUNT, NULL, NULL};
    cr_assert_eq(proof_request_read(&out, &issuer, &arena, jws, &reader, &refusal), ERR_OK);
    return refusal;
}

static struct proof_refusal read_with(const char *claim, const char *json)
{
    return read_text(signed_by(key, PROOF_REQUEST_TYPE, payload_with(claim, json)));
}

static void refuses(const char *claim, const char *json, enum proof_error code)
{
    struct proof_refusal r = read_with(claim, json);
    cr_expect_eq(r.code, code, "%s = %s gave %s (%s %s)", claim, json ? json : "(left out)", proof_error_name(r.code),
                 r.claim ? r.claim : "", r.rule ? r.rule : "");
}

Test(request, the_unchanged_table_of_claims_is_accepted)
{
    struct proof_refusal r = read_with(NULL, NULL);
    cr_assert_eq(r.code, PROOF_OK, "%s: %s", r.claim, r.rule);
}

Test(request, what_is_written_is_read_back)
{
    struct proof_request in = good_request(), out;
    const struct proof_issuer *issuer;
    struct proof_refusal refusal;
    struct buf b;
    struct view jws;
    buf_open(&b, &arena, 1 << 16);
    cr_assert(!proof_request_write(&b, key, &in));
    cr_assert(!buf_done(&b, &jws));
    cr_assert(!proof_request_read(&out, &issuer, &arena, jws, &reader, &refusal));
    cr_assert_eq(refusal.code, PROOF_OK, "%s: %s", refusal.claim, refusal.rule);
    cr_expect_eq(issuer, &issuers[1]);
    cr_expect(view_equal(out.iss, in.iss) && view_equal(out.txn, in.txn) && view_equal(out.jti, in.jti));
    cr_expect(memcmp(out.nonce, in.nonce, 32) == 0 && out.iat == in.iat && out.exp == in.exp);
    cr_expect(view_equal_text(out.response_uri, "https://id.example/login/card/return"));
    cr_expect(view_equal(out.rp.name, in.rp.name) && view_equal(out.rp.org, in.rp.org));
    cr_expect(view_equal(out.rp.id, in.rp.id) && view_equal(out.rp.host, in.rp.host));
    cr_expect(view_equal(out.bind, in.bind) && out.purpose == PROOF_LOGIN && out.ui.large);
    cr_expect(view_equal_text(out.ui.lang, "ja") && view_equal(out.minver, in.minver));
}

Test(request, leaving_out_any_claim_is_refused)
{
    for (size_t i = 0; i < N_CLAIMS; i++)
        refuses(claims[i][0], NULL, PROOF_REQUEST_INVALID);
}

Test(request, any_claim_of_another_type_is_refused)
{
    static const char *const others[] = {"null", "true", "[]", "{}", "1.5", "\"\"", "-1"};
    for (size_t i = 0; i < N_CLAIMS; i++)
        for (size_t k = 0; k < sizeof others / sizeof *others; k++)
            refuses(claims[i][0], others[k], PROOF_REQUEST_INVALID);
}

Test(request, refuses_an_issuer_whose_key_did_not_sign)
{
    refuses("iss", "\"https://other.example\"", PROOF_REQUEST_INVALID);
    refuses("iss", "\"https://id.example/\"", PROOF_REQUEST_INVALID);
    refuses("iss", "\"https://id.example.\"", PROOF_REQUEST_INVALID);
    refuses("iss", "\"https://ID.example\"", PROOF_REQUEST_INVALID);
    refuses("iss", "\"http://id.example\"", PROOF_REQUEST_INVALID);
}

Test(request, an_issuer_cannot_speak_for_another_even_if_all_else_fits)
{
    struct proof_issuer own = issuers[1];
    issuers[1].iss = VIEW("https://impostor.example"); /* whose key it is now */
    struct proof_refusal r = read_with(NULL, NULL);
    issuers[1] = own;
    cr_expect_eq(r.code, PROOF_REQUEST_INVALID);
    cr_expect_str_eq(r.claim, "iss");
}

Test(request, refuses_another_audience_or_carrier)
{
    refuses("aud", "\"urn:genkan:agent:2\"", PROOF_REQUEST_INVALID);
    refuses("aud", "[\"urn:genkan:agent:1\"]", PROOF_REQUEST_INVALID);
    refuses("ch", "\"app-same\"", PROOF_REQUEST_INVALID);
    refuses("ch", "\"app-cross\"", PROOF_REQUEST_INVALID);
    refuses("ch", "\"usb\"", PROOF_REQUEST_INVALID);
}

Test(request, refuses_ids_of_wrong_length_or_alphabet)
{
    static const char *const bad[] = {"\"AAAAAAAAAAAAAAAAAAAAA\"", "\"AAAAAAAAAAAAAAAAAAAAA+\"",
                                      "\"AAAAAAAAAAAAAAAAAAAAA \"",
                                      "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refuses("txn", bad[i], PROOF_REQUEST_INVALID);
        refuses("jti", bad[i], PROOF_REQUEST_INVALID);
    }
}

Test(request, refuses_a_nonce_that_is_not_32_bytes)
{
    refuses("nonce", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", PROOF_REQUEST_INVALID);   /* 42 */
    refuses("nonce", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", PROOF_REQUEST_INVALID); /* 44 */
    refuses("nonce", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\"", PROOF_REQUEST_INVALID);  /* spare bits */
    refuses("nonce", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"", PROOF_REQUEST_INVALID);
    refuses("nonce", "\"AAAAAAAAAAAAAAAAAAAAA+AAAAAAAAAAAAAAAAAAAAA\"", PROOF_REQUEST_INVALID);
}

Test(request, refuses_a_life_that_is_too_long_or_backwards)
{
    refuses("exp", "1800000241", PROOF_REQUEST_INVALID);
    refuses("exp", "1800000000", PROOF_REQUEST_INVALID);
    refuses("exp", "1799999999", PROOF_REQUEST_INVALID);
    cr_assert_eq(read_with("exp", "1800000240").code, PROOF_OK);
}

Test(request, says_what_is_wrong_with_the_clock_beyond_60_seconds)
{
    reader.now = NOW - 60;
    cr_expect_eq(read_with(NULL, NULL).code, PROOF_OK);
    reader.now = NOW - 61;
    cr_expect_eq(read_with(NULL, NULL).code, PROOF_CLOCK_SKEW);
    reader.now = NOW - 600;
    cr_expect_eq(read_with(NULL, NULL).code, PROOF_CLOCK_SKEW);
    reader.now = NOW + 180 + 60;
    cr_expect_eq(read_with(NULL, NULL).code, PROOF_OK);
    reader.now = NOW + 180 + 61;
    cr_expect_eq(read_with(NULL, NULL).code, PROOF_REQUEST_EXPIRED);
}

Test(request, refuses_every_response_uri_but_the_one_path_on_the_issuer)
{
    static const char *const bad[] = {
        "https://evil.example/login/card/return",
        "https://id.example@evil.example/login/card/return",
        "https://user@id.example/login/card/return",
        "https://id.example./login/card/return",
        "https://id.example:443/login/card/return",
        "https://id.example:8443/login/card/return",
        "https://id.example.evil.example/login/card/return",
        "http://id.example/login/card/return",
        "https://ID.EXAMPLE/login/card/return",
        "https://id.example/login/card/return/",
        "https://id.example/login/card/return?x",
        "https://id.example/login/card/return#x",
        "https://id.example/login/card/../card/return",
        "https://id.example//login/card/return",
        "https://id.example/login/card/retur%6E",
        "https://id.example",
        "/login/card/return",
        "//id.example/login/card/return",
        "javascript:alert(1)",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses("response_uri", arena_printf(&arena, "\"%s\"", bad[i]), PROOF_REQUEST_INVALID);
}

Test(request, refuses_shown_texts_that_could_forge_lines_of_the_window)
{
    static const char *const bad[] = {"a\\nPIN ok", "a\\u202eb", "a\\u2066b", "a\\u0085b", "a\\u007fb", "\\u200f"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refuses("rp", arena_printf(&arena, "{\"id\":\"b\",\"name\":\"%s\",\"org\":\"o\",\"host\":\"h\"}", bad[i]),
                PROOF_REQUEST_INVALID);
        refuses("rp", arena_printf(&arena, "{\"id\":\"b\",\"name\":\"n\",\"org\":\"%s\",\"host\":\"h\"}", bad[i]),
                PROOF_REQUEST_INVALID);
        refuses("rp", arena_printf(&arena, "{\"id\":\"b\",\"name\":\"n\",\"org\":\"o\",\"host\":\"%s\"}", bad[i]),
                PROOF_REQUEST_INVALID);
        refuses("bind", arena_printf(&arena, "\"47 %s\"", bad[i]), PROOF_REQUEST_INVALID);
    }
    char *big = arena_printf(&arena, "{\"id\":\"b\",\"name\":\"%0201d\",\"org\":\"o\",\"host\":\"h\"}", 1);
    refuses("rp", big, PROOF_REQUEST_INVALID);
    refuses("rp", "{\"id\":\"b\",\"name\":\"n\",\"org\":\"o\"}", PROOF_REQUEST_INVALID);
    refuses("rp", "{\"id\":\"b\",\"name\":1,\"org\":\"o\",\"host\":\"h\"}", PROOF_REQUEST_INVALID);
}

Test(request, refuses_a_word_that_is_not_two_digits_and_one_word)
{
    static const char *const bad[] = {"4 さくら", "47さくら", "47 ", "47 さくら もも", "ab さくら", "471 さくら", "47"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses("bind", arena_printf(&arena, "\"%s\"", bad[i]), PROOF_REQUEST_INVALID);
}

Test(request, refuses_unknown_purposes_and_languages)
{
    refuses("purpose", "\"sign\"", PROOF_REQUEST_INVALID);
    refuses("purpose", "\"LOGIN\"", PROOF_REQUEST_INVALID);
    refuses("ui", "{\"lang\":\"fr\"}", PROOF_REQUEST_INVALID);
    refuses("ui", "{\"lang\":\"ja\",\"large\":1}", PROOF_REQUEST_INVALID);
    cr_expect_eq(read_with("purpose", "\"read\"").code, PROOF_OK);
    cr_expect_eq(read_with("purpose", "\"reauth\"").code, PROOF_OK);
    cr_expect_eq(read_with("purpose", "\"register\"").code, PROOF_OK);
}

Test(request, wants_an_update_when_a_newer_agent_is_asked_for)
{
    refuses("minver", "\"1.4.3\"", PROOF_UPDATE_REQUIRED);
    refuses("minver", "\"2\"", PROOF_UPDATE_REQUIRED);
    refuses("minver", "\"1.x\"", PROOF_REQUEST_INVALID);
    refuses("minver", "\"1.4.2.0.0\"", PROOF_REQUEST_INVALID);
    cr_expect_eq(read_with("minver", "\"1.4.2\"").code, PROOF_OK);
}

Test(request, compares_versions_by_number)
{
    cr_expect(version_is_at_least(VIEW("1.10.0"), VIEW("1.9.9")));
    cr_expect(!version_is_at_least(VIEW("1.9.9"), VIEW("1.10")));
    cr_expect(version_is_at_least(VIEW("1.0"), VIEW("1")));
    cr_expect(!version_is_at_least(VIEW("1..0"), VIEW("1")));
    cr_expect(!version_is_at_least(VIEW(""), VIEW("0")));
    cr_expect(!version_is_at_least(VIEW_NONE, VIEW("0")));
    cr_expect(!version_is_at_least(VIEW("1.99999999999999999999"), VIEW("1")));
}

Test(request, refuses_a_signature_of_an_unknown_key)
{
    struct proof_refusal r = read_text(signed_by(stranger, PROOF_REQUEST_TYPE, payload_with(NULL, NULL)));
    cr_expect_eq(r.code, PROOF_REQUEST_INVALID);
    cr_expect_str_eq(r.claim, "signature");
}

Test(request, refuses_a_changed_payload)
{
    struct view jws = signed_by(key, PROOF_REQUEST_TYPE, payload_with(NULL, NULL));
    struct view other = signed_by(key, PROOF_REQUEST_TYPE, payload_with("purpose", "\"reauth\""));
    struct view rest = jws, part[3], rest2 = other, part2[3];
    for (int i = 0; i < 3; i++)
        cr_assert(view_next(&rest, '.', &part[i]) && view_next(&rest2, '.', &part2[i]));
    char *mixed = arena_printf(&arena, "%.*s.%.*s.%.*s", (int)part[0].n, part[0].p, (int)part2[1].n, part2[1].p,
                               (int)part[2].n, part[2].p);
    struct proof_refusal r = read_text(view_text(mixed));
    cr_expect_eq(r.code, PROOF_REQUEST_INVALID);
    cr_expect_str_eq(r.claim, "signature");
}

Test(request, refuses_another_type_or_algorithm)
{
    cr_expect_eq(read_text(signed_by(key, "JWT", payload_with(NULL, NULL))).code, PROOF_REQUEST_INVALID);
    cr_expect_eq(read_text(signed_by(key, NULL, payload_with(NULL, NULL))).code, PROOF_REQUEST_INVALID);
    struct jws_key *rsa;
    cr_assert(!jws_key_make(&rsa, JWS_RS256));
    keys[0] = rsa;
    cr_expect_eq(read_text(signed_by(rsa, PROOF_REQUEST_TYPE, payload_with(NULL, NULL))).code, PROOF_REQUEST_INVALID);
    jws_key_close(rsa);
}

Test(request, refuses_what_is_no_jws)
{
    static const char *const bad[] = {"", ".", "..", "a.b.c", "a.b", "a.b.c.d", "{}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(read_text(view_text(bad[i])).code, PROOF_REQUEST_INVALID, "%s", bad[i]);
    char *none = arena_printf(&arena, "%s.%s.", base64url_text(&arena, VIEW("{\"alg\":\"none\"}")),
                              base64url_text(&arena, payload_with(NULL, NULL)));
    cr_expect_eq(read_text(view_text(none)).code, PROOF_REQUEST_INVALID);
    cr_expect_eq(read_text(signed_by(key, PROOF_REQUEST_TYPE, VIEW("not json"))).code, PROOF_REQUEST_INVALID);
    cr_expect_eq(read_text(signed_by(key, PROOF_REQUEST_TYPE, VIEW("[]"))).code, PROOF_REQUEST_INVALID);
}

Test(request, refuses_more_than_fits_into_a_request_line)
{
    char *big = arena_printf(&arena, "\"%08000d\"", 1);
    struct proof_refusal r = read_with("acr", big);
    cr_expect_eq(r.code, PROOF_REQUEST_INVALID);
    cr_expect_str_eq(r.rule, "too long");
}

Test(request, does_not_sign_what_its_reader_would_refuse)
{
    struct buf b;
    struct proof_request r = good_request();
    buf_open(&b, &arena, 1 << 16);
    r.exp = r.iat + 241;
    cr_expect_eq(proof_request_write(&b, key, &r), ERR_SYNTAX);
    r = good_request();
    r.iss = VIEW("https://id.example/path");
    cr_expect_eq(proof_request_write(&b, key, &r), ERR_SYNTAX);
    r = good_request();
    r.rp.name = VIEW("line\nbreak");
    cr_expect_eq(proof_request_write(&b, key, &r), ERR_SYNTAX);
    cr_expect_eq(b.n, 0);
    struct jws_key *rsa;
    cr_assert(!jws_key_make(&rsa, JWS_RS256));
    r = good_request();
    cr_expect_eq(proof_request_write(&b, rsa, &r), ERR_CONFIG);
    jws_key_close(rsa);
}
