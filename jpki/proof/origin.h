/* origin: the text form of the OP's origin in requests and issuer files. One text for one origin, so that origins are
 * equal exactly when their bytes are, and `response_uri` can be compared without taking any URL apart. */
#ifndef JPKI_PROOF_ORIGIN_H
#define JPKI_PROOF_ORIGIN_H

#include "base/view.h"

/* Is TEXT an origin as protocol.md wants `iss`: https, or http with a loopback name; lower case host without trailing
 * dot or user-info; no default port, path, query or fragment? */
bool proof_is_origin(struct view text);

/* The host in an origin (with the brackets of IPv6, without port). ORIGIN must be one. */
struct view proof_origin_host(struct view origin);

#endif
