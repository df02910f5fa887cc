/* ext: the extensions of a certificate (RFC 5280 4.2), read into its facts. */
#ifndef JPKI_PKI_EXT_H
#define JPKI_PKI_EXT_H

#include "jpki/pki/cert.h"

#define EXT_MAX 32 /* of one certificate; the JPKI's have eight */

/* LIST: the contents of Extensions (a SEQUENCE OF Extension) in strict DER. Fills what C says of extensions; texts go
 * into the arena, views lie in LIST. ERR_MEMORY; otherwise *FAULT. */
enum err ext_read(struct cert *c, struct arena *a, struct view list, enum cert_fault *fault) MUST_CHECK;

/* One Extension, for whoever has other lists of them: its OID (contents), whether it is critical, its value. */
struct ext {
    struct view oid, value;
    bool critical;
};
/* Takes the next one out of *REST; false when it is none. */
bool ext_next(struct ext *out, struct view *rest);

#endif
