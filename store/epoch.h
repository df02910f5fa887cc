/* epoch: a name for the time during which nothing that was written can have been lost. What store_write_soon wrote is
 * in the system's memory and survives the end of every process, but not the end of the machine, nor a disk that failed
 * to take it: then the next store_open begins another epoch. For the files of this room only; others ask store_epoch.
 */
#ifndef STORE_EPOCH_H
#define STORE_EPOCH_H

#include "store/sqlite.h"

/* The epoch of the database at PATH, a new one if need be. *IS_NEW: it was written just now, and the log must be
 * brought to the disk before epoch_is_written is called. USED (may be NULL) forgets the ends of an earlier boot. */
enum err epoch_open(struct ident *out, bool *is_new, struct db *writer, const char *path, struct used *used) MUST_CHECK;

/* The new epoch is on the disk: what told of the loss may go. */
void epoch_is_written(const char *path);

/* The disk failed to take the log: leaves a file beside PATH that ends the epoch. Every process of this boot sees it,
 * whether it reaches the disk or not; the next boot begins another epoch anyway. */
void epoch_end(const char *path);

#endif
