#include "http/proxy.h"

#include "http/client_cert.h"

static bool refuse(struct fault *fault, const char *name, const char *rule)
{
    *fault = (struct fault){.status = 400, .name = view_text(name), .rule = rule};
    return false;
}

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
    return read_cert(p, r, fault);
}
