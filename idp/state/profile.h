/* profile: the stored values of a resident in the form that consent/ decides on. */
#ifndef IDP_STATE_PROFILE_H
#define IDP_STATE_PROFILE_H

#include "consent/ask.h"
#include "idp/state/visit.h"
#include "store/ident.h"

/* The name, and what ASK needs (derived fields: what they are computed from). ASK NULL: everything. In v->arena.
 * ERR_MISMATCH: a value does not open. */
enum err profile_load(struct field_profile *out, const struct visit *v, struct ident resident,
                      const struct ask *ask) MUST_CHECK;

/* The same without the values themselves (profile_outline): enough to decide whether the resident must be asked. */
enum err profile_load_outline(struct field_profile *out, const struct visit *v, struct ident resident,
                              const struct ask *ask) MUST_CHECK;

/* What ASK needs and nothing else, for what goes out to a service. */
enum err profile_load_asked(struct field_profile *out, const struct visit *v, struct ident resident,
                            const struct ask *ask) MUST_CHECK;

#endif
