/* seat: a resident at a PC with her card on a reader, and the agent with one of the real PIN windows. */
#ifndef TESTS_ACCESS_SEAT_H
#define TESTS_ACCESS_SEAT_H

#include "tests/lib/agent_rig.h"
#include "tests/lib/rig.h"

struct seat {
    struct rig *rig;
    struct agent_rig agent;
    const char *waiting; /* path of the page her browser waits on */
};

/* PINENTRY: a program's path. TERMINAL: of the window, or NULL: on the display. The test fails if it cannot be. */
void seat_open(struct seat *s, const char *pinentry, const char *terminal);
void seat_close(struct seat *s);

/* She begins to log in, in a language ("ja" or "en"). */
void seat_begins(struct seat *s, struct view language);

/* She has done with the window: the proof has come, or the error, within ten seconds. */
enum proof_error seat_ends(struct seat *s);

/* The words that somebody has to know before she types a PIN, in the order of the window, NULL-terminated: for which
 * service, who checks, the word to compare, tries left, what is asked for. */
const char *const *seat_words(struct view language);

#endif
