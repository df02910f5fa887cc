/* Content encryption: the examples of RFC 7518 and RFC 7516, and every change to them. */
#include <criterion/criterion.h>

#include "base/base64.h"
#include "base/content.h"
#include "base/hex.h"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(content, .init = open_arena, .fini = close_arena);

static struct view bytes_of(const char *hex)
{
    struct view v;
    cr_assert_eq(hex_read(&a, view_text(hex), &v), ERR_OK);
    return v;
}

static struct view b64(const char *text)
{
    struct view v;
    cr_assert_eq(base64url_read(&a, view_text(text), &v), ERR_OK);
    return v;
}

/* 00 01 02 ... */
static struct view counting(size_t n)
{
    uint8_t *p = arena_alloc(&a, n);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)i;
    return view_bytes(p, n);
}

struct example {
    enum content_alg alg;
    struct view key, iv, aad, plain, cipher, tag;
};

static struct example example_of(size_t i)
{
    /* RFC 7518 B.1 and B.3 */
    static const char plain[] =
        "A cipher system must not be required to be secret, and it must be able to fall into the "
        "hands of the enemy without inconvenience",
                      aad[] = "The second principle of Auguste Kerckhoffs", iv[] = "1af38c2dc2b96ffdd86694092341bc04";
    switch (i) {
    case 0:
        return (struct example){
            CONTENT_A128CBC_HS256,
            counting(32),
            bytes_of(iv),
            view_text(aad),
            view_text(plain),
            bytes_of(
                "c80edfa32ddf39d5ef00c0b468834279a2e46a1b8049f792f76bfe54b903a9c9a94ac9b47ad2655c5f10f9aef71427e2fc6"
                "f9b3f399a221489f16362c703233609d45ac69864e3321cf82935ac4096c86e133314c54019e8ca7980dfa4b9cf1b384c48"
                "6f3a54c51078158ee5d79de59fbd34d848b3d69550a67646344427ade54b8851ffb598f7f80074b9473c82e2db"),
            bytes_of("652c3fa36b0a7c5b3219fab3a30bc1c4")};
    case 1:
        return (struct example){
            CONTENT_A256CBC_HS512,
            counting(64),
            bytes_of(iv),
            view_text(aad),
            view_text(plain),
            bytes_of(
                "4affaaadb78c31c5da4b1b590d10ffbd3dd8d5d302423526912da037ecbcc7bd822c301dd67c373bccb584ad3e9279c2e6d1"
                "2a1374b77f077553df829410446b36ebd97066296ae6427ea75c2e0846a11a09ccf5370dc80bfecbad28c73f09b3a3b75e66"
                "2a2594410ae496b2e2e6609e31e6e02cc837f053d21f37ff4f51950bbe2638d09dd7a4930930806d0703b1f6"),
            bytes_of("4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5")};
    case 2: /* RFC 7516 A.1 */
        return (struct example){
            CONTENT_A256GCM,
            bytes_of("b1a1f480548fe1733fb403ff6b9ad4f68a076e5b702e22692f82cb2e7aea40fc"),
            b64("48V1_ALb6US04U3b"),
            VIEW("eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ"),
            VIEW("The true sign of intelligence is not knowledge but imagination."),
            b64("5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A"),
            b64("XFBoMYUZodetZdvTiFvSkQ")};
    case 3: /* RFC 7516 A.3 */
        return (struct example){CONTENT_A128CBC_HS256,
                                bytes_of("04d31fc5549dfcfe0b649dfa3faa6ace6b7cd42d6f6b09dbc8b100f08f9c2ccf"),
                                b64("AxY8DCtDaGlsbGljb3RoZQ"),
                                VIEW("eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0"),
                                VIEW("Live long and prosper."),
                                b64("KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY"),
                                b64("U0m_YmjN04DJvceFICbCVQ")};
    default: /* McGrew and Viega, The Galois/Counter Mode of Operation, test case 2 */
        return (struct example){CONTENT_A128GCM,
                                bytes_of("00000000000000000000000000000000"),
                                bytes_of("000000000000000000000000"),
                                VIEW(""),
                                bytes_of("00000000000000000000000000000000"),
                                bytes_of("0388dace60b6a392f328c2b971b2fe78"),
                                bytes_of("ab6e47d42cec13bdf53a67b21257bddf")};
    }
}

enum { EXAMPLES = 5 };

static enum err decrypt(const struct example *e, struct view *plain)
{
    return content_decrypt(plain, &a, e->alg, e->key, e->iv, e->aad, e->cipher, e->tag);
}

Test(content, is_what_the_examples_say)
{
    for (size_t i = 0; i < EXAMPLES; i++) {
        struct example e = example_of(i);
        uint8_t tag[CONTENT_TAG_MAX];
        struct view cipher, plain;
        cr_assert_eq(content_encrypt(&cipher, tag, &a, e.alg, e.key, e.iv, e.aad, e.plain), ERR_OK);
        cr_expect(view_equal(cipher, e.cipher), "example %zu", i);
        cr_expect(view_equal(view_bytes(tag, content_tag_size(e.alg)), e.tag), "example %zu", i);
        cr_expect_eq(decrypt(&e, &plain), ERR_OK);
        cr_expect(view_equal(plain, e.plain), "example %zu", i);
    }
}

Test(content, with_any_byte_changed_does_not_open)
{
    for (size_t i = 0; i < EXAMPLES; i++) {
        struct example e = example_of(i);
        struct view *const parts[] = {&e.iv, &e.aad, &e.cipher, &e.tag};
        static const char *const names[] = {"iv", "aad", "cipher", "tag"};
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
            struct view good = *parts[p], plain;
            for (size_t b = 0; b < good.n; b++) {
                char *copy = arena_text(&a, good);
                copy[b] = (char)(copy[b] ^ 1);
                *parts[p] = view_bytes(copy, good.n);
                cr_expect_eq(decrypt(&e, &plain), ERR_MISMATCH, "%s, byte %zu", names[p], b);
            }
            *parts[p] = good;
        }
    }
}

/* Whoever may choose the tag's length finds a right one of a byte in 256 tries. */
Test(content, takes_no_tag_or_iv_of_another_length)
{
    for (size_t i = 0; i < EXAMPLES; i++) {
        struct example e = example_of(i);
        struct view plain, tag = e.tag, iv = e.iv;
        for (size_t n = 0; n < tag.n; n++) {
            e.tag.n = n;
            cr_expect_eq(decrypt(&e, &plain), ERR_MISMATCH, "a tag of %zu bytes", n);
        }
        e.tag = view_bytes(arena_printf(&a, "%.*s0", (int)tag.n, (const char *)tag.p), tag.n + 1);
        cr_expect_eq(decrypt(&e, &plain), ERR_MISMATCH);
        e.tag = tag;
        for (size_t n = 0; n < iv.n; n++) {
            e.iv.n = n;
            cr_expect_eq(decrypt(&e, &plain), ERR_MISMATCH, "an iv of %zu bytes", n);
        }
    }
}

Test(content, takes_no_cipher_text_that_cannot_be_one)
{
    struct example e = example_of(0);
    struct view plain;
    e.cipher.n -= 1;
    cr_expect_eq(decrypt(&e, &plain), ERR_MISMATCH, "no whole blocks");
    e.cipher.n = 0;
    cr_expect_eq(decrypt(&e, &plain), ERR_MISMATCH, "no padding");
}

Test(content, may_be_empty)
{
    static const enum content_alg algs[] = {CONTENT_A128CBC_HS256, CONTENT_A256CBC_HS512, CONTENT_A128GCM,
                                            CONTENT_A256GCM};
    for (size_t i = 0; i < 4; i++) {
        struct example e = {
            .alg = algs[i], .key = counting(content_key_size(algs[i])), .iv = counting(content_iv_size(algs[i]))};
        uint8_t tag[CONTENT_TAG_MAX];
        struct view plain;
        cr_assert_eq(content_encrypt(&e.cipher, tag, &a, e.alg, e.key, e.iv, e.aad, VIEW("")), ERR_OK);
        e.tag = view_bytes(tag, content_tag_size(e.alg));
        cr_expect_eq(decrypt(&e, &plain), ERR_OK);
        cr_expect(view_is(plain) && plain.n == 0);
        cr_expect_eq(content_alg_of(view_text(content_alg_name(algs[i]))), algs[i]);
    }
    cr_expect_eq(content_alg_of(VIEW("A192GCM")), CONTENT_NONE_GIVEN);
    cr_expect_eq(content_alg_of(VIEW_NONE), CONTENT_NONE_GIVEN);
}
