/* schema: brings a database to the form this program needs. Each file of store/migrations is one version; all that are
 * due run in one transaction. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/store.h"

/* The newest version this program knows. */
int schema_newest(void);

/* The version of the database; 0 for an empty one. */
enum err schema_version(struct db *db, int *out) MUST_CHECK;

/* Is it ours and exactly at our version? For opening without writing. ERR_CONFIG with STORE_FOREIGN, _NEWER, _OLDER or
 * _DIVERGED. */
enum err schema_check(struct db *db, enum store_fault *fault) MUST_CHECK;

/* Runs what is due. ERR_CONFIG: STORE_FOREIGN, STORE_NEWER if the database is ahead of the program, STORE_DIVERGED if
 * what was run is not what we would have run. */
enum err schema_migrate(struct db *db, enum store_fault *fault) MUST_CHECK;

#endif
