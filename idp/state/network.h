/* network: by what the network of a login is known again. No address is kept: a resident is told
 * whether a login came from the network she is in now, which is all that can be said with certainty. */
#ifndef IDP_STATE_NETWORK_H
#define IDP_STATE_NETWORK_H

#include "idp/state/visit.h"

#define NETWORK_SIZE 8

/* A keyed hash of the subscriber's address (http/subscriber.h) of this visit, in its arena. Absent when nothing can be
 * said: no address, or that of this machine, which then is a proxy's (unless Genkan itself lives on localhost), or no
 * memory. */
struct view network_of(const struct visit *v);

#endif
