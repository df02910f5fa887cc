#include "jpki/proof/response.h"

#include <criterion/criterion.h>

#include "base/base64.h"

static struct arena arena;
static uint8_t cert[1500], sig[256];

static void open_arena(void)
{
    arena_open(&arena, (size_t)4 << 20);
    memset(cert, 0x30, sizeof cert);
    memset(sig, 0x5A, sizeof sig);
}

static void close_arena(void)
{
    arena_close(&arena);
}

TestSuite(response, .init = open_arena, .fini = close_arena);

static struct proof_response good_response(void)
{
    return (struct proof_response){
        .txn = VIEW("AAAAAAAAAAAAAAAAAAAAAA"),
        .auth = {JWS_RS256, VIEW_ARRAY(cert), VIEW_ARRAY(sig)},
        .agent_name = VIEW("genkan-agent"),
        .agent_ver = VIEW("0.1.0"),
        .agent_os = VIEW("linux"),
    };
}

static void refuses(const char *json)
{
    struct proof_response out;
    const char *why = NULL;
    cr_expect_eq(proof_response_read(&out, &arena, view_text(json), &why), ERR_SYNTAX, "%.200s", json);
    cr_expect(why && *why);
    cr_expect(!out.txn.p && !out.auth.alg, "nothing of a refused response is handed out");
}

static enum err read_back(const struct proof_response *in, struct proof_response *out)
{
    struct buf b;
    struct view text;
    const char *why = "";
    buf_open(&b, &arena, PROOF_RESPONSE_MAX);
    cr_assert(!proof_response_write_fragment(&b, in));
    cr_assert(!buf_done(&b, &text));
    enum err e = proof_response_read_fragment(out, &arena, text, &why);
    cr_expect(!e, "%s", why);
    return e;
}

Test(response, a_login_is_read_back)
{
    struct proof_response in = good_response(), out;
    cr_assert(!read_back(&in, &out));
    cr_expect(view_equal(out.txn, in.txn) && out.error == PROOF_OK && out.auth.alg == JWS_RS256);
    cr_expect(view_equal(out.auth.cert, in.auth.cert) && view_equal(out.auth.sig, in.auth.sig));
    cr_expect(!out.sign.alg && !out.has_text);
    cr_expect(view_equal_text(out.agent_name, "genkan-agent") && view_equal_text(out.agent_os, "linux"));
}

Test(response, a_reading_and_a_registration_are_read_back)
{
    struct proof_response in = good_response(), out;
    in.has_text = true;
    in.text = (struct proof_text){VIEW("大阪　花子"), VIEW("大阪府堺市"), VIEW("19800000"), VIEW("2")};
    in.sign = (struct proof_signed){JWS_ES384, VIEW_ARRAY(cert), view_bytes(sig, 96)};
    cr_assert(!read_back(&in, &out));
    cr_expect(out.has_text && view_equal(out.text.name, in.text.name) && view_equal(out.text.address, in.text.address));
    cr_expect(view_equal(out.text.birthdate, in.text.birthdate) && view_equal(out.text.gender, in.text.gender));
    cr_expect(out.sign.alg == JWS_ES384 && out.sign.sig.n == 96);
}

Test(response, every_error_is_read_back_and_carries_nothing_else)
{
    for (int e = PROOF_OK + 1; e < PROOF_ERROR_COUNT; e++) {
        struct proof_response in = good_response(), out;
        in.error = (enum proof_error)e;
        cr_assert(!read_back(&in, &out));
        cr_expect_eq(out.error, (enum proof_error)e);
        cr_expect(!out.auth.cert.p && !out.agent_name.p);
    }
}

Test(response, blanks_around_a_pasted_fragment_are_cut_off)
{
    struct proof_response out;
    const char *why;
    char *json = base64url_text(&arena, VIEW("{\"format\":\"genkan-card:1\",\"txn\":\"t\",\"error\":\"busy\"}"));
    char *pasted = arena_printf(&arena, " \r\n%s\t\n", json);
    cr_assert(!proof_response_read_fragment(&out, &arena, view_text(pasted), &why), "%s", why);
    cr_expect_eq(out.error, PROOF_BUSY);
    pasted = arena_printf(&arena, "#%s", json);
    cr_expect_eq(proof_response_read_fragment(&out, &arena, view_text(pasted), &why), ERR_SYNTAX);
}

Test(response, an_error_says_whose_it_is_and_only_of_the_known)
{
    for (enum proof_part part = PROOF_PART_AUTH; part <= PROOF_PART_TEXT; part++) {
        struct proof_response in = good_response(), out;
        in.error = PROOF_PIN_BLOCKED;
        in.part = part;
        cr_assert(!read_back(&in, &out));
        cr_expect(out.error == PROOF_PIN_BLOCKED && out.part == part);
    }
    refuses("{\"format\":\"genkan-card:1\",\"txn\":\"t\",\"error\":\"busy\",\"of\":\"auth\"}");
    refuses("{\"format\":\"genkan-card:1\",\"txn\":\"t\",\"error\":\"busy\",\"of\":\"\"}");
    refuses("{\"format\":\"genkan-card:1\",\"txn\":\"t\",\"error\":\"busy\",\"of\":1}");
    refuses("{\"format\":\"genkan-card:1\",\"txn\":\"t\",\"of\":\"sign\"}");
}

#define AGENT "\"agent\":{\"name\":\"a\",\"ver\":\"1\",\"os\":\"o\"}"

Test(response, refuses_broken_frames)
{
    refuses("");
    refuses("[]");
    refuses("{}");
    refuses("{\"format\":\"genkan-card:2\",\"txn\":\"t\",\"error\":\"busy\"}");
    refuses("{\"format\":\"genkan-card:1\",\"error\":\"busy\"}");
    refuses("{\"format\":\"genkan-card:1\",\"txn\":\"\",\"error\":\"busy\"}");
    refuses("{\"format\":\"genkan-card:1\",\"txn\":\"a b\",\"error\":\"busy\"}");
    refuses("{\"format\":\"genkan-card:1\",\"txn\":7,\"error\":\"busy\"}");
    refuses("{\"format\":\"genkan-card:1\",\"txn\":\"t\",\"error\":\"ok\"}");
    refuses("{\"format\":\"genkan-card:1\",\"txn\":\"t\",\"error\":\"pin_wrong\"}");
    refuses("{\"format\":\"genkan-card:1\",\"txn\":\"t\",\"error\":1}");
    refuses("{\"format\":\"genkan-card:1\",\"txn\":\"t\",\"error\":null}");
    refuses("{\"format\":\"genkan-card:1\",\"txn\":\"t\",\"error\":\"busy\",\"cert\":\"MAAA\"}");
    refuses("{\"format\":\"genkan-card:1\",\"txn\":\"t\",\"error\":\"busy\",\"tries\":1}");
    refuses("{\"format\":\"genkan-card:1\",\"txn\":\"t\"}");
    refuses("{\"format\":\"genkan-card:1\",\"txn\":\"t\",\"txn\":\"u\",\"error\":\"busy\"}");
}

/* A proof with the members given. */
static char *proof(const char *alg, const char *cert64, size_t sig_n, const char *more)
{
    const char *sig64 = base64_text(&arena, view_bytes(sig, sig_n));
    return arena_printf(&arena,
                        "{\"format\":\"genkan-card:1\",\"txn\":\"t\",\"alg\":\"%s\",\"cert\":\"%s\",\"sig\":\"%s\"%s}",
                        alg, cert64, sig64, more);
}

Test(response, refuses_broken_proofs)
{
    struct proof_response out;
    const char *why;
    cr_assert(!proof_response_read(&out, &arena, view_text(proof("RS256", "MAAA", 256, "," AGENT)), &why), "%s", why);
    refuses(proof("none", "MAAA", 256, "," AGENT));
    refuses(proof("ES256", "MAAA", 64, "," AGENT));
    refuses(proof("RS256", "", 256, "," AGENT));
    refuses(proof("RS256", "MAA", 256, "," AGENT));
    refuses(proof("RS256", "MA-_", 256, "," AGENT));
    refuses(proof("RS256", "MAAA", 255, "," AGENT));
    refuses(proof("RS256", "MAAA", 0, "," AGENT));
    refuses(proof("ES384", "MAAA", 97, "," AGENT));
    refuses(proof("RS256", "MAAA", 256, ""));
    refuses(proof("RS256", "MAAA", 256, ",\"agent\":{\"name\":\"a\",\"ver\":\"1\"}"));
    refuses(proof("RS256", "MAAA", 256, ",\"agent\":{\"name\":\"a\",\"ver\":\"1\",\"os\":\"o\",\"reader\":\"x\"}"));
    refuses(proof("RS256", "MAAA", 256, ",\"agent\":{\"name\":\"a\\n\",\"ver\":\"1\",\"os\":\"o\"}"));
    refuses(proof("RS256", "MAAA", 256, ",\"x\":1," AGENT));
    refuses(proof("RS256", "MAAA", 256, ",\"sign\":{}," AGENT));
    refuses(proof("RS256", "MAAA", 256, ",\"sign\":{\"alg\":\"RS256\",\"cert\":\"MAAA\",\"sig\":\"AAAA\"}," AGENT));
}

Test(response, refuses_broken_texts)
{
    static const char *const bad[] = {
        "1",
        "{\"name\":1}",
        "{\"number\":\"123456789012\"}",
        "{\"birthdate\":\"1980-01-01\"}",
        "{\"birthdate\":\"198001\"}",
        "{\"birthdate\":\"1980010A\"}",
        "{\"gender\":\"3\"}",
        "{\"gender\":\"\"}",
        "{\"gender\":\"12\"}",
        "{\"gender\":2}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(proof("RS256", "MAAA", 256, arena_printf(&arena, ",\"text\":%s," AGENT, bad[i])));
    refuses(proof("RS256", "MAAA", 256, arena_printf(&arena, ",\"text\":{\"name\":\"%0601d\"}," AGENT, 1)));
}

Test(response, refuses_more_than_16_kib)
{
    struct proof_response out;
    const char *why;
    char *big = arena_printf(&arena, "{\"format\":\"genkan-card:1\",\"txn\":\"t\",\"error\":\"busy\"%16384s}", "");
    cr_expect_eq(proof_response_read(&out, &arena, view_text(big), &why), ERR_SYNTAX);
    cr_expect_str_eq(why, "too long");
    uint8_t *cert_long = arena_alloc(&arena, PROOF_CERT_MAX + 1);
    struct proof_response in = good_response();
    in.auth.cert = view_bytes(cert_long, PROOF_CERT_MAX + 1);
    struct buf b;
    struct view text;
    buf_open(&b, &arena, 65536);
    cr_assert(!proof_response_write(&b, &in));
    cr_assert(!buf_done(&b, &text));
    cr_expect_eq(proof_response_read(&out, &arena, text, &why), ERR_SYNTAX);
}

Test(response, a_kiosks_lock_is_32_bytes_and_comes_back)
{
    uint8_t lock[PROOF_LOCK_SIZE];
    struct proof_response in = good_response(), out;
    struct buf b;
    struct view v;
    cr_assert(!read_back(&in, &out));
    cr_expect(!out.lock.p);
    memset(lock, 0xA5, sizeof lock);
    in.lock = VIEW_ARRAY(lock);
    cr_assert(!read_back(&in, &out));
    cr_expect(view_equal(out.lock, in.lock));
    static const size_t wrong[] = {0, 1, 31, 33, 64};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        in.lock = view_bytes(cert, wrong[i]);
        buf_open(&b, &arena, PROOF_RESPONSE_MAX);
        cr_assert(!proof_response_write(&b, &in) && !buf_done(&b, &v));
        refuses(arena_text(&arena, v));
    }
    in.lock = VIEW_ARRAY(lock);
    buf_open(&b, &arena, PROOF_RESPONSE_MAX);
    cr_assert(!proof_response_write(&b, &in) && !buf_done(&b, &v));
    char *text = arena_text(&arena, v), *at = strstr(text, "\"lock\":\"");
    cr_assert(at);
    at[9] = '+'; /* of the other alphabet */
    refuses(text);
}
