/* event_token: a security event token (RFC 8417) that tells a service what became of a consent. No event type of the
 * published profiles fits: RISC's opt-out speaks of the exchange of signals, CAEP's token-claims-change of values. So
 * the types are URIs of our own, ISSUER/events/consent/..., as RFC 8417 2.2 leaves to the profile. */
#ifndef IDP_TOKENS_EVENT_TOKEN_H
#define IDP_TOKENS_EVENT_TOKEN_H

#include "base/arena.h"
#include "base/err.h"
#include "idp/tokens/keys.h"

enum event_kind {
    EVENT_WITHDRAWN,
    EVENT_CHANGED,
    EVENT_SUSPENDED,
    EVENT_RESUMED,
    EVENT_SESSION_REVOKED,   /* CAEP 1.0 3.1 */
    EVENT_CREDENTIAL_CHANGE, /* CAEP 1.0 3.3 */
    EVENT_ACCOUNT_PURGED,    /* RISC 1.0 2.2 */
    EVENT_ACCOUNT_DISABLED,  /* 2.3 */
    EVENT_ACCOUNT_ENABLED    /* 2.4 */
};
const char *event_kind_name(enum event_kind k); /* "withdrawn" ...: the end of the type's URI */

/* What a service registers to hear of (events_requested), or'ed; the consents' four are one wish. */
enum event_wish {
    EVENT_WISH_CONSENT = 1,
    EVENT_WISH_SESSION = 2,
    EVENT_WISH_CREDENTIAL = 4,
    EVENT_WISH_ACCOUNT = 8,
    EVENT_WISH_DISABLED = 16,
    EVENT_WISH_ENABLED = 32
};
unsigned event_kind_wish(enum event_kind k);

struct event_token {
    enum event_kind kind;
    struct view issuer, client_id, sub;
    const char *const *withdrawn; /* names of fields that do not go out any more */
    size_t n_withdrawn;
    const char *const *given; /* that do now */
    size_t n_given;
    struct view details_withdrawn, details_given; /* the same of things to be done elsewhere: their types, words */
    struct view sid;                              /* EVENT_SESSION_REVOKED: of the session, as the service knows it */
    /* EVENT_CREDENTIAL_CHANGE: "create", "delete", "update" (a renewed card); EVENT_ACCOUNT_DISABLED: the reason, may
     * be NULL */
    const char *change;
    struct view jti;
    bool by_operator; /* otherwise the resident herself did it */
    int64_t at;       /* unix seconds: when it happened, and when this was written */
};

/* The claims, as they are queued: every try tells the same event (RFC 8935 2: the receiver
 * knows a repeated one by its jti). */
enum err event_token_claims(struct view *out, struct arena *a, const struct event_token *t) MUST_CHECK;

/* Signs claims that event_token_claims wrote; typ secevent+jwt (RFC 8417 2.3), never to be taken for an ID token. */
enum err event_token_sign(struct arena *a, const struct keys *k, enum jws_alg alg, struct view claims,
                          struct view *text) MUST_CHECK;

#endif
