#include "wire.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/hex.h"
#include "base/trace.h"

static void hello(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    (void)r;
    answer_body(a, 200, "text/plain", VIEW("hello"));
}

static void put_form(struct buf *b, const char *label, const struct form *f)
{
    for (size_t i = 0; i < f->n; i++) {
        buf_put_text(b, label);
        buf_put(b, f->items[i].name);
        buf_put_text(b, "=");
        buf_put(b, f->items[i].value);
        buf_put_text(b, "\n");
    }
}

static void echo(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    struct buf b;
    struct view body;
    buf_open(&b, r->arena, 65536);
    buf_put_text(&b, method_name(r->method));
    buf_put_text(&b, "\n");
    put_form(&b, "query ", r->query);
    put_form(&b, "form ", r->form);
    if (buf_done(&b, &body) == ERR_OK)
        answer_body(a, 200, "text/plain", body);
}

static void raw(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    answer_body(a, 200, "application/octet-stream", r->body);
}

static void cookie(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    struct view v = request_cookie(r, "__Host-session");
    answer_cookie(a, &(struct cookie){.name = "__Host-session", .value = VIEW("abc"), .max_age = COOKIE_SESSION});
    answer_body(a, 200, "text/plain", view_is(v) ? v : VIEW("(absent)"));
}

static void slow(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    (void)r;
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    answer_body(a, 200, "text/plain", VIEW("slow"));
}

static void asset(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    answer_cache(a, "public, max-age=60");
    answer_body(a, 200, "text/plain", r->tail);
}

static void broken(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    (void)r;
    answer_body(a, 200, "text/plain", VIEW("fine"));
    answer_header(a, "X-Split", VIEW("a\r\nSet-Cookie: evil=1"));
}

static void big(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    uint8_t *p = arena_alloc(r->arena, 60000);
    memset(p, 'x', 60000);
    answer_body(a, 200, "text/plain", view_bytes(p, 60000));
}

static void peer(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    const char *text = arena_printf(r->arena, "%s %d", r->peer.address, r->worker);
    answer_body(a, 200, "text/plain", view_text(text));
}

static void leave(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    (void)r;
    answer_redirect(a, 303, VIEW("https://rp.example/cb?code=a%20b"));
}

static void memory(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    void *p = arena_alloc(r->arena, 10 << 20);
    answer_body(a, p ? 500 : 200, "text/plain", p ? VIEW("unlimited") : VIEW("limited"));
}

/* The client's certificate: its SHA-256 in hex and whether an authority vouches, or "none". */
static void cert(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    struct buf b;
    struct view body = VIEW("none");
    uint8_t digest[32];
    buf_open(&b, r->arena, 256);
    if (view_is(r->client_cert)) {
        sha256(digest, r->client_cert);
        hex_put(&b, VIEW_ARRAY(digest));
        buf_put_text(&b, r->client_cert_chained ? " chained" : " unchained");
        cr_assert_eq(buf_done(&b, &body), ERR_OK);
    }
    answer_body(a, 200, "text/plain", body);
}

/* --- answers that are kept back --- */

/* What the name behind /held/ asks of the disk. The same name is the same disk. */
static struct disk {
    const char *name;
    enum err e;
    long ms;    /* it takes this long */
    bool waits; /* until wire_let_go */
    _Atomic int settled, let_go;
} disks[] = {
    {.name = "now"}, {.name = "late", .ms = 100}, {.name = "fail", .e = ERR_STORE}, {.name = "wait", .waits = true}};

static struct disk *disk_of(struct view name)
{
    for (size_t i = 0; i < sizeof disks / sizeof disks[0]; i++)
        if (view_equal_text(name, disks[i].name))
            return &disks[i];
    abort();
}

int wire_settled(const char *name)
{
    return atomic_load(&disk_of(view_text(name))->settled);
}

void wire_let_go(void)
{
    atomic_fetch_add(&disk_of(VIEW("wait"))->let_go, 1);
}

static enum err settle(void *ctx)
{
    struct disk *d = ctx;
    int turn = atomic_fetch_add(&d->settled, 1);
    nanosleep(&(struct timespec){.tv_nsec = d->ms * 1000000}, NULL);
    while (d->waits && atomic_load(&d->let_go) <= turn)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return d->e;
}

static void held(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    struct view body = form_get(r->query, "b");
    answer_body(a, 200, "text/plain", view_is(body) ? body : VIEW("held"));
    answer_hold(a, settle, disk_of(r->tail));
}

/* Keeps the worker itself from everything else until wire_let_go. */
static void busy(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx, (void)r;
    if (settle(disk_of(VIEW("wait"))) == ERR_OK)
        answer_body(a, 200, "text/plain", VIEW("busy"));
}

/* Away to the query; the name says with what besides. */
static void go(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    answer_redirect(a, 303, view_equal_text(r->tail, "broken") ? VIEW("https://rp.example/a b") : r->query_raw);
    if (view_equal_text(r->tail, "cookie"))
        answer_cookie(a, &(struct cookie){.name = "__Host-a", .value = VIEW("abc"), .max_age = COOKIE_SESSION});
    if (view_equal_text(r->tail, "tagged"))
        answer_header(a, "X-Request", view_text(r->id));
    if (view_equal_text(r->tail, "body"))
        answer_body(a, 303, "text/plain", VIEW("there"));
    if (view_equal_text(r->tail, "uncached"))
        answer_no_store(a);
    if (view_equal_text(r->tail, "cached"))
        answer_cache(a, "public, max-age=3600");
    if (view_equal_text(r->tail, "held"))
        answer_hold(a, settle, disk_of(VIEW("now")));
    if (view_equal_text(r->tail, "refused"))
        answer_hold(a, settle, disk_of(VIEW("fail")));
}

/* --- answers that wait for somebody else --- */

static _Atomic int come, asked;

void wire_come(bool is)
{
    atomic_store(&come, is);
}

int wire_asked(void)
{
    return atomic_load(&asked);
}

static bool has_come(const void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&asked, 1);
    return atomic_load(&come);
}

static void waiting(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    if (!atomic_load(&come) && (!r->waited || view_equal(r->tail, VIEW("stubborn")))) {
        answer_body(a, 200, "text/plain", VIEW("nothing of this is sent"));
        answer_wait(a, has_come, NULL, 300);
        return;
    }
    answer_body(a, 200, "text/plain", r->waited ? VIEW("late") : VIEW("come"));
    if (view_equal(r->tail, VIEW("recorded")))
        answer_hold(a, settle, disk_of(VIEW("now")));
}

/* What it was told of its trace, and what it makes of it. */
static void traced(void *ctx, const struct request *r, struct answer *a)
{
    const struct trace *t = trace_current();
    struct view parent = request_header(r, "traceparent"), state = request_header(r, "tracestate");
    (void)ctx;
    const char *text =
        arena_printf(r->arena, "%.*s\n%.*s\n%s %s %d %s\n%s", (int)parent.n, (const char *)parent.p, (int)state.n,
                     (const char *)state.p, t->trace, t->span, t->sampled, r->id, t->state);
    answer_body(a, 200, "text/plain", view_text(text));
}

static _Atomic int resumed;

int wire_resumed(void)
{
    return atomic_load(&resumed);
}

static void lingering(void *ctx, const struct request *r, struct answer *a)
{
    static const int mine = 0;
    (void)ctx;
    if (!r->resumed) {
        answer_linger(a, has_come, &mine, view_equal(r->tail, VIEW("short")) ? 300 : 60000);
        return;
    }
    if (r->resumed == &mine)
        atomic_fetch_add(&resumed, 1);
    answer_body(a, 200, "text/plain", r->waited ? VIEW("late") : VIEW("come"));
}

/* What the next kept answer is, and how often it has been asked for; the handler's own text is never the same twice. */
static _Atomic int edition;

void wire_change_kept(void)
{
    edition++;
}

static void kept(void *ctx, const struct request *r, struct answer *a)
{
    static const char *const texts[] = {"first", "second", "third", "fourth", "fifth", "sixth"};
    int at = edition;
    (void)ctx;
    if (view_is(r->query_raw)) /* "?N": that one */
        at = r->query_raw.p[0] - '0';
    answer_body(a, 200, "text/plain", view_text(texts[at]));
    answer_cache(a, "public, max-age=3600");
    answer_keep(a);
    if (view_equal_text(r->tail, "tagged"))
        answer_header(a, "X-Request", view_text(r->id));
    a->broken = view_equal_text(r->tail, "broken");
}

/* --- streams ------------------------------------------------------------------------------------------------------ */

struct streaming {
    int parts, made, empty;
    bool fails;
};

static _Atomic int parts_made;

int wire_parts(void)
{
    return atomic_load(&parts_made);
}

static enum err next_part(void *ctx, const struct request *r, struct buf *out, bool *end)
{
    struct streaming *s = ctx;
    (void)r;
    if (s->empty-- > 0)
        return ERR_OK;
    if (s->fails && s->made == 2)
        return ERR_STORE;
    uint8_t *p = buf_room(out, 100000);
    memset(p, 'a' + s->made % 26, 100000);
    atomic_fetch_add(&parts_made, 1);
    *end = ++s->made == s->parts;
    return ERR_OK;
}

static void stream(void *ctx, const struct request *r, struct answer *a)
{
    struct streaming *s = arena_alloc(r->arena, sizeof *s);
    (void)ctx;
    *s = (struct streaming){.parts = view_equal_text(r->tail, "long") ? 1000 : 5,
                            .empty = view_equal_text(r->tail, "hesitant") ? 5 : 0,
                            .fails = view_equal_text(r->tail, "failing")};
    answer_stream(a, 200, "text/plain", next_part, s);
}

static const struct route routes[] = {
    {METHOD_GET, "/stream/*", stream, 0, 0},
    {METHOD_GET, "/kept/*", kept, 0, 0},
    {METHOD_GET, "/kept-slow/*", kept, 0, ROUTE_SLOW},
    {METHOD_GET, "/trace", traced, 0, 0},
    {METHOD_POST, "/trace", traced, 100, ROUTE_BODY},
    {METHOD_GET, "/linger/*", lingering, 0, 0},
    {METHOD_GET, "/wait/*", waiting, 0, 0},
    {METHOD_GET, "/wait-slow/*", waiting, 0, ROUTE_SLOW},
    {METHOD_GET, "/busy", busy, 0, 0},
    {METHOD_GET, "/held/*", held, 0, 0},
    {METHOD_GET, "/held-slow/*", held, 0, ROUTE_SLOW},
    {METHOD_GET, "/hello", hello, 0, 0},
    {METHOD_GET, "/echo", echo, 0, 0},
    {METHOD_POST, "/echo", echo, 1000, 0},
    {METHOD_POST, "/raw", raw, 40000, ROUTE_BODY},
    {METHOD_GET, "/cookie", cookie, 0, 0},
    {METHOD_GET, "/slow", slow, 0, ROUTE_SLOW},
    {METHOD_GET, "/assets/*", asset, 0, 0},
    {METHOD_GET, "/broken", broken, 0, 0},
    {METHOD_GET, "/big", big, 0, 0},
    {METHOD_GET, "/peer", peer, 0, 0},
    {METHOD_GET, "/leave", leave, 0, 0},
    {METHOD_GET, "/go/*", go, 0, 0},
    {METHOD_GET, "/go-slow/*", go, 0, ROUTE_SLOW},
    {METHOD_GET, "/memory", memory, 0, 0},
    {METHOD_GET, "/cert", cert, 0, ROUTE_MTLS},
};

struct server *wire_serve(void (*change)(struct server_config *))
{
    static const char *const listen[] = {"127.0.0.1:0"};
    static const char *const hosts[] = {"localhost", "id.example"};
    struct server_config c = {.listen = listen,
                              .n_listen = 1,
                              .hosts = hosts,
                              .n_hosts = 2,
                              .routes = routes,
                              .n_routes = sizeof(routes) / sizeof(routes[0])};
    if (change)
        change(&c);
    struct server *s;
    cr_assert_eq(server_open(&s, &c), ERR_OK);
    return s;
}

int wire_connect(const struct server *s)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(server_port(s, 0))};
    struct timeval patience = {.tv_sec = 5};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    close(fd);
    return -1;
}

void wire_send_bytes(int fd, const void *p, size_t n)
{
    const char *from = p;
    while (n) {
        ssize_t sent = send(fd, from, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* the other side may have cut us off: the answer tells */
        from += sent;
        n -= (size_t)sent;
    }
}

void wire_send(int fd, const char *text)
{
    wire_send_bytes(fd, text, strlen(text));
}

static bool read_more(int fd, char *to, size_t *have, size_t size)
{
    ssize_t n = recv(fd, to + *have, size - *have - 1, 0);
    if (n <= 0)
        return false;
    *have += (size_t)n;
    to[*have] = 0;
    return true;
}

static void read_answer(int fd, struct wire_answer *out, bool with_body)
{
    static _Thread_local char all[90000];
    size_t have = 0;
    memset(out, 0, sizeof(*out));
    all[0] = 0;
    char *end;
    while (!(end = strstr(all, "\r\n\r\n")))
        if (!read_more(fd, all, &have, sizeof(all)))
            return;
    size_t head_n = (size_t)(end - all) + 4;
    memcpy(out->head, all, head_n < sizeof(out->head) ? head_n : sizeof(out->head) - 1);
    out->status = (int)strtol(all + 9, NULL, 10);
    const char *length = wire_header(out, "Content-Length");
    out->body_n = with_body && length ? strtoul(length, NULL, 10) : 0;
    cr_assert_lt(out->body_n, sizeof(out->body));
    while (have < head_n + out->body_n)
        if (!read_more(fd, all, &have, sizeof(all)))
            return;
    memcpy(out->body, all + head_n, out->body_n);
}

void wire_read(int fd, struct wire_answer *out)
{
    read_answer(fd, out, true);
}

void wire_read_head(int fd, struct wire_answer *out)
{
    read_answer(fd, out, false);
}

const char *wire_header(const struct wire_answer *a, const char *name)
{
    static _Thread_local char value[4096];
    size_t n = strlen(name);
    for (const char *line = strstr(a->head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, n) != 0 || line[2 + n] != ':')
            continue;
        snprintf(value, sizeof(value), "%.*s", (int)strcspn(line + 4 + n, "\r"), line + 4 + n);
        return value;
    }
    return NULL;
}

void wire_ask(const struct server *s, const char *text, struct wire_answer *out)
{
    int fd = wire_connect(s);
    cr_assert_geq(fd, 0);
    wire_send(fd, text);
    wire_read(fd, out);
    close(fd);
}

void wire_get(const struct server *s, const char *target, struct wire_answer *out)
{
    size_t n = strlen(target) + 64;
    char *text = malloc(n);
    snprintf(text, n, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", target);
    wire_ask(s, text, out);
    free(text);
}

void wire_post(const struct server *s, const char *target, const char *body, struct wire_answer *out)
{
    size_t n = strlen(target) + strlen(body) + 256;
    char *text = malloc(n);
    snprintf(text, n,
             "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
             "Content-Length: %zu\r\n\r\n%s",
             target, strlen(body), body);
    wire_ask(s, text, out);
    free(text);
}

bool wire_ended(int fd)
{
    char more;
    return recv(fd, &more, 1, 0) <= 0;
}
