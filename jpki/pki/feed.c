#include "jpki/pki/feed.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

#define ROOM_SIZE (4 * FEED_WINDOW)
#define HEAD_MAX  6

void feed_open(struct feed *f, struct view bytes)
{
    *f = (struct feed){.fd = -1, .window = bytes, .left = UINT64_MAX};
}

enum err feed_open_file(struct feed *f, int fd)
{
    *f = (struct feed){.fd = fd, .left = UINT64_MAX, .room = malloc(ROOM_SIZE)};
    f->window = view_bytes(f->room, 0);
    return f->room ? ERR_OK : ERR_MEMORY;
}

void feed_close(struct feed *f)
{
    EVP_MD_CTX_free(f->digest);
    free(f->room);
    *f = (struct feed){.fd = -1};
}

/* What is left in the window moves to its beginning, and the file fills the rest. */
static void refill(struct feed *f)
{
    size_t n = f->window.n;
    memmove(f->room, f->window.p, n);
    while (n < ROOM_SIZE && !f->err) {
        ssize_t got = read(f->fd, f->room + n, ROOM_SIZE - n);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            f->err = ERR_IO;
        n += got > 0 ? (size_t)got : 0;
    }
    f->window = view_bytes(f->room, n);
}

struct view feed_look(struct feed *f, size_t n)
{
    if (f->window.n < n && f->fd >= 0)
        refill(f);
    return view_part(f->window, 0, n);
}

static void skip(struct feed *f, size_t n)
{
    if (f->digest)
        INSIST(EVP_DigestUpdate(f->digest, f->window.p, n) == 1);
    f->window = view_from(f->window, n);
    f->left -= n;
}

bool feed_enter(struct feed *f, uint8_t tag, uint64_t *length)
{
    size_t head;
    uint8_t found;
    if (!der_head(&found, &head, length, feed_look(f, HEAD_MAX)) || found != tag || f->left < head ||
        f->left - head < *length)
        return false;
    skip(f, head);
    return true;
}

bool feed_take(struct feed *f, struct der *out)
{
    size_t head;
    uint64_t length;
    uint8_t tag;
    if (!der_head(&tag, &head, &length, feed_look(f, HEAD_MAX)) || length > FEED_WINDOW - HEAD_MAX ||
        f->left < head + length)
        return false;
    struct view whole = feed_look(f, head + (size_t)length), rest = whole;
    if (whole.n < head + length || !der_is_strict(whole) || der_next(out, &rest))
        return false;
    skip(f, whole.n);
    return true;
}

bool feed_digest(struct feed *f, const char *name)
{
    EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool fine = md && ctx && EVP_DigestInit_ex(ctx, md, NULL) == 1;
    EVP_MD_free(md);
    if (!fine)
        EVP_MD_CTX_free(ctx);
    f->digest = fine ? ctx : NULL;
    return fine;
}

size_t feed_digest_done(struct feed *f, uint8_t out[64])
{
    unsigned n = 0;
    if (EVP_DigestFinal_ex(f->digest, out, &n) != 1)
        n = 0;
    EVP_MD_CTX_free(f->digest);
    f->digest = NULL;
    return n;
}

bool feed_is_over(struct feed *f)
{
    return feed_look(f, 1).n == 0 && !f->err;
}
