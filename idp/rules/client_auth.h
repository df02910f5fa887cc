/* client_auth: who calls the token endpoint (RFC 6749 2.3.1). Exactly one way of saying it. */
#ifndef IDP_RULES_CLIENT_AUTH_H
#define IDP_RULES_CLIENT_AUTH_H

#include "idp/rules/client.h"
#include "idp/rules/refusal.h"

/* What the request carried; absent where it did not. */
struct client_auth_params {
    struct view authorization;            /* the header */
    struct view client_id, client_secret; /* of the body */
};

/* Who it says it is, and by which method. Views in ARENA or in the parameters. */
struct client_claim {
    struct view id, secret;
    enum client_auth_method method;
};

/* Takes the claim out of the request; id and secret of the header are form-url-decoded. ERR_MEMORY, or ERR_OK with
 * *refusal. */
enum err client_claim_read(struct client_claim *out, struct arena *arena, const struct client_auth_params *params,
                           enum refusal *refusal) MUST_CHECK;

/* Is the claim true? CLIENT NULL: nobody has that id. Always hashes, so that unknown ids take as long as wrong secrets.
 */
enum refusal client_auth_decide(const struct client_claim *claim, const struct client *client);

#endif
