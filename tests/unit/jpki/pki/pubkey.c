#include "jpki/pki/pubkey.h"

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "pki_rig.h"

static uint8_t info[1024];

/* SubjectPublicKeyInfo of a new key. */
static struct view info_of(EVP_PKEY *key)
{
    uint8_t *end = info;
    int n = i2d_PUBKEY(key, &end);
    cr_assert(n > 0);
    EVP_PKEY_free(key);
    return view_bytes(info, (size_t)n);
}

Test(pubkey, reads_the_keys_of_the_table)
{
    struct pubkey k;
    cr_assert(pubkey_read(&k, info_of(EVP_RSA_gen(2048))));
    cr_expect(k.kind == CERT_KEY_RSA && k.bits == 2048 && k.modulus.n == 256 && k.exponent.n == 3);
    cr_assert(pubkey_read(&k, info_of(EVP_EC_gen("P-256"))));
    cr_expect(k.kind == CERT_KEY_P256 && k.bits == 256 && k.point.n == 65);
    cr_assert(pubkey_read(&k, info_of(EVP_EC_gen("P-384"))));
    cr_expect(k.kind == CERT_KEY_P384 && k.bits == 384);
}

Test(pubkey, does_not_know_other_keys)
{
    struct pubkey k;
    struct pubkey_opened *opened;
    cr_assert(pubkey_read(&k, info_of(EVP_EC_gen("P-521"))));
    cr_expect(k.kind == CERT_KEY_OTHER && k.bits == 0);
    cr_expect_eq(pubkey_open(&opened, &k), ERR_SYNTAX);
    cr_expect_null(opened);
    cr_assert(pubkey_read(&k, info_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"))));
    cr_expect_eq(k.kind, CERT_KEY_OTHER);
}

Test(pubkey, refuses_numbers_that_are_no_rsa_key)
{
    struct pubkey k;
    struct view v = info_of(EVP_RSA_gen(2048));
    info[v.n - 1] = 0x00; /* exponent 65536 */
    cr_expect(!pubkey_read(&k, v));
    info[v.n - 1] = 0x01;
    cr_expect(pubkey_read(&k, v));
    info[v.n - 6] ^= 0x01; /* an even modulus */
    cr_expect(!pubkey_read(&k, v));
    for (size_t n = 0; n < v.n; n++)
        cr_expect(!pubkey_read(&k, view_part(v, 0, n)));
}

Test(pubkey, refuses_points_that_are_not_written_out_or_not_on_the_curve)
{
    struct pubkey k;
    struct pubkey_opened *opened;
    struct view v = info_of(EVP_EC_gen("P-256"));
    info[v.n - 65] = 0x02;
    cr_expect(!pubkey_read(&k, v));
    info[v.n - 65] = 0x04;
    info[v.n - 1] ^= 0x01;
    cr_assert(pubkey_read(&k, v));
    cr_expect_eq(pubkey_open(&opened, &k), ERR_SYNTAX);
    cr_expect_null(opened);
}

/* --- signatures ------------------------------------------------------------------------------------------------ */

#define MESSAGE VIEW("what was signed")

static const struct signing {
    const char *name;
    enum cert_sig kind, other; /* the same key, another digest */
    int bits;
    const char *curve, *digest;
} signings[] = {
    {"RSA-2048, SHA-256", CERT_SIG_RSA_SHA256, CERT_SIG_RSA_SHA384, 2048, NULL, "SHA256"},
    {"RSA-3072, SHA-384", CERT_SIG_RSA_SHA384, CERT_SIG_RSA_SHA256, 3072, NULL, "SHA384"},
    {"P-256, SHA-256", CERT_SIG_ECDSA_SHA256, CERT_SIG_ECDSA_SHA384, 0, "P-256", "SHA256"},
    {"P-384, SHA-384", CERT_SIG_ECDSA_SHA384, CERT_SIG_ECDSA_SHA256, 0, "P-384", "SHA384"},
};

struct signed_message {
    struct pubkey_opened *key;
    uint8_t sig[520];
    size_t n;
};

static void sign(struct signed_message *m, const struct signing *s, bool pss)
{
    struct pubkey k;
    EVP_PKEY *key = s->curve ? EVP_EC_gen(s->curve) : EVP_RSA_gen((unsigned)s->bits);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *inner;
    *m = (struct signed_message){.n = sizeof m->sig};
    cr_assert_eq(EVP_DigestSignInit_ex(ctx, &inner, s->digest, NULL, NULL, key, NULL), 1);
    cr_assert(!pss || EVP_PKEY_CTX_set_rsa_padding(inner, RSA_PKCS1_PSS_PADDING) == 1);
    cr_assert_eq(EVP_DigestSign(ctx, m->sig, &m->n, MESSAGE.p, MESSAGE.n), 1);
    EVP_MD_CTX_free(ctx);
    cr_assert(pubkey_read(&k, info_of(key)));
    cr_assert_eq(pubkey_open(&m->key, &k), ERR_OK);
}

static bool check(const struct signed_message *m, enum cert_sig kind, size_t n, struct view message)
{
    bool fits = true;
    cr_assert_eq(pubkey_check(&fits, m->key, kind, view_bytes(m->sig, n), message), ERR_OK);
    return fits;
}

Test(pubkey, takes_only_the_signature_of_this_key_over_this_message)
{
    for (size_t i = 0; i < sizeof signings / sizeof *signings; i++) {
        const struct signing *s = &signings[i];
        struct signed_message m, stranger;
        sign(&m, s, false);
        sign(&stranger, s, false);
        cr_expect(check(&m, s->kind, m.n, MESSAGE), "%s", s->name);
        cr_expect(!check(&m, s->kind, m.n, VIEW("what was signeD")), "%s: another message", s->name);
        cr_expect(!check(&m, s->kind, m.n, VIEW("")), "%s: no message", s->name);
        cr_expect(!check(&m, s->other, m.n, MESSAGE), "%s: another digest", s->name);
        cr_expect(!check(&m, s->kind, m.n - 1, MESSAGE), "%s: too short", s->name);
        cr_expect(!check(&m, s->kind, m.n + 1, MESSAGE), "%s: too long", s->name);
        cr_expect(!check(&m, s->kind, 0, MESSAGE), "%s: none", s->name);
        struct pubkey_opened *own = m.key;
        m.key = stranger.key;
        cr_expect(!check(&m, s->kind, m.n, MESSAGE), "%s: another key", s->name);
        m.key = own;
        for (size_t bit = 0; bit < m.n * 8; bit += 37) {
            m.sig[bit / 8] ^= (uint8_t)(1U << bit % 8);
            cr_expect(!check(&m, s->kind, m.n, MESSAGE), "%s: bit %zu", s->name, bit);
            m.sig[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        cr_expect(check(&m, s->kind, m.n, MESSAGE), "%s: a key checks again and again", s->name);
        pubkey_close(m.key);
        pubkey_close(stranger.key);
    }
}

Test(pubkey, refuses_another_padding)
{
    struct signed_message m;
    sign(&m, &signings[0], true);
    cr_expect(!check(&m, CERT_SIG_RSA_SHA256, m.n, MESSAGE));
    pubkey_close(m.key);
}

Test(pubkey, leaves_no_complaint_of_openssl_behind)
{
    struct signed_message m;
    sign(&m, &signings[0], false);
    m.sig[9] ^= 1;
    cr_expect(!check(&m, CERT_SIG_RSA_SHA256, m.n, MESSAGE));
    cr_expect_eq(ERR_peek_error(), 0);
    pubkey_close(m.key);
}
