#include "http/request.h"

#include <strings.h>

#include "http/cookie.h"

static bool has_name(const struct header *h, const char *name, size_t n)
{
    return h->name.n == n && strncasecmp((const char *)h->name.p, name, n) == 0;
}

size_t request_header_count(const struct request *r, const char *name)
{
    size_t n = strlen(name), count = 0;
    for (size_t i = 0; i < r->n_headers; i++)
        count += has_name(&r->headers[i], name, n);
    return count;
}

struct view request_header(const struct request *r, const char *name)
{
    size_t n = strlen(name), count = 0;
    struct view value = VIEW_NONE;
    for (size_t i = 0; i < r->n_headers; i++) {
        if (!has_name(&r->headers[i], name, n))
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
        if (!has_name(&r->headers[i], "Cookie", 6))
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
