/* notify_token: what a counter in mode ping is told, and with which word it knows us (CIBA Core 1.0, 7.1 and 10.2):
 * auth_req_id and client_notification_token. Sealed, since the store must know neither of them. */
#ifndef IDP_TOKENS_NOTIFY_TOKEN_H
#define IDP_TOKENS_NOTIFY_TOKEN_H

#include "base/arena.h"
#include "base/err.h"
#include "idp/tokens/keys.h"

struct notify_token {
    struct view auth_req_id, token;
};

enum err notify_token_seal(struct arena *a, const struct keys *k, const struct notify_token *t,
                           struct view *sealed) MUST_CHECK;
/* ERR_SYNTAX or ERR_MISMATCH: not one of ours. */
enum err notify_token_open(struct arena *a, const struct keys *k, struct view sealed,
                           struct notify_token *out) MUST_CHECK;

#endif
