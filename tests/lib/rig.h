/* rig: a virtual reader (a private pcscd, see genkan-card reader) with a virtual My Number Card in it, for tests.
 * Several rigs live side by side; nothing outside their own folder is touched, and everything they started ends with
 * rig_close or with the test process. */
#ifndef TESTS_LIB_RIG_H
#define TESTS_LIB_RIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct rig;

struct rig_options {
    const char *card_dir;     /* the card (a persona's folder); NULL: a reader without a card program */
    const char *program;      /* path of genkan-card, like BUILD_DIR "/genkan-card" */
    const char *const *extra; /* further options of genkan-card, NULL-terminated; may be NULL */
    bool empty;               /* start with the card out */
};

/* Starts both and waits until the reader has seen the card. The card's counters are the rig's own (CARD_DIR is only
 * read). Sets PCSCLITE_CSOCK_NAME of this process. ERR_UNAVAILABLE: a program is missing or did not come up. */
enum err rig_open(struct rig **out, const struct rig_options *o) MUST_CHECK;
void rig_close(struct rig *r);

/* The value for PCSCLITE_CSOCK_NAME; the folder of this rig; the path of the state file. As long as the rig. */
const char *rig_socket(const struct rig *r);
const char *rig_folder(const struct rig *r);
const char *rig_control(const struct rig *r);

/* One command of the card's control socket ("insert", "remove", "remove-before 3", "answer 2 6982", "delay 500",
 * "status", "trace", "forget"); the answer as a C string in ANSWER (may be NULL). ERR_SYNTAX: the card refused it. */
enum err rig_ctl(struct rig *r, const char *command, char *answer, size_t size) MUST_CHECK;

/* The reader is unplugged (its pcscd ends) / plugged in again (with the same socket; waits until it is ready). */
void rig_unplug(struct rig *r);
enum err rig_plug(struct rig *r) MUST_CHECK;

#endif
