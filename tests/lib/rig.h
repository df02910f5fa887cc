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
    const char *driver;       /* of the reader: a file, or NULL for vpcd's own */
    bool empty;               /* start with the card out */
    bool no_reader;           /* start with a service that has none, until rig_plug; with RIG_DRIVER, and no card yet */
    bool may_alarm;           /* this test touches what nobody may touch (the individual number) on purpose */
};

/* Starts both and waits until the reader has seen the card. The card's counters are the rig's own (CARD_DIR is only
 * read). Sets PCSCLITE_CSOCK_NAME of this process. ERR_UNAVAILABLE: a program is missing or did not come up. */
enum err rig_open(struct rig **out, const struct rig_options *o) MUST_CHECK;
/* Ends everything. Whatever the test asked: it dies here if the individual number or anything else that nobody may
 * touch was touched, unless the card was opened with may_alarm. */
void rig_close(struct rig *r);

/* A card (and its own counters and control socket) for the second slot of the same service: two readers, two cards.
 * rig_ctl goes to the first card; this one's commands go through rig_ctl_second. */
enum err rig_add_second(struct rig *r, const struct rig_options *o) MUST_CHECK;
enum err rig_ctl_second(struct rig *r, const char *command, char *answer, size_t size) MUST_CHECK;

/* The value for PCSCLITE_CSOCK_NAME; the folder of this rig; the path of the state file. As long as the rig. */
const char *rig_socket(const struct rig *r);
const char *rig_folder(const struct rig *r);
const char *rig_control(const struct rig *r);

/* One command of the card's control socket ("insert", "remove", "remove-before 3", "answer 2 6982", "delay 500",
 * "pace contactless", "status", "trace", "forget"); the answer as a C string in ANSWER (may be NULL). ERR_SYNTAX: the
 * card refused it. */
enum err rig_ctl(struct rig *r, const char *command, char *answer, size_t size) MUST_CHECK;

/* The smart card service ends / is started anew, with its reader (the same socket; waits until it is ready). */
void rig_unplug(struct rig *r);
enum err rig_plug(struct rig *r) MUST_CHECK;

/* The device of the reader goes while its service lives: now; at the Nth command from now / comes back. The service
 * keeps its name in the list: only a real bus tells it that the reader is no more. With RIG_DRIVER. */
#define RIG_DRIVER BUILD_DIR "/tests/card/libkeypad_ifd.so"
enum err rig_pull_reader(struct rig *r) MUST_CHECK;
enum err rig_pull_reader_at(struct rig *r, int n) MUST_CHECK;
enum err rig_push_reader(struct rig *r) MUST_CHECK;

#endif
