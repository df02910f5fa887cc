/* client: a registered service, the facts the rules need. idp/state/registration.h reads them. */
#ifndef IDP_RULES_CLIENT_H
#define IDP_RULES_CLIENT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/jws.h"
#include "base/view.h"

struct ask; /* consent/ask.h: what the service registered to ask for */

enum client_auth_method { CLIENT_AUTH_BASIC, CLIENT_AUTH_POST };

struct client_name {
    struct view ja, en; /* en falls back to ja */
};

struct client {
    struct view id;
    struct client_name name;
    struct view org_id;
    struct client_name org_name;
    struct view sector;         /* the unit of the pairwise sub */
    struct view secret_hash;    /* SHA-256 of the secret, 32 bytes */
    struct view *redirect_uris; /* compared byte for byte (RFC 9700 4.1) */
    size_t redirect_count;
    struct view *logout_uris; /* post_logout_redirect_uris */
    size_t logout_count;
    struct view backchannel_uri; /* absent: the service cannot be told */
    bool backchannel_session;    /* it requires sid in logout tokens */
    enum client_auth_method auth_method;
    enum jws_alg id_token_alg;
    bool may_refresh;  /* grant_types has refresh_token */
    bool require_pkce; /* S256; true unless the registration says otherwise */
    struct view policy_uri;
    struct view events_uri; /* where security events about consents are pushed (RFC 8935); absent: nowhere */
    struct view contact;    /* an address residents may write to; absent: none was registered */
    struct view host;       /* host of the first redirect URI, for display */
    const struct ask *ask;
};

/* Is URI one of the registered ones, byte for byte? (RFC 9700 4.1, OIDC Core 3.1.2.1) */
bool client_has_redirect(const struct client *c, struct view uri);
bool client_has_logout_redirect(const struct client *c, struct view uri);

#endif
