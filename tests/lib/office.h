/* office: a service that says which older certificates a new one follows, for tests: over HTTP, in the words of
 * docs/decisions/predecessors.md, written and read here without jpki/pki/predecessors. It may be in any mood. */
#ifndef TESTS_LIB_OFFICE_H
#define TESTS_LIB_OFFICE_H

#include "base/arena.h"
#include "http/server.h"

enum office_mood {
    OFFICE_RIGHT,
    OFFICE_SLOW,        /* a second and a half late, and right */
    OFFICE_BROKEN,      /* 500 */
    OFFICE_ELSEWHERE,   /* 302 to somewhere else */
    OFFICE_TOO_NEW,     /* "not yet" about everybody */
    OFFICE_GARBAGE,     /* no JSON */
    OFFICE_ENDLESS,     /* more than anybody reads */
    OFFICE_OLD_ANSWER,  /* right, but with another nonce */
    OFFICE_OTHER_CARD,  /* about another certificate */
    OFFICE_ITSELF,      /* the certificate follows itself */
    OFFICE_TWO_RESULTS, /* "none", and yet older ones */
};

#define OFFICE_ROWS 8

struct office {
    struct server *server;
    uint16_t port;
    _Atomic int asked;
    _Atomic enum office_mood mood;
    struct office_row {
        struct view now, older; /* DER certificates */
    } rows[OFFICE_ROWS];
    size_t n;
};

/* Listens on a port of the system's choice. */
void office_open(struct office *o);
/* And nobody answers any more. */
void office_close(struct office *o);

/* From now on it knows that NOW took the place of OLDER; both must live as long as the office. Absent OLDER: NOW is the
 * first. Rows of one NOW add up. */
void office_knows(struct office *o, struct view now, struct view older);

#endif
