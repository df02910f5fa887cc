#include "jpki/proof/origin.h"

#include "base/text.h"

#define HOST_MAX 253 /* RFC 1035 2.3.4 */

static bool is_host_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* Labels of a-z 0-9 - joined by single dots: no empty label, so no dot at either end. */
static bool is_name(struct view host)
{
    struct view rest = host, label;
    if (host.n == 0 || host.n > HOST_MAX || host.p[host.n - 1] == '.')
        return false;
    while (view_next(&rest, '.', &label)) {
        if (label.n == 0 || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-')
            return false;
        for (size_t i = 0; i < label.n; i++)
            if (!is_host_char(label.p[i]))
                return false;
    }
    return true;
}

static bool is_loopback(struct view host)
{
    return view_equal_text(host, "localhost") || view_ends(host, VIEW(".localhost")) ||
           view_equal_text(host, "127.0.0.1") || view_equal_text(host, "[::1]");
}

static bool is_port(struct view text, int64_t default_port)
{
    int64_t port;
    return text.n <= 5 && text_to_int(text, &port) && port > 0 && port < 65536 && port != default_port;
}

/* Splits "host" or "host:port"; false if the port is wrong for the scheme. */
static bool host_of(struct view authority, int64_t default_port, struct view *host)
{
    bool ipv6 = view_starts(authority, VIEW("[::1]"));
    size_t colon = ipv6 ? 5 : view_index(authority, ':');
    *host = view_part(authority, 0, colon);
    struct view rest = view_from(authority, colon);
    return rest.n == 0 || (rest.p[0] == ':' && is_port(view_from(rest, 1), default_port));
}

bool proof_is_origin(struct view text)
{
    struct view host;
    if (view_starts(text, VIEW("https://")))
        return host_of(view_from(text, 8), 443, &host) && (is_name(host) || view_equal_text(host, "[::1]"));
    if (view_starts(text, VIEW("http://")))
        return host_of(view_from(text, 7), 80, &host) && is_loopback(host) &&
               (is_name(host) || view_equal_text(host, "[::1]"));
    return false;
}

struct view proof_origin_host(struct view origin)
{
    struct view host = VIEW_NONE;
    struct view authority = view_from(origin, view_starts(origin, VIEW("https://")) ? 8 : 7);
    (void)host_of(authority, 0, &host);
    return host;
}
