/* atr: answers to reset that were seen of the card, and the one a reader makes up at each tap (facts 1.2). */
#ifndef JPKI_VIRTUAL_ATR_H
#define JPKI_VIRTUAL_ATR_H

#include "base/arena.h"
#include "base/err.h"

#define ATR_MAX      33 /* ISO/IEC 7816-3 8.2.1: TS and at most 32 more */
#define ATR_TAP_SIZE 13

/* A name of the table ("contact", "contactless-3") or hexadecimal. ERR_SYNTAX: neither, or of impossible length. */
enum err atr_read(struct view *out, struct arena *a, const char *text) MUST_CHECK;

/* What PC/SC part 3 makes of a Type B card whose identifier is random at each tap. */
void atr_make_tap(uint8_t out[ATR_TAP_SIZE]);

/* Was it made up by a reader for a card without contacts (PC/SC part 3, 3.1.3.2.3)? */
bool atr_is_contactless(struct view atr);
/* The one that the chip itself would give at its contacts: ATR, or the usual one if that is a reader's. */
struct view atr_of_contacts(struct view atr);

#endif
