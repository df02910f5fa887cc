/* revocation: is this certificate still good? Answers are GOOD, REVOKED or UNKNOWN; UNKNOWN says why and never opens
 * a door. Sources: CRL files in a folder (the JPKI partitions them by municipality under directory names, RFC 5280
 * 4.2.1.13) and OCSP (RFC 6960). */
#ifndef JPKI_PKI_REVOCATION_H
#define JPKI_PKI_REVOCATION_H

#include "base/buf.h"
#include "jpki/pki/trust.h"

#define REVOCATION_SKEW      300 /* seconds of tolerance between our clock and theirs */
#define REVOCATION_CACHE_MAX 900 /* seconds an OCSP answer may be used again: the JPKI's own data is that old */

enum revocation_state { REVOCATION_UNKNOWN, REVOCATION_GOOD, REVOCATION_REVOKED, REVOCATION_STATES };

enum revocation_why {
    REVOCATION_WHY_NONE,    /* not unknown */
    REVOCATION_NO_SOURCE,   /* neither CRL folder nor OCSP configured */
    REVOCATION_CRL_MISSING, /* no CRL covers this certificate */
    REVOCATION_CRL_STALE,   /* nextUpdate has passed */
    REVOCATION_CRL_NOT_YET, /* thisUpdate lies in the future */
    REVOCATION_OCSP_NO_URL,
    REVOCATION_OCSP_UNREACHABLE,
    REVOCATION_OCSP_TIMEOUT,
    REVOCATION_OCSP_MALFORMED,
    REVOCATION_OCSP_REFUSED, /* the responder answered with an error status (RFC 6960 2.3) */
    REVOCATION_OCSP_SIGNER,  /* signed by nobody whom the certificate's issuer has appointed */
    REVOCATION_OCSP_NONCE,
    REVOCATION_OCSP_OTHER_CERT, /* the answer is about another certificate */
    REVOCATION_OCSP_STALE,
    REVOCATION_OCSP_NOT_YET,
    REVOCATION_OCSP_SAYS_UNKNOWN,
    REVOCATION_OCSP_RESTING, /* every responder has failed lately and is not asked for a while */
    REVOCATION_WHYS,
};

enum revocation_source {
    REVOCATION_FROM_NONE,
    REVOCATION_FROM_CRL,
    REVOCATION_FROM_OCSP,
    REVOCATION_FROM_CACHE,
    REVOCATION_SOURCES,
};

struct revocation_answer {
    enum revocation_state state;
    enum revocation_why why;
    enum revocation_source source;
    int reason;         /* CRLReason of RFC 5280 5.3.1 when revoked; -1 if none was given */
    int64_t revoked_at; /* unix seconds when revoked */
    int64_t as_of;      /* thisUpdate of the source; 0 when unknown */
};

/* How to reach the responder; the caller lends its HTTP client. BODY goes out by POST; *OUT lives in the arena.
 * ERR_TIMEOUT and ERR_UNAVAILABLE / ERR_IO are told apart in the answer. An HTTP status other than 200 is ERR_IO. */
struct revocation_fetch {
    enum err (*post)(void *ctx, struct arena *a, const char *url, const char *content_type, struct view body,
                     struct view *out);
    void *ctx;
};

struct revocation_config {
    const struct trust *trust; /* must outlive the revocation */
    const char *crl_folder;    /* FOLDER, FOLDER/auth, FOLDER/sign: *.crl, DER or PEM; NULL: no CRLs */
    bool ocsp;
    /* A fresh CRL may answer while the responder cannot. Off: with OCSP on, only OCSP makes a certificate good. */
    bool crl_stands_in;
    bool nonce_optional; /* take answers without nonce (RFC 6960 4.4.1); a wrong nonce is never taken */
    struct revocation_fetch fetch;
    size_t cache_entries; /* 0: 4096 */
    /* Asked after the certificate's own responder, in this order, when it fails: no connection, no time, no answer that
     * can be taken. "Unknown" is an answer. Must outlive the revocation. */
    const char *const *responders;
    size_t n_responders;
    int patience_ms; /* no further responder is begun with after so long; 0: 8000 */
    /* PEM files: questions are signed with this key (RFC 6960 4.1.2), its certificate goes with them. NULL: unsigned.
     */
    const char *sign_certificate, *sign_key;
    int64_t (*steady_ms)(void); /* NULL: clock_steady_ms */
};

struct revocation; /* thread-safe */

/* WHY (256 bytes, may be NULL) names the CRL file and rule on ERR_CONFIG: a file that is no CRL, has an unknown
 * critical extension, or is not signed by one of the roots. A stale one is loaded and answers UNKNOWN. */
enum err revocation_open(struct revocation **out, const struct revocation_config *config, char why[256]) MUST_CHECK;
void revocation_close(struct revocation *r);

/* Reads the CRL folder again (only the files that have changed) and replaces all CRLs at once. On failure the old ones
 * stay. Safe while others check; one reload at a time. */
enum err revocation_reload(struct revocation *r, char why[256]) MUST_CHECK;
/* The same, but only if something in the folder has changed since: *CHANGED. A folder that could not be read is tried
 * again each time. */
enum err revocation_refresh(struct revocation *r, bool *changed, char why[256]) MUST_CHECK;

/* C was issued by ROOT (trust_find). Any revocation known from either source wins. The arena is for the request. */
enum err revocation_check(struct revocation_answer *out, struct revocation *r, struct arena *a, const struct cert *c,
                          const struct trust_root *root, int64_t now) MUST_CHECK;

/* "REVOCATION_OCSP_STALE" */
const char *revocation_why_name(enum revocation_why why);

/* Number of CRLs loaded, entries in all and the earliest nextUpdate (0: none), for health and metrics. */
struct revocation_stock {
    size_t crls, deltas, entries, cached;
    int64_t next_update;
};
void revocation_stock(struct revocation *r, struct revocation_stock *out);

/* Counters of every outcome and the stock, in the text format of Prometheus. */
void revocation_put_metrics(struct buf *out, struct revocation *r);
/* Answers so far, for the log. */
struct revocation_sums {
    uint64_t good, revoked, unknown, asked, failed_over, given_up;
};
void revocation_sums(struct revocation *r, struct revocation_sums *out);

#endif
