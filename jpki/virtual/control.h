/* control: how a test moves the card: one line in, one answer out, over a Unix socket. */
#ifndef JPKI_VIRTUAL_CONTROL_H
#define JPKI_VIRTUAL_CONTROL_H

#include "base/buf.h"
#include "jpki/virtual/pace.h"

enum control_verb {
    CONTROL_INSERT,
    CONTROL_REMOVE,
    CONTROL_REMOVE_BEFORE, /* n: the n-th command from now finds the card gone; 0 takes the order back */
    CONTROL_ANSWER,        /* n, sw: the n-th command from now is answered so and not carried out; 0 takes it back */
    CONTROL_DELAY,         /* n: milliseconds every answer is held back */
    CONTROL_PACE,          /* none, contact, contactless: how long commands take */
    CONTROL_STATUS,        /* a JSON object */
    CONTROL_TRACE,         /* the trace since the start or the last forget */
    CONTROL_FORGET,
};

struct control_command {
    enum control_verb verb;
    unsigned n;
    uint16_t sw;
    enum pace pace;
};

/* "answer 3 6982" and so on. ERR_SYNTAX. */
enum err control_read(struct control_command *c, struct view line) MUST_CHECK;

/* Listens on a new socket (mode 0600); an old one of that name is replaced. */
enum err control_listen(int *fd, const char *path) MUST_CHECK;

/* The other end: sends LINE, appends the whole answer. ERR_UNAVAILABLE: nobody listens. */
enum err control_ask(const char *path, struct view line, struct buf *answer) MUST_CHECK;

#endif
