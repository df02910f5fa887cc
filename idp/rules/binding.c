#include "idp/rules/binding.h"

enum refusal binding_decide(struct cnf *out, const struct client *client, const struct cnf *proof,
                            const struct cnf *cert)
{
    *out = *proof;
    if (client->tls_bound) { /* RFC 8705 3.4: always, and a token has one confirmation */
        *out = *cert;
        if (proof->kind != CNF_NONE)
            return REFUSAL_DPOP_BESIDE_CERTIFICATE;
        return cert->kind == CNF_NONE ? REFUSAL_CERTIFICATE_MISSING : REFUSAL_NONE;
    }
    return client->dpop_bound && proof->kind == CNF_NONE ? REFUSAL_DPOP_MISSING : REFUSAL_NONE; /* RFC 9449 5.2 */
}

struct cnf binding_of_refresh(const struct client *client, const struct cnf *access)
{
    return client->auth_method == CLIENT_AUTH_NONE ? *access : (struct cnf){.kind = CNF_NONE};
}

bool binding_allows_refresh(const struct client *client, const struct cnf *cnf)
{
    return client->auth_method != CLIENT_AUTH_NONE || cnf->kind != CNF_NONE;
}
