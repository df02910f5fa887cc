/* key_host: the web server of a service that serves its JWK set, for tests: at its jwks_uri, as slow or broken as told.
 */
#ifndef TESTS_LIB_KEY_HOST_H
#define TESTS_LIB_KEY_HOST_H

#include <stdatomic.h>

#include "base/jws.h"
#include "http/server.h"

struct key_host {
    struct server *server;
    char url[64]; /* http://127.0.0.1:PORT/jwks */
    _Atomic int asked;
    _Atomic int status, wait_ms; /* how it answers: 200, at once */
    const char *_Atomic body;
};

void key_host_open(struct key_host *h);
void key_host_close(struct key_host *h);
/* It answers with this from now on; TEXT must live on. */
void key_host_serve(struct key_host *h, const char *text);

/* A JWK set of N public keys, in the arena. */
const char *key_host_set(struct arena *a, const struct jws_key *const *keys, size_t n);

#endif
