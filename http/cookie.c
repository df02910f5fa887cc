#include "http/cookie.h"

#include "base/scan.h"

/* RFC 6265 4.1.1: all but cookie-octets. */
static scan_block not_octet(scan_block x)
{
    return (x <= 0x20) | (x >= 0x7F) | (x == '"') | (x == ',') | (x == ';') | (x == '\\');
}

static bool is_value(struct view v)
{
    return scan_passes(v, not_octet);
}

/* RFC 9110 5.6.2: token. RFC 6265bis 4.1.3.2: a name that begins with __Host- cannot be planted by a neighbour host or
 * over http; no other cookie is ever set. */
static bool is_name(const char *name)
{
    if (!name || strncmp(name, "__Host-", 7) != 0 || !name[7])
        return false;
    for (const char *c = name; *c; c++)
        if (*c <= 0x20 || *c >= 0x7F || strchr("()<>@,;:\\\"/[]?={}", *c))
            return false;
    return true;
}

static struct view trim(struct view v)
{
    while (v.n && (v.p[0] == ' ' || v.p[0] == '\t'))
        v = view_from(v, 1);
    while (v.n && (v.p[v.n - 1] == ' ' || v.p[v.n - 1] == '\t'))
        v.n--;
    return v;
}

struct view cookie_find(struct view header, const char *name, size_t *count)
{
    size_t n = strlen(name), found = 0;
    struct view value = VIEW_NONE, piece;
    while (view_next(&header, ';', &piece)) {
        piece = trim(piece);
        if (piece.n <= n || piece.p[n] != '=' || memcmp(piece.p, name, n) != 0)
            continue;
        found++;
        value = view_from(piece, n + 1);
    }
    *count += found;
    return found == 1 && is_value(value) ? value : VIEW_NONE;
}

enum err cookie_write(struct buf *out, const struct cookie *c)
{
    if (!is_name(c->name) || !is_value(c->value))
        return ERR_SYNTAX;
    buf_put_text(out, c->name);
    buf_put_byte(out, '=');
    if (c->max_age != 0 && c->value.n)
        buf_put(out, c->value);
    if (c->max_age >= 0) {
        buf_put_text(out, "; Max-Age=");
        buf_put_int(out, c->max_age);
    }
    buf_put_text(out, "; Path=/; Secure; HttpOnly; SameSite=");
    buf_put_text(out, c->same_site == SAME_SITE_STRICT ? "Strict" : "Lax");
    struct view done;
    return buf_done(out, &done);
}
