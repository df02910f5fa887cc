#include "idp/state/notice_post.h"

#include "base/json.h"
#include "http/fetch.h"
#include "http/url.h"
#include "idp/tokens/event_token.h"
#include "idp/tokens/logout_token.h"
#include "idp/tokens/notify_token.h"

#define TOKEN_BODY_MAX 16384

struct message {
    struct view body;
    struct view bearer; /* the word by which the client knows that it is us; absent: the signature says it */
};

/* Back-Channel Logout 1.0 section 2.5: one form parameter, logout_token. */
static enum err logout_body(struct message *out, const struct op *op, struct arena *a, const struct notice *n,
                            const struct client *client)
{
    struct logout_token token = {op->issuer, client->id, n->sub, n->sid, clock_s(&op->clock)};
    struct view text;
    struct buf b;
    enum err e = logout_token_mint(a, op_keys(op), client->id_token_alg, &token, &text);

    if (e)
        return e;
    buf_open(&b, a, TOKEN_BODY_MAX);
    buf_put_text(&b, "logout_token=");
    url_put_encoded(&b, text);
    return buf_done(&b, &out->body);
}

/* RFC 8935 2.1: the body is the security event token. */
static enum err event_body(struct message *out, const struct op *op, struct arena *a, const struct notice *n,
                           const struct client *client)
{
    return event_token_sign(a, op_keys(op), client->id_token_alg, n->event, &out->body);
}

/* CIBA Core 1.0, 10.2: which request was decided; the client then comes for it. */
static enum err ping_body(struct message *out, const struct op *op, struct arena *a, const struct notice *n,
                          const struct client *client)
{
    struct notify_token token;
    struct json_out o;
    struct buf b;
    enum err e = notify_token_open(a, op_keys(op), n->event, &token);

    (void)client;
    if (e)
        return e;
    buf_open(&b, a, TOKEN_BODY_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair(&o, "auth_req_id", token.auth_req_id);
    json_end(&o);
    out->bearer = token.token;
    return buf_done(&b, &out->body);
}

struct channel {
    const char *content_type;
    enum err (*write)(struct message *out, const struct op *op, struct arena *a, const struct notice *n,
                      const struct client *client);
    int heard[2]; /* statuses */
    const char *told, *not_told;
};

/* Back-Channel Logout 1.0 section 2.8: 200 says that the session is closed there; 204 is the same without a body.
 * RFC 8935 2.2: 202 says that the event is taken and will not be asked for again. */
static const struct channel channels[] = {
    [NOTICE_LOGOUT] = {"application/x-www-form-urlencoded", logout_body, {200, 204}, "logout_told", "logout_not_told"},
    [NOTICE_EVENT] = {"application/secevent+jwt", event_body, {202, 202}, "event_told", "event_not_told"},
    [NOTICE_PING] = {"application/json", ping_body, {204, 200}, "ping_told", "ping_not_told"}, /* CIBA Core 1.0, 10.2 */
};

static const struct channel *channel_of(enum notice_channel channel)
{
    INSIST(channel >= NOTICE_LOGOUT && channel <= NOTICE_PING);
    return &channels[channel];
}

struct view notice_address(enum notice_channel channel, const struct client *client)
{
    switch (channel) {
    case NOTICE_LOGOUT:
        return client->backchannel_uri;
    case NOTICE_EVENT:
        return client->events_uri;
    default:
        return client->ciba_notify_uri;
    }
}

enum err notice_post(const struct op *op, struct arena *a, const struct notice *n, const struct client *client,
                     int timeout_ms, int *status)
{
    const struct fetch_limits limits = {.timeout_ms = timeout_ms, .body_max = 65536};
    const struct channel *c = channel_of(n->channel);
    struct fetched fetched = {0};
    struct message message = {VIEW_NONE, VIEW_NONE};
    enum err e = c->write(&message, op, a, n, client);

    if (!e)
        e = fetch_post_bearer(op->fetch_services, a, notice_address(n->channel, client), c->content_type, message.body,
                              message.bearer, &limits, &fetched);
    *status = fetched.status;
    return e;
}

bool notice_is_heard(enum notice_channel channel, int status)
{
    const struct channel *c = channel_of(channel);

    return status == c->heard[0] || status == c->heard[1];
}

const char *notice_log_name(enum notice_channel channel, bool told)
{
    return told ? channel_of(channel)->told : channel_of(channel)->not_told;
}
