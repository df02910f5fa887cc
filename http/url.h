/* url: absolute http(s) URLs read strictly (RFC 3986), and URLs written. */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include "base/buf.h"

struct url {
    struct view scheme; /* as written */
    struct view host;   /* as written; of IPv6 with its brackets */
    uint16_t port;      /* the scheme's default when not written; 0 for schemes without one */
    bool port_given;
    struct view path;     /* "" or starts with "/" */
    struct view query;    /* absent without "?" */
    struct view fragment; /* absent without "#" */
};

/* Views into TEXT. ERR_SYNTAX unless it is scheme://host[:port][/path][?query][#fragment] in visible ASCII with right
 * percent signs, no user-info, no backslash, no empty host, host a reg-name of letters digits hyphen dot, IPv4 or
 * bracketed IPv6; ERR_LIMIT above 2048 bytes. */
enum err url_read(struct url *out, struct view text) MUST_CHECK;

bool url_is_http(const struct url *u);  /* scheme http, any case */
bool url_is_https(const struct url *u); /* scheme https, any case */

/* Same scheme, host (no case) and port (RFC 6454 5). */
bool url_same_origin(const struct url *a, const struct url *b);

/* Is TEXT (an Origin or Referer header) of the origin of ISSUER? False for "null", garbage and lists. */
bool url_is_of_origin(struct view text, struct view issuer);

/* localhost, *.localhost (RFC 6761 6.3), 127.0.0.0/8, [::1]. */
bool url_is_loopback_host(struct view host);

/* scheme://host[:port], lower case, default port left out. */
void url_put_origin(struct buf *out, const struct url *u);

/* Percent-encoded: all but A-Z a-z 0-9 - . _ ~ (RFC 3986 2.3). */
void url_put_encoded(struct buf *out, struct view v);

/* Appends "?name=value" or "&name=value" to the URL already in B, which must have no fragment; nothing if VALUE is
 * absent (RFC 6749 4.1.2). NAME is written as it is. */
void url_add_param(struct buf *b, const char *name, struct view value);

#endif
