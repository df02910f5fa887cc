/* client: a registered service, the facts the rules need. idp/state/registration.h reads them. */
#ifndef IDP_RULES_CLIENT_H
#define IDP_RULES_CLIENT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/jws.h"
#include "base/view.h"
#include "consent/party.h"

struct detail_type; /* consent/detail_type.h: what may be asked to be done at it */
struct ask;         /* consent/ask.h: what the service registered to ask for */

/* What a registration may say and what its requests must keep, as a whole: the certification plans and FAPI 2.0
 * contradict each other, so each client has one of these. */
enum client_profile { CLIENT_PROFILE_MUNI, CLIENT_PROFILE_BASIC, CLIENT_PROFILE_FAPI2 };

enum client_auth_method {
    CLIENT_AUTH_BASIC,
    CLIENT_AUTH_POST,
    CLIENT_AUTH_NONE,            /* a public client: it only says who it is (RFC 6749 2.1) */
    CLIENT_AUTH_PRIVATE_KEY_JWT, /* OIDC Core 9, RFC 7523 */
    CLIENT_AUTH_TLS,             /* RFC 8705 2.1: a certificate of a CA, named by its subject */
    CLIENT_AUTH_TLS_SELF_SIGNED  /* RFC 8705 2.2: a certificate that is in its key set */
};

/* grant_types, or'ed. may_refresh is the one of refresh_token. */
enum client_grant {
    CLIENT_GRANT_CODE = 1,
    CLIENT_GRANT_CLIENT_CREDENTIALS = 2, /* RFC 6749 4.4 */
    CLIENT_GRANT_DEVICE = 4,             /* RFC 8628 */
    CLIENT_GRANT_CIBA = 8,               /* CIBA Core 1.0 */
    CLIENT_GRANT_EXCHANGE = 16           /* RFC 8693 */
};

/* How something is encrypted to the client (RFC 7516): names out of the JWE table; both absent: it is not. */
struct client_jwe {
    struct view alg, enc;
};

/* Signed with ALG (JWS_NONE_GIVEN: plain), then encrypted as JWE says. */
struct client_jose {
    enum jws_alg alg;
    struct client_jwe jwe;
};

struct client_list {
    struct view *items;
    size_t n;
};

struct client_name {
    struct view ja, en; /* en falls back to ja */
};

struct client {
    struct view id;
    struct client_name name;
    struct view org_id;
    struct client_name org_name;
    struct party party;         /* how the organisation is reached */
    struct view sector;         /* the unit of the pairwise sub */
    struct view secret_hash;    /* SHA-256 of the secret, 32 bytes */
    bool native;                /* application_type: a program on people's own devices (RFC 8252) */
    struct view *redirect_uris; /* compared byte for byte (RFC 9700 4.1), of native programs see redirect_uri.h */
    size_t redirect_count;
    struct view *logout_uris; /* post_logout_redirect_uris */
    size_t logout_count;
    struct view backchannel_uri; /* absent: the service cannot be told */
    bool backchannel_session;    /* it requires sid in logout tokens */
    enum client_profile profile;
    enum client_auth_method auth_method;
    enum jws_alg auth_alg;   /* of its assertions; JWS_NONE_GIVEN: any that the profile allows */
    struct view jwks;        /* its key set as JSON text, registered by value; absent: none */
    struct view jwks_uri;    /* or where it is (fetched and kept by idp/state/client_keys); absent: nowhere */
    struct view tls_subject; /* CLIENT_AUTH_TLS: the subject its certificate must have (RFC 4514); one of these two */
    struct view tls_san_dns; /* or a DNS name in its subjectAltName */
    enum jws_alg id_token_alg;
    struct client_jwe id_token_jwe;
    struct client_jose userinfo, introspection, authorization; /* authorization: JARM */
    enum jws_alg request_alg;      /* of its request objects; JWS_NONE_GIVEN: any that the profile allows */
    struct client_jwe request_jwe; /* how it encrypts them, if it does */
    bool require_request;          /* only signed request objects (RFC 9101 10.5) */
    bool require_par;              /* RFC 9126 6 */
    bool dpop_bound;               /* RFC 9449 5.2: tokens are always bound to a DPoP key */
    bool dpop_nonce;               /* RFC 9449 8, 9: its proofs name a nonce of ours */
    bool tls_bound;                /* RFC 8705 3.4: tokens are always bound to its certificate */
    unsigned grants;               /* enum client_grant, or'ed */
    int64_t default_max_age;       /* seconds; -1: none */
    bool require_auth_time;
    struct view default_acr; /* default_acr_values, words separated by spaces */
    struct client_list request_uris;
    struct view resource; /* the service is itself a resource server with this identifier (RFC 8707); absent: not */
    struct client_list resources;           /* identifiers of resource servers it may ask tokens for */
    struct client_list details;             /* authorization_details types it may ask for (RFC 9396) */
    struct client_list details_optional;    /* of these those that a resident may leave out */
    const struct detail_type *detail_types; /* as a resource server: those that it defines */
    size_t n_detail_types;
    bool session_update;          /* its refreshing counts as activity of the resident (idp/rules/session_update.h) */
    struct view frontchannel_uri; /* OIDC Front-Channel Logout; absent: not offered */
    bool frontchannel_session;
    struct view initiate_login_uri, logo_uri, client_uri, tos_uri;
    struct view sector_uri;      /* sector_identifier_uri as registered */
    struct view ciba_notify_uri; /* backchannel_client_notification_endpoint: mode ping; absent: poll */
    unsigned events;             /* enum event_wish (idp/tokens/event_token.h), or'ed: what it hears of */
    bool events_poll;            /* it fetches its security events itself (RFC 8936) */
    bool may_refresh;            /* grant_types has refresh_token */
    bool require_pkce;           /* S256; true unless the registration says otherwise */
    struct view policy_uri;
    struct view events_uri; /* where security events about consents are pushed (RFC 8935); absent: nowhere */
    struct view software_id, software_version; /* RFC 7591 2: for the operator's eyes */
    struct view contact;                       /* an address residents may write to; absent: none was registered */
    struct view host; /* host of the first redirect URI, or of client_uri, for display; absent: neither */
    const struct ask *ask;
};

/* Names as the standards have them; static. The readers are false for a name that is none. */
const char *client_profile_name(enum client_profile profile);
bool client_profile_of(enum client_profile *out, struct view name);
const char *client_auth_method_name(enum client_auth_method method);
bool client_auth_method_of(enum client_auth_method *out, struct view name);
const char *client_grant_name(enum client_grant grant); /* one of them */
bool client_grant_of(enum client_grant *out, struct view name);

/* Is URI one of the registered ones? (RFC 9700 4.1, OIDC Core 3.1.2.1, RFC 8252 7.3) */
bool client_has_redirect(const struct client *c, struct view uri);
/* Could any other program on the same device be the one that asks and reads the answer at URI? (RFC 8252 8.6) */
bool client_is_unproven(const struct client *c, struct view uri);
bool client_has_logout_redirect(const struct client *c, struct view uri);
/* So with request_uris (RFC 9101 10.4, OIDC Registration 2). */
bool client_has_request_uri(const struct client *c, struct view uri);

#endif
