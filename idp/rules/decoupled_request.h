/* decoupled_request: what a device (RFC 8628 3.1) or a counter (CIBA Core 1.0, 7.1) asks, and what either is told that
 * comes to fetch the answer (RFC 8628 3.5, CIBA Core 1.0, 11). Pure. */
#ifndef IDP_RULES_DECOUPLED_REQUEST_H
#define IDP_RULES_DECOUPLED_REQUEST_H

#include "idp/rules/client.h"
#include "idp/rules/refusal.h"
#include "sessions/decoupled.h"

#define BINDING_MAX      60   /* code points of a binding_message: what a telephone shows in one go */
#define NOTIFY_TOKEN_MAX 1024 /* CIBA Core 1.0, 7.1 */

/* RFC 8628 3.1; the scope is judged like that of every authorization request. */
enum refusal device_request_decide(const struct client *client);

struct ciba_params {
    struct view login_hint, id_token_hint, login_hint_token, binding_message, user_code, requested_expiry,
        client_notification_token, request;
};

/* *LIFE_S: how long it may wait. */
enum refusal ciba_request_decide(const struct ciba_params *params, const struct client *client, int64_t *life_s);

struct poll_facts {
    bool found; /* somebody asked this */
    enum decoupled_kind kind, fetched_as;
    bool same_client;
    bool too_soon; /* the last time was less than the interval ago */
    enum decoupled_state state;
    int64_t expires_at, now;
};
/* REFUSAL_NONE: it was allowed, and may be redeemed; whether it was before is for the caller to find out. */
enum refusal poll_decide(const struct poll_facts *facts);

#endif
