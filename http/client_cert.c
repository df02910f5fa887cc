#include "http/client_cert.h"

#include "base/base64.h"

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define PEM_END   "-----END CERTIFICATE-----"

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct view trim(struct view v)
{
    while (v.n && is_blank(v.p[0]))
        v = view_from(v, 1);
    while (v.n && is_blank(v.p[v.n - 1]))
        v.n--;
    return v;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What nginx's $ssl_client_escaped_cert is written in. A plus is a plus. */
static enum err unescape(struct view *out, struct arena *a, struct view v)
{
    uint8_t *to = arena_alloc(a, v.n);
    size_t n = 0;
    if (!to)
        return ERR_MEMORY;
    for (size_t i = 0; i < v.n; i++) {
        int high = v.p[i] == '%' && i + 2 < v.n ? hex_digit(v.p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(v.p[i + 2]) : -1;
        if (v.p[i] == '%' && low < 0)
            return ERR_SYNTAX;
        to[n++] = (uint8_t)(v.p[i] == '%' ? high << 4 | low : v.p[i]);
        i += v.p[i] == '%' ? 2 : 0;
    }
    *out = view_bytes(to, n);
    return ERR_OK;
}

/* RFC 7468 5.1: the base64 between the two lines, without the ends of its own lines. */
static enum err strip_pem(struct view *out, struct arena *a, struct view pem)
{
    pem = trim(pem);
    if (pem.n < sizeof PEM_BEGIN + sizeof PEM_END || !view_starts(pem, VIEW(PEM_BEGIN)) ||
        !view_ends(pem, VIEW(PEM_END)))
        return ERR_SYNTAX;
    struct view inner = view_part(pem, sizeof PEM_BEGIN - 1, pem.n - (sizeof PEM_BEGIN - 1) - (sizeof PEM_END - 1));
    uint8_t *to = arena_alloc(a, inner.n);
    size_t n = 0;
    if (!to)
        return ERR_MEMORY;
    for (size_t i = 0; i < inner.n; i++)
        if (!is_blank(inner.p[i]))
            to[n++] = inner.p[i];
    *out = view_bytes(to, n);
    return ERR_OK;
}

/* One SEQUENCE, its length in the shortest form (X.690 10.1), and nothing behind it. */
static bool is_one_sequence(struct view der)
{
    if (der.n < 2 || der.p[0] != 0x30)
        return false;
    if (der.p[1] < 0x80)
        return der.n == 2u + der.p[1];
    if (der.p[1] == 0x81)
        return der.n > 3 && der.p[2] >= 0x80 && der.n == 3u + der.p[2];
    return der.p[1] == 0x82 && der.n > 4 && der.p[2] && der.n == 4u + ((size_t)der.p[2] << 8 | der.p[3]);
}

static enum err find_base64(struct view *out, struct arena *a, struct view v)
{
    if (v.n >= 2 && v.p[0] == ':' && v.p[v.n - 1] == ':') { /* RFC 9440 2.1: a Byte Sequence of RFC 8941 3.3.5 */
        *out = view_part(v, 1, v.n - 2);
        return ERR_OK;
    }
    if (view_index(v, '%') < v.n) {
        enum err e = unescape(&v, a, v);
        if (e)
            return e;
    }
    if (view_starts(v, VIEW("-")))
        return strip_pem(out, a, v);
    *out = v;
    return ERR_OK;
}

enum err client_cert_read(struct view *der, struct arena *a, struct view value)
{
    struct view text;
    *der = VIEW_NONE;
    value = trim(value);
    if (value.n == 0 || view_equal_text(value, "(null)"))
        return ERR_OK;
    if (value.n > CLIENT_CERT_MAX)
        return ERR_LIMIT;
    enum err e = find_base64(&text, a, value);
    if (!e)
        e = base64_read(a, text, der);
    if (!e && !is_one_sequence(*der))
        e = ERR_SYNTAX;
    if (e)
        *der = VIEW_NONE;
    return e;
}
