/* exchange: a service that was shown a resident's token asks for one with which to call a third (RFC 8693), or for less
 * of its own. Only narrower: for one registered resource server, to which the resident has consented herself, or for
 * UserInfo with a part of the scope, and no longer than the first. */
#ifndef IDP_RULES_EXCHANGE_H
#define IDP_RULES_EXCHANGE_H

#include "consent/grant.h"
#include "idp/rules/client.h"
#include "idp/rules/refusal.h"
#include "sessions/token.h"

extern const char exchange_access_token[]; /* urn:ietf:params:oauth:token-type:access_token */

struct exchange_params {
    struct view subject_token, subject_type, requested_type, actor_token;
    struct view audience, resource; /* words: each may be sent several times */
    struct view scope;
};

/* RFC 8693 2.1, as far as it is offered: access tokens for access tokens, for somebody who is named. */
enum refusal exchange_params_decide(const struct exchange_params *params);

/* Whom resource and audience name together. */
struct exchange_target {
    const struct client *server; /* a resource server; NULL: none */
    bool userinfo;               /* the issuer itself */
    bool unknown;                /* one of the names is nobody's */
    bool several;                /* they do not all name the same */
};

/* One more name, which is SERVER's (NULL: nobody's), or the issuer's. */
void exchange_target_add(struct exchange_target *t, const struct client *server, bool issuer);

struct exchange_facts {
    const struct client *client;      /* who asks */
    const struct token_facts *family; /* of the subject token; NULL: it is none of ours, or a refresh token */
    struct view resource, scope;      /* whom the subject token is for, absent: UserInfo; and its scope */
    int64_t expires_at;               /* of the subject token */
    struct exchange_target target;
    struct view asked_scope;   /* words; absent: nothing is said */
    const struct grant *grant; /* what the resident allows that server, or, for UserInfo, the client; NULL: nothing */
    int64_t now;
};
enum refusal exchange_decide(const struct exchange_facts *facts);

#endif
