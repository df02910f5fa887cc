/* ocsp: a real OCSP responder (`openssl ocsp`) for tests, and a way to reach it without the rest of Genkan. */
#ifndef TESTS_LIB_OCSP_H
#define TESTS_LIB_OCSP_H

#include <sys/types.h>

#include "jpki/pki/revocation.h"

struct ocsp_responder {
    pid_t pid;
    int port; /* on every address of this machine; the system chose it */
};

struct ocsp_setup {
    const char *pki;       /* a folder made by genkan-testpki */
    const char *authority; /* whose certificates it answers for: "auth3" */
    const char *signer;    /* PEM below PKI: "ocsp/auth3.pem" (NULL: that of the authority) */
    const char *key;       /* NULL: "ocsp/responder.key" */
    const char *minutes;   /* until nextUpdate: "15" (NULL: no nextUpdate at all) */
    int port;              /* 0: the system chooses */
};

/* Returns when the responder listens. It dies with this process at the latest. False: it did not start. */
bool ocsp_responder_start(struct ocsp_responder *r, const struct ocsp_setup *setup);
void ocsp_responder_stop(struct ocsp_responder *r);

/* Posts BODY to 127.0.0.1:PORT whatever URL says; for struct revocation_fetch with CTX = &port. ERR_UNAVAILABLE when
 * nobody listens. */
enum err ocsp_post(void *ctx, struct arena *a, const char *url, const char *content_type, struct view body,
                   struct view *out);

#endif
