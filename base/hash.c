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

/* RFC 2104. */
void hmac_sha256_of(uint8_t out[SHA256_SIZE], struct view key, const struct view *pieces, size_t n)
{
    uint8_t pad[64] = {0}, inner[SHA256_SIZE];
    if (key.n > sizeof pad)
        sha256(pad, key);
    else if (key.n)
        memcpy(pad, key.p, key.n);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36;
    SHA256_CTX c;
    INSIST(SHA256_Init(&c) == 1 && SHA256_Update(&c, pad, sizeof pad) == 1);
    for (size_t i = 0; i < n; i++)
        INSIST(pieces[i].n == 0 || SHA256_Update(&c, pieces[i].p, pieces[i].n) == 1);
    INSIST(SHA256_Final(inner, &c) == 1);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36 ^ 0x5C;
    struct view outer[] = {VIEW_ARRAY(pad), VIEW_ARRAY(inner)};
    sha256_of(out, outer, 2);
    wipe(pad, sizeof pad);
    wipe(inner, sizeof inner);
    wipe(&c, sizeof c);
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
