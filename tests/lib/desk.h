/* desk: what stands on a resident's desk, for tests through the real smart card service: a virtual reader with a card,
 * a running agent with a scripted PIN window, and her browser's half of the conversation. One in a process. */
#ifndef TESTS_LIB_DESK_H
#define TESTS_LIB_DESK_H

#include "tests/lib/agent_rig.h"
#include "tests/lib/rig.h"

struct desk {
    struct rig *rig;
    struct agent_rig agent;
};

/* Opens both; the test fails if they do not come up. FOLDER: of the card, below the test PKI ("residents/hanako");
 * SCRIPT: of the PIN windows; MORE: options of the rig beside card and program, or NULL. */
void desk_open(struct desk *d, const char *folder, const char *script, const struct rig_options *more);
void desk_close(struct desk *d);

/* Tells the card (control socket); the test fails if it refuses. */
void desk_tell(struct desk *d, const char *command);
/* A number out of the card's status ("auth" in "tries" and the like): what stands behind "NAME":. -1: not there. */
long desk_status(struct desk *d, const char *name);

/* Begins a request at the agent: the path of the waiting page. */
const char *desk_begin(struct desk *d, enum proof_purpose purpose);
/* Looks at the waiting page until it says TEXT; *PATH moves on. The page. The test fails after ten seconds. */
const char *desk_await(struct desk *d, const char **path, const char *text);
/* Follows to the end. */
struct proof_response desk_follow(struct desk *d, const char *path, int ms);
/* The whole of it. */
struct proof_response desk_run(struct desk *d, enum proof_purpose purpose);

/* The scripted window that waits ("later 1234") answers now. */
void desk_window_goes_on(struct desk *d);

#endif
