#include "idp/rules/redirect_uri.h"

#include "base/text.h"

#define URI_MAX 2048 /* as http/url.h has it */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Takes ":1" to ":65535" off the front of REST, or leaves it. */
static void skip_port(struct view *rest)
{
    unsigned port = 0;
    size_t n = 1;

    if (rest->n < 2 || rest->p[0] != ':' || rest->p[1] == '0')
        return;
    while (n < rest->n && n <= 5 && is_digit(rest->p[n]))
        port = port * 10 + (unsigned)(rest->p[n++] - '0');
    if (n > 1 && port <= UINT16_MAX)
        *rest = view_from(*rest, n);
}

/* HOST: scheme and address, which are compared; REST: path and query, which are compared too; the port is neither. */
static bool split_loopback(struct view uri, struct view *host, struct view *rest)
{
    static const char *const hosts[] = {"http://127.0.0.1", "http://[::1]"};

    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        if (view_starts(uri, view_text(hosts[i]))) {
            *host = view_text(hosts[i]);
            *rest = view_from(uri, host->n);
            skip_port(rest);
            /* whatever else stands there makes it another host, or a name before an "@" */
            return rest->n == 0 || rest->p[0] == '/' || rest->p[0] == '?';
        }
    return false;
}

bool redirect_uri_fits(struct view registered, struct view uri, bool native)
{
    struct view host, rest, own_host, own_rest;

    if (!view_is(uri))
        return false;
    if (view_equal(registered, uri))
        return true;
    return native && split_loopback(registered, &own_host, &own_rest) && split_loopback(uri, &host, &rest) &&
           view_equal(own_host, host) && view_equal(own_rest, rest);
}

static bool is_scheme_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '+';
}

/* At least two labels with something in them: RFC 8252 8.4, "without at least one period" are rejected. */
static bool is_domain_backwards(struct view scheme)
{
    size_t labels = 0;
    struct view label;

    if (!view_is(scheme) || !scheme.n || is_digit(scheme.p[0]) || scheme.p[scheme.n - 1] == '.')
        return false;
    while (view_next(&scheme, '.', &label)) {
        if (label.n == 0)
            return false;
        for (size_t i = 0; i < label.n; i++)
            if (!is_scheme_byte(label.p[i]))
                return false;
        labels++;
    }
    return labels >= 2;
}

bool redirect_uri_is_private(struct view uri)
{
    size_t colon = view_index(uri, ':');

    if (!view_is(uri) || uri.n > URI_MAX || colon + 1 >= uri.n || uri.p[colon + 1] != '/' || !text_is_visible(uri))
        return false;
    /* two slashes would name an authority, of which a private scheme has none (RFC 8252 7.1) */
    if (colon + 2 < uri.n && uri.p[colon + 2] == '/')
        return false;
    for (size_t i = 0; i < uri.n; i++)
        if (uri.p[i] == '#' || uri.p[i] == '"' || uri.p[i] == '<' || uri.p[i] == '>' || uri.p[i] == '\\')
            return false;
    return is_domain_backwards(view_part(uri, 0, colon));
}

bool redirect_uri_is_claimed(struct view uri)
{
    return view_starts(uri, VIEW("https://"));
}
