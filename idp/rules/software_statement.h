/* software_statement: metadata of a service that somebody else vouches for in a JWT (RFC 7591 2.3). Here the operator
 * vouches, by initial access tokens, and has approved nobody else: a statement is refused and says why. Passed over, as
 * it may be (3.1.1), the service would be registered with other metadata than were vouched for. */
#ifndef IDP_RULES_SOFTWARE_STATEMENT_H
#define IDP_RULES_SOFTWARE_STATEMENT_H

#include "base/json.h"

extern const char software_statement_malformed[], software_statement_unapproved[];

/* SAID: what a service registers. *RULE: which of the two it breaks; NULL: there is no statement in it. */
enum err software_statement_decide(const char **rule, struct arena *a, const struct json *said) MUST_CHECK;

#endif
