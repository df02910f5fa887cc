/* conversation: one request carried out with reader, card and window: wait for the card, ask for the PIN, sign, read,
 * log out. It always ends with a response, a proof or one of the errors of protocol.md. */
#ifndef JPKI_AGENT_CONVERSATION_H
#define JPKI_AGENT_CONVERSATION_H

#include "base/arena.h"
#include "jpki/agent/window.h"
#include "jpki/agent/words.h"
#include "jpki/card/card.h"
#include "jpki/proof/request.h"
#include "jpki/proof/response.h"

/* What is awaited, for the page in the browser. */
enum stage {
    STAGE_START,
    STAGE_READER,      /* connect a reader */
    STAGE_CARD,        /* put the card on it */
    STAGE_READER_BUSY, /* another program has the card */
    STAGE_CHOICE,      /* say which of several cards */
    STAGE_PIN,         /* the window is open */
    STAGE_KEYPAD,      /* the keys of the reader are awaited */
    STAGE_WORK,        /* the card works */
    STAGE_COUNT,
};

#define CHOICES_MAX 8

/* Readers that hold a My Number Card each. */
struct choices {
    char names[CHOICES_MAX][READER_NAME_MAX];
    size_t n;
};

struct conversation {
    /* what is asked */
    const struct proof_request *request;
    const struct proof_issuer *issuer;
    struct view jws;   /* the compact request, as it came */
    bool unknown_page; /* no Referer came with it */

    /* with what */
    struct reader *reader;
    struct window *window;
    struct arena *arena;  /* for the response */
    int64_t end_ms;       /* clock_steady_ms: by then it is over */
    int64_t now;          /* unix seconds at the start, for the certificate's dates */
    int busy_patience_ms; /* how long another program may keep the card */

    /* who looks on */
    void (*tell)(void *ctx, enum stage stage);
    /* Shows CHOICES (at STAGE_CHOICE) and waits at most MS milliseconds for a word; -1: none yet. What was chosen among
     * other choices does not count. NULL: nobody can be asked, the first card is taken. */
    int (*choose)(void *ctx, const struct choices *choices, int ms);
    bool (*is_stopped)(void *ctx); /* the resident pressed "stop" on the page, or the agent ends */
    void *ctx;

    /* for the log, afterwards */
    struct card card;
    enum proof_part part; /* whose PIN or certificate is under way */
    bool window_failed;   /* the error is ours: no window could be opened */
};

/* Runs to the end: seconds to minutes. *OUT lives in c->arena. The card is logged out and without power afterwards. */
void conversation_run(struct conversation *c, struct proof_response *out);

#endif
