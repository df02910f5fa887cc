/* client_cert: a TLS client's certificate as a reverse proxy in front of us hands it on, in a header. */
#ifndef HTTP_CLIENT_CERT_H
#define HTTP_CLIENT_CERT_H

#include "base/arena.h"
#include "base/err.h"

#define CLIENT_CERT_MAX 12288 /* bytes of a header's value */

/* Reads the value of such a header: ":base64:" of the DER (RFC 9440 2.1), bare base64 of it (HAProxy), PEM with blanks
 * where lines ended (Apache), PEM with percent signs (nginx). *DER in A; absent when the value says that there is none
 * (empty, or Apache's "(null)"). ERR_SYNTAX: anything else, also bytes behind the certificate; ERR_LIMIT; ERR_MEMORY.
 * That it is one DER SEQUENCE is looked at, not what is in it. */
enum err client_cert_read(struct view *der, struct arena *a, struct view value) MUST_CHECK;

#endif
