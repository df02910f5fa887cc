/* Log-out as the certification suite asks for it (RP-Initiated Logout 1.0, the names of its modules stand beside), and
 * how services hear of it (Back-Channel Logout 1.0). */
#include <criterion/criterion.h>

#include "base/base64.h"
#include "base/jws.h"
#include "http/url.h"
#include "idp/state/op.h"
#include "tests/lib/stage.h"

#define BYE "http://a-city.localhost:8081/bye"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city;
static struct resident *hanako = &stage.hanako;
static struct browser *browser = &stage.hanako.browser;

static void open_stage(void)
{
    stage_open(&stage);
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(logout, .init = open_stage, .fini = close_stage);

static struct tokens opens(struct service *s)
{
    cr_assert(resident_visits(hanako, s), "at %s: %s", at_name(browser_at(browser)), browser->url);
    struct tokens t = service_redeem(s, service_receive(s, browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

static bool is_logged_in(struct service *s)
{
    const char *error;

    cr_assert(browser_get(browser, service_begin(s, "prompt=none")));
    service_receive(s, browser, &error);
    return error == NULL;
}

/* GET /end_session with what is not NULL. */
static void asks_to_end(const char *hint, const char *redirect, const char *state)
{
    const char *url;
    struct buf b;

    buf_open(&b, &browser->a, 16384);
    buf_put_text(&b, "/end_session");
    url_add_param(&b, "id_token_hint", view_text(hint));
    url_add_param(&b, "post_logout_redirect_uri", view_text(redirect));
    url_add_param(&b, "state", view_text(state));
    cr_assert_eq(buf_done_text(&b, &url), ERR_OK);
    cr_assert(browser_get(browser, url));
}

/* The page asks; whatever she answers, nobody is sent back. */
static void expect_question_without_return(const char *why)
{
    cr_assert_eq(browser_at(browser), AT_LOGOUT_CONFIRM, "%s: at %s", why, at_name(browser_at(browser)));
    cr_assert(PRESS(browser, "/end_session", "do=logout"));
    cr_assert_eq(browser_at(browser), AT_OTHER, "%s: at %s", why, at_name(browser_at(browser)));
    cr_assert_not(is_logged_in(a_city), "%s", why);
}

/* --- the eleven modules ------------------------------------------------------------------------------------------- */

Test(logout, discovery_names_the_endpoint)
{
    struct json *j;

    cr_assert(browser_get(browser, "/.well-known/openid-configuration"));
    cr_assert_eq(json_read(&j, &browser->a, browser->body, NULL), ERR_OK);
    cr_expect(view_equal_text(json_member_text(j, "end_session_endpoint"), PROVIDER_ISSUER "/end_session"));
    cr_expect(json_member_bool(j, "backchannel_logout_supported", false));
    cr_expect(json_member_bool(j, "backchannel_logout_session_supported", false));
}

Test(logout, with_hint_address_and_state_goes_back_with_the_state)
{
    struct tokens t = opens(a_city);

    asks_to_end(t.id_token, BYE, "x y&z");
    IS_AT(browser, AT_ELSEWHERE);
    cr_expect_str_eq(browser->url, BYE "?state=x%20y%26z");
    cr_expect_not(is_logged_in(a_city));
}

Test(logout, bad_post_logout_redirect_uri)
{
    struct tokens t = opens(a_city);

    asks_to_end(t.id_token, "https://evil.example/bye", "s");
    expect_question_without_return("not registered");
}

Test(logout, query_added_to_post_logout_redirect_uri)
{
    struct tokens t = opens(a_city);

    asks_to_end(t.id_token, BYE "?foo=bar", "s");
    expect_question_without_return("registered without a query");
}

Test(logout, a_redirect_of_another_service)
{
    struct tokens t = opens(a_city);

    asks_to_end(t.id_token, "http://b-city.localhost:8082/bye", "s");
    expect_question_without_return("registered for somebody else");
}

Test(logout, modified_id_token_hint)
{
    struct tokens t = opens(a_city);
    struct view text = view_text(t.id_token), rest = text, head, payload;
    struct buf b;
    const char *none;

    cr_assert(view_next(&rest, '.', &head) && view_next(&rest, '.', &payload));
    buf_open(&b, &browser->a, 8192);
    base64url_put(&b, VIEW("{\"alg\":\"none\"}"));
    buf_put_byte(&b, '.');
    buf_put(&b, payload);
    buf_put_byte(&b, '.');
    cr_assert_eq(buf_done_text(&b, &none), ERR_OK);
    asks_to_end(none, BYE, "s");
    expect_question_without_return("alg none");
}

Test(logout, bad_id_token_hint)
{
    struct tokens t = opens(a_city);
    struct view text = view_text(t.id_token), rest = text, head, payload, signed_text;
    struct jws_key *stranger;
    struct arena *a = &browser->a;
    struct view claims;
    struct buf b;

    cr_assert(view_next(&rest, '.', &head) && view_next(&rest, '.', &payload));
    cr_assert_eq(base64url_read(a, payload, &claims), ERR_OK);
    cr_assert_eq(jws_key_make(&stranger, JWS_ES256), ERR_OK);
    buf_open(&b, a, 8192);
    cr_assert_eq(jws_sign(&b, stranger, "JWT", claims), ERR_OK);
    cr_assert_eq(buf_done(&b, &signed_text), ERR_OK);
    asks_to_end(arena_text(a, signed_text), BYE, "s");
    jws_key_close(stranger);
    expect_question_without_return("signed by somebody else");
}

Test(logout, no_id_token_hint)
{
    opens(a_city);
    asks_to_end(NULL, BYE, "s");
    expect_question_without_return("anybody can write such a link");
}

Test(logout, client_id_alone_is_no_hint)
{
    opens(a_city);
    cr_assert(browser_get(browser, "/end_session?client_id=a-city&post_logout_redirect_uri="
                                   "http%3A%2F%2Fa-city.localhost%3A8081%2Fbye"));
    expect_question_without_return("client_id is public");
}

Test(logout, a_hint_for_another_client_than_client_id_says)
{
    struct tokens t = opens(a_city);

    cr_assert(
        browser_get(browser, arena_printf(&browser->a, "/end_session?client_id=b-city&id_token_hint=%s", t.id_token)));
    expect_question_without_return("RP-Initiated Logout 2: the OP MUST verify that they match");
}

Test(logout, no_params)
{
    opens(a_city);
    asks_to_end(NULL, NULL, NULL);
    expect_question_without_return("only a suggestion");
}

Test(logout, only_state)
{
    opens(a_city);
    asks_to_end(NULL, NULL, "s");
    expect_question_without_return("only a suggestion");
}

Test(logout, no_post_logout_redirect_uri)
{
    struct tokens t = opens(a_city);

    asks_to_end(t.id_token, NULL, "s");
    IS_AT(browser, AT_OTHER);
    cr_expect_not(is_logged_in(a_city));
}

Test(logout, no_state)
{
    struct tokens t = opens(a_city);

    asks_to_end(t.id_token, BYE, NULL);
    IS_AT(browser, AT_ELSEWHERE);
    cr_expect_str_eq(browser->url, BYE, "no state was sent, none comes back");
}

/* --- and what it does not ask ------------------------------------------------------------------------------------- */

Test(logout, a_service_may_post_its_request)
{
    struct tokens t = opens(a_city);
    const char *form = arena_printf(&browser->a,
                                    "id_token_hint=%s&state=s&post_logout_redirect_uri="
                                    "http%%3A%%2F%%2Fa-city.localhost%%3A8081%%2Fbye",
                                    t.id_token);

    cr_assert(browser_post_from_elsewhere(browser, PROVIDER_ISSUER "/end_session", form));
    IS_AT(browser, AT_ELSEWHERE);
    cr_expect_str_eq(browser->url, BYE "?state=s");
    cr_expect_not(is_logged_in(a_city), "the session was found although no cookie came with the POST");
}

/* A POST of a service with a state of N letters. */
static void posts_a_long_state(struct tokens t, size_t n)
{
    char *state = arena_alloc(&browser->a, n + 1);

    cr_assert_not_null(state);
    memset(state, 'x', n);
    state[n] = 0;
    cr_assert(browser_post_from_elsewhere(browser, PROVIDER_ISSUER "/end_session",
                                          arena_printf(&browser->a,
                                                       "id_token_hint=%s&state=%s&post_logout_redirect_uri="
                                                       "http%%3A%%2F%%2Fa-city.localhost%%3A8081%%2Fbye",
                                                       t.id_token, state)));
}

Test(logout, a_service_may_post_a_long_request)
{
    struct tokens t = opens(a_city);

    posts_a_long_state(t, 3900);
    IS_AT(browser, AT_ELSEWHERE);
    cr_expect_gt(strlen(browser->url), 3900, "the whole state came back");
    cr_expect_not(is_logged_in(a_city));
}

Test(logout, a_post_too_long_for_an_address_is_413_and_ends_nothing)
{
    struct tokens t = opens(a_city);
    char *spaces = arena_alloc(&browser->a, 2501);

    memset(spaces, '+', 2500);
    spaces[2500] = 0;
    cr_assert(browser_post_from_elsewhere(browser, PROVIDER_ISSUER "/end_session",
                                          arena_printf(&browser->a, "id_token_hint=%s&state=%s", t.id_token, spaces)));
    cr_expect_eq(browser->status, 413);
    cr_expect(browser_says(browser, "7000"), "the limit is named");
    cr_expect(is_logged_in(a_city));
}

Test(logout, an_old_token_does_not_end_another_residents_session)
{
    struct tokens t = opens(a_city);

    cr_assert(resident_logs_out(hanako));
    opens(a_city);
    asks_to_end(t.id_token, BYE, "s");
    IS_AT(browser, AT_LOGOUT_CONFIRM);
    cr_expect(is_logged_in(a_city));
}

Test(logout, pressing_stay_ends_nothing)
{
    opens(a_city);
    asks_to_end(NULL, NULL, NULL);
    cr_assert(PRESS(browser, "/end_session", "do=stay"));
    cr_expect(is_logged_in(a_city));
}

Test(logout, a_forged_form_ends_nothing)
{
    opens(a_city);
    cr_assert(browser_post(browser, PROVIDER_ISSUER "/end_session", "do=logout&csrf=guessed"));
    IS_AT(browser, AT_LOGOUT_CONFIRM);
    cr_expect(is_logged_in(a_city));
}

/* --- telling the services ----------------------------------------------------------------------------------------- */

static _Atomic int heard;

static void hear(void *ctx, const struct request *request, struct answer *answer)
{
    (void)ctx;
    heard += view_is(form_get(request->form, "logout_token"));
    answer_body(answer, 200, "text/plain", VIEW(""));
}

/* A市 is up again, where it was. */
static void listen_again(uint16_t port)
{
    static const struct route routes[] = {{METHOD_POST, "/logout", hear, 16384, 0}};
    const char *listen[] = {arena_printf(&browser->a, "127.0.0.1:%u", port)}, *hosts[] = {"127.0.0.1"};
    struct server_config config = {
        .listen = listen, .n_listen = 1, .hosts = hosts, .n_hosts = 1, .routes = routes, .n_routes = 1};

    cr_assert_eq(server_open(&a_city->ear, &config), ERR_OK);
}

Test(logout, a_service_that_is_down_is_told_when_it_is_up_again_even_after_a_restart)
{
    uint16_t port = server_port(a_city->ear, 0);

    opens(a_city);
    server_close(a_city->ear);
    cr_assert(resident_logs_out(hanako));
    cr_assert_eq(provider_deliver(genkan), 0, "A is down");
    cr_assert_eq(provider_deliver(genkan), 0, "and is not asked again at once");
    cr_assert_eq(provider_number(genkan, "SELECT max(tries) FROM notice"), 1);

    provider_restart(genkan);
    provider_pass(genkan, 3600);
    listen_again(port);
    cr_assert_eq(provider_deliver(genkan), 1);
    cr_assert_eq(heard, 1);
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM notice"), 0);
}

Test(logout, a_service_that_never_answers_is_given_up_in_the_end)
{
    opens(a_city);
    server_close(a_city->ear);
    a_city->ear = NULL;
    cr_assert(resident_logs_out(hanako));
    for (int i = 0; i < 40; i++) {
        provider_deliver(genkan);
        provider_pass(genkan, 24 * 3600);
    }
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM notice WHERE given_up_at IS NULL"), 0);
    cr_assert_eq(provider_number(genkan, "SELECT count(*) FROM notice WHERE why IS NOT NULL"), 1, "for the operator");
    provider_pass(genkan, 1000000);
    cr_assert_eq(provider_deliver(genkan), 0, "nobody tries it any more");
}
