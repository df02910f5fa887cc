/* crl_folder: all lists of one reading of the operator's folder: FOLDER, FOLDER/auth, FOLDER/sign: *.crl, DER or PEM. A
 * later reading takes over what has not changed, so that new lists of one town do not cost the reading of all. */
#ifndef JPKI_PKI_CRL_FOLDER_H
#define JPKI_PKI_CRL_FOLDER_H

#include "base/hash.h"
#include "jpki/pki/crl.h"

#define CRL_FOLDER_MAX 8192 /* lists: about 1,900 municipalities, two hierarchies, some generations */

struct crl_list; /* one file; shared by the readings that found it the same */

struct crl_folder {
    struct crl_list **lists; /* full lists first, then by distribution point */
    size_t n, deltas;        /* deltas: files that only say what has changed; passed over */
    uint8_t seen[SHA256_SIZE];
};

/* Reads FOLDER; BEFORE (may be NULL) is the last reading. All or nothing: ERR_CONFIG for a file that is no CRL, has an
 * unknown critical extension, or is not signed by one of the roots, and WHY (256 bytes, may be NULL) names file and
 * rule; a stale one is read. ERR_NOT_FOUND: no such folder. */
enum err crl_folder_open(struct crl_folder **out, const char *folder, const struct trust *trust,
                         const struct crl_folder *before, char why[256]) MUST_CHECK;
void crl_folder_close(struct crl_folder *f);

/* Is what lies in FOLDER (names, sizes, times) still what F was read from? Errors count as a change. */
bool crl_folder_is_current(const struct crl_folder *f, const char *folder);

/* The lists that speak about C, issued by ROOT, by position; NULL past the end. *AT begins with 0. */
const struct crl *crl_folder_next(const struct crl_folder *f, const struct cert *c, const struct trust_root *root,
                                  size_t *at);

/* Entries in all, and the earliest nextUpdate (0: no list). */
void crl_folder_stock(const struct crl_folder *f, size_t *entries, int64_t *next_update);

#endif
