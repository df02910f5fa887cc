#include "base/ed25519.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "base/secret.h"

enum { PEM_MAX = 4096 };

struct ed25519_key {
    EVP_PKEY *pkey;
    uint8_t public_key[ED25519_PUBLIC];
};

/* Takes PKEY over, also when it fails. */
static enum err key_of(struct ed25519_key **out, EVP_PKEY *pkey)
{
    size_t n = ED25519_PUBLIC;
    *out = NULL;
    struct ed25519_key *k = calloc(1, sizeof *k);
    enum err err = !k ? ERR_MEMORY : ERR_OK;
    if (!err && (!EVP_PKEY_is_a(pkey, "ED25519") || EVP_PKEY_get_raw_public_key(pkey, k->public_key, &n) != 1))
        err = ERR_SYNTAX;
    if (err) {
        EVP_PKEY_free(pkey);
        free(k);
        return err;
    }
    k->pkey = pkey;
    *out = k;
    return ERR_OK;
}

enum err ed25519_make(struct ed25519_key **out)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    *out = NULL;
    return pkey ? key_of(out, pkey) : ERR_CRYPTO;
}

enum err ed25519_of_seed(struct ed25519_key **out, const uint8_t seed[ED25519_SEED])
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_SEED);
    *out = NULL;
    return pkey ? key_of(out, pkey) : ERR_CRYPTO;
}

enum err ed25519_read_pem(struct ed25519_key **out, struct view pem)
{
    *out = NULL;
    if (!pem.p || pem.n > PEM_MAX)
        return ERR_SYNTAX;
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    if (!bio)
        return ERR_MEMORY;
    /* a password is never asked for: the empty one is handed in */
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)(uintptr_t) "");
    BIO_free(bio);
    return pkey ? key_of(out, pkey) : ERR_SYNTAX;
}

enum err ed25519_write_pem(struct buf *out, const struct ed25519_key *k)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *p = NULL;
    if (!bio)
        return ERR_MEMORY;
    enum err err = PEM_write_bio_PKCS8PrivateKey(bio, k->pkey, NULL, NULL, 0, NULL, NULL) == 1 ? ERR_OK : ERR_CRYPTO;
    if (!err) {
        long n = BIO_get_mem_data(bio, &p);
        buf_put(out, view_bytes(p, (size_t)n));
        wipe(p, (size_t)n);
    }
    BIO_free(bio);
    return err ? err : out->err;
}

void ed25519_close(struct ed25519_key *k)
{
    if (!k)
        return;
    EVP_PKEY_free(k->pkey);
    free(k);
}

void ed25519_public(uint8_t out[ED25519_PUBLIC], const struct ed25519_key *k)
{
    memcpy(out, k->public_key, ED25519_PUBLIC);
}

enum err ed25519_sign(uint8_t out[ED25519_SIGNATURE], const struct ed25519_key *k, struct view message)
{
    size_t n = ED25519_SIGNATURE;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (!c)
        return ERR_MEMORY;
    bool ok = EVP_DigestSignInit(c, NULL, NULL, NULL, k->pkey) == 1 &&
              EVP_DigestSign(c, out, &n, message.p, message.n) == 1 && n == ED25519_SIGNATURE;
    EVP_MD_CTX_free(c);
    return ok ? ERR_OK : ERR_CRYPTO;
}

enum err ed25519_verify(const uint8_t public_key[ED25519_PUBLIC], struct view signature, struct view message)
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, ED25519_PUBLIC);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    enum err err = pkey && c ? ERR_MISMATCH : ERR_CRYPTO;
    if (err == ERR_MISMATCH && EVP_DigestVerifyInit(c, NULL, NULL, NULL, pkey) == 1 &&
        EVP_DigestVerify(c, signature.p, signature.n, message.p, message.n) == 1)
        err = ERR_OK;
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(pkey);
    return err;
}
