#include "base/seal.h"

#include <openssl/evp.h>
#include <pthread.h>

#include "base/chance.h"

enum { VERSION = 1, NONCE_SIZE = 12, TAG_SIZE = 16, HEAD_SIZE = 1 + NONCE_SIZE };

/* One cipher context a thread: making one costs more than sealing a code. It goes when the thread does. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t slot;
/* Fetched once: looking the algorithm up takes longer than sealing with it. */
static EVP_CIPHER *cipher;

static void drop_context(void *c)
{
    EVP_CIPHER_CTX_free(c);
}

static void make_slot(void)
{
    INSIST(pthread_key_create(&slot, drop_context) == 0);
    cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    INSIST(cipher != NULL);
}

static EVP_CIPHER_CTX *context(void)
{
    INSIST(pthread_once(&once, make_slot) == 0);
    EVP_CIPHER_CTX *c = pthread_getspecific(slot);
    if (!c && (c = EVP_CIPHER_CTX_new()) && pthread_setspecific(slot, c) != 0) {
        EVP_CIPHER_CTX_free(c);
        return NULL;
    }
    return c;
}

static bool begin(EVP_CIPHER_CTX *c, struct view key, const uint8_t *nonce, struct view aad, int encrypt)
{
    int n;
    INSIST(key.n == SEAL_KEY_SIZE && aad.n > 0);
    return c && EVP_CipherInit_ex2(c, cipher, key.p, nonce, encrypt, NULL) == 1 &&
           EVP_CipherUpdate(c, NULL, &n, aad.p, (int)aad.n) == 1;
}

enum err seal_write(struct arena *a, struct view key, struct view aad, struct view plain, struct view *out)
{
    if (plain.n > INT32_MAX - SEAL_OVERHEAD)
        return ERR_LIMIT;
    uint8_t *p = arena_alloc(a, plain.n + SEAL_OVERHEAD);
    if (!p)
        return ERR_MEMORY;
    p[0] = VERSION;
    chance_bytes(p + 1, NONCE_SIZE);
    EVP_CIPHER_CTX *c = context();
    int n = 0;
    bool ok = begin(c, key, p + 1, aad, 1) &&
              (plain.n == 0 || EVP_CipherUpdate(c, p + HEAD_SIZE, &n, plain.p, (int)plain.n) == 1) &&
              EVP_CipherFinal_ex(c, p + HEAD_SIZE + plain.n, &n) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, p + HEAD_SIZE + plain.n) == 1;
    if (c)
        EVP_CIPHER_CTX_reset(c);
    if (!ok)
        return ERR_CRYPTO;
    *out = view_bytes(p, plain.n + SEAL_OVERHEAD);
    return ERR_OK;
}

enum err seal_read(struct arena *a, struct view key, struct view aad, struct view sealed, struct view *plain)
{
    if (!sealed.p || sealed.n < SEAL_OVERHEAD || sealed.n > INT32_MAX || sealed.p[0] != VERSION)
        return ERR_SYNTAX;
    size_t size = sealed.n - SEAL_OVERHEAD;
    uint8_t *p = arena_alloc(a, size + 1), tag[TAG_SIZE];
    if (!p)
        return ERR_MEMORY;
    memcpy(tag, sealed.p + sealed.n - TAG_SIZE, TAG_SIZE);
    EVP_CIPHER_CTX *c = context();
    int n = 0;
    bool ready =
        begin(c, key, sealed.p + 1, aad, 0) && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1;
    bool fits = ready && (size == 0 || EVP_CipherUpdate(c, p, &n, sealed.p + HEAD_SIZE, (int)size) == 1) &&
                EVP_CipherFinal_ex(c, p + size, &n) == 1;
    if (c)
        EVP_CIPHER_CTX_reset(c);
    if (!ready)
        return ERR_CRYPTO;
    if (!fits) {
        memset(p, 0, size);
        return ERR_MISMATCH;
    }
    *plain = view_bytes(p, size);
    return ERR_OK;
}
