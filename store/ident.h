/* ident: the 16 bytes by which a row is found. Either random, or the first half of the SHA-256 of a ticket: the store
 * never sees the ticket itself, and 128 bits of a digest over 256 random bits can be neither guessed nor met by chance.
 */
#ifndef STORE_IDENT_H
#define STORE_IDENT_H

#include "base/view.h"

struct ident {
    uint8_t b[16];
};

/* All zero: means "none"; stored as NULL. */
#define IDENT_NONE ((struct ident){{0}})

/* 128 random bits. */
struct ident ident_mint(void);

/* SHA-256 of TICKET, first 16 bytes. An absent view gives IDENT_NONE. */
struct ident ident_of(struct view ticket);

/* From exactly 16 bytes; IDENT_NONE for any other length. */
struct ident ident_read(struct view bytes);

/* Constant time. IDENT_NONE equals nothing, not even itself. */
bool ident_equal(struct ident a, struct ident b);
bool ident_is(struct ident id);

/* The bytes; lives as long as *ID. */
static inline struct view ident_view(const struct ident *id)
{
    return view_bytes(id->b, sizeof id->b);
}

#endif
