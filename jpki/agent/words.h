/* words: every text of the agent, in Japanese and English. */
#ifndef JPKI_AGENT_WORDS_H
#define JPKI_AGENT_WORDS_H

#include "base/buf.h"

enum lang { LANG_JA, LANG_EN, LANG_COUNT };

enum word {
    /* the PIN window */
    W_WINDOW_TITLE,
    W_LOGIN_TO,     /* %s service, %s organisation */
    W_REAUTH_AT,    /* the same */
    W_READ_FOR,     /* %s issuer's label */
    W_REGISTER_FOR, /* the same */
    W_ISSUER,       /* %s host */
    W_BIND,         /* %s word */
    W_SENDS_PROOF,  /* what will be sent */
    W_SENDS_TEXT,
    W_SENDS_SIGN,
    W_UNKNOWN_PAGE,
    W_TRIES,       /* %s number */
    W_PIN_AUTH_IS, /* which PIN */
    W_PIN_TEXT_IS,
    W_PIN_SIGN_IS,
    W_PROMPT_AUTH,
    W_PROMPT_TEXT,
    W_PROMPT_SIGN,
    W_ACCEPT,
    W_CANCEL,
    W_WRONG, /* %s number */
    W_NOT_FOUR_DIGITS,
    W_NOT_A_PASSWORD,
    W_KEYPAD_HOW,
    W_KEYPAD_LETTERS,
    W_KEYPAD_GO,
    W_KEYPAD_NOT,
    W_KEYPAD_TIMEOUT,
    W_LAST_TRY,
    W_LAST_TRY_SIGN,
    W_LAST_TRY_GO,
    W_LAST_TRY_STOP,
    /* pages */
    W_PAGE_TITLE,
    W_WAIT_START,
    W_WAIT_READER,
    W_WAIT_CARD,
    W_WAIT_READER_BUSY,
    W_WAIT_CHOICE,
    W_WAIT_PIN,
    W_WAIT_WORK,
    W_WAIT_PIN_HOW,
    W_WAIT_CARD_HOW,
    W_WAIT_READER_HOW,
    W_WAIT_BUSY_HOW,
    W_WAIT_CHOICE_HOW,
    W_WAIT_KEYPAD,
    W_WAIT_KEYPAD_HOW,
    W_CHOICE, /* %s number, %s name of the reader */
    W_GOES_ON_BY_ITSELF,
    W_CONTINUE,
    W_STOP_LINK,
    W_NEVER_ON_A_PAGE,
    W_INVALID_TITLE,
    W_INVALID,
    W_EXPIRED_TITLE,
    W_EXPIRED, /* %s time of this PC */
    W_CLOCK_TITLE,
    W_CLOCK, /* %s time of this PC */
    W_UPDATE_TITLE,
    W_UPDATE,
    W_ORIGIN_TITLE,
    W_ORIGIN,
    W_REPLAY_TITLE,
    W_REPLAY,
    W_BUSY_TITLE,
    W_BUSY,
    W_OVER_TITLE,
    W_OVER,
    W_WINDOW_FAILED_TITLE,
    W_WINDOW_FAILED,
    W_BACK,
    /* a kiosk */
    W_KIOSK_IDLE_TITLE,
    W_KIOSK_IDLE,
    W_KIOSK_HELD_TITLE,
    W_KIOSK_HELD,
    W_KIOSK_CLOSED_TITLE,
    W_KIOSK_CLOSED,
    WORD_COUNT,
};

/* UTF-8, static. Those with %s have a place for the text named above: see words_put. */
const char *word(enum lang lang, enum word w);

/* Appends W with every %s replaced by the next of TEXTS. */
void words_put(struct buf *out, enum lang lang, enum word w, const struct view *texts, size_t n);
/* The same with a PATTERN of another table. */
void words_fill(struct buf *out, const char *pattern, const struct view *texts, size_t n);

/* "ja" or "en"; anything else is Japanese. */
enum lang words_lang(struct view name);
/* The language of an Accept-Language header, for pages of requests we could not believe: English only if it comes
 * first (RFC 9110 12.5.4, as far as two languages need it). */
enum lang words_lang_accepted(struct view header);
const char *words_lang_name(enum lang lang);

#endif
