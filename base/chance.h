/* chance: random bytes from the kernel (getrandom). The process stops if there are none (INSIST). */
#ifndef BASE_CHANCE_H
#define BASE_CHANCE_H

#include "base/arena.h"

void chance_bytes(void *out, size_t n);

/* base64url of 16 random bytes, 22 characters, / of 32 random bytes, 43 characters; NULL when the arena is full. */
char *chance_id(struct arena *a);
char *chance_ticket(struct arena *a);

/* A random UUID (RFC 9562 section 5.4), 36 characters and NUL. */
void chance_uuid(char out[37]);

#endif
