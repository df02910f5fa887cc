/* base64: RFC 4648. Section 4 with padding, section 5 ("url") without; readers refuse anything else. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

void base64_put(struct buf *out, struct view v);
void base64url_put(struct buf *out, struct view v);

/* Text in the arena; NULL when out of memory. */
char *base64url_text(struct arena *a, struct view v);
char *base64_text(struct arena *a, struct view v);

/* Strict: right alphabet, right length, zero spare bits, no line breaks. ERR_SYNTAX otherwise. */
enum err base64_read(struct arena *a, struct view text, struct view *out) MUST_CHECK;
enum err base64url_read(struct arena *a, struct view text, struct view *out) MUST_CHECK;

#endif
