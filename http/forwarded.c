#include "http/forwarded.h"

#include <strings.h>

/* --- addresses ------------------------------------------------------------------------------------------------------
 */

static bool is_port(struct view v)
{
    size_t digits = 0;
    while (digits < v.n && v.p[digits] >= '0' && v.p[digits] <= '9')
        digits++;
    return digits == v.n && digits >= 1 && digits <= 5;
}

/* RFC 7239 6.3: an underscore and letters, digits, dots, underscores, hyphens. */
static bool is_obfuscated(struct view v)
{
    if (v.n < 2 || v.p[0] != '_')
        return false;
    for (size_t i = 1; i < v.n; i++) {
        uint8_t c = v.p[i];
        bool good = (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') < 10 || c == '.' || c == '_' || c == '-';
        if (!good)
            return false;
    }
    return true;
}

/* NAME and what stands behind a colon after it; an IPv6 address is in brackets. */
static bool split_port(struct view v, struct view *name, struct view *port)
{
    size_t end = view_index(v, ':');
    *port = VIEW_NONE;
    if (v.n && v.p[0] == '[') {
        end = view_index(v, ']');
        if (end == v.n)
            return false;
        *name = view_part(v, 1, end - 1);
        end++;
    } else {
        *name = view_part(v, 0, end);
    }
    if (end < v.n) {
        *port = view_from(v, end + 1);
        return v.p[end] == ':';
    }
    return true;
}

/* RFC 7239 6: node. */
static bool read_node(struct forwarded_hop *hop, struct view v)
{
    struct view name, port;
    bool bracketed = v.n && v.p[0] == '[';
    if (!split_port(v, &name, &port) || (view_is(port) && !is_port(port) && !is_obfuscated(port)))
        return false;
    hop->known = net_address_read(&hop->address, name) && bracketed == (view_index(name, ':') < name.n);
    return hop->known || (!bracketed && (is_obfuscated(name) ||
                                         (name.n == 7 && strncasecmp((const char *)name.p, "unknown", 7) == 0)));
}

/* --- Forwarded ------------------------------------------------------------------------------------------------------
 */

static bool is_token_byte(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') < 10 || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static struct view take_token(struct view *rest)
{
    size_t n = 0;
    while (n < rest->n && is_token_byte(rest->p[n]))
        n++;
    struct view token = view_part(*rest, 0, n);
    *rest = view_from(*rest, n);
    return token;
}

/* RFC 9110 5.6.4. */
static enum err take_quoted(struct view *out, struct view *rest, struct arena *a)
{
    uint8_t *to = arena_alloc(a, rest->n);
    size_t n = 0;
    if (!to)
        return ERR_MEMORY;
    for (size_t i = 1; i < rest->n; i++) {
        uint8_t c = rest->p[i];
        if (c == '"') {
            *rest = view_from(*rest, i + 1);
            *out = view_bytes(to, n);
            return ERR_OK;
        }
        if (c == '\\' && ++i < rest->n)
            c = rest->p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F)
            return ERR_SYNTAX;
        to[n++] = c;
    }
    return ERR_SYNTAX;
}

static enum err take_value(struct view *out, struct view *rest, struct arena *a)
{
    if (rest->n && rest->p[0] == '"')
        return take_quoted(out, rest, a);
    *out = take_token(rest);
    return out->n ? ERR_OK : ERR_SYNTAX;
}

static bool is_name(struct view v, const char *name)
{
    return v.n == strlen(name) && strncasecmp((const char *)v.p, name, v.n) == 0;
}

struct element {
    struct forwarded_hop *hop;
    bool has_for, has_by; /* proto and host show themselves */
};

/* RFC 7239 4: each parameter at most once; 5.1 to 5.4; others are passed over (5.5). */
static bool keep(struct element *e, struct view name, struct view value)
{
    bool again = false;
    if (is_name(name, "for")) {
        again = e->has_for;
        e->has_for = true;
        return !again && read_node(e->hop, value);
    }
    if (is_name(name, "by")) {
        struct forwarded_hop ignored;
        again = e->has_by;
        e->has_by = true;
        return !again && read_node(&ignored, value);
    }
    struct view *to = is_name(name, "proto") ? &e->hop->proto : is_name(name, "host") ? &e->hop->host : NULL;
    if (to) {
        again = view_is(*to);
        *to = value;
    }
    return !again;
}

static void skip_blanks(struct view *rest)
{
    while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\t'))
        *rest = view_from(*rest, 1);
}

/* One element up to its comma or the end: [ pair ] *( ";" [ pair ] ). */
static enum err take_element(struct forwarded_hop *hop, struct view *rest, struct arena *a)
{
    struct element e = {.hop = hop};
    *hop = (struct forwarded_hop){.known = false};
    while (rest->n && rest->p[0] != ',' && rest->p[0] != ' ' && rest->p[0] != '\t') {
        if (rest->p[0] == ';') {
            *rest = view_from(*rest, 1);
            continue;
        }
        struct view name = take_token(rest), value;
        if (name.n == 0 || rest->n == 0 || rest->p[0] != '=')
            return ERR_SYNTAX;
        *rest = view_from(*rest, 1);
        enum err err = take_value(&value, rest, a);
        if (err)
            return err;
        if (!keep(&e, name, value) || (rest->n && !strchr(";, \t", rest->p[0])))
            return ERR_SYNTAX;
    }
    skip_blanks(rest);
    return rest->n && rest->p[0] != ',' ? ERR_SYNTAX : ERR_OK;
}

enum err forwarded_read(struct forwarded_hop *hops, size_t *n, struct arena *a, struct view value)
{
    for (;;) {
        skip_blanks(&value);
        if (value.n == 0)
            return ERR_OK;
        if (value.p[0] == ',') { /* RFC 9110 5.6.1.2: empty elements of a list are passed over */
            value = view_from(value, 1);
            continue;
        }
        if (*n == FORWARDED_HOPS_MAX)
            return ERR_LIMIT;
        enum err e = take_element(&hops[*n], &value, a);
        if (e)
            return e;
        (*n)++;
    }
}

/* --- X-Forwarded-For ------------------------------------------------------------------------------------------------
 */

static struct view trim(struct view v)
{
    skip_blanks(&v);
    while (v.n && (v.p[v.n - 1] == ' ' || v.p[v.n - 1] == '\t'))
        v.n--;
    return v;
}

bool forwarded_take_for(struct net_address *out, struct view *rest, bool *bad)
{
    struct view name, port = VIEW_NONE, last;
    size_t from = rest->n;
    *bad = false;
    if (trim(*rest).n == 0)
        return false;
    while (from && rest->p[from - 1] != ',')
        from--;
    last = trim(view_from(*rest, from));
    *rest = view_part(*rest, 0, from ? from - 1 : 0);
    if (net_address_read(out, last))
        return true;
    *bad = !split_port(last, &name, &port) || !is_port(port) || !net_address_read(out, name) ||
           (last.p[0] == '[') != (view_index(name, ':') < name.n);
    return !*bad;
}
