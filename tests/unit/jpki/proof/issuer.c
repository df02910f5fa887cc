#include "jpki/proof/issuer.h"

#include <criterion/criterion.h>

static struct arena arena;
static struct jws_key *key;

static void open_key(void)
{
    arena_open(&arena, (size_t)1 << 20);
    cr_assert(!jws_key_make(&key, JWS_ES256));
}

static void close_key(void)
{
    jws_key_close(key);
    arena_close(&arena);
}

TestSuite(issuer, .init = open_key, .fini = close_key);

static char *jwk_of(const struct jws_key *k)
{
    struct buf b;
    struct json_out o;
    const char *text;
    buf_open(&b, &arena, 4096);
    json_out_open(&o, &b);
    jws_key_put_jwk(&o, k);
    cr_assert(!buf_done_text(&b, &text));
    return arena_text(&arena, view_text(text));
}

static void refuses(const char *json)
{
    struct proof_issuer out;
    const char *why = NULL;
    cr_expect_eq(proof_issuer_read(&out, &arena, view_text(json), &why), ERR_SYNTAX, "%s", json);
    cr_expect(why && *why, "%s", json);
}

Test(issuer, what_is_written_is_read_back)
{
    struct buf b;
    struct view text;
    struct proof_issuer out;
    const char *why;
    const struct jws_key *keys[] = {key};
    buf_open(&b, &arena, PROOF_ISSUER_MAX);
    cr_assert(!proof_issuer_write(&b, VIEW("https://id.example"), VIEW("大阪の玄関"), keys, 1));
    cr_assert(!buf_done(&b, &text));
    cr_assert(!proof_issuer_read(&out, &arena, text, &why), "%s", why);
    cr_expect(view_equal_text(out.iss, "https://id.example"));
    cr_expect(view_equal_text(out.label, "大阪の玄関"));
    cr_assert_eq(out.n_keys, 1);
    cr_expect_str_eq(jws_key_id(out.keys[0]), jws_key_id(key));
}

Test(issuer, refuses_every_broken_file)
{
    const char *jwk = jwk_of(key);
    refuses("");
    refuses("[]");
    refuses("{}");
    refuses(arena_printf(&arena, "{\"iss\":\"https://id.example\",\"keys\":{\"keys\":[%s]}}", jwk));
    refuses(arena_printf(&arena, "{\"iss\":\"https://id.example/\",\"keys\":{\"keys\":[%s]},\"label\":\"x\"}", jwk));
    refuses(arena_printf(&arena, "{\"iss\":\"http://id.example\",\"keys\":{\"keys\":[%s]},\"label\":\"x\"}", jwk));
    refuses(arena_printf(&arena, "{\"iss\":\"https://id.example\",\"keys\":{\"keys\":[%s]},\"label\":\"\"}", jwk));
    refuses(arena_printf(&arena, "{\"iss\":\"https://id.example\",\"keys\":[%s],\"label\":\"x\"}", jwk));
    refuses("{\"iss\":\"https://id.example\",\"keys\":{\"keys\":[]},\"label\":\"x\"}");
    refuses("{\"iss\":\"https://id.example\",\"keys\":{\"keys\":[{}]},\"label\":\"x\"}");
    refuses(
        arena_printf(&arena, "{\"iss\":\"https://id.example\",\"keys\":{\"keys\":[%s,%s]},\"label\":\"x\"}", jwk, jwk));
    refuses(
        arena_printf(&arena, "{\"iss\":\"https://id.example\",\"keys\":{\"keys\":[%s]},\"label\":\"x\",\"y\":1}", jwk));
    refuses(
        arena_printf(&arena, "{\"iss\":\"https://id.example\",\"keys\":{\"keys\":[%s],\"x\":1},\"label\":\"x\"}", jwk));
    refuses(
        arena_printf(&arena, "{\"iss\":\"https://id.example\",\"keys\":{\"keys\":[%s]},\"label\":\"%0101d\"}", jwk, 1));
}

Test(issuer, refuses_keys_of_other_kinds)
{
    struct jws_key *rsa;
    cr_assert(!jws_key_make(&rsa, JWS_RS256));
    refuses(
        arena_printf(&arena, "{\"iss\":\"https://id.example\",\"keys\":{\"keys\":[%s]},\"label\":\"x\"}", jwk_of(rsa)));
    jws_key_close(rsa);
}
