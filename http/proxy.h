/* proxy: what a reverse proxy in front of us says about the client, and when it is believed: only when the connection
 * comes from an address that the operator listed. From anybody else these headers are as if they were not there. */
#ifndef HTTP_PROXY_H
#define HTTP_PROXY_H

#include "http/net.h"
#include "http/request.h"
#include "http/route.h"

struct proxy_config {
    const struct net *trusted;
    size_t n_trusted;
    const char *cert_header; /* the header in which they hand on the client's certificate; NULL: none */
};

/* Puts into R what the proxy says; R's peer is the proxy, which is trusted. False with *fault filled. */
bool proxy_apply(const struct proxy_config *p, struct request *r, struct fault *fault);

#endif
