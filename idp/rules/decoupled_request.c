#include "idp/rules/decoupled_request.h"

#include "base/text.h"

enum refusal device_request_decide(const struct client *client)
{
    return client->grants & CLIENT_GRANT_DEVICE ? REFUSAL_NONE : REFUSAL_GRANT_TYPE_NOT_REGISTERED;
}

/* CIBA Core 1.0, 7.1: "one (and only one) of the hints". */
static enum refusal hint_decide(const struct ciba_params *p)
{
    int hints = view_is(p->login_hint) + view_is(p->id_token_hint) + view_is(p->login_hint_token);

    if (hints != 1)
        return REFUSAL_CIBA_HINTS;
    return view_is(p->login_hint_token) ? REFUSAL_CIBA_HINT_UNKNOWN : REFUSAL_NONE;
}

/* It stands on a page and on the counter's screen: a short text without control characters. */
static bool is_binding(struct view v)
{
    if (!text_is_utf8(v) || v.n == 0 || text_count(v) > BINDING_MAX)
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < 0x20 || v.p[i] == 0x7F)
            return false;
    return true;
}

/* RFC 6750 2.1: what may stand behind "Bearer". */
static bool is_token68(struct view v)
{
    size_t end = v.n;

    while (end && v.p[end - 1] == '=')
        end--;
    for (size_t i = 0; i < end; i++) {
        uint8_t c = v.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '-' && c != '.' && c != '_' && c != '~' && c != '+' && c != '/')
            return false;
    }
    return end > 0 && v.n <= NOTIFY_TOKEN_MAX;
}

static enum refusal notify_decide(const struct ciba_params *p, const struct client *client)
{
    if (!view_is(client->ciba_notify_uri))
        return REFUSAL_NONE; /* it fetches the answer itself; a token for nothing is ignored */
    return view_is(p->client_notification_token) && is_token68(p->client_notification_token)
               ? REFUSAL_NONE
               : REFUSAL_CIBA_NOTIFY_TOKEN;
}

static enum refusal expiry_decide(struct view text, int64_t *life_s)
{
    int64_t n;

    *life_s = DECOUPLED_LIFE_S;
    if (!view_is(text))
        return REFUSAL_NONE;
    if (!text_to_int(text, &n) || n == 0)
        return REFUSAL_CIBA_EXPIRY;
    *life_s = n < DECOUPLED_LIFE_S ? n : DECOUPLED_LIFE_S;
    return REFUSAL_NONE;
}

enum refusal ciba_request_decide(const struct ciba_params *p, const struct client *client, int64_t *life_s)
{
    enum refusal no;

    if (!(client->grants & CLIENT_GRANT_CIBA))
        return REFUSAL_GRANT_TYPE_NOT_REGISTERED;
    if (view_is(p->request))
        return REFUSAL_CIBA_SIGNED_REQUEST;
    if ((no = hint_decide(p)) || (no = notify_decide(p, client)))
        return no;
    if (view_is(p->binding_message) && !is_binding(p->binding_message))
        return REFUSAL_CIBA_BINDING;
    return expiry_decide(p->requested_expiry, life_s);
}

enum refusal poll_decide(const struct poll_facts *f)
{
    /* RFC 8628 5.2: nobody learns whether a code that is not his exists. */
    if (!f->found || f->kind != f->fetched_as || !f->same_client)
        return REFUSAL_DECOUPLED_UNKNOWN;
    if (f->now >= f->expires_at)
        return REFUSAL_DECOUPLED_EXPIRED;
    if (f->state == DECOUPLED_REFUSED)
        return REFUSAL_DECOUPLED_DENIED;
    if (f->too_soon)
        return REFUSAL_DECOUPLED_SLOW_DOWN;
    return f->state == DECOUPLED_OPEN ? REFUSAL_DECOUPLED_PENDING : REFUSAL_NONE;
}
