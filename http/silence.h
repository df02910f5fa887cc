/* silence: those who say nothing, the longest first. Used by one thread; only silence_since may be asked by others. */
#ifndef HTTP_SILENCE_H
#define HTTP_SILENCE_H

#include <stdint.h>

#define SILENCE_NEVER INT64_MAX

struct silent {
    struct silent *before, *after;
    int64_t since; /* 0: on no list */
    void *of;      /* whose it is */
};

struct silence {
    struct silent *first, *last;
    _Atomic int64_t since; /* of the first; SILENCE_NEVER: there is none */
};

void silence_open(struct silence *s);
/* Adds ONE, silent since SINCE (not before those who are there); nothing if it is on a list. */
void silence_join(struct silence *s, struct silent *one, int64_t since);
/* Takes ONE off; nothing if it is on no list. */
void silence_leave(struct silence *s, struct silent *one);
/* Takes off and gives the one that is silent for the longest time, if since BEFORE or longer; else NULL. */
struct silent *silence_take(struct silence *s, int64_t before);
/* Since when the first has been silent. */
int64_t silence_since(const struct silence *s);

#endif
