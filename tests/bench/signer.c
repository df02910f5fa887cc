#include "signer.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/base64.h"

enum { HALF = 32 };

static const char *coordinate(struct arena *a, const EVP_PKEY *key, const char *name)
{
    uint8_t bytes[HALF];
    BIGNUM *n = NULL;
    if (EVP_PKEY_get_bn_param(key, name, &n) != 1 || BN_bn2binpad(n, bytes, HALF) != HALF)
        exit(1);
    BN_free(n);
    return base64url_text(a, VIEW_ARRAY(bytes));
}

void signer_open(struct signer *s, struct arena *a, const char *kid)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    if (!key)
        exit(1);
    s->key = key;
    s->kid = kid;
    s->jwk = arena_printf(a, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}",
                          coordinate(a, key, OSSL_PKEY_PARAM_EC_PUB_X), coordinate(a, key, OSSL_PKEY_PARAM_EC_PUB_Y));
}

void signer_close(struct signer *s)
{
    EVP_PKEY_free(s->key);
}

/* RFC 7518 3.4: the two numbers side by side, not as ASN.1 */
static void flatten(uint8_t out[2 * HALF], const uint8_t *der, size_t n)
{
    const unsigned char *p = der;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)n);
    if (!sig || BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, HALF) != HALF ||
        BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + HALF, HALF) != HALF)
        exit(1);
    ECDSA_SIG_free(sig);
}

void signer_put(struct buf *out, const struct signer *s, const char *header, const char *payload)
{
    size_t from = out->n, size = 128;
    uint8_t der[128], flat[2 * HALF];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    base64url_put(out, view_text(header));
    buf_put_byte(out, '.');
    base64url_put(out, view_text(payload));
    if (!ctx || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, s->key) != 1 ||
        EVP_DigestSign(ctx, der, &size, out->p + from, out->n - from) != 1)
        exit(1);
    EVP_MD_CTX_free(ctx);
    flatten(flat, der, size);
    buf_put_byte(out, '.');
    base64url_put(out, VIEW_ARRAY(flat));
}
