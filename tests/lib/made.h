/* made: TLS certificates made on the spot. */
#ifndef TESTS_LIB_MADE_H
#define TESTS_LIB_MADE_H

#include "base/view.h"

struct made {
    char *certificate, *key; /* PEM */
    struct view der;
};

struct made_of {
    const char *name;
    const struct made *issuer; /* NULL: self-signed */
    bool authority;
    bool for_servers; /* its purpose is a TLS server, not a client */
    int days;         /* until it runs out; negative: it has */
};

void make_certificate(struct made *out, const struct made_of *of);

#endif
