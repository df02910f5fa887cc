#include "jpki/pki/pubkey.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "base/hash.h"
#include "jpki/pki/der.h"

#define MODULUS_MAX  1024 /* bytes; a certificate has at most 4096 in all */
#define EXPONENT_MAX 8
#define POINT_MAX    97

/* --- reading --------------------------------------------------------------------------------------------------- */

/* A positive INTEGER without its sign octet. */
static bool take_positive(struct view *out, struct view *rest)
{
    struct der number;
    if (!der_take(&number, rest, DER_INTEGER) || number.body.n == 0 || number.body.p[0] & 0x80)
        return false;
    *out = number.body.p[0] == 0 ? view_from(number.body, 1) : number.body;
    return out->n > 0;
}

static int bits_of(struct view number)
{
    int bits = (int)(number.n - 1) * 8;
    for (unsigned top = number.p[0]; top; top >>= 1)
        bits++;
    return bits;
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } (RFC 8017 A.1.1); both are odd there. */
static bool read_rsa(struct pubkey *out, struct view key)
{
    struct view rest;
    if (!der_is_strict(key) || !der_open(&rest, key, DER_SEQUENCE) || !take_positive(&out->modulus, &rest) ||
        !take_positive(&out->exponent, &rest) || rest.n)
        return false;
    out->bits = bits_of(out->modulus);
    bool odd = out->modulus.p[out->modulus.n - 1] & out->exponent.p[out->exponent.n - 1] & 1;
    bool is_one = out->exponent.n == 1 && out->exponent.p[0] == 1;
    return odd && !is_one && out->modulus.n <= MODULUS_MAX && out->exponent.n <= EXPONENT_MAX;
}

static bool read_point(struct pubkey *out, struct view key)
{
    out->bits = out->kind == CERT_KEY_P256 ? 256 : 384;
    out->point = key;
    return key.n == 1 + 2 * (size_t)out->bits / 8 && key.p[0] == 0x04;
}

/* SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING } */
bool pubkey_read(struct pubkey *out, struct view info)
{
    struct der algorithm, bits;
    struct view rest;
    *out = (struct pubkey){0};
    if (!der_open(&rest, info, DER_SEQUENCE) || !der_take(&algorithm, &rest, DER_SEQUENCE) ||
        !der_take(&bits, &rest, DER_BITS) || rest.n || bits.body.n < 2 || bits.body.p[0] != 0)
        return false;
    struct view key = view_from(bits.body, 1);
    out->kind = algorithm_key_of(algorithm.all);
    switch (out->kind) {
    case CERT_KEY_RSA:
        return read_rsa(out, key);
    case CERT_KEY_P256:
    case CERT_KEY_P384:
        return read_point(out, key);
    case CERT_KEY_OTHER:
        break;
    }
    return true;
}

/* --- OpenSSL's half -------------------------------------------------------------------------------------------- */

/* One of the two. */
struct pubkey_opened {
    RSA *rsa;
    EVP_PKEY *ec;
};

/* RSA goes past EVP: for a key that is used once, EVP's way to RSA_verify takes a third as long as RSA_verify itself
 * (docs/decisions/certificates.md). These functions are marked deprecated in OpenSSL 3 but are in every 3.x library. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static enum err open_rsa(struct pubkey_opened *o, const struct pubkey *k)
{
    BIGNUM *modulus = BN_bin2bn(k->modulus.p, (int)k->modulus.n, NULL);
    BIGNUM *exponent = BN_bin2bn(k->exponent.p, (int)k->exponent.n, NULL);
    o->rsa = RSA_new();
    if (modulus && exponent && o->rsa && RSA_set0_key(o->rsa, modulus, exponent, NULL) == 1)
        return ERR_OK;
    BN_free(modulus);
    BN_free(exponent);
    return ERR_MEMORY;
}

static void close_rsa(RSA *rsa)
{
    RSA_free(rsa);
}

/* RSASSA-PKCS1-v1_5 (RFC 8017 8.2.2): the whole encoding is compared. */
static bool check_rsa(RSA *rsa, enum cert_sig kind, struct view sig, struct view digest)
{
    int nid = kind == CERT_SIG_RSA_SHA256 ? NID_sha256 : NID_sha384;
    return RSA_verify(nid, digest.p, (unsigned)digest.n, sig.p, (unsigned)sig.n, rsa) == 1;
}
#pragma GCC diagnostic pop

static enum err make_ec(EVP_PKEY **out, OSSL_PARAM params[])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    enum err e = ctx && EVP_PKEY_fromdata_init(ctx) == 1 ? ERR_OK : ERR_CRYPTO;
    if (!e && EVP_PKEY_fromdata(ctx, out, EVP_PKEY_PUBLIC_KEY, params) != 1)
        e = ERR_SYNTAX;
    EVP_PKEY_CTX_free(ctx);
    return e;
}

static enum err open_ec(struct pubkey_opened *o, const struct pubkey *k)
{
    char p256[] = "P-256", p384[] = "P-384";
    uint8_t point[POINT_MAX];
    memcpy(point, k->point.p, k->point.n);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, k->kind == CERT_KEY_P256 ? p256 : p384, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, k->point.n), OSSL_PARAM_construct_end()};
    return make_ec(&o->ec, params);
}

enum err pubkey_open(struct pubkey_opened **out, const struct pubkey *key)
{
    *out = NULL;
    if (key->kind == CERT_KEY_OTHER)
        return ERR_SYNTAX;
    struct pubkey_opened *o = calloc(1, sizeof *o);
    if (!o)
        return ERR_MEMORY;
    enum err e = key->kind == CERT_KEY_RSA ? open_rsa(o, key) : open_ec(o, key);
    if (!e) {
        *out = o;
        return ERR_OK;
    }
    pubkey_close(o);
    ERR_clear_error();
    return e;
}

void pubkey_close(struct pubkey_opened *opened)
{
    if (!opened)
        return;
    close_rsa(opened->rsa);
    EVP_PKEY_free(opened->ec);
    free(opened);
}

static enum err check_ec(bool *fits, EVP_PKEY *key, enum cert_sig kind, struct view sig, struct view digest)
{
    EVP_MD *md = EVP_MD_fetch(NULL, algorithm_digest_of(kind), NULL);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool ready = md && ctx && EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, md) == 1;
    if (ready)
        *fits = EVP_PKEY_verify(ctx, sig.p, sig.n, digest.p, digest.n) == 1;
    EVP_PKEY_CTX_free(ctx);
    EVP_MD_free(md);
    return ready ? ERR_OK : ERR_CRYPTO;
}

enum err pubkey_check_digest(bool *fits, struct pubkey_opened *opened, enum cert_sig kind, struct view sig,
                             struct view digest)
{
    enum err e = ERR_OK;
    *fits = false;
    INSIST(algorithm_fits_key(kind, opened->rsa ? CERT_KEY_RSA : CERT_KEY_P256)); /* any curve */
    INSIST(digest.n == algorithm_digest_size(kind));
    if (opened->rsa)
        *fits = check_rsa(opened->rsa, kind, sig, digest);
    else
        e = check_ec(fits, opened->ec, kind, sig, digest);
    if (!*fits)
        ERR_clear_error();
    return e;
}

enum err pubkey_check(bool *fits, struct pubkey_opened *opened, enum cert_sig kind, struct view sig,
                      struct view message)
{
    uint8_t digest[SHA384_SIZE];
    size_t n = algorithm_digest_size(kind);
    if (n == SHA256_SIZE)
        sha256(digest, message);
    else
        sha384(digest, message);
    return pubkey_check_digest(fits, opened, kind, sig, view_bytes(digest, n));
}
