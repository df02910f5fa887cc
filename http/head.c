#include <string.h>
#include <strings.h>

#include "http/server_inner.h"

#define CERTS_MAX 8 /* of a client: its own and those over it */

static enum method method_of(const char *text)
{
    static const enum method methods[] = {METHOD_GET, METHOD_POST, METHOD_HEAD, METHOD_PUT, METHOD_DELETE};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strcmp(text, method_name(methods[i])) == 0)
            return methods[i];
    return METHOD_OTHER;
}

struct collected {
    struct call *call;
    const char *end; /* behind the last value; at first behind the request line */
    bool broken;
};

/* libmicrohttpd leaves header lines where they arrived, with their CR LF overwritten by zeros: so the next name starts
 * exactly two bytes behind the last value. A line that ended in a bare LF is one byte nearer, a folded one is moved
 * elsewhere, a NUL cuts a value short and leaves a gap. */
static enum MHD_Result on_header(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_size,
                                 const char *value, size_t value_size)
{
    (void)kind;
    struct collected *c = cls;
    struct request *r = &c->call->request;
    if (key - c->end != 2)
        c->broken = true;
    c->end = value + value_size;
    while (value_size && (value[value_size - 1] == ' ' || value[value_size - 1] == '\t')) {
        value_size--;
        /* libmicrohttpd would not take the blank for one, and read to the end of the connection. */
        c->broken |= key_size == 17 && strcasecmp(key, "Transfer-Encoding") == 0;
    }
    if (r->n_headers < HEADERS_ROOM)
        c->call->headers[r->n_headers++] =
            (struct header){.name = view_bytes(key, key_size), .value = view_bytes(value ? value : "", value_size)};
    return MHD_YES;
}

static bool is_chained(struct server *s, const struct view *certs, size_t n)
{
    INSIST(pthread_rwlock_rdlock(&s->authorities_lock) == 0);
    bool chained = n && tls_authorities_vouch(s->authorities, certs, n);
    pthread_rwlock_unlock(&s->authorities_lock);
    return chained;
}

/* In TLS with us it is the same for all requests of the connection: looked at once. */
static void meet_client(struct call *call)
{
    struct line *line = call->line;
    struct view certs[CERTS_MAX];
    if (line->mtls && !line->cert_known) {
        size_t n = tls_peer(certs, CERTS_MAX, line->session);
        line->cert = n ? certs[0] : VIEW_NONE;
        line->cert_chained = is_chained(call->server, certs, n);
        line->cert_known = true;
    }
    call->request.client_cert = line->cert;
    call->request.client_cert_chained = line->cert_chained;
}

/* What a proxy says of the client, if it is one we trust. */
static void hear_proxy(struct call *call)
{
    struct request *r = &call->request;
    if (!call->line->trusted || !proxy_apply(&call->server->config.proxy, r, &call->fault))
        return;
    if (view_is(r->client_cert) && !call->line->mtls)
        r->client_cert_chained = is_chained(call->server, &r->client_cert, 1);
}

static bool is_named(const struct header *h, struct view name)
{
    return h->name.n == name.n && strncasecmp((const char *)h->name.p, (const char *)name.p, name.n) == 0;
}

/* W3C Trace Context 3.2, 3.3. Of two parents neither is believed. */
static void hear_trace(struct call *call)
{
    const struct request *r = &call->request;
    struct view parent = VIEW_NONE, states[HEADERS_ROOM];
    size_t n_parents = 0, n = 0;
    for (size_t i = 0; i < r->n_headers; i++) {
        if (is_named(&r->headers[i], VIEW("traceparent"))) {
            parent = r->headers[i].value;
            n_parents++;
        } else if (is_named(&r->headers[i], VIEW("tracestate"))) {
            states[n++] = r->headers[i].value;
        }
    }
    if (n_parents == 1 && trace_join(&call->trace, parent))
        trace_join_state(&call->trace, states, n);
}

/* What the bytes of the head were like, read off where libmicrohttpd left their parts. */
static void look_at_head(struct call *call, struct intake_head *head, const char *url, const char *method,
                         const char *version)
{
    struct collected c = {.call = call, .end = version + strlen(version)};
    size_t room = 2 * call->server->config.head_max;
    head->http_1_0 = strcmp(version, "HTTP/1.0") == 0;
    head->new_version = !head->http_1_0 && strcmp(version, "HTTP/1.1") != 0;
    MHD_get_connection_values_n(call->connection, MHD_HEADER_KIND, on_header, &c);
    head->broken_line = c.broken || url - method != (ptrdiff_t)strlen(method) + 1; /* RFC 9112 3: one space */
    /* The version follows the target in the same line buffer: the distance tells of NULs inside the target. */
    head->target_bytes = call->target_bytes;
    if (version > url && (size_t)(version - url) <= room)
        head->target_bytes = (size_t)(version - url) - 1 - call->prefix_bytes;
    head->head_bytes = MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    if ((size_t)(c.end - method) + 4 != head->head_bytes)
        head->broken_line = true;
}

void head_read(struct call *call, const char *url, const char *method, const char *version)
{
    struct request *r = &call->request;
    struct intake_head head = {.mtls = call->line->mtls, .local = call->line->local};
    r->method = method_of(method);
    look_at_head(call, &head, url, method, version);
    hear_trace(call);
    meet_client(call);
    if (!call->fault.status)
        hear_proxy(call);
    if (!call->fault.status)
        call->route = intake_check(&call->server->intake, r, &head, &call->plan, &call->allowed, &call->fault);
    /* Where a request ended may have been seen otherwise by a proxy in front: nothing that comes behind it is read. */
    call->last = call->plan.open_end || call->fault.status == 400;
    buf_open(&call->body, &call->arena, call->route ? call->route->body_max : 0);
}
