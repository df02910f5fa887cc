/* endpoints: what the other endpoints cost the server, a request or a cycle of them, beside the limit that is allowed.
 */
#ifndef BENCH_ENDPOINTS_H
#define BENCH_ENDPOINTS_H

#include <stdio.h>
#include <sys/types.h>

#include "load.h"
#include "seed.h"

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
    double cpu_us, mean_us;
    double limit_us; /* 0: not measured */
    size_t bytes;    /* of one answer, where that is what the limit is about */
    struct load_result load;
};

struct endpoints {
    struct endpoint_figure figures[ENDPOINT_COUNT];
    unsigned requests; /* of each; 0: nothing was measured */
};

/* The endpoint that is called WORD on the command line; ENDPOINT_COUNT: none. */
enum endpoint endpoint_of(const char *word);

/* REQUESTS of each to the server PID at PORT, which was seeded with SEED; of ONLY, if that is one. Texts in A. */
void endpoints_measure(struct endpoints *out, const struct seed *seed, struct arena *a, uint16_t port, pid_t pid,
                       unsigned requests, enum endpoint only);

/* The limits of the same machine in the same run; FOLDER is on the disk of the data. */
void endpoints_compare(struct endpoints *e, const char *folder);

void endpoints_print(const struct endpoints *e);
void endpoints_write_json(const struct endpoints *e, FILE *f);

#endif
