/* text: what bytes must be before we call them text. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/arena.h"
#include "base/view.h"

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms) and no NUL. */
bool text_is_utf8(struct view v);

/* Only printable ASCII 0x20..0x7E / only 0x21..0x7E. */
bool text_is_printable(struct view v);
bool text_is_visible(struct view v);

/* How many bytes from the first on are unreserved in a URL: letters, digits, "-", ".", "_" and "~" (RFC 3986 2.3). */
size_t text_unreserved(struct view v);

/* UTF-8 that shows what it is: no control characters (C0, DEL, C1), no other lines, nothing that is not seen or changes
 * the direction of what stands around it. */
bool text_is_plain(struct view v);

/* Number of code points; V must be UTF-8. */
size_t text_count(struct view v);

/* A decimal number 0..INT64_MAX without sign, spaces or leading zeros (but "0"); false otherwise. */
bool text_to_int(struct view v, int64_t *out);
/* Such a number at the beginning of V, up to what is no digit: how many bytes it has; 0: there is none. */
size_t text_leading_int(struct view v, int64_t *out);

/* Does the space-separated LIST contain WORD? (scope, prompt, acr_values: RFC 6749 3.3) */
bool text_has_word(struct view list, struct view word);

/* Next word of a space-separated list; false at the end. */
bool text_next_word(struct view *rest, struct view *word);

#endif
