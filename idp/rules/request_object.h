/* request_object: an authorization request as a JWT that the client signed (RFC 9101; OIDC Core 6; FAPI 2.0 Message
 * Signing 5.3). What it must say, once its signature has been found good, and what it makes of the request. */
#ifndef IDP_RULES_REQUEST_OBJECT_H
#define IDP_RULES_REQUEST_OBJECT_H

#include "base/arena.h"
#include "base/jws.h"
#include "idp/rules/authorization_request.h"
#include "idp/rules/client.h"
#include "idp/rules/refusal.h"

#define REQUEST_OBJECT_SKEW_S 30   /* how much later than ours the client's clock may be */
#define REQUEST_OBJECT_LIFE_S 3600 /* FAPI 2.0 Message Signing 5.3.1: 60 minutes */

/* What it says; nothing is checked yet. Views in the arena it was read into. */
struct request_object {
    enum jws_alg alg;
    struct view typ;        /* of the header; absent if not given */
    struct view iss, sub;   /* absent if not given */
    const struct json *aud; /* NULL if not given */
    bool has_exp, has_nbf;
    int64_t exp, nbf; /* unix seconds */
    bool nested;      /* it has request or request_uri inside */
    struct authz_params params;
};

/* Payload of J, whose signature need not be checked yet. ERR_SYNTAX: no claims set, or a member of another type than
 * its specification says. */
enum err request_object_read(struct request_object *out, struct arena *a, const struct jws *j) MUST_CHECK;

/* How it goes together with what was sent beside it. */
enum request_object_way {
    REQUEST_OBJECT_ALONE, /* RFC 9101 5: nothing beside it counts */
    REQUEST_OBJECT_MERGED /* OIDC Core 6.1: what it lacks is taken from beside it */
};

/* RFC 9126 3: what is pushed follows RFC 9101 whatever the profile; so do all profiles but basic, whose services may
 * have been written for OIDC Core 6.1. */
enum request_object_way request_object_way(const struct client *client, bool pushed);

struct request_object_facts {
    const struct client *client;
    struct view issuer;
    enum request_object_way way;
    int64_t now;
};

/* Pure; to be asked only when the signature is the client's. */
enum refusal request_object_decide(const struct request_object *o, const struct request_object_facts *facts);

/* The request out of both: *SENT is what was sent beside it and becomes the whole. Refused: what OIDC Core 6.1 demands
 * beside it is missing or says something else. */
enum refusal request_object_apply(struct authz_params *sent, const struct request_object *o,
                                  enum request_object_way way);

#endif
