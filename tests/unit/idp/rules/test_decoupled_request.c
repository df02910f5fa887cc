#include "idp/rules/decoupled_request.h"

#include <criterion/criterion.h>

static const struct client desk = {.grants = CLIENT_GRANT_CIBA},
                           pinged = {.grants = CLIENT_GRANT_CIBA, .ciba_notify_uri = VIEW("https://desk/")};

Test(decoupled_request, the_device_grant_must_be_registered)
{
    struct client tv = {.grants = CLIENT_GRANT_DEVICE};
    cr_expect_eq(device_request_decide(&desk), REFUSAL_GRANT_TYPE_NOT_REGISTERED, "RFC 8628 3.1");
    cr_expect_eq(device_request_decide(&tv), REFUSAL_NONE);
}

static enum refusal ciba(struct ciba_params p, const struct client *client)
{
    int64_t life_s;
    return ciba_request_decide(&p, client, &life_s);
}

Test(decoupled_request, a_counter_asks_by_the_letter)
{
    const struct client other = {.grants = CLIENT_GRANT_CODE};
    const struct view hint = VIEW("123456789");
    char sixty_one[62];
    memset(sixty_one, 'a', 61);
    sixty_one[61] = '\0';
    const struct {
        struct ciba_params p;
        const struct client *client;
        enum refusal refusal;
        const char *paragraph;
    } rows[] = {
        {{.login_hint = hint}, &other, REFUSAL_GRANT_TYPE_NOT_REGISTERED, "CIBA 4"},
        {{.login_hint = hint, .request = VIEW("x")}, &desk, REFUSAL_CIBA_SIGNED_REQUEST, "7.1.1"},
        {{.binding_message = VIEW("47")}, &desk, REFUSAL_CIBA_HINTS, "7.1: no hint"},
        {{.login_hint = hint, .id_token_hint = VIEW("t")}, &desk, REFUSAL_CIBA_HINTS, "7.1: two hints"},
        {{.login_hint_token = VIEW("t")}, &desk, REFUSAL_CIBA_HINT_UNKNOWN, "13"},
        {{.login_hint = hint}, &pinged, REFUSAL_CIBA_NOTIFY_TOKEN, "7.1: required for ping"},
        {{.login_hint = hint, .client_notification_token = VIEW("a b")},
         &pinged,
         REFUSAL_CIBA_NOTIFY_TOKEN,
         "RFC 6750"},
        {{.login_hint = hint, .client_notification_token = VIEW("===")},
         &pinged,
         REFUSAL_CIBA_NOTIFY_TOKEN,
         "RFC 6750"},
        {{.login_hint = hint, .binding_message = VIEW("a\nb")}, &desk, REFUSAL_CIBA_BINDING, "13"},
        {{.login_hint = hint, .binding_message = VIEW("")}, &desk, REFUSAL_CIBA_BINDING, "13"},
        {{.login_hint = hint, .binding_message = view_text(sixty_one)}, &desk, REFUSAL_CIBA_BINDING, "13"},
        {{.login_hint = hint, .requested_expiry = VIEW("0")}, &desk, REFUSAL_CIBA_EXPIRY, "7.1: positive"},
        {{.login_hint = hint, .requested_expiry = VIEW("-5")}, &desk, REFUSAL_CIBA_EXPIRY, "7.1: positive"},
        {{.login_hint = hint, .requested_expiry = VIEW("soon")}, &desk, REFUSAL_CIBA_EXPIRY, "7.1: a number"},
        {{.login_hint = hint, .binding_message = VIEW("窓口 3")}, &desk, REFUSAL_NONE, ""},
        {{.id_token_hint = VIEW("t")}, &desk, REFUSAL_NONE, ""},
        {{.login_hint = hint, .client_notification_token = VIEW("aZ09-._~+/==")}, &pinged, REFUSAL_NONE, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(ciba(rows[i].p, rows[i].client), rows[i].refusal, "row %zu: %s", i, rows[i].paragraph);
}

Test(decoupled_request, a_counter_may_ask_for_less_time_not_for_more)
{
    struct ciba_params p = {.login_hint = VIEW("1"), .requested_expiry = VIEW("60")};
    int64_t life_s = 0;
    cr_expect_eq(ciba_request_decide(&p, &desk, &life_s), REFUSAL_NONE);
    cr_expect_eq(life_s, 60);
    p.requested_expiry = VIEW("86400");
    cr_expect_eq(ciba_request_decide(&p, &desk, &life_s), REFUSAL_NONE);
    cr_expect_eq(life_s, DECOUPLED_LIFE_S);
}

Test(decoupled_request, whoever_fetches_is_told_by_the_letter)
{
    const struct poll_facts good = {.found = true,
                                    .kind = DECOUPLED_DEVICE,
                                    .fetched_as = DECOUPLED_DEVICE,
                                    .same_client = true,
                                    .state = DECOUPLED_ALLOWED,
                                    .expires_at = 100,
                                    .now = 99};
    struct poll_facts unknown = good, kind = good, other = good, late = good, pending = good, soon = good,
                      denied = good;
    unknown.found = false;
    kind.fetched_as = DECOUPLED_COUNTER;
    other.same_client = false;
    late.now = 100;
    pending.state = DECOUPLED_OPEN;
    soon.state = DECOUPLED_OPEN;
    soon.too_soon = true;
    denied.state = DECOUPLED_REFUSED;
    denied.too_soon = true;
    cr_expect_eq(poll_decide(&unknown), REFUSAL_DECOUPLED_UNKNOWN);
    cr_expect_eq(poll_decide(&kind), REFUSAL_DECOUPLED_UNKNOWN, "a device code is no auth_req_id");
    cr_expect_eq(poll_decide(&other), REFUSAL_DECOUPLED_UNKNOWN, "RFC 8628 3.4: issued to this client");
    cr_expect_eq(poll_decide(&late), REFUSAL_DECOUPLED_EXPIRED, "RFC 8628 3.5");
    cr_expect_eq(poll_decide(&pending), REFUSAL_DECOUPLED_PENDING, "RFC 8628 3.5");
    cr_expect_eq(poll_decide(&soon), REFUSAL_DECOUPLED_SLOW_DOWN, "RFC 8628 3.5");
    cr_expect_eq(poll_decide(&denied), REFUSAL_DECOUPLED_DENIED, "RFC 8628 3.5");
    cr_expect_eq(poll_decide(&good), REFUSAL_NONE);
}
