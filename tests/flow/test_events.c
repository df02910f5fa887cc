/* Security events that services fetch (RFC 8936), and which they get. */
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/json.h"
#include "idp/rules/events_poll.h"
#include "idp/state/polls.h"
#include "sessions/notice.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city;
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

TestSuite(events, .init = open_stage, .fini = close_stage);

/* The service fetches its events and wants to hear of EVENTS. */
static void fetches(struct service *s, const char *events)
{
    const char *address =
        arena_printf(&browser->a, "\"events_uri\":\"http://127.0.0.1:%u/events\"", server_port(s->ear, 0));
    service_update(s, address, arena_printf(&browser->a, "\"events_poll\":true,\"events_requested\":[%s]", events));
}

static void a_fetches(const char *events)
{
    fetches(a_city, events);
}

static const char *basic_of(struct service *s)
{
    struct buf b;
    const char *text;
    buf_open(&b, &s->channel.a, 1024);
    buf_put_text(&b, "Authorization: Basic ");
    base64_put(&b, view_text(arena_printf(&s->channel.a, "%s:the%%20secret%%20of%%20%s%%2C%%200123456789", s->id,
                                          s == a_city ? "A" : "B")));
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    return text;
}

static int polls_as(const char *authorization, const char *body)
{
    struct browser *c = &a_city->channel;
    const char *headers[] = {authorization, NULL};
    cr_assert(browser_send(c, "/events/poll", headers, "application/json", view_text(body)));
    return c->status;
}

static const struct json *polls(const char *body)
{
    struct json *answer;
    cr_assert_eq(polls_as(basic_of(a_city), body), 200, "%.*s", (int)a_city->channel.body.n, a_city->channel.body.p);
    cr_assert_eq(json_read(&answer, &a_city->channel.a, a_city->channel.body, NULL), ERR_OK);
    cr_assert(json_is_object(json_member(answer, "sets")));
    return answer;
}

static size_t sets_in(const struct json *answer)
{
    return json_count(json_member(answer, "sets"));
}

static const char *jti_in(const struct json *answer)
{
    struct view jti;
    const struct json *set;
    cr_assert(json_member_at(json_member(answer, "sets"), 0, &jti, &set));
    return arena_text(&a_city->channel.a, jti);
}

/* The claims of the first one, verified. */
static const struct json *event_in(const struct json *answer)
{
    struct view jti, text;
    const struct json *set;
    cr_assert(json_member_at(json_member(answer, "sets"), 0, &jti, &set) && json_text(set, &text));
    const struct json *claims = service_verified(a_city, arena_text(&a_city->channel.a, text), "secevent+jwt");
    cr_assert(view_equal(json_member_text(claims, "jti"), jti));
    cr_assert(view_equal_text(json_member_text(claims, "aud"), "a-city"));
    return claims;
}

static struct tokens opens(struct service *s)
{
    cr_assert(resident_visits(hanako, s), "at %s: %s", at_name(browser_at(browser)), browser->url);
    struct tokens t = service_redeem(s, service_receive(s, browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

/* --- who may -------------------------------------------------------------------------------------------------------
 */

Test(events, are_given_to_nobody_who_does_not_authenticate)
{
    a_fetches("\"session-revoked\"");
    cr_expect_eq(polls_as(NULL, "{}"), 401);
    cr_expect_eq(polls_as("Authorization: Basic YS1jaXR5Ondyb25n", "{}"), 401);
}

Test(events, are_fetched_only_by_who_registered_for_it)
{
    cr_expect_eq(polls_as(basic_of(a_city), "{}"), 400);
    cr_expect(browser_says(&a_city->channel, "unauthorized_client"));
}

Test(events, polls_that_are_none_are_400_and_take_nothing)
{
    static const char *const bad[] = {"",
                                      "[]",
                                      "{\"ack\":\"x\"}",
                                      "{\"ack\":[1]}",
                                      "{\"maxEvents\":-1}",
                                      "{\"maxEvents\":\"1\"}",
                                      "{\"returnImmediately\":1}",
                                      "{\"setErrs\":[]}",
                                      "{"};
    a_fetches("\"session-revoked\"");
    opens(a_city);
    cr_assert(resident_logs_out(hanako));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(polls_as(basic_of(a_city), bad[i]), 400, "%s: %d", bad[i], a_city->channel.status);
    cr_expect_eq(sets_in(polls("{}")), 1);
}

/* --- the queue -----------------------------------------------------------------------------------------------------
 */

Test(events, stay_until_they_are_acknowledged_over_a_restart)
{
    a_fetches("\"session-revoked\"");
    opens(a_city);
    cr_assert(resident_logs_out(hanako));
    const char *jti = jti_in(polls("{\"returnImmediately\":true}"));
    provider_restart(genkan);
    browser_move(&a_city->channel, genkan->port);
    cr_expect_str_eq(jti_in(polls("{}")), jti, "the same event, told again");
    cr_expect_eq(sets_in(polls(arena_printf(&browser->a, "{\"ack\":[\"%s\"]}", jti))), 0);
    cr_expect_eq(sets_in(polls("{}")), 0);
}

Test(events, of_one_service_are_not_acknowledged_by_another)
{
    a_fetches("\"session-revoked\"");
    service_update(b_city, "client_secret_post", "client_secret_basic");
    fetches(b_city, "\"session-revoked\"");
    opens(a_city);
    cr_assert(resident_logs_out(hanako));
    const char *jti = jti_in(polls("{}"));
    cr_assert_eq(polls_as(basic_of(b_city), arena_printf(&browser->a, "{\"ack\":[\"%s\"]}", jti)), 200);
    cr_expect(browser_says(&a_city->channel, "\"sets\":{}"), "nothing of A's is told to B");
    cr_expect_eq(sets_in(polls("{}")), 1, "and B has taken nothing from A");
}

Test(events, come_oldest_first_and_no_more_than_asked_for)
{
    a_fetches("\"session-revoked\"");
    for (int i = 0; i < 3; i++) {
        opens(a_city);
        cr_assert(resident_logs_out(hanako));
    }
    const struct json *two = polls("{\"maxEvents\":2}");
    cr_expect_eq(sets_in(two), 2);
    cr_expect(json_member_bool(two, "moreAvailable", false));
    cr_expect_eq(sets_in(polls("{\"maxEvents\":0}")), 0, "only to acknowledge");
    const struct json *all = polls("{}");
    cr_expect_eq(sets_in(all), 3);
    cr_expect_not(json_member_bool(all, "moreAvailable", false));
}

Test(events, that_a_service_cannot_use_are_not_sent_again_and_shown_to_the_operator)
{
    a_fetches("\"session-revoked\"");
    opens(a_city);
    cr_assert(resident_logs_out(hanako));
    const char *jti = jti_in(polls("{}"));
    const char *body = arena_printf(&browser->a, "{\"setErrs\":{\"%s\":{\"err\":\"invalid_key\"}}}", jti);
    cr_expect_eq(sets_in(polls(body)), 0);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM notice WHERE why = 'invalid_key'"), 1);
}

/* --- waiting for them ----------------------------------------------------------------------------------------------
 */

#define POLLERS_MAX 8

/* A connection of A's that polls in a thread of its own. */
struct poller {
    struct browser channel;
    const char *authorization, *body;
    pthread_t thread;
    _Atomic bool over;
    int64_t ms;
};
static struct poller pollers[POLLERS_MAX];

static void *run_poller(void *ctx)
{
    struct poller *p = ctx;
    const char *headers[] = {p->authorization, NULL};
    int64_t from = clock_steady_ms();
    browser_send(&p->channel, "/events/poll", headers, "application/json", view_text(p->body));
    p->ms = clock_steady_ms() - from;
    atomic_store(&p->over, true);
    return NULL;
}

static void begins_to_poll(struct poller *p, const char *body)
{
    provider_browser(genkan, &p->channel);
    p->authorization = basic_of(a_city);
    p->body = body;
    atomic_store(&p->over, false);
    cr_assert_eq(pthread_create(&p->thread, NULL, run_poller, p), 0);
}

static void wait_until_waiting(size_t n)
{
    size_t of_a = 0, all = 0;
    for (int i = 0; (i == 0 || of_a != n) && i < 500; i++) {
        usleep(10000);
        polls_count(genkan->op->polls, VIEW("a-city"), &of_a, &all);
    }
    cr_assert_eq(of_a, n, "%zu wait", of_a);
}

static void ends_to_poll(struct poller *p)
{
    pthread_join(p->thread, NULL);
    cr_assert_eq(p->channel.status, 200);
}

static size_t sets_of(struct poller *p)
{
    struct json *answer;
    cr_assert_eq(json_read(&answer, &p->channel.a, p->channel.body, NULL), ERR_OK);
    return sets_in(answer);
}

Test(events, are_not_waited_for_by_who_says_so_or_asks_for_none)
{
    a_fetches("\"session-revoked\"");
    genkan->config->events.wait = 30;
    int64_t from = clock_steady_ms();
    cr_expect_eq(sets_in(polls("{\"returnImmediately\":true}")), 0, "RFC 8936 2.2");
    cr_expect_eq(sets_in(polls("{\"maxEvents\":0}")), 0, "2.4.2: only to acknowledge");
    cr_expect_eq(polls_as(basic_of(b_city), "{}"), 401, "a refusal does not wait");
    cr_expect_eq(polls_as(basic_of(a_city), "[]"), 400);
    cr_expect_lt(clock_steady_ms() - from, 5000);
}

Test(events, are_waited_for_no_longer_than_the_operator_says)
{
    a_fetches("\"session-revoked\"");
    genkan->config->events.wait = 1;
    int64_t from = clock_steady_ms();
    cr_expect_eq(sets_in(polls("{}")), 0);
    int64_t ms = clock_steady_ms() - from;
    cr_expect(ms >= 1000 && ms < 5000, "%d ms", (int)ms);
    wait_until_waiting(0);
}

Test(events, wake_the_poll_that_waits_for_them_and_nobody_waits_with_it)
{
    a_fetches("\"session-revoked\"");
    genkan->config->events.wait = 30;
    for (int i = 0; i < 3; i++) /* more than there are workers */
        begins_to_poll(&pollers[i], "{}");
    wait_until_waiting(3);
    opens(a_city);
    for (int i = 0; i < 3; i++)
        cr_expect_not(atomic_load(&pollers[i].over), "there is nothing yet");
    cr_assert(resident_logs_out(hanako));
    int64_t from = clock_steady_ms();
    for (int i = 0; i < 3; i++) {
        ends_to_poll(&pollers[i]);
        cr_expect_eq(sets_of(&pollers[i]), 1);
    }
    cr_expect_lt(clock_steady_ms() - from, 3000);
}

static enum err add_job(struct db *db, void *ctx)
{
    return notice_add(db, ctx);
}

/* As a command does that runs beside the server. */
static void add_elsewhere(struct notice *n)
{
    const struct store_config config = {
        .path = arena_printf(&browser->a, "%s/genkan.db", genkan->config->data), .readers = 1, .must_exist = true};
    struct store *store;
    cr_assert_eq(store_open(&store, &config, NULL), ERR_OK);
    cr_assert_eq(store_write(store, add_job, n), ERR_OK);
    store_close(store);
}

Test(events, that_another_process_writes_wake_it_too)
{
    a_fetches("\"consent\"");
    opens(a_city);
    genkan->config->events.wait = 30;
    begins_to_poll(&pollers[0], "{}");
    wait_until_waiting(1);
    add_elsewhere(&(struct notice){
        .channel = NOTICE_POLL, .client = VIEW("a-city"), .sub = VIEW("s"), .event = VIEW("{}"), .jti = VIEW("j")});
    ends_to_poll(&pollers[0]);
    cr_expect_eq(sets_of(&pollers[0]), 1);
    cr_expect_lt(pollers[0].ms, 10000);
}

Test(events, that_a_waiting_poll_acknowledges_are_gone_while_it_waits)
{
    a_fetches("\"session-revoked\"");
    opens(a_city);
    cr_assert(resident_logs_out(hanako));
    const char *jti = jti_in(polls("{}"));
    genkan->config->events.wait = 2;
    begins_to_poll(&pollers[0], arena_printf(&browser->a, "{\"ack\":[\"%s\"]}", jti));
    wait_until_waiting(1);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM notice WHERE channel = 4"), 0);
    ends_to_poll(&pollers[0]);
    cr_expect_eq(sets_of(&pollers[0]), 0);
}

Test(events, are_waited_for_by_a_few_polls_of_a_service_and_by_none_when_the_server_ends)
{
    a_fetches("\"session-revoked\"");
    genkan->config->events.wait = 30;
    for (int i = 0; i < POLLS_OF_A_SERVICE; i++)
        begins_to_poll(&pollers[i], "{}");
    wait_until_waiting(POLLS_OF_A_SERVICE);
    int64_t from = clock_steady_ms();
    cr_expect_eq(sets_in(polls("{}")), 0, "one more is answered at once");
    provider_stop(genkan);
    for (int i = 0; i < POLLS_OF_A_SERVICE; i++) {
        ends_to_poll(&pollers[i]);
        cr_expect_eq(sets_of(&pollers[i]), 0);
    }
    cr_expect_lt(clock_steady_ms() - from, 5000);
}

Test(events, keep_no_place_for_a_service_that_has_gone)
{
    a_fetches("\"session-revoked\"");
    genkan->config->events.wait = 30;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(genkan->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    const char *text = arena_printf(&browser->a,
                                    "POST /events/poll HTTP/1.1\r\nHost: localhost:8080\r\n%s\r\n"
                                    "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
                                    basic_of(a_city));
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    wait_until_waiting(1);
    close(fd);
    wait_until_waiting(0);
}

/* --- what they say -------------------------------------------------------------------------------------------------
 */

static const struct json *of_type(const struct json *claims, const char *type)
{
    const struct json *events = json_member(claims, "events");
    cr_assert_eq(json_count(events), 1, "RFC 8417 2.2");
    const struct json *event = json_member(events, type);
    cr_assert_not_null(event, "%s", type);
    return event;
}

#define CAEP "https://schemas.openid.net/secevent/caep/event-type/"
#define RISC "https://schemas.openid.net/secevent/risc/event-type/"

Test(events, tell_of_a_session_that_ended_with_its_sid_and_sub)
{
    a_fetches("\"session-revoked\"");
    struct tokens t = opens(a_city);

    cr_assert(resident_logs_out(hanako));
    const struct json *claims = event_in(polls("{}"));
    of_type(claims, CAEP "session-revoked");
    const struct json *id = json_member(claims, "sub_id");
    cr_expect(view_equal_text(json_member_text(id, "format"), "complex"));
    cr_expect(view_equal_text(json_member_text(json_member(id, "session"), "id"), claim(a_city, t.claims, "sid")));
    cr_expect(view_equal_text(json_member_text(json_member(id, "user"), "sub"), t.sub));
    cr_expect_null(json_member(claims, "sub"), "so that nobody takes it for a login");
}

Test(events, tell_nothing_that_was_not_asked_for)
{
    a_fetches("\"consent\"");
    opens(a_city);
    cr_assert(resident_logs_out(hanako));
    cr_expect_eq(sets_in(polls("{}")), 0);
}

Test(events, tell_of_a_resident_who_left)
{
    a_fetches("\"account-purged\"");
    struct tokens t = opens(a_city);

    cr_assert(browser_get(browser, "/me/leave"));
    cr_assert(PRESS(browser, "/me/leave", "sure=yes"));
    const struct json *claims = event_in(polls("{}"));
    cr_expect_eq(json_count(of_type(claims, RISC "account-purged")), 0, "RISC 1.0 2.2: no attributes");
    cr_expect(view_equal_text(json_member_text(json_member(claims, "sub_id"), "sub"), t.sub));
}

Test(events, push_what_a_service_with_an_address_asked_for)
{
    service_update(b_city, "\"contacts\"", "\"events_requested\":[\"session-revoked\"],\"contacts\"");
    opens(b_city);
    cr_assert(resident_logs_out(hanako));
    cr_expect_eq(provider_deliver(genkan), 2, "the log-out token and the event");
    of_type(service_last_event(b_city), CAEP "session-revoked");
}
