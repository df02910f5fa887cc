/* user_code: nine digits that one person reads and another types: the user_code of RFC 8628 6.1, and the code a
 * resident tells at a counter. Digits, since they are typed alike on a telephone, a television and a Japanese keyboard.
 */
#ifndef IDP_TOKENS_USER_CODE_H
#define IDP_TOKENS_USER_CODE_H

#include "base/arena.h"

#define USER_CODE_DIGITS 9

/* Nine random digits; NULL when the arena is full. About 30 bits: who guesses must be slowed down (RFC 8628 5.1). */
char *user_code_mint(struct arena *a);

/* "123456789" as people read it: "123-456-789". NULL when the arena is full. */
char *user_code_show(struct arena *a, struct view code);

/* What somebody typed, as nine digits: blanks, hyphens and their wide forms count for nothing, wide digits are digits
 * (RFC 8628 6.1: "strip out ... any characters not in the user code character set"). Absent: not nine digits. */
struct view user_code_read(struct arena *a, struct view typed);

#endif
