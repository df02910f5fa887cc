/* routes: which URL is served by which endpoint. */
#ifndef IDP_ROUTES_H
#define IDP_ROUTES_H

#include "http/route.h"

/* The table for server_config.routes; the server's ctx is the struct op. Static. */
const struct route *routes(size_t *n);

/* server_config.fault: JSON for URLs of services, a page for those of people. */
void routes_fault(void *ctx, const struct request *request, const struct fault *fault, struct answer *answer);

#endif
