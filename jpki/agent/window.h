/* window: the agent's own window, outside the browser, through the pinentry program of the platform (Assuan protocol).
 * Behind a struct of functions, so that the conversation can be tried without any program. */
#ifndef JPKI_AGENT_WINDOW_H
#define JPKI_AGENT_WINDOW_H

#include "base/err.h"
#include "base/view.h"

#define PIN_ROOM 64

/* Bytes of one text with its NUL, once escaped: a line of the Assuan protocol holds no more. A longer one is no window.
 */
#define WINDOW_TEXT_MAX 986

/* What was typed: locked memory, wiped after use. */
struct pin {
    uint8_t b[PIN_ROOM];
    size_t n;
};

enum window_answer {
    WINDOW_OK,
    WINDOW_OTHER,     /* the third button */
    WINDOW_CANCELLED, /* the resident said no, or closed it */
    WINDOW_STOPPED,   /* the watch said that it is over; the window was closed */
    WINDOW_FAILED,    /* no window could be opened */
};

/* All UTF-8, as long as the call. */
struct window_text {
    const char *title, *description, *prompt, *ok, *cancel;
    const char *other; /* a third button, for `confirm` only; NULL: none */
    const char *error; /* what was wrong with the last input; NULL */
    bool large;
};

/* Asked several times a second while a window is open: may it stay? */
struct window_watch {
    bool (*may_stay)(void *ctx);
    void *ctx;
};

struct window {
    void *ctx;
    enum window_answer (*ask_pin)(void *ctx, const struct window_text *text, const struct window_watch *watch,
                                  struct pin *out);
    enum window_answer (*confirm)(void *ctx, const struct window_text *text, const struct window_watch *watch);
};

/* The real one. All may be NULL but PROGRAM. */
struct pinentry {
    const char *program; /* path */
    const char *display, *ttyname, *ttytype;
    bool large; /* always large letters, whatever a request says */
};

/* P must outlive the window. One conversation at a time. */
struct window pinentry_window(struct pinentry *p);

/* What the program says that it is ("qt:curses": by graphics, or else in the terminal), as a C string. ERR_UNAVAILABLE:
 * it does not run; ERR_LIMIT. No window is opened. */
enum err pinentry_flavour(const struct pinentry *p, char *out, size_t size) MUST_CHECK;

/* How a text travels in an Assuan line: percent, CR and LF are encoded. ERR_LIMIT when it does not fit into SIZE bytes
 * with its NUL. */
enum err assuan_escape(char *out, size_t size, const char *text) MUST_CHECK;

#endif
