#include "jpki/pki/pubkey.h"

#include <criterion/criterion.h>
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
    void *opened;
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
    void *opened;
    struct view v = info_of(EVP_EC_gen("P-256"));
    info[v.n - 65] = 0x02;
    cr_expect(!pubkey_read(&k, v));
    info[v.n - 65] = 0x04;
    info[v.n - 1] ^= 0x01;
    cr_assert(pubkey_read(&k, v));
    cr_expect_eq(pubkey_open(&opened, &k), ERR_SYNTAX);
    cr_expect_null(opened);
}
