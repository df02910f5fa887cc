/* notice_post: one notice on its way to a service: which address, which token, what counts as heard. */
#ifndef IDP_STATE_NOTICE_POST_H
#define IDP_STATE_NOTICE_POST_H

#include "idp/rules/client.h"
#include "idp/state/op.h"
#include "sessions/notice.h"

/* Where CLIENT hears on CHANNEL; absent: it does not. */
struct view notice_address(enum notice_channel channel, const struct client *client);

/* Signs and posts N. ERR_OK: there was an answer, *STATUS. Errors as fetch_post. TIMEOUT_MS 0: 5000. */
enum err notice_post(const struct op *op, struct arena *a, const struct notice *n, const struct client *client,
                     int timeout_ms, int *status) MUST_CHECK;

/* Did the service say that it has it? */
bool notice_is_heard(enum notice_channel channel, int status);

/* "logout_told" ... for the log; static. */
const char *notice_log_name(enum notice_channel channel, bool told);

#endif
