/* scripted_card: the virtual card behind the reader's functions without any service in between, and the things that go
 * wrong on the way, at the command where they are wanted. */
#ifndef TESTS_LIB_SCRIPTED_CARD_H
#define TESTS_LIB_SCRIPTED_CARD_H

#include "jpki/card/reader.h"

enum card_fault {
    CARD_FAULT_NONE,
    CARD_FAULT_REMOVED,   /* taken away before the command; it comes back when it is awaited again */
    CARD_FAULT_NO_READER, /* the reader is unplugged before the command; it comes back too */
    CARD_FAULT_EMPTY,     /* an answer of no bytes */
    CARD_FAULT_SHORT,     /* of one byte */
    CARD_FAULT_CUT,       /* 9000, but half of the data */
    CARD_FAULT_NO_DATA,   /* 9000, but nothing else */
    CARD_FAULT_LONG,      /* 9000 and 256 bytes that nobody asked for */
    CARD_FAULT_NOISE,     /* 9000, and every bit of the data turned over */
    CARD_FAULT_SW,        /* the status word given, and the command is not carried out */
};

struct scripted_card;

struct scripted_options {
    const char *folder; /* as genkan-testpki makes them */
    const char *chip;   /* file of the chip's key, made if missing: making one takes a while */
    const char *label;  /* NULL: the plastic card */
    bool long_lengths;
    bool no_short_ids;    /* every short EF identifier is answered 6A86 */
    bool always_verified; /* every question for the tries left is answered 9000 */
    unsigned others;      /* cards without our application in readers before this one */
    unsigned twins;       /* readers behind it in which this very card is, too */
    /* What the resident does on the keys of the reader, NULL-terminated: types a PIN, "cancel", "wait" (too long).
     * NULL: the reader has no keys. */
    const char *const *keypad;
    unsigned busy;            /* so many connects are refused because another has the card; ~0u: all */
    unsigned mute;            /* so many connects meet a card that does not speak */
    enum reader_state first;  /* what the first looks say: READER_NONE or READER_EMPTY, then one better each time */
    bool verified_by_another; /* somebody has shown the PIN before us and left the application selected */
};

/* One at a time. */
enum err scripted_card_open(struct scripted_card **out, const struct scripted_options *o) MUST_CHECK;
void scripted_card_close(struct scripted_card *c);

/* Its functions; valid until close. */
struct reader scripted_card_reader(struct scripted_card *c);

/* What happens at the Nth command from now (from 1). SW for CARD_FAULT_SW. */
void scripted_card_fault(struct scripted_card *c, unsigned n, enum card_fault fault, uint16_t sw);

/* Commands so far; VERIFYs with a PIN among them. */
unsigned scripted_card_sent(const struct scripted_card *c);
unsigned scripted_card_shown(const struct scripted_card *c);
/* Tries left of a PIN. */
enum scripted_pin { SCRIPTED_AUTH, SCRIPTED_SIGN, SCRIPTED_TEXT };
int scripted_card_tries(const struct scripted_card *c, enum scripted_pin pin);
/* Did the card still know a PIN when its power was taken (then nobody had logged out), or does it now? */
bool scripted_card_left_open(const struct scripted_card *c);
/* How often the keys were asked; in which reader (from 0) the card was connected last. */
unsigned scripted_card_keypad(const struct scripted_card *c);
unsigned scripted_card_reader_used(const struct scripted_card *c);
/* One reader less, or more, holds it from now on. */
void scripted_card_twins(struct scripted_card *c, unsigned twins);
/* Is it without power now? */
bool scripted_card_is_off(const struct scripted_card *c);
/* Was a file touched that nobody of ours may touch? */
bool scripted_card_alarmed(const struct scripted_card *c);

#endif
