/* client_auth: who calls an endpoint of the back channel (RFC 6749 2.3, OIDC Core 9). Exactly one way of saying it. */
#ifndef IDP_RULES_CLIENT_AUTH_H
#define IDP_RULES_CLIENT_AUTH_H

#include "idp/rules/client.h"
#include "idp/rules/refusal.h"

/* What the request carried; absent where it did not. */
struct client_auth_params {
    struct view authorization;             /* the header */
    struct view client_id, client_secret;  /* of the body */
    struct view assertion, assertion_type; /* client_assertion, client_assertion_type (RFC 7521 4.2) */
};

/* Who it says it is, and by which method. Views in ARENA or in the parameters. CLIENT_AUTH_NONE: it only says a name;
 * whether that is enough, or its TLS certificate must say the same, is the registration's to know. With an assertion
 * the id may be absent: the assertion names it. */
struct client_claim {
    struct view id, secret, assertion;
    enum client_auth_method method;
};

/* Takes the claim out of the request; id and secret of the header are form-url-decoded. ERR_MEMORY, or ERR_OK with
 * *refusal. */
enum err client_claim_read(struct client_claim *out, struct arena *arena, const struct client_auth_params *params,
                           enum refusal *refusal) MUST_CHECK;

/* A claim with a secret: is it true? CLIENT NULL: nobody has that id. Always hashes, so that unknown ids take as long
 * as wrong secrets. */
enum refusal client_auth_decide(const struct client_claim *claim, const struct client *client);

/* The certificate of the request's TLS. */
struct client_certificate {
    struct view der;     /* absent: none */
    bool chained;        /* it leads to an authority of the operator's */
    struct view subject; /* RFC 4514 */
    const struct view *dns;
    size_t n_dns;
};

/* Is it the one that CLIENT registered by an authority and its name (RFC 8705 2.1)? A self-signed one (2.2) is looked
 * for in the client's key set: client_keys_find_cert. */
bool client_certificate_fits(const struct client *client, const struct client_certificate *cert);

/* A claim by name only: may CLIENT (NULL: nobody) say no more than that? CERT_FITS: its TLS certificate is the one that
 * is registered. The answer is the same for who does not exist, and who should have proved something. */
enum refusal client_name_decide(const struct client *client, bool cert_fits);

#endif
