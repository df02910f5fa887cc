/* grant_management: who may ask about a grant, and give it back (Grant Management for OAuth 2.0, draft 03). Pure. */
#ifndef IDP_RULES_GRANT_MANAGEMENT_H
#define IDP_RULES_GRANT_MANAGEMENT_H

#include "base/view.h"
#include "consent/grant.h"
#include "idp/rules/client.h"
#include "idp/rules/refusal.h"

#define SCOPE_GRANT_QUERY  "grant_management_query"
#define SCOPE_GRANT_REVOKE "grant_management_revoke"

struct grant_management_facts {
    bool live;         /* the token's family lives */
    bool own;          /* the client got it for itself (client_credentials), not for a resident */
    struct view scope; /* of the token */
    bool revoke;       /* DELETE; otherwise GET */
};
enum refusal grant_management_decide(const struct grant_management_facts *facts);

/* What an authorization request says of a grant (5.2, 5.4), of whatever way it comes: ACTION and ID as sent. *OUT: the
 * action; whether the grant is there is for grant_managed_decide. */
enum refusal grant_request_decide(enum grant_action *out, struct view action, struct view id,
                                  const struct client *client);

/* Is GRANT, found by the id that was sent (NULL: none), alive and CLIENT's; and, once somebody is logged in, RESIDENT's
 * (IDENT_NONE: nobody is yet)? One error for all: of others' grants nobody learns anything (10). */
enum refusal grant_managed_decide(const struct grant *grant, struct view client, struct ident resident, int64_t now);

#endif
