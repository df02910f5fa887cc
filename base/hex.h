/* hex: lower case out, either case in. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/buf.h"

void hex_put(struct buf *out, struct view v);
char *hex_text(struct arena *a, struct view v);
/* Exactly N bytes into a place that is there; ERR_SYNTAX: TEXT is not 2 * N digits, and then anything may be there. */
enum err hex_read_into(uint8_t *to, size_t n, struct view text) MUST_CHECK;
enum err hex_read(struct arena *a, struct view text, struct view *out) MUST_CHECK;

#endif
