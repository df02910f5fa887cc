/* certificate: the files of sections tls and mtls of the configuration, read at the start and again when they have
 * changed: whoever renews a certificate need not know that we run. */
#ifndef IDP_CERTIFICATE_H
#define IDP_CERTIFICATE_H

#include <sys/stat.h>

#include "http/server.h"
#include "idp/state/config.h"

#define CERTIFICATE_FILES 3

struct certificate {
    const struct config *config;
    struct stat seen[CERTIFICATE_FILES];
};

/* The texts of the files, in A; members stay NULL where the configuration names none. NULL when all were read,
 * otherwise what cannot be (in A): "tls.key: PATH: ...". */
const char *certificate_read(struct server_tls *out, const struct config *config, struct arena *a);

/* Remembers what the files are like now. Call it before certificate_read, so that no change is missed. */
void certificate_watch(struct certificate *c, const struct config *config);

/* Gives S what is in the files if they have changed since the last look, or ALWAYS. If they cannot be used S keeps what
 * it has, the log says why, and the next change is looked at again. */
void certificate_follow(struct certificate *c, struct server *s, bool always);

#endif
