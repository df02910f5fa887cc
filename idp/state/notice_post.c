#include "idp/state/notice_post.h"

#include "http/fetch.h"
#include "http/url.h"
#include "idp/tokens/event_token.h"
#include "idp/tokens/logout_token.h"

#define TOKEN_BODY_MAX 16384

/* Back-Channel Logout 1.0 section 2.5: one form parameter, logout_token. */
static enum err logout_body(struct view *body, const struct op *op, struct arena *a, const struct notice *n,
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
    return buf_done(&b, body);
}

/* RFC 8935 2.1: the body is the security event token. */
static enum err event_body(struct view *body, const struct op *op, struct arena *a, const struct notice *n,
                           const struct client *client)
{
    return event_token_sign(a, op_keys(op), client->id_token_alg, n->event, body);
}

struct channel {
    const char *content_type;
    enum err (*body)(struct view *body, const struct op *op, struct arena *a, const struct notice *n,
                     const struct client *client);
    int heard[2]; /* statuses */
    const char *told, *not_told;
};

/* Back-Channel Logout 1.0 section 2.8: 200 says that the session is closed there; 204 is the same without a body.
 * RFC 8935 2.2: 202 says that the event is taken and will not be asked for again. */
static const struct channel channels[] = {
    [NOTICE_LOGOUT] = {"application/x-www-form-urlencoded", logout_body, {200, 204}, "logout_told", "logout_not_told"},
    [NOTICE_EVENT] = {"application/secevent+jwt", event_body, {202, 202}, "event_told", "event_not_told"},
};

static const struct channel *channel_of(enum notice_channel channel)
{
    INSIST(channel == NOTICE_LOGOUT || channel == NOTICE_EVENT);
    return &channels[channel];
}

struct view notice_address(enum notice_channel channel, const struct client *client)
{
    return channel == NOTICE_LOGOUT ? client->backchannel_uri : client->events_uri;
}

enum err notice_post(const struct op *op, struct arena *a, const struct notice *n, const struct client *client,
                     int timeout_ms, int *status)
{
    const struct fetch_limits limits = {.timeout_ms = timeout_ms, .body_max = 65536};
    const struct channel *c = channel_of(n->channel);
    struct fetched fetched = {0};
    struct view body;
    enum err e = c->body(&body, op, a, n, client);

    if (!e)
        e = fetch_post(op->fetch_services, a, notice_address(n->channel, client), c->content_type, body, &limits,
                       &fetched);
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
