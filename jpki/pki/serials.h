/* serials: many serial numbers with when and why each was revoked, as small as they can be: entries of one width and an
 * index over a keyed hash of them. Exact: a number that was not added is never found. */
#ifndef JPKI_PKI_SERIALS_H
#define JPKI_PKI_SERIALS_H

#include "base/err.h"
#include "base/view.h"

#define SERIALS_WIDTH_MAX 20 /* RFC 5280 4.1.2.2 */

struct serials {
    uint8_t *entries; /* WIDTH octets of the number, filled up on the left; 4 of the time; 1 of the reason */
    uint32_t *index;  /* number of an entry and 1; 0: free */
    size_t n, size, width, index_size;
    uint64_t key;
};

struct serials_entry {
    int reason; /* CRLReason, -1 if not given */
    int64_t at; /* unix seconds */
};

void serials_open(struct serials *s);
void serials_close(struct serials *s);

/* SERIAL: contents of an INTEGER. AT outside of 1970..2106 becomes the end it lies beyond. ERR_SYNTAX: longer than
 * SERIALS_WIDTH_MAX without its leading zeros. ERR_MEMORY, ERR_LIMIT. */
enum err serials_add(struct serials *s, struct view serial, const struct serials_entry *entry) MUST_CHECK;

/* Once all are added: makes the index. ERR_MEMORY. */
enum err serials_seal(struct serials *s) MUST_CHECK;

/* Is it there? Of two entries for one number the first. */
bool serials_find(struct serials_entry *out, const struct serials *s, struct view serial);

/* Bytes on the heap. */
size_t serials_size(const struct serials *s);

#endif
