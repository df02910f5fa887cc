#include "tests/lib/prover.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>

#include "base/base64.h"
#include "base/chance.h"
#include "base/hash.h"

void prover_open(struct prover *p, enum jws_alg alg)
{
    struct buf pem;
    struct view text;
    cr_assert_eq(jws_key_make(&p->key, alg), ERR_OK);
    buf_open(&pem, NULL, 16384);
    cr_assert_eq(jws_key_write_pem(&pem, p->key), ERR_OK);
    cr_assert_eq(buf_done(&pem, &text), ERR_OK);
    BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
    p->pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    cr_assert_not_null(p->pkey);
    BIO_free(bio);
    buf_close(&pem);
}

void prover_close(struct prover *p)
{
    jws_key_close(p->key);
    EVP_PKEY_free(p->pkey);
}

const char *prover_jwk(const struct prover *p, struct arena *a)
{
    const char *text;
    struct json_out o;
    struct buf b;
    buf_open(&b, a, 8192);
    json_out_open(&o, &b);
    jws_key_put_jwk(&o, p->key);
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    return text;
}

const char *prover_jkt(const struct prover *p)
{
    return jws_key_thumbprint(p->key);
}

/* RFC 7518 3.4: r and s of 32 bytes each, in place of the DER. */
static struct view fixed(struct arena *a, const uint8_t *der, size_t n)
{
    uint8_t *out = arena_alloc(a, 64);
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
    cr_assert_not_null(sig);
    cr_assert(BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32) == 32 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32) == 32);
    ECDSA_SIG_free(sig);
    return view_bytes(out, 64);
}

const char *prover_sign(const struct prover *p, struct arena *a, const char *header, const char *claims)
{
    const char *text =
        arena_printf(a, "%s.%s", base64url_text(a, view_text(header)), base64url_text(a, view_text(claims)));
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    uint8_t signature[512];
    size_t n = sizeof signature;
    cr_assert_eq(EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, p->pkey), 1);
    cr_assert_eq(EVP_DigestSign(c, signature, &n, (const uint8_t *)text, strlen(text)), 1);
    EVP_MD_CTX_free(c);
    struct view v = jws_key_alg(p->key) == JWS_ES256 ? fixed(a, signature, n) : view_bytes(signature, n);
    return arena_printf(a, "%s.%s", text, base64url_text(a, v));
}

const char *prover_proof(const struct prover *p, struct arena *a, const struct proof_claims *c)
{
    uint8_t digest[SHA256_SIZE];
    const char *ath = "", *nonce = c->nonce ? arena_printf(a, ",\"nonce\":\"%s\"", c->nonce) : "";
    const char *header = arena_printf(a, "{\"typ\":\"dpop+jwt\",\"alg\":\"%s\",\"jwk\":%s}",
                                      jws_alg_name(jws_key_alg(p->key)), prover_jwk(p, a));
    if (c->access) {
        sha256(digest, view_text(c->access));
        ath = arena_printf(a, ",\"ath\":\"%s\"", base64url_text(a, VIEW_ARRAY(digest)));
    }
    return prover_sign(p, a, header,
                       arena_printf(a, "{\"jti\":\"%s\",\"htm\":\"%s\",\"htu\":\"%s\",\"iat\":%" PRId64 "%s%s}",
                                    c->jti ? c->jti : chance_ticket(a), c->method, c->url, c->iat, ath, nonce));
}
