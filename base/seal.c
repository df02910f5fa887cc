#include "base/seal.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/chance.h"
#include "base/secret.h"

enum { VERSION = 1, NONCE_SIZE = 12, TAG_SIZE = 16, HEAD_SIZE = 1 + NONCE_SIZE };

/* A key and a cipher that was made ready for it; no cipher: never used. */
struct ready {
    EVP_CIPHER_CTX *cipher;
    uint8_t key[SEAL_KEY_SIZE];
    bool is_set;
    uint64_t used_at; /* of this thread's uses */
};

/* Tokens, codes, the master key of profiles, and one resident's key while her values are opened. */
enum { KEPT = 4 };

/* Ciphers of a thread: making one costs more than sealing a code. They go when the thread does. */
struct ciphers {
    struct ready once, kept[KEPT];
    uint64_t uses;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t slot;
/* Fetched once: looking the algorithm up takes longer than sealing with it. */
static EVP_CIPHER *algorithm;

static void drop(struct ready *r)
{
    EVP_CIPHER_CTX_free(r->cipher); /* wipes what it made of the key */
    wipe(r, sizeof *r);
}

static void drop_all(void *c)
{
    struct ciphers *all = c;
    drop(&all->once);
    for (size_t i = 0; i < KEPT; i++)
        drop(&all->kept[i]);
    free(all);
}

static void make_slot(void)
{
    INSIST(pthread_key_create(&slot, drop_all) == 0);
    algorithm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    INSIST(algorithm != NULL);
}

static struct ciphers *of_thread(void)
{
    INSIST(pthread_once(&once, make_slot) == 0);
    struct ciphers *c = pthread_getspecific(slot);
    if (!c && (c = calloc(1, sizeof *c)) && pthread_setspecific(slot, c) != 0) {
        free(c);
        return NULL;
    }
    return c;
}

/* Wipes the key, and what the cipher made of it. */
static void forget(struct ready *r)
{
    if (r->cipher)
        EVP_CIPHER_CTX_reset(r->cipher);
    wipe(r->key, sizeof r->key);
    r->is_set = false;
}

/* In constant time, as secret_equal, which goes byte by byte. */
static bool is_key(const struct ready *r, const uint8_t *key)
{
    uint64_t a[SEAL_KEY_SIZE / 8], b[SEAL_KEY_SIZE / 8], differ = 0;
    memcpy(a, r->key, sizeof a);
    memcpy(b, key, sizeof b);
    for (size_t i = 0; i < SEAL_KEY_SIZE / 8; i++)
        differ |= a[i] ^ b[i];
    return differ == 0;
}

static struct ready *find(struct ciphers *c, struct view key)
{
    for (size_t i = 0; i < KEPT; i++)
        if (c->kept[i].is_set && is_key(&c->kept[i], key.p))
            return &c->kept[i];
    return NULL;
}

static bool set_key(struct ready *r, struct view key)
{
    if (!r->cipher && !(r->cipher = EVP_CIPHER_CTX_new()))
        return false;
    if (EVP_CipherInit_ex2(r->cipher, algorithm, key.p, NULL, 1, NULL) != 1)
        return false;
    memcpy(r->key, key.p, SEAL_KEY_SIZE);
    r->is_set = true;
    return true;
}

/* The cipher for KEY, which it has already been told; NULL: it could not be made. One that is used AGAIN takes the
 * place of the one that was used longest ago. */
static struct ready *ready(struct view key, bool again)
{
    INSIST(key.n == SEAL_KEY_SIZE);
    struct ciphers *c = of_thread();
    if (!c)
        return NULL;
    struct ready *r = again ? find(c, key) : &c->once;
    if (!r) {
        r = &c->kept[0];
        for (size_t i = 1; i < KEPT; i++)
            r = c->kept[i].used_at < r->used_at ? &c->kept[i] : r;
        forget(r);
    }
    if (!r->is_set && !set_key(r, key)) {
        forget(r);
        return NULL;
    }
    r->used_at = ++c->uses;
    return r;
}

static void done(struct ready *r, bool again)
{
    if (r && !again)
        forget(r);
}

void seal_forget(struct view key)
{
    struct ciphers *c = of_thread();
    struct ready *r = c && key.n == SEAL_KEY_SIZE ? find(c, key) : NULL;
    if (r) {
        forget(r);
        r->used_at = 0;
    }
}

static bool begin(struct ready *r, struct view aad, const uint8_t *nonce, int encrypt)
{
    int n;
    INSIST(aad.n > 0);
    return r && EVP_CipherInit_ex2(r->cipher, NULL, NULL, nonce, encrypt, NULL) == 1 &&
           EVP_CipherUpdate(r->cipher, NULL, &n, aad.p, (int)aad.n) == 1;
}

static enum err seal(struct arena *a, struct view key, struct view aad, struct view plain, bool again, struct view *out)
{
    if (plain.n > INT32_MAX - SEAL_OVERHEAD)
        return ERR_LIMIT;
    uint8_t *p = arena_alloc(a, plain.n + SEAL_OVERHEAD);
    if (!p)
        return ERR_MEMORY;
    p[0] = VERSION;
    chance_bytes(p + 1, NONCE_SIZE);
    struct ready *r = ready(key, again);
    int n = 0;
    bool ok = begin(r, aad, p + 1, 1) &&
              (plain.n == 0 || EVP_CipherUpdate(r->cipher, p + HEAD_SIZE, &n, plain.p, (int)plain.n) == 1) &&
              EVP_CipherFinal_ex(r->cipher, p + HEAD_SIZE + plain.n, &n) == 1 &&
              EVP_CIPHER_CTX_ctrl(r->cipher, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, p + HEAD_SIZE + plain.n) == 1;
    done(r, again);
    if (!ok)
        return ERR_CRYPTO;
    *out = view_bytes(p, plain.n + SEAL_OVERHEAD);
    return ERR_OK;
}

static enum err unseal(struct arena *a, struct view key, struct view aad, struct view sealed, bool again,
                       struct view *plain)
{
    if (!sealed.p || sealed.n < SEAL_OVERHEAD || sealed.n > INT32_MAX || sealed.p[0] != VERSION)
        return ERR_SYNTAX;
    size_t size = sealed.n - SEAL_OVERHEAD;
    uint8_t *p = arena_alloc(a, size + 1), tag[TAG_SIZE];
    if (!p)
        return ERR_MEMORY;
    memcpy(tag, sealed.p + sealed.n - TAG_SIZE, TAG_SIZE);
    struct ready *r = ready(key, again);
    int n = 0;
    bool begun =
        begin(r, aad, sealed.p + 1, 0) && EVP_CIPHER_CTX_ctrl(r->cipher, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1;
    bool fits = begun && (size == 0 || EVP_CipherUpdate(r->cipher, p, &n, sealed.p + HEAD_SIZE, (int)size) == 1) &&
                EVP_CipherFinal_ex(r->cipher, p + size, &n) == 1;
    done(r, again);
    if (!begun)
        return ERR_CRYPTO;
    if (!fits) {
        memset(p, 0, size);
        return ERR_MISMATCH;
    }
    *plain = view_bytes(p, size);
    return ERR_OK;
}

enum err seal_write(struct arena *a, struct view key, struct view aad, struct view plain, struct view *out)
{
    return seal(a, key, aad, plain, false, out);
}

enum err seal_write_again(struct arena *a, struct view key, struct view aad, struct view plain, struct view *out)
{
    return seal(a, key, aad, plain, true, out);
}

enum err seal_read(struct arena *a, struct view key, struct view aad, struct view sealed, struct view *plain)
{
    return unseal(a, key, aad, sealed, false, plain);
}

enum err seal_read_again(struct arena *a, struct view key, struct view aad, struct view sealed, struct view *plain)
{
    return unseal(a, key, aad, sealed, true, plain);
}
