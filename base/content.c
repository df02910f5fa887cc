#include "base/content.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "base/secret.h"

enum { BLOCK = 16 };

/* RFC 7518 5.1. */
static const struct algorithm {
    enum content_alg alg;
    const char *name;
    const EVP_CIPHER *(*cipher)(void);
    const char *digest; /* NULL: GCM */
    size_t key, iv, tag;
} algorithms[] = {
    {CONTENT_A128CBC_HS256, "A128CBC-HS256", EVP_aes_128_cbc, "SHA256", 32, 16, 16},
    {CONTENT_A256CBC_HS512, "A256CBC-HS512", EVP_aes_256_cbc, "SHA512", 64, 16, 32},
    {CONTENT_A128GCM, "A128GCM", EVP_aes_128_gcm, NULL, 16, 12, 16},
    {CONTENT_A256GCM, "A256GCM", EVP_aes_256_gcm, NULL, 32, 12, 16},
};

static const struct algorithm *algorithm_of(enum content_alg alg)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (algorithms[i].alg == alg)
            return &algorithms[i];
    insist_failed("a content algorithm of ours", __FILE__, __LINE__);
}

enum content_alg content_alg_of(struct view name)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (view_equal_text(name, algorithms[i].name))
            return algorithms[i].alg;
    return CONTENT_NONE_GIVEN;
}

const char *content_alg_name(enum content_alg alg)
{
    return algorithm_of(alg)->name;
}

size_t content_key_size(enum content_alg alg)
{
    return algorithm_of(alg)->key;
}

size_t content_iv_size(enum content_alg alg)
{
    return algorithm_of(alg)->iv;
}

size_t content_tag_size(enum content_alg alg)
{
    return algorithm_of(alg)->tag;
}

/* --- CBC and HMAC ------------------------------------------------------------------------------------------------ */

static bool update_mac(EVP_MAC_CTX *c, struct view v)
{
    return v.n == 0 || EVP_MAC_update(c, v.p, v.n) == 1;
}

/* RFC 7518 5.2.2.1: over AAD, IV, cipher text and the length of the AAD in bits; the first half is the tag. */
static bool mac_of(uint8_t tag[CONTENT_TAG_MAX], const struct algorithm *alg, struct view key, struct view iv,
                   struct view aad, struct view cipher)
{
    uint8_t whole[EVP_MAX_MD_SIZE], length[8];
    char digest[8];
    size_t n = 0;
    uint64_t bits = (uint64_t)aad.n * 8;
    for (size_t i = 0; i < sizeof length; i++)
        length[i] = (uint8_t)(bits >> (8 * (7 - i)));
    memcpy(digest, alg->digest, strlen(alg->digest) + 1);
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *c = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    bool ok = c && EVP_MAC_init(c, key.p, key.n, params) == 1 && update_mac(c, aad) && update_mac(c, iv) &&
              update_mac(c, cipher) && update_mac(c, VIEW_ARRAY(length)) &&
              EVP_MAC_final(c, whole, &n, sizeof whole) == 1 && n == 2 * alg->tag;
    EVP_MAC_CTX_free(c);
    EVP_MAC_free(hmac);
    if (ok)
        memcpy(tag, whole, alg->tag);
    wipe(whole, sizeof whole);
    return ok;
}

static bool cbc(EVP_CIPHER_CTX *c, const struct algorithm *alg, struct view key, struct view iv, struct view in,
                uint8_t *out, size_t *n, int encrypt)
{
    int first = 0, rest = 0;
    bool ok = EVP_CipherInit_ex2(c, alg->cipher(), key.p, iv.p, encrypt, NULL) == 1 &&
              EVP_CipherUpdate(c, out, &first, in.p ? in.p : out, (int)in.n) == 1 &&
              EVP_CipherFinal_ex(c, out + first, &rest) == 1;
    *n = (size_t)(first + rest);
    return ok;
}

/* RFC 7518 5.2.2.1: the first half of the key is the HMAC's. */
static struct view mac_key(struct view key)
{
    return view_part(key, 0, key.n / 2);
}

static struct view cipher_key(struct view key)
{
    return view_from(key, key.n / 2);
}

/* --- GCM --------------------------------------------------------------------------------------------------------- */

static bool gcm_begin(EVP_CIPHER_CTX *c, const struct algorithm *alg, struct view key, struct view iv, struct view aad,
                      int encrypt)
{
    int n;
    return EVP_CipherInit_ex2(c, alg->cipher(), key.p, iv.p, encrypt, NULL) == 1 &&
           (aad.n == 0 || EVP_CipherUpdate(c, NULL, &n, aad.p, (int)aad.n) == 1);
}

static bool gcm_encrypt(EVP_CIPHER_CTX *c, const struct algorithm *alg, struct view plain, uint8_t *out,
                        uint8_t tag[CONTENT_TAG_MAX])
{
    int n = 0;
    return (plain.n == 0 || EVP_CipherUpdate(c, out, &n, plain.p, (int)plain.n) == 1) &&
           EVP_CipherFinal_ex(c, out + n, &n) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, (int)alg->tag, tag) == 1;
}

static bool gcm_decrypt(EVP_CIPHER_CTX *c, struct view cipher, struct view tag, uint8_t *out)
{
    int n = 0;
    uint8_t copy[CONTENT_TAG_MAX];
    memcpy(copy, tag.p, tag.n);
    return EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, (int)tag.n, copy) == 1 &&
           (cipher.n == 0 || EVP_CipherUpdate(c, out, &n, cipher.p, (int)cipher.n) == 1) &&
           EVP_CipherFinal_ex(c, out + n, &n) == 1;
}

/* --- both -------------------------------------------------------------------------------------------------------- */

enum err content_encrypt(struct view *cipher, uint8_t tag[CONTENT_TAG_MAX], struct arena *a, enum content_alg alg,
                         struct view key, struct view iv, struct view aad, struct view plain)
{
    const struct algorithm *row = algorithm_of(alg);
    INSIST(key.n == row->key && iv.n == row->iv);
    if (plain.n > INT_MAX / 2 || aad.n > INT_MAX / 2)
        return ERR_LIMIT;
    uint8_t *out = arena_alloc(a, plain.n + BLOCK);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    size_t n = plain.n;
    bool ok = out && c;
    if (ok && row->digest)
        ok = cbc(c, row, cipher_key(key), iv, plain, out, &n, 1) &&
             mac_of(tag, row, mac_key(key), iv, aad, view_bytes(out, n));
    else if (ok)
        ok = gcm_begin(c, row, key, iv, aad, 1) && gcm_encrypt(c, row, plain, out, tag);
    EVP_CIPHER_CTX_free(c);
    *cipher = ok ? view_bytes(out, n) : VIEW_NONE;
    return ok ? ERR_OK : out && c ? ERR_CRYPTO : ERR_MEMORY;
}

/* The tag first: a wrong padding is never looked at, and tells nobody anything. */
static bool cbc_decrypt(EVP_CIPHER_CTX *c, const struct algorithm *alg, struct view key, struct view iv,
                        struct view aad, struct view cipher, struct view tag, uint8_t *out, size_t *n)
{
    uint8_t right[CONTENT_TAG_MAX];
    bool ok = cipher.n > 0 && cipher.n % BLOCK == 0 && mac_of(right, alg, mac_key(key), iv, aad, cipher) &&
              secret_equal(view_bytes(right, alg->tag), tag) && cbc(c, alg, cipher_key(key), iv, cipher, out, n, 0);
    wipe(right, sizeof right);
    return ok;
}

enum err content_decrypt(struct view *plain, struct arena *a, enum content_alg alg, struct view key, struct view iv,
                         struct view aad, struct view cipher, struct view tag)
{
    const struct algorithm *row = algorithm_of(alg);
    *plain = VIEW_NONE;
    INSIST(key.n == row->key);
    if (cipher.n > INT_MAX / 2 || aad.n > INT_MAX / 2)
        return ERR_LIMIT;
    /* A shorter tag would be easier to guess, and OpenSSL would take it. */
    if (iv.n != row->iv || tag.n != row->tag)
        return ERR_MISMATCH;
    uint8_t *out = arena_alloc(a, cipher.n + BLOCK);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    size_t n = cipher.n;
    bool ok = out && c;
    if (ok && row->digest)
        ok = cbc_decrypt(c, row, key, iv, aad, cipher, tag, out, &n);
    else if (ok)
        ok = gcm_begin(c, row, key, iv, aad, 0) && gcm_decrypt(c, cipher, tag, out);
    EVP_CIPHER_CTX_free(c);
    if (!ok && out)
        wipe(out, cipher.n + BLOCK);
    *plain = ok ? view_bytes(out, n) : VIEW_NONE;
    return ok ? ERR_OK : out && c ? ERR_MISMATCH : ERR_MEMORY;
}
