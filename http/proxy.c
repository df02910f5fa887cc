#include "http/proxy.h"

#include <arpa/inet.h>
#include <strings.h>

#include "http/client_cert.h"
#include "http/forwarded.h"

static bool refuse(struct fault *fault, const char *name, const char *rule)
{
    *fault = (struct fault){.status = 400, .name = view_text(name), .rule = rule};
    return false;
}

static bool equal_caseless(struct view a, struct view b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp((const char *)a.p, (const char *)b.p, a.n) == 0);
}

static bool is_trusted(const struct proxy_config *p, const struct net_address *address)
{
    return net_has(p->trusted, p->n_trusted, address);
}

static void set_client(struct request *r, const struct net_address *address)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    bool v4 = memcmp(address->bytes, mapped, sizeof mapped) == 0;
    inet_ntop(v4 ? AF_INET : AF_INET6, address->bytes + (v4 ? 12 : 0), r->peer.address, sizeof r->peer.address);
    r->peer.port = 0;
}

static bool check_proto(const struct proxy_config *p, struct view proto, const char *header, struct fault *fault)
{
    bool http = equal_caseless(proto, VIEW("http"));
    if (!view_is(proto))
        return true;
    if (!http && !equal_caseless(proto, VIEW("https")))
        return refuse(fault, header, "neither http nor https");
    return http && p->https ? refuse(fault, header, "only https is served") : true;
}

/* --- Forwarded ------------------------------------------------------------------------------------------------------
 */

static bool read_chain(struct forwarded_hop *hops, size_t *n, const struct request *r, struct fault *fault)
{
    for (size_t i = 0; i < r->n_headers; i++) {
        if (!equal_caseless(r->headers[i].name, VIEW("Forwarded")))
            continue;
        enum err e = forwarded_read(hops, n, r->arena, r->headers[i].value);
        if (e)
            return refuse(fault, "Forwarded", e == ERR_LIMIT ? "too many proxies" : "not as RFC 7239 has it");
    }
    return true;
}

/* From the right: each element was written by the one whose address the element before it told. The first that is not
 * trusted is the client; what stands left of it are its own words. */
static bool apply_forwarded(const struct proxy_config *p, struct request *r, struct fault *fault)
{
    struct forwarded_hop hops[FORWARDED_HOPS_MAX];
    const struct forwarded_hop *said = NULL;
    size_t n = 0;
    if (!read_chain(hops, &n, r, fault))
        return false;
    while (n--) {
        said = &hops[n];
        if (!said->known)
            break; /* it does not say who asked: then that proxy is all we know */
        set_client(r, &said->address);
        if (!is_trusted(p, &said->address))
            break;
    }
    if (!said)
        return true;
    if (view_is(said->host) && !equal_caseless(said->host, request_header(r, "Host")))
        return refuse(fault, "Forwarded", "its host is not the Host");
    return check_proto(p, said->proto, "Forwarded", fault);
}

/* --- X-Forwarded ----------------------------------------------------------------------------------------------------
 */

/* One header's addresses from the right. True: the client was found, or nobody may be asked further. */
static bool walk_for(const struct proxy_config *p, struct request *r, struct view rest, bool *bad)
{
    struct net_address address;
    while (forwarded_take_for(&address, &rest, bad)) {
        set_client(r, &address);
        if (!is_trusted(p, &address))
            return true;
    }
    return *bad;
}

static bool apply_x_forwarded(const struct proxy_config *p, struct request *r, struct fault *fault)
{
    bool bad = false, found = false;
    for (size_t i = r->n_headers; i-- && !found;)
        if (equal_caseless(r->headers[i].name, VIEW("X-Forwarded-For")))
            found = walk_for(p, r, r->headers[i].value, &bad);
    if (bad)
        return refuse(fault, "X-Forwarded-For", "not an address");
    if (request_header_count(r, "X-Forwarded-Proto") > 1)
        return refuse(fault, "X-Forwarded-Proto", "sent more than once");
    return check_proto(p, request_header(r, "X-Forwarded-Proto"), "X-Forwarded-Proto", fault);
}

/* --- the client's certificate ---------------------------------------------------------------------------------------
 */

/* Twice would mean that the proxy added its own and let the client's pass. */
static bool read_cert(const struct proxy_config *p, struct request *r, struct fault *fault)
{
    if (!p->cert_header || request_header_count(r, p->cert_header) == 0)
        return true;
    if (request_header_count(r, p->cert_header) > 1)
        return refuse(fault, p->cert_header, "sent more than once");
    enum err e = client_cert_read(&r->client_cert, r->arena, request_header(r, p->cert_header));
    return e ? refuse(fault, p->cert_header, "not a certificate") : true;
}

bool proxy_apply(const struct proxy_config *p, struct request *r, struct fault *fault)
{
    bool good = p->words == PROXY_FORWARDED     ? apply_forwarded(p, r, fault)
                : p->words == PROXY_X_FORWARDED ? apply_x_forwarded(p, r, fault)
                                                : true;
    return good && read_cert(p, r, fault);
}
