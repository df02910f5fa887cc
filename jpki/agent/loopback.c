#include "jpki/agent/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "http/url.h"
#include "jpki/agent/agent_page.h"
#include "jpki/agent/peer.h"

enum { HOLD_MS = 15000, CONNECTIONS = 8, READ_SECONDS = 5, LINE_BYTES = 8192, PAGE_MAX = 32 * 1024 };

struct loopback {
    struct loopback_config config;
    struct server *server;
    pthread_mutex_t lock; /* for SERVED */
    struct served served;
    struct arena arena; /* of the policy */
    const char *policy;
};

/* ---- rules ---- */

struct loopback_verdict loopback_decide(const struct loopback_facts *f)
{
    if (f->origins > 0)
        return (struct loopback_verdict){403, "Origin must not be sent"};
    if (f->modes > 1 || f->destinations > 1)
        return (struct loopback_verdict){403, "Sec-Fetch headers at most once"};
    if (f->modes == 1 && !view_equal_text(f->mode, "navigate"))
        return (struct loopback_verdict){403, "Sec-Fetch-Mode must be navigate"};
    if (f->destinations == 1 && !view_equal_text(f->destination, "document"))
        return (struct loopback_verdict){403, "Sec-Fetch-Dest must be document"};
    if (!f->peer_is_known)
        return (struct loopback_verdict){403, "the connecting process is unknown"};
    if (f->peer != f->self)
        return (struct loopback_verdict){403, "the connecting process belongs to another user"};
    return (struct loopback_verdict){200, NULL};
}

enum loopback_referer loopback_referer(size_t count, struct view referer, struct view issuer)
{
    if (count == 0)
        return REFERER_ABSENT;
    return count == 1 && url_is_of_origin(referer, issuer) ? REFERER_ISSUER : REFERER_FOREIGN;
}

struct loopback_verdict loopback_decide_watch(size_t sites, struct view site, enum loopback_referer referer)
{
    bool alone = sites == 1 && (view_equal_text(site, "none") || view_equal_text(site, "same-origin"));
    if (sites > 1)
        return (struct loopback_verdict){403, "Sec-Fetch headers at most once"};
    if (referer == REFERER_FOREIGN)
        return (struct loopback_verdict){403, "Referer must be an issuer's origin"};
    if (sites == 1 && !alone && referer == REFERER_ABSENT)
        return (struct loopback_verdict){403, "started from an unknown page"};
    return (struct loopback_verdict){200, NULL};
}

static struct loopback_facts facts_of(const struct request *r)
{
    struct loopback_facts f = {.origins = request_header_count(r, "Origin"),
                               .modes = request_header_count(r, "Sec-Fetch-Mode"),
                               .destinations = request_header_count(r, "Sec-Fetch-Dest"),
                               .mode = request_header(r, "Sec-Fetch-Mode"),
                               .destination = request_header(r, "Sec-Fetch-Dest"),
                               .self = getuid()};
    f.peer_is_known = peer_uid(&f.peer, &r->peer) == ERR_OK;
    return f;
}

static void refuse(struct answer *a, int status, const char *rule)
{
    log_event(LOG_WARN, "refused", LOG_INT("status", status), LOG_STR("rule", rule));
    answer_status(a, status);
}

/* True: the request may be looked at. Otherwise it is answered already, without a word about who we are. */
static bool may_pass(const struct request *r, struct answer *a)
{
    const struct loopback_facts f = facts_of(r);
    struct loopback_verdict v = loopback_decide(&f);
    if (v.status == 200 && r->query_raw.p)
        v = (struct loopback_verdict){404, "no query"};
    if (v.status != 200)
        refuse(a, v.status, v.rule);
    return v.status == 200;
}

/* ---- pages ---- */

static void show(const struct loopback *l, const struct request *r, struct answer *a, int status,
                 const struct agent_page *p)
{
    struct buf b;
    struct view body;
    buf_open(&b, r->arena, PAGE_MAX);
    agent_page_write(&b, p);
    if (buf_done(&b, &body)) {
        answer_status(a, 500);
        return;
    }
    answer_body(a, status, "text/html; charset=utf-8", body);
    answer_policy(a, l->policy);
    answer_no_store(a);
}

static void show_problem(const struct loopback *l, const struct request *r, struct answer *a, int status,
                         enum word title, enum word text, struct view detail)
{
    enum lang lang = words_lang_accepted(request_header(r, "Accept-Language"));
    struct buf b;
    struct agent_page p = {.lang = lang, .title = word(lang, title)};
    buf_open(&b, r->arena, 4096);
    words_put(&b, lang, text, &detail, detail.p ? 1 : 0);
    if (buf_done(&b, &p.text))
        p.text = VIEW_NONE;
    show(l, r, a, status, &p);
}

/* "2026-11-22 13:05" in the time zone of this PC: what the resident sees on the clock in the corner. */
static struct view local_time(struct arena *arena, int64_t now)
{
    time_t t = (time_t)now;
    struct tm tm;
    char *text = arena_alloc(arena, 20);
    if (!text || !localtime_r(&t, &tm) || !strftime(text, 20, "%Y-%m-%d %H:%M", &tm))
        return VIEW("?");
    return view_text(text);
}

static const struct {
    enum proof_error code;
    int status;
    enum word title, text;
    bool with_time;
} problems[] = {
    {PROOF_REQUEST_EXPIRED, 400, W_EXPIRED_TITLE, W_EXPIRED, true},
    {PROOF_CLOCK_SKEW, 400, W_CLOCK_TITLE, W_CLOCK, true},
    {PROOF_UPDATE_REQUIRED, 400, W_UPDATE_TITLE, W_UPDATE, false},
    {PROOF_ORIGIN_REFUSED, 403, W_ORIGIN_TITLE, W_ORIGIN, false},
    {PROOF_BUSY, 409, W_BUSY_TITLE, W_BUSY, false},
    {PROOF_REQUEST_INVALID, 400, W_INVALID_TITLE, W_INVALID, false},
};

/* A request that is refused is never sent anywhere: the page stays here. */
static void show_refusal(const struct loopback *l, const struct request *r, struct answer *a,
                         const struct proof_refusal *refusal)
{
    size_t i = 0;
    while (problems[i].code != refusal->code && problems[i].code != PROOF_REQUEST_INVALID)
        i++;
    log_event(LOG_WARN, "refused", LOG_STR("code", proof_error_name(refusal->code)), LOG_STR("claim", refusal->claim),
              LOG_STR("rule", refusal->rule));
    struct view time = problems[i].with_time ? local_time(r->arena, clock_s(l->config.clock)) : VIEW_NONE;
    show_problem(l, r, a, problems[i].status, problems[i].title, problems[i].text, time);
}

/* ---- /v1/auth/ ---- */

static struct view named(const char *text)
{
    return view_text(text);
}

/* The rules that need the request: who may have started it, one at a time. */
static void check_start(struct loopback *l, const struct request *r, const struct proof_request *q, bool *unknown_page,
                        struct proof_refusal *refusal)
{
    enum loopback_referer from =
        loopback_referer(request_header_count(r, "Referer"), request_header(r, "Referer"), q->iss);
    *unknown_page = from == REFERER_ABSENT;
    if (from == REFERER_FOREIGN)
        *refusal = (struct proof_refusal){PROOF_ORIGIN_REFUSED, "Referer", "must be the issuer's origin"};
    else if (errand_is_busy(l->config.errand))
        *refusal = (struct proof_refusal){PROOF_BUSY, "jti", "another transaction is open"};
}

/* A login of which nobody would hear when the card leaves is not begun. */
static bool is_ready(const struct loopback *l, const struct request *r, struct answer *a)
{
    if (!l->config.kiosk || kiosk_is_watched(l->config.kiosk))
        return true;
    log_event(LOG_WARN, "refused", LOG_STR("rule", "the kiosk's watch page is not open"));
    show_problem(l, r, a, 409, W_KIOSK_CLOSED_TITLE, W_KIOSK_CLOSED, VIEW_NONE);
    return false;
}

static enum err take_jti(struct loopback *l, const struct proof_request *q)
{
    INSIST(pthread_mutex_lock(&l->lock) == 0);
    enum err e = served_take(&l->served, q->iss, q->jti, q->exp + PROOF_CLOCK_SLACK + 1, clock_s(l->config.clock));
    pthread_mutex_unlock(&l->lock);
    return e;
}

static void start(struct loopback *l, const struct request *r, struct answer *a, const struct errand_order *order)
{
    char id[ERRAND_ID_MAX];
    const struct proof_refusal busy = {PROOF_BUSY, "jti", "another transaction is open"};
    enum err e = take_jti(l, order->request);
    if (e == ERR_CONFLICT) {
        log_event(LOG_WARN, "refused", LOG_STR("rule", "jti served before"));
        show_problem(l, r, a, 400, W_REPLAY_TITLE, W_REPLAY, VIEW_NONE);
        return;
    }
    if (!e)
        e = errand_start(l->config.errand, order, id);
    if (e == ERR_BUSY || e == ERR_LIMIT) {
        show_refusal(l, r, a, &busy);
        return;
    }
    char *url = e ? NULL : arena_printf(r->arena, "/v1/wait/%s/0", id);
    if (!url) {
        refuse(a, 500, "no memory");
        return;
    }
    log_event(LOG_INFO, "started", LOG_TEXT("iss", order->request->iss),
              LOG_STR("purpose", proof_purpose_name(order->request->purpose)));
    answer_redirect(a, 303, named(url));
}

/* Whom we serve now. A folder with a bad file serves nobody: its administrator may have meant it. */
static struct proof_reader read_issuers(const struct loopback *l, const struct request *r, int64_t now)
{
    struct issuers *all = arena_alloc(r->arena, sizeof *all);
    struct proof_reader reader = {.carrier = PROOF_PC_AGENT, .version = VIEW(GENKAN_VERSION), .now = now};
    const char *problem = "";
    enum err e = all ? issuers_read(all, r->arena, l->config.issuers, &problem) : ERR_MEMORY;
    if (e) {
        log_event(LOG_ERROR, "issuers_refused", LOG_STR("err", err_name(e)), LOG_STR("problem", problem));
        return reader;
    }
    reader.issuers = all->list;
    reader.n_issuers = all->n;
    return reader;
}

static void handle_auth(void *ctx, const struct request *r, struct answer *a)
{
    struct loopback *l = ctx;
    struct proof_request q;
    struct proof_refusal refusal;
    struct errand_order order = {.request = &q, .jws = r->tail, .now = clock_s(l->config.clock)};
    if (!may_pass(r, a))
        return;
    const struct proof_reader reader = read_issuers(l, r, order.now);
    enum err e = proof_request_read(&q, &order.issuer, r->arena, r->tail, &reader, &refusal);
    if (e) {
        refuse(a, 500, err_words(e));
        return;
    }
    if (refusal.code == PROOF_OK)
        check_start(l, r, &q, &order.unknown_page, &refusal);
    if (refusal.code != PROOF_OK)
        show_refusal(l, r, a, &refusal);
    else if (is_ready(l, r, a))
        start(l, r, a, &order);
}

/* ---- /v1/wait/, /v1/choose/ and /v1/stop/ ---- */

static const struct {
    enum word title, text;
} stages[STAGE_COUNT] = {
    [STAGE_START] = {W_WAIT_START, W_WAIT_CARD_HOW},     [STAGE_READER] = {W_WAIT_READER, W_WAIT_READER_HOW},
    [STAGE_CARD] = {W_WAIT_CARD, W_WAIT_CARD_HOW},       [STAGE_READER_BUSY] = {W_WAIT_READER_BUSY, W_WAIT_BUSY_HOW},
    [STAGE_PIN] = {W_WAIT_PIN, W_WAIT_PIN_HOW},          [STAGE_WORK] = {W_WAIT_WORK, W_WAIT_CARD_HOW},
    [STAGE_CHOICE] = {W_WAIT_CHOICE, W_WAIT_CHOICE_HOW}, [STAGE_KEYPAD] = {W_WAIT_KEYPAD, W_WAIT_KEYPAD_HOW},
};

/* The readers with their numbers, as links; NULL: there is nothing to choose, or no memory. */
static const struct agent_choice *choices_of(struct arena *arena, struct view id, const struct errand_view *v)
{
    size_t n = v->choices ? v->choices->n : 0;
    struct agent_choice *all = n > 0 ? arena_array(arena, n, sizeof *all) : NULL;
    for (size_t i = 0; i < n && all; i++) {
        const char *number = arena_printf(arena, "%zu.", i + 1);
        const struct view texts[] = {view_text(number), view_text(v->choices->names[i])};
        struct buf b;
        buf_open(&b, arena, 512);
        words_put(&b, v->lang, W_CHOICE, texts, 2);
        all[i].url = arena_printf(arena, "/v1/choose/%.*s/%u/%zu", (int)id.n, (const char *)id.p, v->seen, i + 1);
        if (!number || !all[i].url || buf_done(&b, &all[i].text))
            return NULL;
    }
    return all;
}

/* Refresh: 1 asks again in a second; that question is then held until there is something new, so that the page does
 * not flicker and a screen reader is not interrupted for nothing. */
static void show_waiting(const struct loopback *l, const struct request *r, struct answer *a, struct view id,
                         const struct errand_view *v)
{
    char *next = arena_printf(r->arena, "/v1/wait/%.*s/%u", (int)id.n, (const char *)id.p, v->seen);
    char *stop = arena_printf(r->arena, "/v1/stop/%.*s", (int)id.n, (const char *)id.p);
    char *refresh = next ? arena_printf(r->arena, "1; url=%s", next) : NULL;
    if (!stop || !refresh) {
        refuse(a, 500, "no memory");
        return;
    }
    const struct agent_page p = {.lang = v->lang,
                                 .large = v->large,
                                 .title = word(v->lang, stages[v->stage].title),
                                 .text = named(word(v->lang, stages[v->stage].text)),
                                 .service = v->service,
                                 .bind = v->bind,
                                 .link = next,
                                 .choices = choices_of(r->arena, id, v),
                                 .n_choices = v->choices ? v->choices->n : 0,
                                 .stop = stop};
    if (p.n_choices > 0 && !p.choices) {
        refuse(a, 500, "no memory");
        return;
    }
    show(l, r, a, 200, &p);
    answer_header_text(a, "Refresh", refresh);
}

static void show_window_failed(const struct loopback *l, const struct request *r, struct answer *a,
                               const struct errand_view *v)
{
    const struct agent_page p = {.lang = v->lang,
                                 .large = v->large,
                                 .title = word(v->lang, W_WINDOW_FAILED_TITLE),
                                 .text = named(word(v->lang, W_WINDOW_FAILED)),
                                 .back = v->url};
    show(l, r, a, 500, &p);
}

static void answer_look(struct loopback *l, const struct request *r, struct answer *a, struct view id, unsigned seen)
{
    struct errand_view v;
    if (errand_look(l->config.errand, id, seen, HOLD_MS, r->arena, &v))
        show_problem(l, r, a, 404, W_OVER_TITLE, W_OVER, VIEW_NONE);
    else if (!v.done)
        show_waiting(l, r, a, id, &v);
    else if (!v.url)
        refuse(a, 500, "no memory");
    else if (v.window_failed)
        show_window_failed(l, r, a, &v);
    else
        answer_redirect(a, 303, named(v.url));
}

static void handle_wait(void *ctx, const struct request *r, struct answer *a)
{
    struct view rest = r->tail, id = VIEW_NONE, number = VIEW_NONE;
    int64_t seen;
    if (!may_pass(r, a))
        return;
    bool good = view_next(&rest, '/', &id) && view_next(&rest, '/', &number) && !rest.p;
    if (good && text_to_int(number, &seen) && seen <= UINT32_MAX)
        answer_look(ctx, r, a, id, (unsigned)seen);
    else
        answer_status(a, 404);
}

/* /v1/choose/<id>/<seen>/<number> */
static void handle_choose(void *ctx, const struct request *r, struct answer *a)
{
    struct loopback *l = ctx;
    struct view rest = r->tail, id = VIEW_NONE, look = VIEW_NONE, number = VIEW_NONE;
    int64_t seen, nth;
    if (!may_pass(r, a))
        return;
    bool good = view_next(&rest, '/', &id) && view_next(&rest, '/', &look) && view_next(&rest, '/', &number) && !rest.p;
    if (!good || !text_to_int(look, &seen) || !text_to_int(number, &nth) || seen < 0 || seen > UINT32_MAX || nth < 1 ||
        nth > CHOICES_MAX) {
        answer_status(a, 404);
        return;
    }
    errand_choose(l->config.errand, id, (unsigned)seen, (unsigned)nth - 1);
    char *url = arena_printf(r->arena, "/v1/wait/%.*s/%u", (int)id.n, (const char *)id.p, (unsigned)seen);
    if (url)
        answer_redirect(a, 303, named(url));
}

static void handle_stop(void *ctx, const struct request *r, struct answer *a)
{
    struct loopback *l = ctx;
    if (!may_pass(r, a))
        return;
    errand_stop(l->config.errand, r->tail);
    char *url = arena_printf(r->arena, "/v1/wait/%.*s/0", (int)r->tail.n, (const char *)r->tail.p);
    if (url)
        answer_redirect(a, 303, named(url));
}

/* ---- /v1/kiosk ---- */

static enum loopback_referer referer_of_any(const struct proof_reader *issuers, const struct request *r)
{
    size_t n = request_header_count(r, "Referer");
    enum loopback_referer best = n == 0 ? REFERER_ABSENT : REFERER_FOREIGN;
    for (size_t i = 0; i < issuers->n_issuers && best == REFERER_FOREIGN; i++)
        best = loopback_referer(n, request_header(r, "Referer"), issuers->issuers[i].iss);
    return best;
}

static bool may_watch(const struct loopback *l, const struct request *r, struct answer *a)
{
    if (!may_pass(r, a))
        return false;
    if (!l->config.kiosk) {
        refuse(a, 404, "no kiosk");
        return false;
    }
    const struct proof_reader issuers = read_issuers(l, r, clock_s(l->config.clock));
    struct loopback_verdict v = loopback_decide_watch(request_header_count(r, "Sec-Fetch-Site"),
                                                      request_header(r, "Sec-Fetch-Site"), referer_of_any(&issuers, r));
    if (v.status != 200)
        refuse(a, v.status, v.rule);
    return v.status == 200;
}

static void show_watch(const struct loopback *l, const struct request *r, struct answer *a, const struct kiosk_view *v)
{
    enum lang lang = words_lang_accepted(request_header(r, "Accept-Language"));
    const struct agent_page p = {.lang = lang,
                                 .title = word(lang, v->held ? W_KIOSK_HELD_TITLE : W_KIOSK_IDLE_TITLE),
                                 .text = named(word(lang, v->held ? W_KIOSK_HELD : W_KIOSK_IDLE))};
    char *refresh = arena_printf(r->arena, "1; url=/v1/kiosk/%u", v->seen);
    if (!refresh) {
        refuse(a, 500, "no memory");
        return;
    }
    show(l, r, a, 200, &p);
    answer_header_text(a, "Refresh", refresh);
}

static void answer_watch(const struct loopback *l, const struct request *r, struct answer *a, unsigned seen)
{
    struct kiosk_view v;
    if (kiosk_look(l->config.kiosk, seen, HOLD_MS, r->arena, &v))
        refuse(a, 500, "no memory");
    else if (v.url)
        answer_redirect(a, 303, named(v.url));
    else
        show_watch(l, r, a, &v);
}

static void handle_kiosk(void *ctx, const struct request *r, struct answer *a)
{
    if (may_watch(ctx, r, a))
        answer_watch(ctx, r, a, 0);
}

static void handle_kiosk_again(void *ctx, const struct request *r, struct answer *a)
{
    int64_t seen;
    if (!may_watch(ctx, r, a))
        return;
    if (text_to_int(r->tail, &seen) && seen >= 0 && seen <= UINT32_MAX)
        answer_watch(ctx, r, a, (unsigned)seen);
    else
        answer_status(a, 404);
}

/* ---- the server ---- */

static const struct route routes[] = {
    {METHOD_GET, "/v1/auth/*", handle_auth, 0, ROUTE_NO_HEAD},
    {METHOD_GET, "/v1/wait/*", handle_wait, 0, ROUTE_NO_HEAD},
    {METHOD_GET, "/v1/stop/*", handle_stop, 0, ROUTE_NO_HEAD},
    {METHOD_GET, "/v1/kiosk", handle_kiosk, 0, ROUTE_NO_HEAD},
    {METHOD_GET, "/v1/kiosk/*", handle_kiosk_again, 0, ROUTE_NO_HEAD},
    {METHOD_GET, "/v1/choose/*", handle_choose, 0, ROUTE_NO_HEAD},
};

const struct route *loopback_routes(size_t *n)
{
    *n = sizeof routes / sizeof *routes;
    return routes;
}

/* No body, no banner: who does not know us learns nothing. */
static void handle_fault(void *ctx, const struct request *r, const struct fault *fault, struct answer *a)
{
    (void)ctx, (void)r, (void)a;
    log_event(LOG_WARN, "refused", LOG_INT("status", fault->status), LOG_STR("rule", fault->rule));
}

/* Has this machine [::1] at all? If not, nobody else can be there either. */
static bool has_ipv6_loopback(void)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has = fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof at) == 0;
    if (fd >= 0)
        close(fd);
    return has;
}

/* A port that is free on 127.0.0.1 now: both families must have the same one. */
static uint16_t free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good =
        fd >= 0 && bind(fd, (const struct sockaddr *)&at, n) == 0 && getsockname(fd, (struct sockaddr *)&at, &n) == 0;
    if (fd >= 0)
        close(fd);
    return good ? ntohs(at.sin_port) : 0;
}

static enum err serve(struct loopback *l)
{
    char v4[32], v6[32];
    snprintf(v4, sizeof v4, "127.0.0.1:%u", (unsigned)l->config.port);
    snprintf(v6, sizeof v6, "[::1]:%u", (unsigned)l->config.port);
    const char *const addresses[] = {v4, v6};
    const struct server_config config = {.listen = addresses,
                                         .n_listen = has_ipv6_loopback() ? 2 : 1,
                                         .hosts = addresses,
                                         .n_hosts = 2,
                                         .routes = routes,
                                         .n_routes = sizeof routes / sizeof *routes,
                                         .ctx = l,
                                         .fault = handle_fault,
                                         .workers = CONNECTIONS,
                                         .connections_max = CONNECTIONS,
                                         .idle_s = READ_SECONDS,
                                         .read_s = READ_SECONDS,
                                         .line_max = LINE_BYTES};
    return server_open(&l->server, &config);
}

enum err loopback_open(struct loopback **out, const struct loopback_config *config)
{
    struct loopback *l = calloc(1, sizeof *l);
    *out = NULL;
    if (!l)
        return ERR_MEMORY;
    l->config = *config;
    l->config.port = config->port ? config->port : free_port();
    arena_open(&l->arena, 4096);
    INSIST(pthread_mutex_init(&l->lock, NULL) == 0);
    l->policy = agent_page_policy(&l->arena);
    enum err e = l->policy ? serve(l) : ERR_MEMORY;
    if (e) {
        loopback_close(l);
        return e;
    }
    *out = l;
    return ERR_OK;
}

uint16_t loopback_port(const struct loopback *l)
{
    return l->config.port;
}

void loopback_close(struct loopback *l)
{
    if (!l)
        return;
    if (l->server)
        server_close(l->server);
    arena_close(&l->arena);
    pthread_mutex_destroy(&l->lock);
    free(l);
}
