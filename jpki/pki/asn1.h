/* asn1: small steps between OpenSSL's structures and our facts, shared by the files of this room. */
#ifndef JPKI_PKI_ASN1_H
#define JPKI_PKI_ASN1_H

#include <openssl/x509v3.h>

#include "jpki/pki/cert.h"

/* The contents; they live as long as S. */
struct view asn1_view(const ASN1_STRING *s);

/* Unix seconds; false when T is absent or not written as RFC 5280 wants it. */
bool asn1_time(int64_t *out, const ASN1_STRING *t);

/* How something is signed, out of an AlgorithmIdentifier. */
enum cert_sig asn1_sig_of(const X509_ALGOR *algorithm);

/* Is a signature whole octets? A BIT STRING may leave up to 7 bits unused, also strictly; every signature we know fills
 * its octets (RFC 3279 2.2.3, RFC 4055 5, RFC 8017 8.2), and one signature must not have two encodings. */
bool asn1_is_whole_octets(const ASN1_BIT_STRING *s);

/* The first directoryName as DER Name; absent if there is none. Lives as long as NAMES. */
struct view asn1_directory_name(const GENERAL_NAMES *names);

#endif
