#include "base/hash.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/secret.h"

void sha256(uint8_t out[SHA256_SIZE], struct view v)
{
    sha256_of(out, &v, 1);
}

static void digest(uint8_t *out, size_t size, const EVP_MD *md, struct view v)
{
    unsigned n = 0;
    INSIST(EVP_Digest(v.p ? v.p : (const uint8_t *)"", v.n, out, &n, md, NULL) == 1 && n == size);
}

void sha384(uint8_t out[SHA384_SIZE], struct view v)
{
    digest(out, SHA384_SIZE, EVP_sha384(), v);
}

void sha512(uint8_t out[SHA512_SIZE], struct view v)
{
    digest(out, SHA512_SIZE, EVP_sha512(), v);
}

/* The low-level SHA256 functions: no fetch and no allocation, which a hash of 60 bytes would otherwise mostly consist
 * of. They are marked deprecated in OpenSSL 3 but are in every 3.x library. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
void sha256_of(uint8_t out[SHA256_SIZE], const struct view *pieces, size_t n)
{
    SHA256_CTX c;
    INSIST(SHA256_Init(&c) == 1);
    for (size_t i = 0; i < n; i++)
        INSIST(pieces[i].n == 0 || SHA256_Update(&c, pieces[i].p, pieces[i].n) == 1);
    INSIST(SHA256_Final(out, &c) == 1);
    wipe(&c, sizeof c);
}

void hmac_sha256(uint8_t out[SHA256_SIZE], struct view key, struct view v)
{
    hmac_sha256_of(out, key, &v, 1);
}

_Static_assert(sizeof(SHA256_CTX) == sizeof((struct hmac_key){0}.inner), "the hash of a key has its room");

static void pad_key(uint64_t state[14], const uint8_t key[64], uint8_t with)
{
    uint8_t pad[64];
    SHA256_CTX c;
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] = key[i] ^ with;
    INSIST(SHA256_Init(&c) == 1 && SHA256_Update(&c, pad, sizeof pad) == 1);
    memcpy(state, &c, sizeof c);
    wipe(pad, sizeof pad);
    wipe(&c, sizeof c);
}

/* RFC 2104. */
void hmac_key_set(struct hmac_key *k, struct view key)
{
    uint8_t block[64] = {0};
    if (key.n > sizeof block)
        sha256(block, key);
    else if (key.n)
        memcpy(block, key.p, key.n);
    pad_key(k->inner, block, 0x36);
    pad_key(k->outer, block, 0x5C);
    wipe(block, sizeof block);
}

void hmac_sha256_with(uint8_t out[SHA256_SIZE], const struct hmac_key *k, const struct view *pieces, size_t n)
{
    uint8_t inner[SHA256_SIZE];
    SHA256_CTX c;
    memcpy(&c, k->inner, sizeof c);
    for (size_t i = 0; i < n; i++)
        INSIST(pieces[i].n == 0 || SHA256_Update(&c, pieces[i].p, pieces[i].n) == 1);
    INSIST(SHA256_Final(inner, &c) == 1);
    memcpy(&c, k->outer, sizeof c);
    INSIST(SHA256_Update(&c, inner, sizeof inner) == 1 && SHA256_Final(out, &c) == 1);
    wipe(inner, sizeof inner);
    wipe(&c, sizeof c);
}

void hmac_sha256_of(uint8_t out[SHA256_SIZE], struct view key, const struct view *pieces, size_t n)
{
    struct hmac_key k;
    hmac_key_set(&k, key);
    hmac_sha256_with(out, &k, pieces, n);
    wipe(&k, sizeof k);
}

void hkdf_sha256(uint8_t *out, size_t n, struct view key, struct view info)
{
    static const uint8_t no_salt[SHA256_SIZE] = {0};
    uint8_t prk[SHA256_SIZE], block[SHA256_SIZE];
    INSIST(n <= 255 * SHA256_SIZE);
    hmac_sha256(prk, VIEW_ARRAY(no_salt), key);
    size_t have = 0;
    for (uint8_t i = 1; have < n; i++) {
        struct view pieces[] = {view_bytes(block, i == 1 ? 0 : sizeof block), info, view_bytes(&i, 1)};
        hmac_sha256_of(block, VIEW_ARRAY(prk), pieces, 3);
        size_t take = n - have < sizeof block ? n - have : sizeof block;
        memcpy(out + have, block, take);
        have += take;
    }
    wipe(prk, sizeof prk);
    wipe(block, sizeof block);
}
