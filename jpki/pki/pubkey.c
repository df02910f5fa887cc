#include "jpki/pki/pubkey.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

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

/* OSSL_PARAM wants unsigned numbers in the machine's order. */
static OSSL_PARAM number_param(const char *name, uint8_t *room, struct view number)
{
    for (size_t i = 0; i < number.n; i++)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        room[i] = number.p[number.n - 1 - i];
#else
        room[i] = number.p[i];
#endif
    return OSSL_PARAM_construct_BN(name, room, number.n);
}

static enum err make(void **out, const char *type, OSSL_PARAM params[])
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    enum err e = ctx && EVP_PKEY_fromdata_init(ctx) == 1 ? ERR_OK : ERR_CRYPTO;
    if (!e && EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        e = ERR_SYNTAX;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    *out = key;
    return e;
}

static enum err open_rsa(void **out, const struct pubkey *k)
{
    uint8_t modulus[MODULUS_MAX], exponent[EXPONENT_MAX];
    OSSL_PARAM params[] = {number_param(OSSL_PKEY_PARAM_RSA_N, modulus, k->modulus),
                           number_param(OSSL_PKEY_PARAM_RSA_E, exponent, k->exponent), OSSL_PARAM_construct_end()};
    return make(out, "RSA", params);
}

static enum err open_ec(void **out, const struct pubkey *k)
{
    char p256[] = "P-256", p384[] = "P-384";
    uint8_t point[POINT_MAX];
    memcpy(point, k->point.p, k->point.n);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, k->kind == CERT_KEY_P256 ? p256 : p384, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, k->point.n), OSSL_PARAM_construct_end()};
    return make(out, "EC", params);
}

enum err pubkey_open(void **out, const struct pubkey *key)
{
    *out = NULL;
    if (key->kind == CERT_KEY_OTHER)
        return ERR_SYNTAX;
    return key->kind == CERT_KEY_RSA ? open_rsa(out, key) : open_ec(out, key);
}

void pubkey_close(void *opened)
{
    EVP_PKEY_free(opened);
}

enum err pubkey_check(bool *fits, void *opened, enum cert_sig kind, struct view sig, struct view message)
{
    *fits = false;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    /* PKCS#1 v1.5 is the padding OpenSSL takes for RSA keys unless told otherwise */
    if (!ctx || EVP_DigestVerifyInit_ex(ctx, NULL, algorithm_digest_of(kind), NULL, NULL, opened, NULL) != 1) {
        EVP_MD_CTX_free(ctx);
        ERR_clear_error();
        return ctx ? ERR_CRYPTO : ERR_MEMORY;
    }
    *fits = EVP_DigestVerify(ctx, sig.p, sig.n, message.p, message.n) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return ERR_OK;
}

enum err pubkey_check_digest(bool *fits, void *opened, enum cert_sig kind, struct view sig, struct view digest)
{
    *fits = false;
    EVP_MD *md = EVP_MD_fetch(NULL, algorithm_digest_of(kind), NULL);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(opened, NULL);
    bool ready = md && ctx && EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, md) == 1;
    if (ready)
        *fits = EVP_PKEY_verify(ctx, sig.p, sig.n, digest.p, digest.n) == 1;
    EVP_PKEY_CTX_free(ctx);
    EVP_MD_free(md);
    ERR_clear_error();
    return ready ? ERR_OK : ERR_CRYPTO;
}
