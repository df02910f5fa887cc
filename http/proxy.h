/* proxy: what a reverse proxy in front of us says about the client, and when it is believed: only when the connection
 * comes from an address that the operator listed, and only in the headers he said it writes. From anybody else, and in
 * other headers, it is as if it were not there. */
#ifndef HTTP_PROXY_H
#define HTTP_PROXY_H

#include "http/net.h"
#include "http/request.h"
#include "http/route.h"

enum proxy_words {
    PROXY_SILENT,      /* says nothing of the client: every client has the proxy's address */
    PROXY_FORWARDED,   /* Forwarded (RFC 7239) */
    PROXY_X_FORWARDED, /* X-Forwarded-For, X-Forwarded-Proto */
};

struct proxy_config {
    const struct net *trusted;
    size_t n_trusted;
    enum proxy_words words;
    bool https;              /* clients must have come over https, if the proxy says how they came */
    const char *cert_header; /* the header in which it hands on the client's certificate; NULL: none */
};

/* Puts into R what the proxy says; R's peer is the proxy, which is trusted, and becomes the client: the right-most
 * address that is not trusted. False with *fault filled when what it says contradicts itself or cannot be read. */
bool proxy_apply(const struct proxy_config *p, struct request *r, struct fault *fault);

#endif
