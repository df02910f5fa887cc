/* feed: DER that is read from its beginning to its end, once, out of memory or out of a file that is too large to be
 * held: what was taken is gone, what was counted is in the digest. */
#ifndef JPKI_PKI_FEED_H
#define JPKI_PKI_FEED_H

#include "base/err.h"
#include "jpki/pki/der.h"

#define FEED_WINDOW 65536 /* the largest piece that can be looked at as a whole */

struct feed {
    int fd;             /* -1: memory only */
    struct view window; /* what can be looked at */
    uint8_t *room;      /* of a file: FEED_WINDOW bytes and more */
    uint64_t left;      /* of the value that is open; counted down by taking */
    void *digest;       /* EVP_MD_CTX, while what is taken is counted */
    enum err err;       /* the first failure of the file */
};

/* Out of memory, which must live as long as the feed. */
void feed_open(struct feed *f, struct view bytes);
/* Out of a file from its beginning; FD stays the caller's. ERR_MEMORY. */
enum err feed_open_file(struct feed *f, int fd) MUST_CHECK;
void feed_close(struct feed *f);

/* The next bytes as far as they are there, at most N (up to FEED_WINDOW), without taking them. */
struct view feed_look(struct feed *f, size_t n);

/* Identifier and length of the next value, taken; its contents come next. False: not DER, or more than what is left. */
bool feed_enter(struct feed *f, uint8_t tag, uint64_t *length);
/* The next value as a whole, taken; strict all the way down. It can be looked at until the next call. False: not strict
 * DER, larger than FEED_WINDOW, or more than what is left. */
bool feed_take(struct feed *f, struct der *out);

/* From now on what is taken is counted in a digest of this name; feed_digest_done ends that: its length, 0 if OpenSSL
 * failed. */
bool feed_digest(struct feed *f, const char *name);
size_t feed_digest_done(struct feed *f, uint8_t out[64]);

/* Nothing is left behind what was taken? */
bool feed_is_over(struct feed *f);

#endif
