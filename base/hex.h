/* hex: lower case out, either case in. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/buf.h"

void hex_put(struct buf *out, struct view v);
char *hex_text(struct arena *a, struct view v);
enum err hex_read(struct arena *a, struct view text, struct view *out) MUST_CHECK;

#endif
