/* grant_scope: the scope a service really gets: what it asked for, less what was refused or is not registered. */
#ifndef CONSENT_GRANT_SCOPE_H
#define CONSENT_GRANT_SCOPE_H

#include "consent/grant.h"

/* The words of SCOPE that still mean something, in their order: openid and offline_access, and those that bring at
 * least one field of ASKED that GRANT gives (NULL: none). RFC 6749 3.3: a scope that is not the one asked for is told
 * with the token. Pure; in A, or SCOPE itself. */
enum err grant_scope(struct view *out, struct arena *a, struct view scope, const struct ask *asked,
                     const struct grant *grant) MUST_CHECK;

/* --- what she agreed to be asked (Grant Management for OAuth 2.0, draft 03, 6.4) --- */

#define GRANT_SCOPES_MAX 16 /* lines; those that came longest ago are forgotten first */

/* One line: the words of scope that came with these resource servers (RFC 8707; words; absent: with none). */
struct grant_scope_line {
    struct view scope, resource;
};

/* The next of them; false at the end. */
bool grant_scope_next(struct view *rest, struct grant_scope_line *line);

/* OUT, a new grant, is of ANSWER: its words go in front, and with those of PREVIOUS (NULL: nothing) that came with the
 * same servers. Words that ask for none of the fields that the page showed are left out. */
enum err grant_take_scopes(struct grant *out, struct arena *a, const struct grant_answer *answer,
                           const struct grant *previous) MUST_CHECK;

#endif
