/* asking: what a service asks for, out of the parameters of /authorize and /par, judged. */
#ifndef IDP_ENDPOINTS_ASKING_H
#define IDP_ENDPOINTS_ASKING_H

#include "idp/rules/authorization_request.h"
#include "idp/state/visit.h"

/* A request_uri that /par gave (RFC 9126 2.2): this, then a ticket. */
#define ASKING_URN "urn:ietf:params:oauth:request_uri:"

enum asking_door { ASKING_AUTHORIZE, ASKING_PAR };

/* Is its request at an address of the service, which must be fetched first? asking_read then waits for it. */
bool asking_must_fetch(const struct visit *v);

/* The request of CLIENT (NULL: nobody has that id) in the parameters of this visit. ERR_OK with *REFUSAL; then OUT has
 * as much as an answer to the service needs, or no redirect_uri: it is told on a page. */
enum err asking_read(struct authz_request *out, struct visit *v, const struct client *client, enum asking_door door,
                     enum refusal *refusal) MUST_CHECK;

/* The same of a device or a counter (RFC 8628 3.1, CIBA Core 1.0, 7.1). */
enum err asking_read_decoupled(struct authz_request *out, struct visit *v, const struct client *client,
                               enum refusal *refusal) MUST_CHECK;

/* A grant that the request names must be CLIENT's and alive (idp/rules/grant_management.h). */
enum err asking_find_grant(const struct authz_request *request, struct visit *v, const struct client *client,
                           enum refusal *refusal) MUST_CHECK;

/* The request that CLIENT pushed under this request_uri, and which it is. ERR_OK with *REFUSAL, told on a page. */
enum err asking_recall(struct authz_request *out, struct ident *id, struct visit *v, const struct client *client,
                       struct view request_uri, enum refusal *refusal) MUST_CHECK;

#endif
