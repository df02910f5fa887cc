/* desk_words: the texts of the agent's commands (check, issuer, welcome), in Japanese and English. */
#ifndef JPKI_AGENT_DESK_WORDS_H
#define JPKI_AGENT_DESK_WORDS_H

#include "jpki/agent/words.h"

enum desk_word {
    D_NOTHING, /* no text */
    /* marks */
    D_MARK_OK,
    D_MARK_NOTE,
    D_MARK_PROBLEM,
    D_SUM_GOOD,
    D_SUM_BAD, /* %s number of problems */
    /* the smart card service and its readers */
    D_SERVICE_OK,
    D_SERVICE_OFF,
    D_SERVICE_ABSENT,
    D_SERVICE_HOW,
    D_READER,             /* %s name */
    D_READER_CONTACT,     /* %s name */
    D_READER_CONTACTLESS, /* %s name */
    D_READER_NONE,
    D_READER_NONE_HOW,
    D_READER_OTHERS, /* %s wanted name */
    D_READER_OTHERS_HOW,
    /* the card */
    D_CARD_NONE,
    D_CARD_NONE_HOW,
    D_CARD_PLASTIC,
    D_CARD_PHONE,
    D_CARD_BUSY,
    D_CARD_BUSY_HOW,
    D_CARD_WRONG,
    D_CARD_WRONG_HOW,
    D_CARD_MUTE,
    D_CARD_MUTE_HOW,
    D_CARD_REMOVED,
    D_CARD_REMOVED_HOW,
    D_CARD_UNKNOWN,
    D_CARD_UNKNOWN_HOW,
    D_TRIES, /* %s number */
    D_TRIES_FEWER_HOW,
    D_TRIES_LAST_HOW,
    D_PIN_BLOCKED,
    D_PIN_BLOCKED_HOW,
    D_CERT_UNTIL, /* %s date */
    D_CERT_SOON_HOW,
    D_CERT_OVER, /* %s date */
    D_CERT_OVER_HOW,
    D_CERT_NOT_YET, /* %s date */
    D_CERT_HIDDEN,
    /* the clock */
    D_CLOCK_SYNCED, /* %s time */
    D_CLOCK_ALONE,  /* %s time */
    D_CLOCK_ALONE_HOW,
    D_CLOCK_BEHIND, /* %s time, %s date of a file */
    D_CLOCK_AHEAD,  /* %s time */
    D_CLOCK_HOW,
    /* the port */
    D_PORT_AGENT, /* %s port */
    D_PORT_FREE,  /* %s port */
    D_PORT_FREE_HOW,
    D_PORT_PROGRAM, /* %s port, %s program, %s process */
    D_PORT_USER,    /* %s port, %s user */
    D_PORT_TAKEN,   /* %s port */
    D_PORT_HOW,
    /* issuers */
    D_ISSUER, /* %s label, %s origin */
    D_ISSUERS_NONE,
    D_ISSUERS_NONE_HOW,
    D_ISSUERS_BAD, /* %s problem */
    D_ISSUERS_BAD_HOW,
    /* the PIN window */
    D_WINDOW,      /* %s program, %s flavour */
    D_WINDOW_TEXT, /* %s program */
    D_WINDOW_TEXT_HOW,
    D_WINDOW_NO_DISPLAY, /* %s flavour */
    D_WINDOW_NO_DISPLAY_HOW,
    D_WINDOW_ABSENT, /* %s program */
    D_WINDOW_ABSENT_HOW,
    /* issuer add, list, remove */
    D_ADD_LABEL,      /* %s label */
    D_ADD_ISSUER,     /* %s origin */
    D_ADD_KEY,        /* %s thumbprint */
    D_ADD_COMPARE,    /* whom to compare it with */
    D_ADD_REPLACES,   /* %s file */
    D_ADD_ASK,        /* the question */
    D_REMOVE_ASK,     /* %s label, %s origin */
    D_NOBODY_ASKED,   /* no terminal, no --yes */
    D_LEFT_AS_IT_WAS, /* she said no */
    D_ADDED,          /* %s file */
    D_REMOVED,        /* %s file */
    D_NOT_AN_ISSUER,  /* %s word */
    D_CANNOT_WRITE,   /* %s file */
    D_FOLDER_PROBLEM, /* %s problem */
    D_LIST_NOBODY,    /* %s folder */
    D_NO_WELCOME_PAGE,
    DESK_WORD_COUNT,
};

/* UTF-8, static. */
const char *desk_word(enum lang lang, enum desk_word w);

/* Appends W with every %s replaced by the next of TEXTS. */
void desk_words_put(struct buf *out, enum lang lang, enum desk_word w, const struct view *texts, size_t n);

#endif
