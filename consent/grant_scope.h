/* grant_scope: the scope a service really gets: what it asked for, less what was refused or is not registered. */
#ifndef CONSENT_GRANT_SCOPE_H
#define CONSENT_GRANT_SCOPE_H

#include "consent/grant.h"

/* The words of SCOPE that still mean something, in their order: openid and offline_access, and those that bring at
 * least one field of ASKED that GRANT gives (NULL: none). RFC 6749 3.3: a scope that is not the one asked for is told
 * with the token. Pure; in A, or SCOPE itself. */
enum err grant_scope(struct view *out, struct arena *a, struct view scope, const struct ask *asked,
                     const struct grant *grant) MUST_CHECK;

#endif
