/* card_kinds: what differs between the things that carry a JPKI application, and where things are on them. A new
 * generation is a new row, not new code. */
#ifndef JPKI_CARD_CARD_KINDS_H
#define JPKI_CARD_CARD_KINDS_H

#include "base/view.h"

enum card_app { CARD_APP_JPKI, CARD_APP_TEXT, CARD_APP_MANAGER, CARD_APP_COUNT };
enum card_pin { CARD_PIN_AUTH, CARD_PIN_SIGN, CARD_PIN_TEXT, CARD_PIN_COUNT };
enum card_key { CARD_KEY_AUTH, CARD_KEY_SIGN, CARD_KEY_COUNT };

/* What an EF can be addressed by: its id, and its short id (0: none). */
struct card_ef {
    uint16_t id;
    uint8_t sfi;
};

struct card_pin_rule {
    enum card_app app;
    struct card_ef ef;
    uint8_t length_min, length_max;
    bool letters; /* A-Z and 0-9 with at least one of each; otherwise digits only */
    uint8_t tries;
};

struct card_key_place {
    struct card_ef key, certificate;
    enum card_pin pin;
    bool certificate_free; /* readable without PIN */
};

struct card_kind {
    const char *name;  /* for the log */
    const char *label; /* of the token info */
    bool login;        /* may be used for a login at all */
    struct card_key_place keys[CARD_KEY_COUNT];
    struct card_pin_rule pins[CARD_PIN_COUNT];
    bool has_text; /* has the text application */
};

/* The application's AID. */
struct view card_aid(enum card_app app);
/* EF 0006 of the JPKI application. */
extern const struct card_ef card_token_info;
/* The row for a token label (spaces and NULs at its end are cut off), or NULL. */
const struct card_kind *card_kind_of(struct view label);

/* Can PIN be right by its form? */
bool card_pin_fits(const struct card_pin_rule *rule, struct view pin);

#endif
