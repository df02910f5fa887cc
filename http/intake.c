#include "http/intake.h"

#include <strings.h>

#include "base/scan.h"
#include "base/text.h"

static bool refuse(struct fault *fault, int status, const char *name, const char *rule)
{
    *fault = (struct fault){.status = status, .name = view_text(name), .rule = rule};
    return false;
}

static size_t scheme_of(struct view target)
{
    static const char *const schemes[] = {"https://", "http://"};
    for (size_t i = 0; i < 2; i++) {
        size_t n = strlen(schemes[i]);
        if (target.n > n && strncasecmp((const char *)target.p, schemes[i], n) == 0)
            return n;
    }
    return 0;
}

size_t intake_authority(struct request *r, struct view target)
{
    size_t from = scheme_of(target), to = from;
    if (!from)
        return 0;
    while (to < target.n && target.p[to] != '/' && target.p[to] != '?')
        to++;
    r->authority = view_part(target, from, to - from);
    return to;
}

void intake_target(struct request *r, struct view target)
{
    size_t mark = view_index(target, '?');
    r->path = view_part(target, 0, mark);
    r->query_raw = mark < target.n ? view_from(target, mark + 1) : VIEW_NONE;
}

static scan_block not_plain_name(scan_block x)
{
    return ((x | 0x20) - 'a' >= 26) & (x != '-');
}

/* RFC 9110 5.6.2: letters, digits and !#$%&'*+-.^_`|~, a bit for each; most names have letters and hyphens only. */
static bool is_token(struct view v)
{
    static const uint64_t token[4] = {UINT64_C(0x03FF6CFA00000000), UINT64_C(0x57FFFFFFC7FFFFFE)};
    if (scan_passes(v, not_plain_name))
        return v.n > 0;
    for (size_t i = 0; i < v.n; i++)
        if (!(token[v.p[i] >> 6] >> (v.p[i] & 63) & 1))
            return false;
    return true;
}

/* RFC 9110 5.5: control characters but tab. */
static scan_block not_field_value(scan_block x)
{
    return ((x < 0x20) & (x != '\t')) | (x == 0x7F);
}

static scan_block blank_or_control(scan_block x)
{
    return (x <= ' ') | (x == 0x7F);
}

static bool check_sizes(const struct intake *in, const struct request *r, const struct intake_head *head,
                        struct fault *fault)
{
    if (head->target_bytes > in->line_max)
        return refuse(fault, 414, NULL, "request target too long");
    if (head->head_bytes > in->head_max)
        return refuse(fault, 431, NULL, "request head too large");
    if (r->n_headers > in->headers_max)
        return refuse(fault, 431, NULL, "too many headers");
    return true;
}

static bool check_target(const struct request *r, const struct intake_head *head, struct fault *fault)
{
    size_t seen = r->path.n + (view_is(r->query_raw) ? r->query_raw.n + 1 : 0);
    if (seen != head->target_bytes)
        return refuse(fault, 400, NULL, "NUL in the request target");
    if (r->path.n == 0 || r->path.p[0] != '/' || !text_is_visible(r->path))
        return refuse(fault, 400, NULL, "bad path");
    if (!scan_passes(r->query_raw, blank_or_control))
        return refuse(fault, 400, NULL, "blank or control character in the query");
    return true;
}

static bool check_headers(const struct request *r, const struct intake_head *head, struct fault *fault)
{
    if (head->broken_line)
        return refuse(fault, 400, NULL, "a line that is folded, ends in a bare LF or has a NUL in it");
    for (size_t i = 0; i < r->n_headers; i++) {
        if (!is_token(r->headers[i].name))
            return refuse(fault, 400, NULL, "bad header name");
        if (!scan_passes(r->headers[i].value, not_field_value)) {
            *fault = (struct fault){.status = 400, .name = r->headers[i].name, .rule = "control character in a header"};
            return false;
        }
    }
    return true;
}

static bool equal_caseless(struct view a, const char *b, size_t n)
{
    return a.n == n && strncasecmp((const char *)a.p, b, n) == 0;
}

/* Is HOST the name NAME, or NAME with one of our ports behind it (if NAME has none itself)? */
static bool is_name(const struct intake *in, struct view host, const char *name)
{
    size_t n = strlen(name);
    if (equal_caseless(host, name, n))
        return true;
    const char *last = strrchr(name, ':');
    bool has_port = last && !strchr(last, ']');
    if (has_port || host.n <= n || host.p[n] != ':' || !equal_caseless(view_part(host, 0, n), name, n))
        return false;
    int64_t port;
    if (!text_to_int(view_from(host, n + 1), &port))
        return false;
    for (size_t i = 0; i < in->n_ports; i++)
        if (in->ports[i] == port)
            return true;
    return false;
}

/* *mtls becomes true for the name of mutual TLS. */
static bool check_host(const struct intake *in, struct request *r, bool *mtls, struct fault *fault)
{
    size_t n = request_header_count(r, "Host");
    if (n != 1)
        return refuse(fault, 400, "Host", n ? "sent more than once" : "missing");
    r->host = request_header(r, "Host");
    /* RFC 9112 3.2: the two must be the same. */
    if (view_is(r->authority) && !equal_caseless(r->host, (const char *)r->authority.p, r->authority.n))
        return refuse(fault, 400, "Host", "not the host of the request target");
    if (in->mtls_host && is_name(in, r->host, in->mtls_host))
        return *mtls = true;
    for (size_t i = 0; i < in->n_hosts; i++)
        if (is_name(in, r->host, in->hosts[i]))
            return true;
    return refuse(fault, 421, "Host", "not a name of this server");
}

/* RFC 9112 6.1, 6.3: one way to say where the body ends, said once; anything else may be a smuggled second request. */
static bool check_body(const struct request *r, struct body_plan *body, struct fault *fault)
{
    size_t lengths = request_header_count(r, "Content-Length");
    size_t codings = request_header_count(r, "Transfer-Encoding");
    int64_t n = 0;
    *body = (struct body_plan){.open_end = true};
    if (lengths + codings > 1)
        return refuse(fault, 400, lengths ? "Content-Length" : "Transfer-Encoding", "sent more than once");
    if (codings && !equal_caseless(request_header(r, "Transfer-Encoding"), "chunked", 7))
        return refuse(fault, 400, "Transfer-Encoding", "not supported");
    if (lengths && !text_to_int(request_header(r, "Content-Length"), &n))
        return refuse(fault, 400, "Content-Length", "not a number");
    *body = (struct body_plan){.length = (uint64_t)n, .open_end = codings != 0};
    return true;
}

/* RFC 9112 2.3, 6.1; RFC 9110 10.1.1. */
static bool check_version(const struct request *r, const struct intake_head *head, struct fault *fault)
{
    if (head->new_version)
        return refuse(fault, 505, NULL, "HTTP/1.1 or HTTP/1.0 only");
    if (head->http_1_0 && request_header_count(r, "Transfer-Encoding"))
        return refuse(fault, 400, "Transfer-Encoding", "not in HTTP/1.0");
    size_t n = request_header_count(r, "Expect");
    if (n > 1 || (n && !equal_caseless(request_header(r, "Expect"), "100-continue", 12)))
        return refuse(fault, 417, "Expect", "100-continue only");
    return true;
}

const struct route *intake_check(const struct intake *in, struct request *r, const struct intake_head *head,
                                 struct body_plan *body, unsigned *allowed, struct fault *fault)
{
    bool mtls = head->mtls;
    *allowed = 0;
    bool ok = check_body(r, body, fault); /* first, so that the caller learns of the body whatever else is wrong */
    if (!check_sizes(in, r, head, fault) || !check_target(r, head, fault) || !check_headers(r, head, fault) || !ok ||
        !check_version(r, head, fault) || !check_host(in, r, &mtls, fault))
        return NULL;
    if (request_header_count(r, "Content-Type") > 1) {
        refuse(fault, 400, "Content-Type", "sent more than once");
        return NULL;
    }
    r->content_type = request_header(r, "Content-Type");
    if (in->mtls_host && !mtls) { /* a proxy that lets a client's own header pass where nobody is asked for one */
        r->client_cert = VIEW_NONE;
        r->client_cert_chained = false;
    }
    const struct route *route = route_find(in->routes, r->method, r->path, &r->tail, allowed);
    bool hidden = route && ((mtls && !(route->flags & ROUTE_MTLS)) || (!head->local && route->flags & ROUTE_LOCAL));
    if (hidden)
        refuse(fault, 404, NULL, "no such page");
    else if (!route)
        refuse(fault, *allowed ? 405 : 404, NULL, *allowed ? "method not allowed" : "no such page");
    else if (body->length > route->body_max || (body->open_end && route->body_max == 0))
        refuse(fault, 413, NULL, "body too large");
    return fault->status ? NULL : route;
}

/* The media type without parameters; a charset, if given, must be UTF-8. */
static bool is_form_type(struct view type)
{
    static const char name[] = "application/x-www-form-urlencoded";
    size_t end = view_index(type, ';');
    struct view bare = view_part(type, 0, end), rest = view_from(type, end);
    while (bare.n && bare.p[bare.n - 1] == ' ')
        bare.n--;
    while (rest.n && (rest.p[0] == ';' || rest.p[0] == ' '))
        rest = view_from(rest, 1);
    return equal_caseless(bare, name, sizeof(name) - 1) &&
           (rest.n == 0 || equal_caseless(rest, "charset=utf-8", 13) || equal_caseless(rest, "charset=\"utf-8\"", 15));
}

static bool read_form(const struct form **out, const struct form_limits *limits, const struct request *r,
                      struct view raw, struct fault *fault)
{
    struct form_fault why;
    enum err e = form_read(out, r->arena, raw, limits, &why);
    if (!e)
        return true;
    if (!why.rule)
        return refuse(fault, 503, NULL, "out of memory");
    *fault = (struct fault){.status = 400, .name = why.name, .rule = why.rule};
    return false;
}

bool intake_forms(const struct intake *in, const struct route *route, struct request *r, struct fault *fault)
{
    struct form_limits limits = in->form;
    if (route->flags & ROUTE_RESOURCES)
        limits.repeated = route->flags & ROUTE_AUDIENCES ? "resource audience" : "resource";
    if (!read_form(&r->query, &limits, r, r->query_raw, fault))
        return false;
    if (r->method != METHOD_POST || route->flags & ROUTE_BODY || r->body.n == 0)
        return true;
    if (!is_form_type(r->content_type))
        return refuse(fault, 415, "Content-Type", "must be application/x-www-form-urlencoded");
    return read_form(&r->form, &limits, r, r->body, fault);
}
