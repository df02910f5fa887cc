/* resource: which resource server a token is for (RFC 8707 2). */
#ifndef IDP_RULES_RESOURCE_H
#define IDP_RULES_RESOURCE_H

#include "idp/rules/client.h"
#include "idp/rules/refusal.h"

#define RESOURCES_MAX 1024 /* bytes of all that one request names */

/* What an authorization request may name: only what the client registered, each once. ASKED: words. */
enum refusal resource_ask_decide(struct view asked, const struct client *client);

/* What a login granted: the resource servers asked for with it, and the scope. */
struct resource_facts {
    struct view granted; /* words; absent: none */
    struct view scope, issuer;
};

/* ASKED of /token (words), against what was granted: *OUT is the one server that the token is for, absent for UserInfo.
 * Never wider, and never for two: nothing asked is the one that was granted, and must be said where there were more;
 * the issuer itself is UserInfo, if the login was one. */
enum refusal resource_decide(struct view *out, struct view asked, const struct resource_facts *facts);

/* Adds those of MORE that are not in *WORDS yet; in A. */
enum err resource_add(struct view *words, struct arena *a, struct view more) MUST_CHECK;

/* Is there more than one word? */
bool resource_is_several(struct view words);

/* A client that asks for itself (RFC 6749 4.4): one of those it registered; which is no question if there is one. No
 * word of SCOPE says anything there. */
enum refusal resource_of_client_decide(struct view *out, struct view asked, struct view scope,
                                       const struct client *client);

/* May the client read what is in the token? In another sector's it would read under what name she is known there. */
bool resource_is_readable(const struct client *client, const struct client *server);

#endif
