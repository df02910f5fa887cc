#include "http/url.h"

#include "base/text.h"

#define URL_MAX 2048

static bool is_alpha(uint8_t c)
{
    c |= 0x20;
    return c >= 'a' && c <= 'z';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(uint8_t c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool equal_caseless(struct view a, struct view b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

/* RFC 3986: visible ASCII without the characters that no part of a URL may have, percent signs with two hex digits. */
static bool is_url_text(struct view v)
{
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = v.p[i];
        if (c <= 0x20 || c >= 0x7F || strchr("\"<>\\^`{|}", c))
            return false;
        if (c == '%' && !(v.n - i > 2 && is_hex(v.p[i + 1]) && is_hex(v.p[i + 2])))
            return false;
    }
    return true;
}

/* RFC 3986 3.1 */
static bool is_scheme(struct view v)
{
    if (v.n == 0 || !is_alpha(v.p[0]))
        return false;
    for (size_t i = 1; i < v.n; i++)
        if (!is_alpha(v.p[i]) && !is_digit(v.p[i]) && !memchr("+-.", v.p[i], 3))
            return false;
    return true;
}

static bool is_bracketed(struct view host)
{
    if (host.n < 4 || host.p[0] != '[' || host.p[host.n - 1] != ']')
        return false;
    for (size_t i = 1; i < host.n - 1; i++)
        if (!is_hex(host.p[i]) && host.p[i] != ':' && host.p[i] != '.')
            return false;
    return true;
}

/* A DNS name or an IPv4 address: no empty label, so no trailing dot either. */
static bool is_host_name(struct view host)
{
    struct view label;
    if (host.n == 0 || host.n > 253 || host.p[host.n - 1] == '.')
        return false;
    while (view_next(&host, '.', &label)) {
        if (label.n == 0 || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-')
            return false;
        for (size_t i = 0; i < label.n; i++)
            if (!is_alpha(label.p[i]) && !is_digit(label.p[i]) && label.p[i] != '-')
                return false;
    }
    return true;
}

static bool read_port(uint16_t *port, struct view text)
{
    int64_t n;
    if (!text_to_int(text, &n) || n < 1 || n > 65535)
        return false;
    *port = (uint16_t)n;
    return true;
}

/* RFC 3986 3.2, without user-info: "@" is no character of a host here. */
static bool read_authority(struct url *u, struct view text)
{
    size_t end = text.n && text.p[0] == '[' ? view_index(text, ']') + 1 : view_index(text, ':');
    u->host = view_part(text, 0, end);
    if (!is_bracketed(u->host) && !is_host_name(u->host))
        return false;
    u->port = url_is_https(u) ? 443 : url_is_http(u) ? 80 : 0;
    struct view rest = view_from(text, end);
    if (rest.n == 0)
        return true;
    u->port_given = true;
    return rest.p[0] == ':' && read_port(&u->port, view_from(rest, 1));
}

static struct view cut_from(struct view *text, uint8_t mark)
{
    size_t at = view_index(*text, mark);
    if (at == text->n)
        return VIEW_NONE;
    struct view tail = view_from(*text, at + 1);
    text->n = at;
    return tail;
}

enum err url_read(struct url *out, struct view text)
{
    *out = (struct url){0};
    if (text.n > URL_MAX)
        return ERR_LIMIT;
    if (!view_is(text) || !is_url_text(text))
        return ERR_SYNTAX;
    out->fragment = cut_from(&text, '#');
    out->query = cut_from(&text, '?');
    if (view_is(out->fragment) && memchr(out->fragment.p, '#', out->fragment.n))
        return ERR_SYNTAX;
    out->scheme = view_part(text, 0, view_index(text, ':'));
    struct view rest = view_from(text, out->scheme.n);
    if (!is_scheme(out->scheme) || !view_starts(rest, VIEW("://")))
        return ERR_SYNTAX;
    rest = view_from(rest, 3);
    size_t slash = view_index(rest, '/');
    out->path = view_from(rest, slash);
    return read_authority(out, view_part(rest, 0, slash)) ? ERR_OK : ERR_SYNTAX;
}

bool url_is_http(const struct url *u)
{
    return equal_caseless(u->scheme, VIEW("http"));
}

bool url_is_https(const struct url *u)
{
    return equal_caseless(u->scheme, VIEW("https"));
}

bool url_same_origin(const struct url *a, const struct url *b)
{
    return equal_caseless(a->scheme, b->scheme) && equal_caseless(a->host, b->host) && a->port == b->port;
}

bool url_is_of_origin(struct view text, struct view issuer)
{
    struct url a, b;
    if (url_read(&a, text) != ERR_OK || url_read(&b, issuer) != ERR_OK)
        return false;
    return url_same_origin(&a, &b);
}

/* 127.a.b.c with all four numbers there: no short or octal form. */
static bool is_ipv4_loopback(struct view host)
{
    struct view part;
    int parts = 0;
    int64_t n;
    while (view_next(&host, '.', &part)) {
        if (!text_to_int(part, &n) || n > 255 || (parts == 0 && n != 127))
            return false;
        parts++;
    }
    return parts == 4;
}

bool url_is_loopback_host(struct view host)
{
    if (!view_is(host))
        return false;
    struct view end = host.n > 10 ? view_from(host, host.n - 10) : VIEW_NONE;
    return equal_caseless(host, VIEW("localhost")) || equal_caseless(end, VIEW(".localhost")) ||
           view_equal(host, VIEW("[::1]")) || is_ipv4_loopback(host);
}

static void put_lower(struct buf *out, struct view v)
{
    for (size_t i = 0; i < v.n; i++)
        buf_put_byte(out, lower(v.p[i]));
}

void url_put_origin(struct buf *out, const struct url *u)
{
    bool is_default = (url_is_http(u) && u->port == 80) || (url_is_https(u) && u->port == 443);
    put_lower(out, u->scheme);
    buf_put_text(out, "://");
    put_lower(out, u->host);
    if (u->port && !is_default) {
        buf_put_byte(out, ':');
        buf_put_int(out, u->port);
    }
}

void url_put_encoded(struct buf *out, struct view v)
{
    static const char digits[] = "0123456789ABCDEF";
    while (v.n) {
        size_t n = text_unreserved(v);
        if (n)
            buf_put(out, view_part(v, 0, n));
        if (n < v.n) {
            uint8_t triple[3] = {'%', (uint8_t)digits[v.p[n] >> 4], (uint8_t)digits[v.p[n] & 15]};
            buf_put(out, VIEW_ARRAY(triple));
            n++;
        }
        v = view_from(v, n);
    }
}

void url_add_param(struct buf *b, const char *name, struct view value)
{
    if (!view_is(value))
        return;
    struct view sofar = view_bytes(b->p, b->n);
    bool has_query = b->n && memchr(sofar.p, '?', sofar.n);
    /* RFC 6749 3.1.2: a redirect URI may have a query, which must be kept; it may also end in "?" or "&" already. */
    uint8_t last = b->n ? b->p[b->n - 1] : 0;
    if (!has_query)
        buf_put_byte(b, '?');
    else if (last != '?' && last != '&')
        buf_put_byte(b, '&');
    buf_put_text(b, name);
    buf_put_byte(b, '=');
    url_put_encoded(b, value);
}
