/* client_policy: what a registration may say, as tables: profile x value -> allowed, and profile x combination ->
 * refused with the reason and the paragraph. Whatever kind of registration: a file of the operator, or a service that
 * registers itself. */
#ifndef IDP_RULES_CLIENT_POLICY_H
#define IDP_RULES_CLIENT_POLICY_H

#include "idp/rules/client.h"

/* What a registration means when it says nothing. */
struct client_defaults {
    enum client_auth_method auth_method;
    enum jws_alg id_token_alg;
    bool require_pkce, require_par, dpop_bound, dpop_nonce;
};

/* Which member breaks which rule; the rule reads on after the member's name. All static. */
struct client_policy_fault {
    const char *member, *rule, *paragraph;
};

/* Static. */
const struct client_defaults *client_policy_defaults(enum client_profile profile);

/* May a service of PROFILE sign assertions, request objects and the like with ALG? */
bool client_policy_takes_alg(enum client_profile profile, enum jws_alg alg);

/* Does C keep every rule of its profile? False with *fault: the first one that it breaks. */
bool client_policy_keeps(const struct client *c, struct client_policy_fault *fault);

/* Has this method of client authentication a secret? (OIDC Core 9) */
bool client_policy_has_secret(enum client_auth_method method);

#endif
