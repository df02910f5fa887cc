/* offers: the types that authorization_details name, as they are registered now. */
#ifndef IDP_ENDPOINTS_OFFERS_H
#define IDP_ENDPOINTS_OFFERS_H

#include "idp/rules/details.h"
#include "idp/state/visit.h"

/* Of every type in DETAILS (NULL: none) and in MORE (as well), each once; those that nobody registered are not there.
 * In the visit's arena. */
enum err offers_find(struct details_offers *out, struct visit *v, const struct json *details,
                     const struct json *more) MUST_CHECK;

#endif
