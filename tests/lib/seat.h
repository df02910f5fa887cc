/* seat: where a resident sits, for tests through the real smart card service: a virtual reader with a card,
 * a running agent with a scripted PIN window, and her browser's half of the conversation. One in a process. */
#ifndef TESTS_LIB_SEAT_H
#define TESTS_LIB_SEAT_H

#include "tests/lib/agent_rig.h"
#include "tests/lib/rig.h"

struct seat {
    struct rig *rig;
    struct agent_rig agent;
};

/* Opens both; the test fails if they do not come up. FOLDER: of the card, below the test PKI ("residents/hanako");
 * SCRIPT: of the PIN windows; MORE: options of the rig beside card and program, or NULL. */
void seat_open(struct seat *d, const char *folder, const char *script, const struct rig_options *more);
void seat_close(struct seat *d);

/* Tells the card (control socket); the test fails if it refuses. */
void seat_tell(struct seat *d, const char *command);
/* A number out of the card's status ("auth" in "tries" and the like): what stands behind "NAME":. -1: not there. */
long seat_status(struct seat *d, const char *name);

/* Begins a request at the agent: the path of the waiting page. */
const char *seat_begin(struct seat *d, enum proof_purpose purpose);
/* Looks at the waiting page until it says TEXT; *PATH moves on. The page. The test fails after ten seconds. */
const char *seat_await(struct seat *d, const char **path, const char *text);
/* Follows to the end. */
struct proof_response seat_follow(struct seat *d, const char *path, int ms);
/* The whole of it. */
struct proof_response seat_run(struct seat *d, enum proof_purpose purpose);

/* The scripted window that waits ("later 1234") answers now. */
void seat_window_goes_on(struct seat *d);

#endif
