/* consent_shown: what a consent page shows, as a digest. It goes out with the page and comes back with the answer, so
 * that a yes to one text or value is never taken as a yes to another that came up meanwhile. */
#ifndef IDP_ENDPOINTS_CONSENT_SHOWN_H
#define IDP_ENDPOINTS_CONSENT_SHOWN_H

#include "consent/ask.h"
#include "consent/detail.h"
#include "consent/field.h"

/* base64url of a SHA-256 over service terms, fields, purposes, values and their sources, and what is asked to be done
 * (DETAILS may be NULL); absent when out of memory. */
struct view consent_shown(struct arena *a, const struct ask *ask, const struct field_profile *profile,
                          const struct detail_list *details);

#endif
