/* tls: what we show of ourselves to those who connect, exchanged while the server runs, and what the certificate of a
 * client is worth. The door to GnuTLS, which libmicrohttpd brings along.
 *
 * TLS 1.3 and 1.2 only, and of 1.2 only what RFC 9325 4.2 recommends (docs/decisions/tls.md). */
#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include "base/arena.h"
#include "base/err.h"

/* For libmicrohttpd: versions, ciphers, groups and signatures in GnuTLS's words. */
extern const char tls_priorities[];
/* For libmicrohttpd, which wants to know of a certificate when it starts and would keep that one for good: a
 * gnutls_certificate_retrieve_function2 that has none. Each connection gets its own by tls_begin. */
void *tls_no_certificate(void);

/* --- our certificate ------------------------------------------------------------------------------------------------
 */

struct tls;          /* of a server: which certificate a new connection gets */
struct tls_identity; /* one certificate chain with its key; lives until the last connection that got it has ended */

/* CERTIFICATE: our chain, our own first; KEY: its private key; both PEM texts, which may be wiped afterwards.
 * ERR_CONFIG with *why (static): one of them is not what it should be, or they do not belong together; ERR_MEMORY. */
enum err tls_open(struct tls **out, const char *certificate, const char *key, const char **why) MUST_CHECK;
/* No connection may be left that has an identity. */
void tls_close(struct tls *t);

/* From now on new connections get another one; those that are open go on with theirs. Any thread. On failure (as above)
 * nothing has changed; a certificate that has run out is refused, too. */
enum err tls_change(struct tls *t, const char *certificate, const char *key, const char **why) MUST_CHECK;

/* When our certificate runs out, unix seconds. */
int64_t tls_expires(struct tls *t);

/* Prepares SESSION (a gnutls_session_t before its handshake). ASK: the client is asked for a certificate; it may have
 * none, and whoever issued it is all the same. NULL: out of memory, the handshake will fail. */
struct tls_identity *tls_begin(struct tls *t, void *session, bool ask);
void tls_end(struct tls_identity *i); /* NULL is allowed */

/* The certificates the client of SESSION has sent, its own first, of which it has proven to hold the key; how many (at
 * most MAX). They live as long as the session. */
size_t tls_peer(struct view *out, size_t max, void *session);

/* --- the authorities of clients
 * --------------------------------------------------------------------------------------- */

struct tls_authorities;

/* PEM: one or more certificates. ERR_CONFIG when there is none or one cannot be read. */
enum err tls_authorities_open(struct tls_authorities **out, const char *pem) MUST_CHECK;
void tls_authorities_close(struct tls_authorities *a); /* NULL is allowed */

/* Does the first of the N certificates (DER), perhaps over the others, lead to one of them, is all of the way valid
 * now, and is it meant for TLS clients? False when unsure. Any thread. */
bool tls_authorities_vouch(const struct tls_authorities *a, const struct view *certs, size_t n);

#endif
