#include "http/request.h"

#include <strings.h>

#include "http/cookie.h"

/* NAME is not empty. Most names differ in length or in the first letter. */
static bool has_name(const struct header *h, struct view name)
{
    return h->name.n == name.n && (h->name.p[0] | 0x20) == (name.p[0] | 0x20) &&
           strncasecmp((const char *)h->name.p, (const char *)name.p, name.n) == 0;
}

size_t request_header_times(const struct request *r, struct view name)
{
    size_t count = 0;
    for (size_t i = 0; i < r->n_headers; i++)
        count += has_name(&r->headers[i], name);
    return count;
}

struct view request_header_value(const struct request *r, struct view name)
{
    size_t count = 0;
    struct view value = VIEW_NONE;
    for (size_t i = 0; i < r->n_headers; i++) {
        if (!has_name(&r->headers[i], name))
            continue;
        value = r->headers[i].value;
        count++;
    }
    return count == 1 ? value : VIEW_NONE;
}

struct view request_cookie(const struct request *r, const char *name)
{
    size_t count = 0;
    struct view value = VIEW_NONE;
    for (size_t i = 0; i < r->n_headers; i++) {
        if (!has_name(&r->headers[i], VIEW("Cookie")))
            continue;
        struct view found = cookie_find(r->headers[i].value, name, &count);
        if (view_is(found))
            value = found;
    }
    return count == 1 ? value : VIEW_NONE;
}

const char *method_name(enum method m)
{
    switch (m) {
    case METHOD_GET:
        return "GET";
    case METHOD_HEAD:
        return "HEAD";
    case METHOD_POST:
        return "POST";
    case METHOD_PUT:
        return "PUT";
    case METHOD_DELETE:
        return "DELETE";
    case METHOD_OTHER:
        break;
    }
    return "?";
}
