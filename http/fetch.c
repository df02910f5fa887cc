#include "http/fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/trace.h"
#include "http/url.h"

struct fetch {
    char *ca_file, *agent;
    bool private_allowed;
    struct net *private_nets;
    size_t n_private_nets;
};

static void curl_start(void)
{
    INSIST(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

enum err fetch_open(struct fetch **out, const struct fetch_config *config)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, curl_start);
    *out = NULL;
    struct fetch *f = calloc(1, sizeof(*f));
    if (!f)
        return ERR_MEMORY;
    f->private_allowed = config->private_allowed;
    f->agent = strdup(config->agent ? config->agent : "genkan/" GENKAN_VERSION);
    f->ca_file = config->ca_file ? strdup(config->ca_file) : NULL;
    f->n_private_nets = config->n_private_nets;
    f->private_nets = calloc(config->n_private_nets + 1, sizeof(struct net));
    if (!f->agent || (config->ca_file && !f->ca_file) || !f->private_nets) {
        fetch_close(f);
        return ERR_MEMORY;
    }
    for (size_t i = 0; i < f->n_private_nets; i++)
        f->private_nets[i] = config->private_nets[i];
    *out = f;
    return ERR_OK;
}

void fetch_close(struct fetch *f)
{
    if (!f)
        return;
    free(f->ca_file);
    free(f->agent);
    free(f->private_nets);
    free(f);
}

/* --- which addresses we may talk to ----------------------------------------------------------------------------- */

/* Of another family than these two: 0.0.0.0, which nobody may talk to. */
static struct net_address address_of(const struct sockaddr *to)
{
    struct net_address out = {{[10] = 0xFF, [11] = 0xFF}};
    if (to->sa_family == AF_INET)
        memcpy(out.bytes + 12, &((const struct sockaddr_in *)(const void *)to)->sin_addr, 4);
    else if (to->sa_family == AF_INET6)
        memcpy(out.bytes, &((const struct sockaddr_in6 *)(const void *)to)->sin6_addr, 16);
    return out;
}

static bool may_connect(const struct fetch *f, const struct sockaddr *to)
{
    struct net_address address = address_of(to);
    return f->private_allowed || !net_is_private(&address) || net_has(f->private_nets, f->n_private_nets, &address);
}

/* --- one exchange ----------------------------------------------------------------------------------------------- */

struct exchange {
    const struct fetch *fetch;
    struct buf body;
    bool refused_address;
};

/* Called with the address really connected to, so that a name that changes its mind between two look-ups gains nothing.
 */
static curl_socket_t on_socket(void *cls, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct exchange *x = cls;
    if (purpose != CURLSOCKTYPE_IPCXN || !may_connect(x->fetch, &to->addr)) {
        x->refused_address = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t on_data(char *data, size_t size, size_t n, void *cls)
{
    struct exchange *x = cls;
    buf_put(&x->body, view_bytes(data, size * n));
    return x->body.err ? 0 : size * n;
}

static enum err error_of(CURLcode code, const struct exchange *x)
{
    if (x->refused_address)
        return ERR_PERMISSION;
    if (x->body.err)
        return x->body.err;
    switch (code) {
    case CURLE_OK:
        return ERR_OK;
    case CURLE_OPERATION_TIMEDOUT:
        return ERR_TIMEOUT;
    case CURLE_URL_MALFORMAT:
        return ERR_SYNTAX;
    case CURLE_UNSUPPORTED_PROTOCOL:
        return ERR_PERMISSION;
    case CURLE_OUT_OF_MEMORY:
        return ERR_MEMORY;
    case CURLE_FILESIZE_EXCEEDED:
        return ERR_LIMIT;
    default:
        return ERR_UNAVAILABLE;
    }
}

static bool set_common(CURL *c, struct exchange *x, const char *url, const struct fetch_limits *limits)
{
    const struct fetch *f = x->fetch;
    long timeout = limits && limits->timeout_ms ? limits->timeout_ms : 5000;
    return curl_easy_setopt(c, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, timeout) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_USERAGENT, f->agent) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           (!f->ca_file || curl_easy_setopt(c, CURLOPT_CAINFO, f->ca_file) == CURLE_OK) &&
           curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, x) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEDATA, x) == CURLE_OK;
}

/* What is sent; CONTENT_TYPE NULL: nothing, it is a GET. */
struct sending {
    const char *content_type;
    struct view body, bearer;
};

/* Names of headers in lower case: W3C Trace Context 3.2.1, 3.3.1. */
static bool add_head(struct curl_slist **heads, struct arena *arena, const char *name, const char *value)
{
    const char *line = arena_printf(arena, "%s: %s", name, value);
    struct curl_slist *more = line ? curl_slist_append(*heads, line) : NULL;
    *heads = more ? more : *heads;
    return more;
}

/* 3.4: with an id of this request alone, under whatever the thread works on; SPAN is "" when that is nothing. */
static bool add_trace(struct curl_slist **heads, struct arena *arena, char span[17])
{
    const struct trace *t = trace_current();
    char parent[TRACE_PARENT_SIZE];
    span[0] = 0;
    if (!t)
        return true;
    trace_write_parent(parent, span, t);
    return add_head(heads, arena, "traceparent", parent) &&
           (!t->state[0] || add_head(heads, arena, "tracestate", t->state));
}

static bool set_bearer(CURL *c, struct arena *arena, struct view bearer)
{
    const char *word = arena_text(arena, bearer);
    return word && curl_easy_setopt(c, CURLOPT_HTTPAUTH, CURLAUTH_BEARER) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, word) == CURLE_OK;
}

static bool set_post(CURL *c, struct curl_slist **heads, struct arena *arena, const struct sending *what)
{
    struct view body = what->body;
    if (view_is(what->bearer) && !set_bearer(c, arena, what->bearer))
        return false;
    struct curl_slist *more = curl_slist_append(*heads, "Expect:");
    *heads = more ? more : *heads;
    return more && add_head(heads, arena, "Content-Type", what->content_type) &&
           curl_easy_setopt(c, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_POSTFIELDS, view_is(body) ? (const char *)body.p : "") == CURLE_OK;
}

static enum err read_result(CURL *c, struct arena *arena, const struct exchange *x, struct fetched *out)
{
    long status = 0;
    const char *type = NULL, *location = NULL;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(c, CURLINFO_REDIRECT_URL, &location);
    out->status = (int)status;
    out->content_type = arena_copy(arena, view_text(type));
    out->location = arena_copy(arena, view_text(location));
    if ((type && !view_is(out->content_type)) || (location && !view_is(out->location)))
        return ERR_MEMORY;
    return buf_done(&x->body, &out->body);
}

/* The line that has the id which the other side was told; of a URL only whose it is, since the rest may hold a secret.
 */
static void tell(struct view url, const char *span, enum err e, int status, int64_t ms)
{
    const struct trace *t = trace_current();
    struct url parts;
    if (!t)
        return;
    bool known = url_read(&parts, url) == ERR_OK;
    /* Every few seconds a witness is asked: nobody wants to read that. */
    log_event(t->run && !t->cause[0] ? LOG_DEBUG : LOG_INFO, "sent", LOG_STR("span", span),
              LOG_TEXT("to", known ? parts.host : VIEW("?")), LOG_INT("status", status),
              LOG_STR("error", e ? err_name(e) : ""), LOG_INT("ms", ms));
}

static enum err exchange(struct fetch *f, struct arena *arena, struct view url, const struct sending *what,
                         const struct fetch_limits *limits, struct fetched *out)
{
    *out = (struct fetched){0};
    struct exchange x = {.fetch = f};
    if (url.n == 0 || memchr(url.p, 0, url.n))
        return ERR_SYNTAX;
    const char *text = arena_text(arena, url);
    if (!text)
        return ERR_MEMORY;
    CURL *c = curl_easy_init();
    if (!c)
        return ERR_MEMORY;
    struct curl_slist *heads = NULL;
    buf_open(&x.body, arena, limits && limits->body_max ? limits->body_max : 65536);
    char span[17];
    int64_t began = clock_steady_ms();
    bool ready = set_common(c, &x, text, limits) && add_trace(&heads, arena, span) &&
                 (!what->content_type || set_post(c, &heads, arena, what)) &&
                 curl_easy_setopt(c, CURLOPT_HTTPHEADER, heads) == CURLE_OK;
    CURLcode code = ready ? curl_easy_perform(c) : CURLE_OUT_OF_MEMORY;
    enum err e = error_of(code, &x);
    if (code)
        out->trouble = curl_easy_strerror(code);
    if (!e)
        e = read_result(c, arena, &x, out);
    if (ready)
        tell(url, span, e, out->status, clock_steady_ms() - began);
    curl_slist_free_all(heads);
    curl_easy_cleanup(c);
    return e;
}

enum err fetch_post(struct fetch *f, struct arena *arena, struct view url, const char *content_type, struct view body,
                    const struct fetch_limits *limits, struct fetched *out)
{
    return fetch_post_bearer(f, arena, url, content_type, body, VIEW_NONE, limits, out);
}

enum err fetch_post_bearer(struct fetch *f, struct arena *arena, struct view url, const char *content_type,
                           struct view body, struct view bearer, const struct fetch_limits *limits, struct fetched *out)
{
    return exchange(f, arena, url, &(struct sending){content_type, body, bearer}, limits, out);
}

enum err fetch_get(struct fetch *f, struct arena *arena, struct view url, const struct fetch_limits *limits,
                   struct fetched *out)
{
    return exchange(f, arena, url, &(struct sending){.content_type = NULL}, limits, out);
}
