/* errand: the one transaction the agent may have at a time: a thread that runs the conversation, and what the browser's
 * waiting page may know of it. Safe between threads. */
#ifndef JPKI_AGENT_ERRAND_H
#define JPKI_AGENT_ERRAND_H

#include "jpki/agent/conversation.h"
#include "jpki/agent/kiosk.h"

#define ERRAND_ID_MAX 64

/* Where the conversation gets its reader and window from; a reader is opened for every errand and closed after it. */
struct errand_tools {
    enum err (*open_reader)(void *ctx, struct reader *out);
    void (*close_reader)(void *ctx, struct reader *reader);
    void *ctx;
    struct window window;
    int busy_patience_ms;
    /* After so long without anybody at the waiting page, an errand that waits for reader or card ends: its tab was
     * closed, and nobody must be told "busy" because of it. A window that is open stays. 0: never. */
    int abandoned_ms;
    /* A kiosk holds every proof with the name of the reader it was made in; NULL: no kiosk. */
    struct kiosk *kiosk;
    const char *(*reader_name)(void *ctx, struct reader *reader);
};

struct errand;

enum err errand_open(struct errand **out, const struct errand_tools *tools) MUST_CHECK;
/* No errand may begin any more, and what is running ends now: windows are closed, the card is logged out. */
void errand_shut(struct errand *e);
/* The same, waits for it, and frees all. */
void errand_close(struct errand *e);

/* A request that has passed every check. Copied. */
struct errand_order {
    const struct proof_request *request;
    const struct proof_issuer *issuer;
    struct view jws;
    bool unknown_page;
    int64_t now; /* unix seconds */
};

/* Starts it; ID (NUL-terminated) names it from now on. ERR_BUSY: another is running, or we are
 * ending. ERR_MEMORY, ERR_UNAVAILABLE. */
enum err errand_start(struct errand *e, const struct errand_order *order, char id[ERRAND_ID_MAX]) MUST_CHECK;
bool errand_is_busy(struct errand *e);

/* What a waiting page needs. Texts live in the arena handed in. */
struct errand_view {
    bool done;
    bool window_failed;
    enum stage stage;
    unsigned seen; /* number of this look: hand it to the next one */
    enum lang lang;
    bool large;
    struct view service, bind;
    const struct choices *choices; /* at STAGE_CHOICE; otherwise NULL */
    char *url;                     /* done: response_uri#response, given out once */
};

/* Waits at most MS milliseconds for something newer than SEEN. ERR_NOT_FOUND: there is no errand of this id, or its
 * answer was given out already. */
enum err errand_look(struct errand *e, struct view id, unsigned seen, int ms, struct arena *arena,
                     struct errand_view *out) MUST_CHECK;

/* At STAGE_CHOICE the resident chose the Nth (from 0) of the choices shown at look SEEN. Nothing happens if others are
 * shown by now. */
void errand_choose(struct errand *e, struct view id, unsigned seen, unsigned nth);

/* The resident pressed "stop" on the page. */
void errand_stop(struct errand *e, struct view id);

#endif
