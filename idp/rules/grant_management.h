/* grant_management: who may ask about a grant, and give it back (Grant Management for OAuth 2.0, draft 03). Pure. */
#ifndef IDP_RULES_GRANT_MANAGEMENT_H
#define IDP_RULES_GRANT_MANAGEMENT_H

#include "base/view.h"
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

#endif
