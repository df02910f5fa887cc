/* discovery: what this provider says of itself (OIDC Discovery 3, RFC 8414 2). Nothing of it changes while it serves,
 * so it is written once. */
#ifndef IDP_ENDPOINTS_DISCOVERY_H
#define IDP_ENDPOINTS_DISCOVERY_H

#include "idp/state/op.h"

/* The document, in ARENA, which lives as long as OP serves; put into op->discovery by whoever opens the server. */
enum err discovery_write(struct view *out, struct arena *arena, const struct op *op) MUST_CHECK;

#endif
