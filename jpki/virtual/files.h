/* files: the applications of the card and their elementary files (facts 1.1, 2.1, 3.1, 3.3, 2.6), filled for one
 * persona. Constant while the card lives. */
#ifndef JPKI_VIRTUAL_FILES_H
#define JPKI_VIRTUAL_FILES_H

#include "jpki/virtual/persona.h"

enum ef_kind {
    EF_DATA,   /* transparent: READ BINARY */
    EF_RECORD, /* one record: READ RECORD */
    EF_PIN,
    EF_KEY,
    EF_OTHER, /* seen on cards, purpose not known: can be selected and nothing else */
};

struct card_ef {
    uint16_t id; /* also the short EF identifier: all are below 1F */
    enum ef_kind kind;
    struct view content;        /* EF_DATA and EF_RECORD */
    unsigned opened_by;         /* bits 1 << pin_id of which one must be verified; 0: free */
    enum pin_id pin;            /* EF_PIN */
    const struct card_key *key; /* EF_KEY; NULL: no key was put on this card */
    const char *alarm;          /* what a touch of this file tells the trace: nothing of ours may ever do it */
};

struct card_app {
    const char *name; /* "jpki" "text" "face" "registry" "common" "isd" */
    struct view aid;
    const struct card_ef *efs;
    size_t n;
};

/* What GET DATA finds. */
struct card_object {
    uint16_t tag;
    struct view content;
    const char *alarm;
};

enum files_kind {
    FILES_CARD,  /* the plastic card of today */
    FILES_PHONE, /* a phone's secure element: the JPKI application only, both certificates behind PINs */
    FILES_NEXT,  /* the coming card: P-384, two applications, two PINs */
};

enum { FILES_APPS = 6, FILES_OBJECTS = 5 };

struct card_files {
    enum files_kind kind;
    struct card_app apps[FILES_APPS];
    size_t n;
    struct card_object objects[FILES_OBJECTS];
    bool takes_last_command; /* 80 FC, which only an iPhone knows (facts 2.3) */
};

struct files_options {
    const char *label; /* of the token information; NULL: that of the plastic card. Phones' labels make a phone */
    bool long_lengths; /* code lengths in the text application as 82 hh ll, as real cards do in places (trap 17) */
};

/* Everything lives in P's arena. A persona with keys on an elliptic curve gets the coming card. */
enum err files_make(struct card_files *f, struct persona *p, const struct files_options *o) MUST_CHECK;

/* NULL if the application has no such file. */
const struct card_ef *files_find(const struct card_app *app, unsigned id);

#endif
