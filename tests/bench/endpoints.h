/* endpoints: what the other endpoints cost the server, a request or a cycle of them, beside the limit that is allowed.
 */
#ifndef BENCH_ENDPOINTS_H
#define BENCH_ENDPOINTS_H

#include <stdio.h>
#include <sys/types.h>

#include "bare.h"
#include "seed.h"
#include "slices.h"

enum endpoint {
    ENDPOINT_DISCOVERY,
    ENDPOINT_JWKS,
    ENDPOINT_USERINFO,   /* without a field: nothing is disclosed */
    ENDPOINT_INTROSPECT, /* RFC 7662 */
    ENDPOINT_REFRESH,    /* with rotation, and an ID token by ES256 */
    ENDPOINT_KEYS,       /* PAR, authorize, token; private_key_jwt and DPoP at both */
    ENDPOINT_COUNT
};

struct endpoint_figure {
    enum endpoint which;
    unsigned clients;
    struct slices slices;
};

enum { ENDPOINT_ROWS = 2 * ENDPOINT_COUNT }; /* one at a time, and eight at once */

struct endpoints {
    struct endpoint_figure figures[ENDPOINT_ROWS];
    size_t n;
    unsigned requests; /* of each; 0: nothing was measured */
};

/* The endpoint that is called WORD on the command line; ENDPOINT_COUNT: none. */
enum endpoint endpoint_of(const char *word);

/* REQUESTS of each to the server PID at PORT, which was seeded with SEED, in turns with BARE (NULL: without a limit);
 * of ONLY, if that is one. Texts in A. */
void endpoints_measure(struct endpoints *out, const struct seed *seed, struct arena *a, uint16_t port, pid_t pid,
                       const struct bare *bare, unsigned requests, enum endpoint only);

void endpoints_print(const struct endpoints *e);
void endpoints_write_json(const struct endpoints *e, FILE *f);

#endif
