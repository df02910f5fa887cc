/* exchange: a service that was shown a resident's token asks for one with which to call a third (RFC 8693). Only
 * narrower: for one registered resource server, to which the resident has consented herself, and no longer than the
 * first. */
#ifndef IDP_RULES_EXCHANGE_H
#define IDP_RULES_EXCHANGE_H

#include "consent/grant.h"
#include "idp/rules/client.h"
#include "idp/rules/refusal.h"
#include "sessions/token.h"

extern const char exchange_access_token[]; /* urn:ietf:params:oauth:token-type:access_token */

struct exchange_params {
    struct view subject_token, subject_type, requested_type, actor_token, audience, resource, scope;
};

/* RFC 8693 2.1, as far as it is offered: access tokens for access tokens, by resource. */
enum refusal exchange_params_decide(const struct exchange_params *params);

struct exchange_facts {
    const struct client *client;      /* who asks */
    const struct token_facts *family; /* of the subject token; NULL: it is none of ours, or a refresh token */
    struct view resource;             /* whom the subject token is for; absent: UserInfo */
    int64_t expires_at;               /* of the subject token */
    const struct client *server;      /* the resource server asked for; NULL: nobody */
    const struct grant *grant;        /* what the resident allows that server; NULL: nothing */
    int64_t now;
};
enum refusal exchange_decide(const struct exchange_facts *facts);

#endif
