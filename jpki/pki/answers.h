/* answers: what responders have said and may be said again for a while ("stapled"): a table of fixed size, safe between
 * threads. Holds digests, no serial numbers. */
#ifndef JPKI_PKI_ANSWERS_H
#define JPKI_PKI_ANSWERS_H

#include "jpki/pki/revocation.h"

struct answers;

/* ENTRIES 0: 4096. */
enum err answers_open(struct answers **out, size_t entries) MUST_CHECK;
void answers_close(struct answers *a);

/* The answer about C of ROOT that is good at NOW, with source REVOCATION_FROM_CACHE. */
bool answers_find(struct revocation_answer *out, struct answers *a, const struct cert *c, const struct trust_root *root,
                  int64_t now);

/* Keeps it until UNTIL, at most REVOCATION_CACHE_MAX. Takes the place of an older answer about the same certificate, or
 * of one that ends soon. */
void answers_put(struct answers *a, const struct cert *c, const struct trust_root *root, int64_t now, int64_t until,
                 const struct revocation_answer *answer);

size_t answers_count(struct answers *a);

#endif
