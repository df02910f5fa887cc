/* book: every certificate that was issued, as an OCSP responder and the revocation lists have to know it. */
#ifndef CERTS_BOOK_H
#define CERTS_BOOK_H

#include "base/buf.h"
#include "certs/pki.h"

#define BOOK_MAX 200 /* revoked certificates of one hierarchy */

struct book {
    int64_t now;      /* revocations happened the day before */
    struct buf index; /* lines of `openssl ca`'s index.txt */
    struct revoked_serial revoked[2][BOOK_MAX];
    struct {
        const char *city;
        int generation;
    } where[2][BOOK_MAX];
    size_t n[2];
};

void book_open(struct book *b, int64_t now);
void book_close(struct book *b);

/* Enters a certificate of WHO; those that no responder may know are left out. */
void book_enter(struct book *b, const struct leaf *leaf, const char *who);

/* The revoked of one authority, of TOWN only unless it is NULL. */
size_t book_pick(const struct book *b, const struct authority *ca, const struct town *town,
                 struct revoked_serial out[BOOK_MAX]);

#endif
