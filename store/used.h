/* used: which authorization codes were redeemed within the last minute, and of which sessions nobody can say that they
 * went on through it, in memory that all processes of one data folder share: a file beside the database (its path and
 * "-recent"). RFC 6749 4.1.2: "The client MUST NOT use the authorization code more than once", and a server MUST deny
 * the second request.
 *
 * What is here survives the end of every process, SIGKILL at any moment included: every change is one store into one
 * word of memory that is the system's. It need not survive the end of the machine, because then the store's epoch ends
 * (store/epoch.h) and the codes with it; so nothing is ever flushed. A backup of the data folder need not contain it.
 * But nobody may take the file away, or put another in its place, while any process has the data folder open: those who
 * have the old one and those who open the new one would not hear of each other. */
#ifndef STORE_USED_H
#define STORE_USED_H

#include "base/err.h"
#include "store/ident.h"

struct used;

#define USED_REMEMBERED_S 60 /* from the minting on, at least */

enum used_verdict {
    USED_NEW,    /* it is yours */
    USED_BEFORE, /* somebody took it */
    USED_FULL,   /* too many of its time (more than about 3000 a second): nothing was recorded, ask elsewhere */
    USED_LATE,   /* newer ones are where it would be: whether somebody took it is forgotten */
};

/* Maps the file at PATH (2 MiB), which is made (0600) if it is not there, whole or not at all; all of it is allocated
 * here, so that a disk that is full later disturbs nobody (as long as the file system writes in place). What is not
 * our file is refused and left as it is: ERR_CONFLICT (another size, a symbolic link, a folder, a device),
 * ERR_PERMISSION (ours to be, but others may write into it; or the system says no), ERR_NOT_FOUND (no such folder),
 * ERR_STORE (disk full, quota), ERR_MEMORY, ERR_IO. Any number of times in any number of processes. */
enum err used_open(struct used **out, const char *path) MUST_CHECK;
/* Was the file made by this very opening? Then whatever was remembered before is gone. */
bool used_is_new(const struct used *u);
/* Nobody may be in one of the functions below. NULL is allowed. What was taken stays taken. */
void used_close(struct used *u);

/* The id of a code: 4 bytes when it was minted (unix seconds, big-endian), 12 bytes of a digest; never IDENT_NONE. The
 * time counts in steps of 2 s, and an id is forgotten when its place is needed for one of 62 s later (or a multiple):
 * whoever asks refuses codes older than a minute first. Two ids of the same 2 s are held for one if 40 bits of their
 * digests are the same: 1 of 10^12 pairs.
 *
 * All three: any thread of any process at any time; none waits, none fails, none touches the disk. */

/* Takes ID, once: of all who ever take the same id one hears USED_NEW and no second one does, whatever a clock does
 * that is not set back by more than 36 hours. Whoever heard USED_LATE hears it again, and whoever
 * heard USED_FULL that or USED_LATE. */
enum used_verdict used_take(struct used *u, struct ident id) MUST_CHECK;
/* Has anybody taken it? Within its minute. */
bool used_is_taken(const struct used *u, struct ident id);
/* What was taken was not used after all: it can be taken once more. Only by the one who heard USED_NEW, at most once
 * for each time. Each release costs a place: after many of one time USED_FULL may be the answer. */
void used_release(struct used *u, struct ident id);

/* That a session, or what a code was redeemed for, ends: noted before that is committed, whether it will be or not, and
 * so in time for whoever asks afterwards. AT_MS: clock_steady_ms. Each thread of each process at any time, as above. */
void used_note_end(struct used *u, struct ident id, int64_t at_ms);
/* May ID have ended since SINCE_MS, when it was seen alive in the database? False is certain, as long as nobody takes
 * more than USED_END_MS from noting to committing. True is a reason to look there: one that shares its place with ID
 * may have ended instead, or before. */
bool used_may_have_ended(const struct used *u, struct ident id, int64_t since_ms);
#define USED_END_MS 60000
/* When the machine has started anew, and with it the clock, before anybody notes anything. */
void used_forget_ends(struct used *u);

#endif
