/* cookie: RFC 6265bis. Reading the Cookie header, writing Set-Cookie. */
#ifndef HTTP_COOKIE_H
#define HTTP_COOKIE_H

#include "base/buf.h"

/* The value of NAME in one Cookie header; absent if missing, malformed or there twice. *COUNT grows by the number of
 * times the name was met (so that a caller can add up several headers). */
struct view cookie_find(struct view header, const char *name, size_t *count);

enum same_site { SAME_SITE_LAX, SAME_SITE_STRICT };

struct cookie {
    const char *name;  /* a token that begins with "__Host-" (RFC 6265bis 4.1.3.2) */
    struct view value; /* cookie octets only */
    int64_t max_age;   /* seconds; COOKIE_SESSION: until the browser closes; 0: delete */
    enum same_site same_site;
};
#define COOKIE_SESSION (-1)

/* The text behind "Set-Cookie: ". Always Secure, HttpOnly, Path=/ and without Domain, as __Host- wants it. ERR_SYNTAX
 * if name or value cannot be written. */
enum err cookie_write(struct buf *out, const struct cookie *c) MUST_CHECK;

#endif
