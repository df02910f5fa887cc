#include <criterion/criterion.h>
#include <stdio.h>

#include "base/base64.h"
#include "consent/log/checkpoint.h"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 8 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(note, .init = open_arena, .fini = close_arena);

/* The examples of C2SP signed-note and of Go's sumdb/note package. */
static const struct {
    const char *key, *note, *seed;
} published[] = {
    {"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
     "This is an example message.\n\n"
     "— example.com/foo "
     "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
     NULL},
    {"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
     "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
     "— PeterNeumann "
     "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
     "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"}, /* type byte and seed */
};

static struct note_key key_of(const char *vkey)
{
    struct note_key k;
    cr_assert_eq(note_key_read(&k, &a, view_text(vkey)), ERR_OK, "%s", vkey);
    return k;
}

static enum err verify(const char *text, const struct note_key *k)
{
    struct note n;
    enum err err = note_read(&n, &a, view_text(text));
    return err ? err : note_verify(&n, k, NULL);
}

Test(note, published_examples_verify)
{
    for (size_t i = 0; i < 2; i++) {
        struct note_key k = key_of(published[i].key);
        struct buf b;
        const char *again;
        cr_expect_eq(verify(published[i].note, &k), ERR_OK);
        buf_open(&b, &a, 1024);
        note_key_put(&b, &k);
        cr_assert_eq(buf_done_text(&b, &again), ERR_OK);
        cr_expect_str_eq(again, published[i].key);
    }
}

/* Ed25519 signatures are deterministic: ours is the published one, byte for byte. */
Test(note, signed_with_the_published_seed_is_the_published_note)
{
    struct view seed;
    struct ed25519_key *private_key;
    struct buf b;
    const char *whole;
    cr_assert_eq(base64_read(&a, view_text(published[1].seed), &seed), ERR_OK);
    cr_assert_eq(ed25519_of_seed(&private_key, seed.p + 1), ERR_OK);
    struct note_key k = note_key_of(VIEW("PeterNeumann"), NOTE_ED25519, private_key);
    cr_expect_eq(k.id, 0xc74f20a3);
    buf_open(&b, &a, 4096);
    struct view text =
        view_bytes(published[1].note, (size_t)(strstr(published[1].note, "\n\n") + 1 - published[1].note));
    buf_put(&b, text);
    buf_put_byte(&b, '\n');
    cr_assert_eq(note_put_signature(&b, text, &k, private_key, 0), ERR_OK);
    cr_assert_eq(buf_done_text(&b, &whole), ERR_OK);
    cr_expect_str_eq(whole, published[1].note);
    ed25519_close(private_key);
}

Test(note, any_changed_byte_is_refused)
{
    struct note_key k = key_of(published[0].key);
    size_t n = strlen(published[0].note);
    char *copy = arena_text(&a, view_text(published[0].note));
    for (size_t i = 0; i < n; i++) {
        copy[i] ^= 0x01;
        cr_expect_neq(verify(copy, &k), ERR_OK, "byte %zu", i);
        copy[i] ^= 0x01;
    }
}

Test(note, of_a_wrong_form_is_refused)
{
    static const char *const bad[] = {"",
                                      "\n",
                                      "text\n",
                                      "text\n\n",
                                      "text\n\n\n",
                                      "text\n\nno dash\n",
                                      "text\n\n— name\n",
                                      "text\n\n— name \n",
                                      "text\n\n— name AAAA\n",
                                      "text\n\n— name AAAAAA==",
                                      "text\n\n— name AAAAA===\n",
                                      "text\n\n— na+me AAAAAAA=\n",
                                      "text\n\n—  AAAAAAA=\n",
                                      "text\n\n— n\xc2\xa0me AAAAAAA=\n",
                                      "te\txt\n\n— name AAAAAAA=\n",
                                      "te\xffxt\n\n— name AAAAAAA=\n",
                                      "text\r\n\n— name AAAAAAA=\n",
                                      "text\n— name AAAAAAA=\n",
                                      "text\n\n— name AAAAAAA= \n",
                                      "text\n\n— name AAAAAAA=\n\n"};
    struct note n;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_neq(note_read(&n, &a, view_text(bad[i])), ERR_OK, "%zu: %s", i, bad[i]);
    cr_expect_eq(note_read(&n, &a, VIEW("a\n\nb\n\n— name AAAAAAA=\n")), ERR_OK, "empty lines inside are allowed");
    cr_expect(view_equal_text(n.text, "a\n\nb\n"));
}

Test(note, key_of_a_wrong_form_is_refused)
{
    static const char *const bad[] = {"",
                                      "name",
                                      "name+530d903a",
                                      "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                                      "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                                      "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                                      "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                                      "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U",
                                      "+530d903a+AekyeRrm",
                                      " example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"};
    struct note_key k;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_neq(note_key_read(&k, &a, view_text(bad[i])), ERR_OK, "%s", bad[i]);
}

Test(note, signatures_of_strangers_are_ignored_and_many_are_allowed)
{
    struct note_key k = key_of(published[0].key);
    struct buf b;
    const char *text;
    buf_open(&b, &a, NOTE_MAX * 2);
    buf_put_text(&b, published[0].note);
    for (int i = 0; i < NOTE_SIGNATURES - 1; i++)
        buf_printf(&b, "— stranger%d AAAAAAA=\n", i);
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    cr_expect_eq(verify(text, &k), ERR_OK);
    buf_put_text(&b, "— one.more AAAAAAA=\n");
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    cr_expect_eq(verify(text, &k), ERR_LIMIT);
    k.id++;
    cr_expect_eq(verify(published[0].note, &k), ERR_NOT_FOUND);
}

/* --- cosignatures ----------------------------------------------------------------------------------------------- */

/* A key of the tlog-policy example data of transparency-dev/formats: the id follows from type 0x04. */
Test(note, published_witness_key_is_read)
{
    struct note_key k = key_of("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2");
    cr_expect_eq((int)k.type, NOTE_COSIGNATURE);
}

Test(note, cosignature_is_over_the_words_of_the_specification)
{
    static const char text[] = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    static const char message[] = "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
                                  "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    struct ed25519_key *private_key;
    struct note n = {.text = view_text(text)};
    struct buf b;
    struct view line;
    int64_t at;
    uint8_t direct[ED25519_SIGNATURE];
    cr_assert_eq(ed25519_make(&private_key), ERR_OK);
    struct note_key k = note_key_of(VIEW("witness.example.com/w1"), NOTE_COSIGNATURE, private_key);
    buf_open(&b, &a, 4096);
    cr_assert_eq(note_put_signature(&b, view_text(text), &k, private_key, 1679315147), ERR_OK);
    cr_assert_eq(buf_done(&b, &line), ERR_OK);
    cr_assert_eq(note_read_signatures(&n, &a, line), ERR_OK);
    cr_expect_eq(note_verify(&n, &k, &at), ERR_OK);
    cr_expect_eq(at, 1679315147);
    cr_assert_eq(ed25519_sign(direct, private_key, view_text(message)), ERR_OK);
    cr_assert_eq(n.signatures[0].bytes.n, 8 + ED25519_SIGNATURE);
    cr_expect_arr_eq(n.signatures[0].bytes.p + 8, direct, ED25519_SIGNATURE);
    cr_expect_arr_eq(n.signatures[0].bytes.p, "\0\0\0\0\x64\x18\x50\xcb", 8, "big endian, as in the example");
    struct note_key plain = note_key_of(VIEW("witness.example.com/w1"), NOTE_ED25519, private_key);
    cr_expect_neq(plain.id, k.id);
    n.text = VIEW("another\n");
    cr_expect_eq(note_verify(&n, &k, &at), ERR_MISMATCH);
    ed25519_close(private_key);
}

/* --- checkpoints ------------------------------------------------------------------------------------------------ */

#define SIGNED "\n— name AAAAAAA=\n"
#define ROOT   "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

Test(note, checkpoint_is_read_and_written_back)
{
    static const char text[] = "example.com/behind-the-sofa\n20852163\n" ROOT "\n" SIGNED;
    struct checkpoint c;
    struct buf b;
    struct view again;
    cr_assert_eq(checkpoint_read(&c, &a, view_text(text)), ERR_OK);
    cr_expect(view_equal_text(c.origin, "example.com/behind-the-sofa"));
    cr_expect_eq(c.size, 20852163);
    buf_open(&b, &a, 1024);
    checkpoint_put_text(&b, c.origin, c.size, c.root);
    cr_assert_eq(buf_done(&b, &again), ERR_OK);
    cr_expect(view_equal(again, c.note.text));
}

Test(note, checkpoint_of_a_wrong_form_is_refused)
{
    static const char *const bad[] = {"o\n1\n" SIGNED,
                                      "\n1\n" ROOT "\n" SIGNED,
                                      "o\n01\n" ROOT "\n" SIGNED,
                                      "o\n-1\n" ROOT "\n" SIGNED,
                                      "o\n+1\n" ROOT "\n" SIGNED,
                                      "o\n1 \n" ROOT "\n" SIGNED,
                                      "o\n\n" ROOT "\n" SIGNED,
                                      "o\n1\nAAAA\n" SIGNED,
                                      "o\n1\n" ROOT "A\n" SIGNED,
                                      "o\n9223372036854775808\n" ROOT "\n" SIGNED,
                                      "o\n1\n" ROOT "\nextension\n" SIGNED,
                                      "o\n1\n" ROOT "\n\n" SIGNED,
                                      "o\n1\n" ROOT "\n"};
    struct checkpoint c;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_neq(checkpoint_read(&c, &a, view_text(bad[i])), ERR_OK, "%s", bad[i]);
}
