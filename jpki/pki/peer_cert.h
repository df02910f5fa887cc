/* peer_cert: what the certificate of a TLS client says about its holder (RFC 8705 2.1.2). That the holder has its key,
 * and who issued it, was seen in TLS. */
#ifndef JPKI_PKI_PEER_CERT_H
#define JPKI_PKI_PEER_CERT_H

#include "base/arena.h"
#include "base/err.h"

#define PEER_CERT_DNS_MAX 16

struct peer_cert {
    struct view subject; /* RFC 4514, UTF-8, as `openssl x509 -noout -subject -nameopt RFC2253,-esc_msb` prints it */
    struct view dns[PEER_CERT_DNS_MAX]; /* names of subjectAltName; those beyond are left out */
    size_t n_dns;
};

/* Everything in A. ERR_SYNTAX: not a certificate. */
enum err peer_cert_read(struct peer_cert *out, struct arena *a, struct view der) MUST_CHECK;

#endif
