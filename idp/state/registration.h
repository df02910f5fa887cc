/* registration: a service's registration, read strictly. Names are those of OIDC Dynamic Client Registration 1.0, RFC
 * 7591, 8705, 9101, 9126, 9396, 9449, 9701, JARM, CIBA and the log-out specifications; profile, organization, sector,
 * fields, require_pkce, resource, resources, authorization_details_definitions, events_uri and events_poll are ours. */
#ifndef IDP_STATE_REGISTRATION_H
#define IDP_STATE_REGISTRATION_H

#include "idp/rules/client.h"

#define REGISTRATION_MAX 65536 /* bytes of a file */

/* What is wrong: the member and the rule it breaks. Both in the arena or static. */
struct registration_fault {
    const char *member, *rule;
};

/* Everything lives in ARENA. ID is used when the registration has no client_id of its own; it may be absent, then
 * client_id is required. secret_hash stays absent: the secret is no part of a registration. What it does not say is as
 * its profile has it (idp/rules/client_policy), whose rules it must keep. Addresses must be https, or http on a
 * loopback name. ERR_SYNTAX with *fault filled; ERR_MEMORY. */
enum err registration_read(struct client **out, struct arena *arena, struct view json, struct view id,
                           struct registration_fault *fault) MUST_CHECK;

/* Is NAME a member that a registration may have? */
bool registration_knows(struct view name);

#endif
