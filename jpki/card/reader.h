/* reader: how we reach a card, as a struct of functions. reader_pcsc.c is the real one; tests hand in doubles that
 * fail on purpose. One conversation uses one reader from one thread; nothing here is shared. */
#ifndef JPKI_CARD_READER_H
#define JPKI_CARD_READER_H

#include "base/err.h"
#include "base/view.h"
#include "jpki/card/keypad.h"

/* How a step with reader or card ended. The answer of the world, not a fault of the program (but CARD_FAILED is). */
enum card_result {
    CARD_OK = 0,
    CARD_NO_READER,   /* no reader, or the smart card service is not running */
    CARD_READER_BUSY, /* another program holds the card */
    CARD_NO_CARD,     /* a reader without a card */
    CARD_WRONG,       /* a card without the JPKI application */
    CARD_REMOVED,     /* card or reader went away, or the card was reset under us */
    CARD_MUTE,        /* something is in the reader that does not speak: not quite in, upside down, or just leaving */
    CARD_UNSUPPORTED, /* an answer that no rule explains */
    CARD_PIN_FORMAT,  /* refused before it reached the card: no try was spent */
    CARD_PIN_WRONG,
    CARD_PIN_BLOCKED,
    CARD_KEYPAD_CANCELLED, /* the resident pressed "cancel" on the reader's keys: no try was spent */
    CARD_KEYPAD_TIMEOUT,   /* nothing was typed there in time: the same */
    CARD_FAILED,           /* our own memory or limits */
};

/* "pin_blocked" and so on, for the log. Static. */
const char *card_result_name(enum card_result r);

/* What a look at the readers says. */
enum reader_state {
    READER_NONE,  /* no reader (of the wanted name) */
    READER_EMPTY, /* at least one reader, no card in any */
    READER_CARD,  /* at least one card */
};

#define READER_NAME_MAX 128 /* with its NUL */

/* The functions below `disconnect` may be NULL: not offered. */
struct reader {
    void *ctx;

    /* The state now, at once if it is not SEEN; otherwise waits up to MS milliseconds for it to change. */
    enum reader_state (*await)(void *ctx, enum reader_state seen, int ms);

    /* Connects to the NTH (from 0) card that is there, for us alone until disconnect. CARD_OK, CARD_NO_CARD (there is
     * no such), CARD_NO_READER, CARD_READER_BUSY, CARD_MUTE. */
    enum card_result (*connect)(void *ctx, unsigned nth);

    /* Sends COMMAND and waits for the answer, at most SIZE bytes with the status word; *N is its length. CARD_OK,
     * CARD_REMOVED, CARD_NO_READER, CARD_UNSUPPORTED (longer than SIZE). */
    enum card_result (*transmit)(void *ctx, struct view command, uint8_t *answer, size_t size, size_t *n);

    /* Is the connected card still there? */
    bool (*is_there)(void *ctx);

    /* Takes power from the card and lets go. Harmless when not connected. */
    void (*disconnect)(void *ctx);

    /* The name of the reader whose card `connect` with NTH would take, as of now. False: there is no such card. */
    bool (*name)(void *ctx, unsigned nth, char out[READER_NAME_MAX]);

    /* Has the reader of the connected card keys on which a PIN can be typed? */
    bool (*has_keypad)(void *ctx);

    /* Has the PIN typed on them and shown to the card; waits until the resident has done so, or the reader's time is
     * over. ANSWER and results as `transmit`; a status word of the reader itself (keypad.h) comes as an answer, too. */
    enum card_result (*ask_keypad)(void *ctx, const struct keypad_ask *ask, uint8_t *answer, size_t size, size_t *n);
};

#endif
