/* sqlite: the door to SQLite, for the files of this room only. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "store/store.h"
#include "store/used.h"

/* "GNKN": written into the file's header, so that no other program's database is taken for ours. */
#define SQLITE_APPLICATION_ID 0x474e4b4e

enum db_mode { DB_WRITER, DB_READER, DB_READ_ONLY };

struct db_config {
    const char *path;
    enum db_mode mode;
    int busy_ms, cache_kib;
};

/* The file must exist. Nothing is read but the header. */
enum err db_open(struct db **out, const struct db_config *config, enum store_fault *fault) MUST_CHECK;
void db_close(struct db *db);

/* BEGIN IMMEDIATE / COMMIT. After a failed commit call db_rollback, which cannot fail in a way that matters. */
enum err db_begin(struct db *db) MUST_CHECK;
enum err db_commit(struct db *db) MUST_CHECK;
void db_rollback(struct db *db);

/* What db_note_end notes in; as long as DB is open. */
void db_share(struct db *db, struct used *used);

/* Rows changed since the connection was opened: to see whether a job wrote anything. */
int64_t db_changes_total(const struct db *db);

/* Has SQLite given up the transaction by itself (disk full, I/O error)? */
bool db_is_idle(const struct db *db);

/* Notes whether others committed since the last call, for db_changed_elsewhere. */
enum err db_look_elsewhere(struct db *db) MUST_CHECK;

/* Several statements, no values: for migrations and settings. */
enum err db_script(struct db *db, const char *sql) MUST_CHECK;

/* One number, like "PRAGMA application_id". */
enum err db_number(struct db *db, const char *sql, int64_t *out) MUST_CHECK;

#endif
