#include "endpoints.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base64.h"
#include "base/hash.h"
#include "http/url.h"

enum { AT_ONCE = 8, TOKEN_MAX = 1024, ROOM = 16384 };

/* One endpoint's requests. HEAD ends with an empty line where there is no body. */
struct work {
    const struct seed *seed;
    struct arena *a;
    enum endpoint which;
    const char *head, *body;
    char (*tokens)[TOKEN_MAX]; /* the refresh token of each client */
};

static const char *const names[ENDPOINT_COUNT] = {"discovery",     "key set",        "UserInfo, nothing disclosed",
                                                  "introspection", "refresh, ES256", "PAR + keys + DPoP cycle"};
static const char *const words[ENDPOINT_COUNT] = {"discovery", "jwks", "userinfo", "introspect", "refresh", "keys"};

_Noreturn static void stop(const char *why)
{
    fprintf(stderr, "bench: %s\n", why);
    exit(1);
}

static const char *text_of(struct buf *b)
{
    const char *text;
    if (buf_done_text(b, &text) != ERR_OK)
        stop("not enough room");
    return text;
}

static const char *host(const struct work *w)
{
    return w->seed->issuer + strlen("http://");
}

static const char *get_head(const struct work *w, const char *path, const char *more)
{
    return arena_printf(w->a, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\n%s\r\n", path, host(w), more);
}

static const char *basic(const struct work *w, int client)
{
    const char *pair = arena_printf(w->a, "%s:%s", w->seed->client[client], w->seed->secret);
    return arena_printf(w->a, "Authorization: Basic %s\r\n", base64_text(w->a, view_text(pair)));
}

/* A form POST: MORE are further headers; its length and BODY follow. */
static size_t put_post(const struct work *w, char *to, size_t room, const char *path, const char *more,
                       const char *body)
{
    return (size_t)snprintf(to, room,
                            "POST %s HTTP/1.1\r\nHost: %s\r\n%sContent-Type: application/x-www-form-urlencoded\r\n"
                            "Accept: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                            path, host(w), more, strlen(body), body);
}

static bool keep(char *to, size_t room, const char *text, const char *before, const char *ends)
{
    const char *from = strstr(text, before);
    size_t n = from ? strcspn(from += strlen(before), ends) : 0;
    if (n == 0 || n >= room)
        return false;
    memcpy(to, from, n);
    to[n] = 0;
    return true;
}

/* --- a login, for the tokens that are asked about ---------------------------------------------------------------- */

static const char *authorize_head(const struct work *w, int client, const char *scope)
{
    struct buf b;
    buf_open(&b, w->a, ROOM);
    buf_put_text(&b, "GET /authorize?response_type=code&prompt=none&code_challenge_method=S256");
    url_add_param(&b, "client_id", view_text(w->seed->client[client]));
    url_add_param(&b, "redirect_uri", view_text(w->seed->redirect_uri));
    url_add_param(&b, "scope", view_text(scope));
    url_add_param(&b, "code_challenge", view_text(w->seed->challenge));
    buf_printf(&b, " HTTP/1.1\r\nHost: %s\r\nCookie: __Host-browser=%s; __Host-session=%s\r\nAccept: text/html\r\n\r\n",
               host(w), w->seed->browser, w->seed->session);
    return text_of(&b);
}

static const char *encoded(const struct work *w, const char *text)
{
    struct buf b;
    buf_open(&b, w->a, ROOM);
    url_put_encoded(&b, view_text(text));
    return text_of(&b);
}

struct login {
    const struct work *work;
    const char *authorize, *more, *body; /* of the token request, without the code */
    char (*tokens)[TOKEN_MAX];           /* what each client is given */
    const char *member;                  /* which token of the answer */
};

static size_t write_login(const void *ctx, struct load_client *c, char *to, size_t room)
{
    const struct login *l = ctx;
    char body[ROOM];
    if (c->step == 0)
        return (size_t)snprintf(to, room, "%s", l->authorize);
    snprintf(body, sizeof(body), "%s%s", l->body, c->note);
    return put_post(l->work, to, room, "/token", l->more, body);
}

static const char *read_login(const void *ctx, struct load_client *c, const char *body)
{
    const struct login *l = ctx;
    if (c->step == 0)
        return keep(c->note, sizeof(c->note), c->answer, "?code=", "&\r\n") ? NULL : "no code";
    return keep(l->tokens[c->number], TOKEN_MAX, body, l->member, "\"") ? NULL : "no such token";
}

/* One login for each client of the load: TOKENS[i] becomes the MEMBER of the token answer. */
static void log_in(const struct work *w, uint16_t port, int client, const char *scope, const char *member,
                   char (*tokens)[TOKEN_MAX])
{
    struct login l = {.work = w, .authorize = authorize_head(w, client, scope), .more = basic(w, client)};
    l.body =
        arena_printf(w->a, "grant_type=authorization_code&code_verifier=%s&redirect_uri=%s&code=", w->seed->verifier,
                     encoded(w, w->seed->redirect_uri));
    l.tokens = tokens;
    l.member = member;
    struct load load = {.port = port,
                        .clients = AT_ONCE,
                        .cycles = AT_ONCE,
                        .steps = 2,
                        .ctx = &l,
                        .write = write_login,
                        .read = read_login};
    load_run(&load);
}

/* --- one request ------------------------------------------------------------------------------------------------- */

static size_t write_one(const void *ctx, struct load_client *c, char *to, size_t room)
{
    const struct work *w = ctx;
    char body[2 * TOKEN_MAX];
    if (!w->body)
        return (size_t)snprintf(to, room, "%s", w->head);
    snprintf(body, sizeof(body), "%s%s", w->body, w->tokens[c->number]);
    return put_post(w, to, room, w->which == ENDPOINT_REFRESH ? "/token" : "/introspect", w->head, body);
}

static const char *read_one(const void *ctx, struct load_client *c, const char *body)
{
    static const char *const has[ENDPOINT_COUNT] = {
        "\"issuer\":", "\"keys\":", "\"sub\":", "\"active\":true", "\"id_token\":\"", ""};
    const struct work *w = ctx;
    if (strncmp(c->answer, "HTTP/1.1 200", 12) != 0 || !strstr(body, has[w->which]))
        return "another answer than it should be";
    if (w->which == ENDPOINT_REFRESH && !keep(w->tokens[c->number], TOKEN_MAX, body, "\"refresh_token\":\"", "\""))
        return "no refresh token";
    return NULL;
}

/* --- the cycle with keys ----------------------------------------------------------------------------------------- */

/* RFC 7523 3, to the issuer as FAPI 2.0 wants it. */
static void put_assertion(struct buf *b, const struct work *w, const char *jti)
{
    char payload[512];
    long long now = (long long)time(NULL);
    const char *id = w->seed->client[SEED_KEYS];
    snprintf(payload, sizeof(payload),
             "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"%s\",\"jti\":\"a%s\",\"iat\":%lld,\"exp\":%lld}", id, id,
             w->seed->issuer, jti, now, now + 60);
    buf_put_text(b, "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
                    "&client_assertion=");
    signer_put(b, &w->seed->keys, "{\"alg\":\"ES256\"}", payload);
}

/* RFC 9449 4.2; the same key proves what it has and who it is, which nothing forbids. */
static void put_proof(struct buf *b, const struct work *w, const char *path, const char *jti)
{
    char header[512], payload[512];
    snprintf(header, sizeof(header), "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":%s}", w->seed->keys.jwk);
    snprintf(payload, sizeof(payload), "{\"jti\":\"p%s\",\"htm\":\"POST\",\"htu\":\"%s%s\",\"iat\":%lld}", jti,
             w->seed->issuer, path, (long long)time(NULL));
    buf_put_text(b, "DPoP: ");
    signer_put(b, &w->seed->keys, header, payload);
    buf_put_text(b, "\r\n");
}

static size_t write_signed(const struct work *w, char *to, size_t room, const char *path, const char *form,
                           const char *jti)
{
    struct buf body, head;
    const char *head_text = "", *body_text = "";
    buf_open(&body, NULL, ROOM);
    buf_put_text(&body, form);
    put_assertion(&body, w, jti);
    buf_open(&head, NULL, ROOM);
    put_proof(&head, w, path, jti);
    if (buf_done_text(&head, &head_text) != ERR_OK || buf_done_text(&body, &body_text) != ERR_OK)
        stop("not enough room");
    size_t n = put_post(w, to, room, path, head_text, body_text);
    buf_close(&head);
    buf_close(&body);
    return n;
}

static size_t write_keys(const void *ctx, struct load_client *c, char *to, size_t room)
{
    const struct work *w = ctx;
    char jti[64], form[ROOM];
    snprintf(jti, sizeof(jti), "%lld-%u-%u-%d", (long long)c->began_ns, c->number, c->cycle, c->step);
    if (c->step == 0)
        return write_signed(w, to, room, "/par", w->body, jti);
    if (c->step == 1)
        return (size_t)snprintf(to, room, "GET /authorize?client_id=%s&request_uri=%s%s", w->seed->client[SEED_KEYS],
                                c->note, w->head);
    snprintf(form, sizeof(form), "grant_type=authorization_code&code_verifier=%s&redirect_uri=%s&code=%s",
             w->seed->verifier, w->tokens[0], c->note);
    return write_signed(w, to, room, "/token", form, jti);
}

static const char *read_keys(const void *ctx, struct load_client *c, const char *body)
{
    (void)ctx;
    if (c->step == 0)
        return keep(c->note, sizeof(c->note), body, "\"request_uri\":\"", "\"") ? NULL : "no request_uri";
    if (c->step == 1)
        return keep(c->note, sizeof(c->note), c->answer, "?code=", "&\r\n") ? NULL : "no code";
    return strstr(body, "\"id_token\":\"") && strstr(body, "\"token_type\":\"DPoP\"") ? NULL : "no tokens with a key";
}

/* --- measuring --------------------------------------------------------------------------------------------------- */

static const char *pushed_form(const struct work *w)
{
    struct buf b;
    buf_open(&b, w->a, ROOM);
    buf_put_text(&b, "response_type=code&prompt=none&code_challenge_method=S256&state=s&nonce=n&scope=");
    url_put_encoded(&b, view_text(w->seed->scope));
    buf_printf(&b, "&client_id=%s&code_challenge=%s&redirect_uri=", w->seed->client[SEED_KEYS], w->seed->challenge);
    url_put_encoded(&b, view_text(w->seed->redirect_uri));
    return text_of(&b);
}

static void prepare(struct work *w, uint16_t port)
{
    switch (w->which) {
    case ENDPOINT_DISCOVERY:
        w->head = get_head(w, "/.well-known/openid-configuration", "");
        break;
    case ENDPOINT_JWKS:
        w->head = get_head(w, "/jwks", "");
        break;
    case ENDPOINT_USERINFO:
        log_in(w, port, SEED_ES256, "openid", "\"access_token\":\"", w->tokens);
        w->head = get_head(w, "/userinfo", arena_printf(w->a, "Authorization: Bearer %s\r\n", w->tokens[0]));
        break;
    case ENDPOINT_INTROSPECT:
        log_in(w, port, SEED_ES256, "openid", "\"access_token\":\"", w->tokens);
        w->head = basic(w, SEED_ES256);
        w->body = "token=";
        break;
    case ENDPOINT_REFRESH:
        log_in(w, port, SEED_REFRESH, w->seed->scope, "\"refresh_token\":\"", w->tokens);
        w->head = basic(w, SEED_REFRESH);
        w->body = "grant_type=refresh_token&refresh_token=";
        break;
    default:
        snprintf(w->tokens[0], TOKEN_MAX, "%s", encoded(w, w->seed->redirect_uri));
        w->head = arena_printf(w->a, " HTTP/1.1\r\nHost: %s\r\nCookie: __Host-browser=%s; __Host-session=%s\r\n\r\n",
                               host(w), w->seed->browser, w->seed->session);
        w->body = pushed_form(w);
    }
}

/* How long the body of the answer to HEAD is. */
static unsigned size_of_answer(const struct work *w, uint16_t port)
{
    static char answer[LOAD_ANSWER_MAX];
    size_t n = 0;
    int fd = load_connect(port);
    if (fd < 0 || load_exchange(fd, w->head, answer, sizeof(answer), &n) != 0)
        stop("no answer");
    const char *body = strstr(answer, "\r\n\r\n");
    return body ? (unsigned)(n - (size_t)(body + 4 - answer)) : 0;
}

/* How many times the limit is allowed (issue 4), and what the limit is. */
static const struct {
    double times;
    const char *of;
    struct bare_cycle cycle;
} allowed[ENDPOINT_COUNT] = {
    [ENDPOINT_DISCOVERY] = {1.3, "a bare answer of that size", {.steps = {{0, ""}}, .n = 1}},
    [ENDPOINT_JWKS] = {1.3, "a bare answer of that size", {.steps = {{0, ""}}, .n = 1}},
    [ENDPOINT_USERINFO] = {5, "a bare answer", {.steps = {{BARE_HELLO, ""}}, .n = 1}},
    [ENDPOINT_INTROSPECT] = {5, "a bare answer", {.steps = {{BARE_HELLO, ""}}, .n = 1}},
    [ENDPOINT_REFRESH] = {2, "a bare answer, a signature, a durable row", {.steps = {{BARE_HELLO, "ed"}}, .n = 1}},
    /* the pushed request, and the four jti that must not come again */
    [ENDPOINT_KEYS] = {2,
                       "three bare answers, a signature, four verifications, five durable rows",
                       {.steps = {{BARE_HELLO, "vvddd"}, {BARE_HELLO, ""}, {BARE_HELLO, "vvedd"}}, .n = 3}},
};

static void measure_one(struct endpoint_figure *f, struct work *w, uint16_t port, pid_t pid, const struct bare *bare,
                        unsigned requests)
{
    bool keys = w->which == ENDPOINT_KEYS;
    struct slices_limit limit = {.server = bare, .cycle = allowed[w->which].cycle, .clients = f->clients};
    limit.apart = f->clients == 1 && w->which < ENDPOINT_REFRESH;
    struct load load = {.port = port,
                        .clients = f->clients,
                        .steps = keys ? 3 : 1,
                        .ctx = w,
                        .write = keys ? write_keys : write_one,
                        .read = keys ? read_keys : read_one};
    prepare(w, port);
    if (!limit.cycle.steps[0].bytes)
        limit.cycle.steps[0].bytes = size_of_answer(w, port);
    slices_measure(&f->slices, &load, pid, requests, &limit);
    fprintf(stderr, "  %s, %u at once: %.1f us CPU, %.2f times the limit\n", names[w->which], f->clients,
            f->slices.cpu_us, f->slices.times);
}

enum endpoint endpoint_of(const char *word)
{
    int i = 0;
    while (i < ENDPOINT_COUNT && strcmp(word, words[i]) != 0)
        i++;
    return (enum endpoint)i;
}

static void measure_row(struct endpoints *out, struct work *w, unsigned clients, uint16_t port, pid_t pid,
                        const struct bare *bare)
{
    struct endpoint_figure *f = &out->figures[out->n++];
    *f = (struct endpoint_figure){.which = w->which, .clients = clients};
    measure_one(f, w, port, pid, bare, out->requests);
}

void endpoints_measure(struct endpoints *out, const struct seed *seed, struct arena *a, uint16_t port, pid_t pid,
                       const struct bare *bare, unsigned requests, enum endpoint only)
{
    static char tokens[AT_ONCE][TOKEN_MAX];
    out->requests = requests;
    for (int i = 0; i < ENDPOINT_COUNT; i++) {
        struct work w = {.seed = seed, .a = a, .which = (enum endpoint)i, .tokens = tokens};
        if (only != ENDPOINT_COUNT && only != w.which)
            continue;
        measure_row(out, &w, 1, port, pid, bare);
        measure_row(out, &w, AT_ONCE, port, pid, bare);
    }
}

/* --- telling ----------------------------------------------------------------------------------------------------- */

static const char *verdict(const struct endpoint_figure *f)
{
    if (f->slices.limit_us <= 0)
        return "not measured";
    return f->slices.times <= allowed[f->which].times ? "met" : "missed";
}

void endpoints_print(const struct endpoints *e)
{
    if (!e->requests)
        return;
    printf("\nCPU of the server for each request; the limit is the bare server's, as many at once, in turns\n\n"
           "| endpoint | at once | CPU, us | limit, us | required | measured | of a slice | | requests/s | p99 ms | "
           "limit is |\n"
           "|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < e->n; i++) {
        const struct endpoint_figure *f = &e->figures[i];
        const struct slices *s = &f->slices;
        printf("| %s | %u | %.1f | %.1f | %.1f | %.2f | %.2f to %.2f | %s | %.0f | %.2f | %s |\n", names[f->which],
               f->clients, s->cpu_us, s->limit_us, allowed[f->which].times, s->times, s->least, s->most, verdict(f),
               s->middle.cycles / s->middle.seconds, s->middle.p99_ms, allowed[f->which].of);
    }
}

void endpoints_write_json(const struct endpoints *e, FILE *f)
{
    for (size_t i = 0; i < e->n; i++) {
        const struct endpoint_figure *g = &e->figures[i];
        const struct slices *s = &g->slices;
        fprintf(f,
                "%s\n{\"name\":\"%s\",\"clients\":%u,\"cpu_us\":%.2f,\"limit_us\":%.2f,\"times\":%.3f,\"least\":%.3f,"
                "\"most\":%.3f,\"required\":%.2f,\"requests_per_second\":%.1f,\"p99_ms\":%.3f}",
                i ? "," : "", names[g->which], g->clients, s->cpu_us, s->limit_us, s->times, s->least, s->most,
                allowed[g->which].times, s->middle.cycles / s->middle.seconds, s->middle.p99_ms);
    }
}
