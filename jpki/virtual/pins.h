/* pins: the secrets a card compares, and their try counters. They survive power-off as on a chip: every change is in
 * the state file before the answer leaves. */
#ifndef JPKI_VIRTUAL_PINS_H
#define JPKI_VIRTUAL_PINS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"

enum pin_id {
    PIN_AUTH,       /* JPKI 0018: 利用者証明用 */
    PIN_SIGN,       /* JPKI 001B: 署名用 */
    PIN_TEXT,       /* text 0011: 券面事項入力補助用 */
    PIN_TEXT_SHUT,  /* text 0012: a reference that is blocked on every card */
    PIN_TEXT_A,     /* text 0014: 照合番号A */
    PIN_TEXT_B,     /* text 0015: 照合番号B */
    PIN_FACE_BIRTH, /* face 0011 */
    PIN_FACE_B,     /* face 0012 */
    PIN_FACE_A,     /* face 0013 */
    PIN_REGISTRY,   /* common 001C: 住民基本台帳用 */
    PIN_COUNT
};

struct pin {
    struct secret value;
    uint8_t left, max;
    bool changed; /* the value is no longer the one the card was issued with */
};

struct pins {
    struct pin all[PIN_COUNT];
    char *path; /* of the state file; NULL: nothing is kept */
};

/* The name in the state file, like "auth". Static. */
const char *pin_name(enum pin_id id);

/* Values as issued, by id; an absent or empty one is a reference that never matches. Counters full, then what the
 * state file says. STATE NULL: nothing is kept. ERR_SYNTAX: the state file is not one of ours. */
enum err pins_open(struct pins *p, const struct view issued[PIN_COUNT], const char *state) MUST_CHECK;
void pins_close(struct pins *p);

enum pin_answer { PIN_RIGHT, PIN_WRONG, PIN_BLOCKED, PIN_NOT_SAVED };

/* Compares bytes. Wrong: one try less (facts: a wrong length counts as well); right: all tries again. PIN_BLOCKED: it
 * was blocked already, nothing was compared. PIN_NOT_SAVED: the state file could not be written. */
enum pin_answer pins_compare(struct pins *p, enum pin_id id, struct view given) MUST_CHECK;

/* Is V a value that this PIN may get? *length_wrong says why not. */
bool pins_allow(enum pin_id id, struct view v, bool *length_wrong);

/* Sets a new value. The caller asked pins_allow. */
enum pin_answer pins_change(struct pins *p, enum pin_id id, struct view v) MUST_CHECK;

#endif
