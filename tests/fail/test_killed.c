/* `genkan serve` is killed (SIGKILL) at many moments of the story while Hanako and two services walk it. After a
 * restart everything that was acknowledged is there, nothing is half done, and `genkan audit verify` finds the ledger
 * whole. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/sqlite.h"
#include "tests/lib/child.h"
#include "tests/lib/halves.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct child genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city;
static struct resident *hanako = &stage.hanako;
static struct browser *browser = &stage.hanako.browser;

static void open_all(void)
{
    signal(SIGPIPE, SIG_IGN);
    stage_open(&stage);
    child_open(&genkan, &stage.genkan);
    browser_move(browser, genkan.port);
    browser_move(&a_city->channel, genkan.port);
    browser_move(&b_city->channel, genkan.port);
}

static void close_all(void)
{
    resident_close(hanako);
    service_close(b_city);
    service_close(a_city);
    child_close(&genkan, &stage.genkan);
}

TestSuite(killed, .init = open_all, .fini = close_all);

/* --- the story, and what of it was acknowledged ----------------------------------------------------------------- */

struct told {
    bool logged_in;               /* she has a session cookie */
    bool at_a, at_b;              /* she brought a code: login, confirmation and consent stand */
    const char *code_a, *code_b;  /* not yet tried */
    struct tokens a, b, b2;       /* status 200: received */
    bool refreshing;              /* the first refresh token was sent */
    int disclosed, asked;         /* answers of userinfo received / requests sent */
    bool logging_out, logged_out; /* she pressed it / she was told so */
};

static bool visits(struct told *t, struct service *s, const char **code)
{
    bool there = browser_get(browser, service_begin(s, NULL)) && resident_goes_to(hanako, AT_ELSEWHERE);
    t->logged_in = browser_cookie_value(browser, "__Host-session") != NULL;
    *code = there ? service_receive(s, browser, NULL) : NULL;
    return there;
}

static bool redeems(struct service *s, const char **code, struct tokens *out)
{
    const char *sent = *code;
    *code = NULL;
    *out = service_redeem(s, sent);
    return out->status == 200;
}

static bool asks(struct told *t, struct service *s, const struct tokens *tokens)
{
    int status;
    t->asked++;
    if (!service_userinfo(s, tokens->access, &status))
        return false;
    t->disclosed++;
    return true;
}

static bool refreshes(struct told *t)
{
    t->refreshing = true;
    t->b2 = service_refresh(b_city, t->b.refresh);
    return t->b2.status == 200;
}

static bool logs_out(struct told *t)
{
    if (!browser_get(browser, "/"))
        return false;
    t->logging_out = true;
    t->logged_out = PRESS(browser, "/end_session", "do=logout") && browser->status == 200;
    return t->logged_out;
}

/* Ends where the server stops answering. True: it was told to its end. */
static bool tell(struct told *t)
{
    *t = (struct told){0};
    return (t->at_a = visits(t, a_city, &t->code_a)) && redeems(a_city, &t->code_a, &t->a) && asks(t, a_city, &t->a) &&
           (t->at_b = visits(t, b_city, &t->code_b)) && redeems(b_city, &t->code_b, &t->b) && asks(t, b_city, &t->b) &&
           refreshes(t) && asks(t, b_city, &t->b2) && logs_out(t);
}

/* --- nothing is half done: looked at in the file, before anybody starts it again -------------------------------- */

static int64_t number(struct db *db, const char *sql)
{
    int64_t n = -1;
    cr_assert_eq(db_number(db, sql, &n), ERR_OK, "%s", sql);
    return n;
}

static void look_into_the_file(const struct told *t, int moment)
{
    struct store_config config = {.path = arena_printf(&stage.genkan.a, "%s/genkan.db", genkan.data), .readers = 1};
    struct store *store;
    enum store_fault fault;
    enum err e = store_open(&store, &config, &fault);
    cr_assert_eq(e, ERR_OK, "moment %d: %s %s", moment, err_name(e), store_fault_name(fault));
    cr_assert_eq(store_check_integrity(store), ERR_OK, "moment %d", moment);
    struct db *db = store_borrow(store);
    const char *half = half_done(db);
    cr_assert_null(half, "moment %d: %s", moment, half);
    cr_assert_eq(number(db, "SELECT count(*) FROM session WHERE id NOT IN (SELECT session FROM interaction "
                            "WHERE session IS NOT NULL)"),
                 0, "moment %d: a session of no login", moment);
    int64_t disclosed = number(db, "SELECT count(*) FROM ledger_event WHERE class = 5");
    cr_assert_geq(disclosed, t->disclosed, "moment %d: data left without its leaf", moment);
    cr_assert_leq(disclosed, t->asked, "moment %d", moment);
    store_return(store, db);
    store_close(store);
    cr_assert_eq(child_command(&genkan, (const char *const[]){"audit", "verify", NULL}), 0, "moment %d", moment);
}

/* --- what was acknowledged is there: asked of the restarted server ---------------------------------------------- */

static const char *silently(struct service *s)
{
    const char *error;
    cr_assert(browser_get(browser, service_begin(s, "prompt=none")));
    service_receive(s, browser, &error);
    return error ? error : "code";
}

static int info(struct service *s, const struct tokens *t)
{
    int status;
    service_userinfo(s, t->access, &status);
    return status;
}

static void ask_while_logged_in(const struct told *t, int moment)
{
    if (t->logged_in)
        cr_assert_str_neq(silently(a_city), "login_required", "moment %d: the login is lost", moment);
    if (t->at_a)
        cr_assert_str_eq(silently(a_city), "code", "moment %d: the consent for A is lost", moment);
    if (t->at_b)
        cr_assert_str_eq(silently(b_city), "code", "moment %d: the consent for B is lost", moment);
    if (t->a.status == 200)
        cr_assert_eq(info(a_city, &t->a), 200, "moment %d: A's token is lost", moment);
    if (t->b.status == 200)
        cr_assert_eq(info(b_city, &t->b), 200, "moment %d: B's token is lost", moment);
    if (t->b.status == 200 && !t->refreshing)
        cr_assert_eq(service_refresh(b_city, t->b.refresh).status, 200, "moment %d: B's refresh token is lost", moment);
    if (t->b2.status == 200)
        cr_assert_eq(service_refresh(b_city, t->b2.refresh).status, 200, "moment %d: B's second one is lost", moment);
}

static void wait_until_told(const struct service *s, int moment)
{
    struct timespec moment_of_time = {.tv_nsec = 5000000};
    for (int i = 0; i < 2000 && !s->told; i++)
        nanosleep(&moment_of_time, NULL);
    cr_assert_gt(s->told, 0, "moment %d: %s was never told of the log-out", moment, s->id);
}

static void ask_after_log_out(const struct told *t, int moment)
{
    cr_assert_str_eq(silently(a_city), "login_required", "moment %d: the log-out is lost", moment);
    cr_assert_eq(info(a_city, &t->a), 401, "moment %d", moment);
    cr_assert_str_eq(service_refresh(b_city, t->b2.refresh).error, "invalid_grant", "moment %d", moment);
    wait_until_told(a_city, moment);
    wait_until_told(b_city, moment);
}

static void ask_the_restarted(const struct told *t, int moment)
{
    struct told again;
    if (t->logged_out)
        ask_after_log_out(t, moment);
    else if (!t->logging_out)
        ask_while_logged_in(t, moment);
    if (moment % 5 == 0)
        cr_assert(tell(&again), "moment %d: the story cannot be told again: at %s %s", moment,
                  at_name(browser_at(browser)), browser->url);
}

/* --- the killer ------------------------------------------------------------------------------------------------- */

struct killer {
    pid_t pid;
    int64_t after_us;
};

static void *kill_later(void *ctx)
{
    const struct killer *k = ctx;
    struct timespec t = {.tv_sec = k->after_us / 1000000, .tv_nsec = k->after_us % 1000000 * 1000};
    nanosleep(&t, NULL);
    kill(k->pid, SIGKILL);
    return NULL;
}

static void begin_anew(void)
{
    child_reset(&genkan);
    browser_forget(browser);
    browser_forget(&a_city->channel);
    browser_forget(&b_city->channel);
    a_city->told = b_city->told = 0;
    child_start(&genkan);
}

static bool tell_and_kill(struct told *t, int64_t after_us)
{
    struct killer k = {genkan.pid, after_us};
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, kill_later, &k), 0);
    bool whole = tell(t);
    pthread_join(thread, NULL);
    int status = child_end(&genkan, SIGKILL);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "it ended by itself: %d", status);
    return whole;
}

/* How long the story takes when nobody kills, in microseconds. */
static int64_t length_of_story(void)
{
    struct told t;
    begin_anew();
    cr_assert(tell(&t), "at %s: %s", at_name(browser_at(browser)), browser->url);
    child_end(&genkan, SIGKILL);
    begin_anew();
    int64_t before = clock_steady_ms();
    cr_assert(tell(&t));
    int64_t us = 1000 * (clock_steady_ms() - before);
    child_end(&genkan, SIGKILL);
    return us;
}

/* Moments all over the story, not in their order. How long it takes depends on what else the machine does, so it counts
 * how many killings came in the middle, and learns. */
Test(killed, at_any_moment_loses_nothing_acknowledged_and_leaves_nothing_half_done)
{
    enum { MOMENTS = 101 };
    int64_t length = length_of_story();
    for (int cut = 0, i = 0; cut < MOMENTS; i++) {
        struct told t;
        cr_assert_lt(i, 5 * MOMENTS, "it is never killed in time");
        begin_anew();
        bool whole = tell_and_kill(&t, length * (1 + cut * 37 % MOMENTS) / MOMENTS);
        look_into_the_file(&t, i);
        child_start(&genkan);
        ask_the_restarted(&t, i);
        child_end(&genkan, SIGKILL);
        cut += !whole;
        length -= whole ? length / 10 : 0;
    }
}
