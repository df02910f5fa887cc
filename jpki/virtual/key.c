#include "jpki/virtual/key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "base/hash.h"

struct card_key {
    EVP_PKEY *pkey;
    bool rsa;
};

static enum err wrap(struct card_key **out, EVP_PKEY *pkey)
{
    struct card_key *k = pkey ? calloc(1, sizeof *k) : NULL;
    if (!k) {
        EVP_PKEY_free(pkey);
        return pkey ? ERR_MEMORY : ERR_SYNTAX;
    }
    k->pkey = pkey;
    k->rsa = EVP_PKEY_is_a(pkey, "RSA");
    *out = k;
    return ERR_OK;
}

enum err key_read_pem(struct card_key **out, struct view pem)
{
    *out = NULL;
    BIO *bio = pem.n > 0 && pem.n < 65536 ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    if (!bio)
        return ERR_SYNTAX;
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    if (pkey && !EVP_PKEY_is_a(pkey, "RSA") && !EVP_PKEY_is_a(pkey, "EC")) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return wrap(out, pkey);
}

enum err key_make(struct card_key **out)
{
    *out = NULL;
    EVP_PKEY *pkey = EVP_RSA_gen(2048);
    return pkey ? wrap(out, pkey) : ERR_CRYPTO;
}

enum err key_write_pem(const struct card_key *k, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    enum err e = ERR_CRYPTO;
    if (bio && PEM_write_bio_PrivateKey(bio, k->pkey, NULL, NULL, 0, NULL, NULL) == 1) {
        long n = BIO_get_mem_data(bio, &text);
        buf_put(out, view_bytes(text, (size_t)n));
        e = out->err;
    }
    BIO_free(bio);
    return e;
}

void key_close(struct card_key *k)
{
    if (k)
        EVP_PKEY_free(k->pkey);
    free(k);
}

bool key_is_rsa(const struct card_key *k)
{
    return k->rsa;
}

size_t key_size(const struct card_key *k)
{
    return (size_t)EVP_PKEY_get_size(k->pkey);
}

void key_put_modulus(const struct card_key *k, struct buf *out)
{
    BIGNUM *n = NULL;
    if (!k->rsa || EVP_PKEY_get_bn_param(k->pkey, OSSL_PKEY_PARAM_RSA_N, &n) != 1)
        return;
    uint8_t *room = buf_room(out, key_size(k));
    if (room)
        BN_bn2binpad(n, room, (int)key_size(k));
    BN_free(n);
}

/* The private key over DATA. PADDING 0: the key's own way; MD: what the padding names as the hash, or NULL. */
static enum err raw_sign(const struct card_key *k, int padding, const EVP_MD *md, struct view data, struct buf *out)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->pkey, NULL);
    uint8_t sig[1024];
    size_t n = sizeof sig;
    bool ok = ctx && EVP_PKEY_sign_init(ctx) == 1;
    ok = ok && (!padding || EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1);
    ok = ok && (!md || EVP_PKEY_CTX_set_signature_md(ctx, md) == 1);
    ok = ok && (padding != RSA_PKCS1_PSS_PADDING || EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1);
    ok = ok && key_size(k) <= sizeof sig && EVP_PKEY_sign(ctx, sig, &n, data.p, data.n) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (!ok)
        return ERR_CRYPTO;
    buf_put(out, view_bytes(sig, n));
    return out->err;
}

/* What each P1 means: does the card hash, which length must come in, which padding, does the padding name the hash? */
static const struct scheme {
    bool hashes, exactly_a_hash, names_hash;
    int padding;
} schemes[SCHEME_COUNT] = {
    [SCHEME_VERBATIM] = {false, false, false, RSA_PKCS1_PADDING},
    [SCHEME_BARE_HASH] = {true, false, false, RSA_PKCS1_PADDING},
    [SCHEME_HASH] = {false, true, true, RSA_PKCS1_PADDING},
    [SCHEME_MESSAGE] = {true, false, true, RSA_PKCS1_PADDING},
    [SCHEME_HASH_PSS] = {false, true, true, RSA_PKCS1_PSS_PADDING},
    [SCHEME_MESSAGE_PSS] = {true, false, true, RSA_PKCS1_PSS_PADDING},
};

enum err key_sign(const struct card_key *k, enum key_scheme scheme, struct view data, struct buf *out)
{
    if (!k->rsa) /* ECDSA P-384 with SHA-384 is what is announced; the caller hashes, as with P1=00 today */
        return scheme != SCHEME_VERBATIM ? ERR_UNAVAILABLE
               : data.n != SHA384_SIZE   ? ERR_LIMIT
                                         : raw_sign(k, 0, NULL, data, out);
    const struct scheme *s = &schemes[scheme];
    uint8_t hash[SHA256_SIZE];
    if (s->exactly_a_hash && data.n != sizeof hash)
        return ERR_LIMIT;
    if (s->hashes) {
        sha256(hash, data);
        data = VIEW_ARRAY(hash);
    }
    if (data.n == 0 || data.n + 11 > key_size(k)) /* RFC 8017 9.2: eleven bytes of padding at least */
        return ERR_LIMIT;
    return raw_sign(k, s->padding, s->names_hash ? EVP_sha256() : NULL, data, out);
}
