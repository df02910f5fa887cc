/* store: the database of one Genkan, a file of SQLite in WAL mode. Readers have a connection for each worker; all
 * writing goes through one connection that commits in groups. What synchronous=FULL does inside each COMMIT, the store
 * does right behind it: it brings the log to the disk before it answers, while the next group already goes into the
 * log. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "store/row.h"

struct store;
struct used;

struct store_config {
    const char *path; /* the database file; its folder must exist */
    unsigned readers; /* reading connections, one for each worker; at least 1 */
    int busy_ms;      /* how long to wait for another process's lock; 0 means 5000 */
    int cache_kib;    /* page cache of the writing connection; 0 means 2048. A reader has a quarter */
    bool must_exist;  /* do not make a new database: ERR_NOT_FOUND */
    bool read_only;   /* no writing connection, no migration; store_write says ERR_PERMISSION */
};

/* Why a store could not: for the log, for readyz and for what an operator is told. */
enum store_fault {
    STORE_FINE,
    STORE_FULL,      /* disk, quota or page limit */
    STORE_LOCKED,    /* by another process, longer than busy_ms (ERR_BUSY) */
    STORE_READ_ONLY, /* file or file system */
    STORE_CORRUPT,   /* not a database, or a damaged one */
    STORE_NEWER,     /* made by a newer Genkan than this (ERR_CONFIG) */
    STORE_FOREIGN,   /* a database of another program (ERR_CONFIG) */
    STORE_OLDER,     /* read_only, and a migration is due (ERR_CONFIG) */
    STORE_DIVERGED,  /* its migrations are not the first of ours (ERR_CONFIG) */
    STORE_MISSING,   /* no file, or its folder cannot be opened (ERR_NOT_FOUND) */
    STORE_IO,        /* the disk reports an error */
    STORE_SQL,       /* a statement is wrong or broke a constraint: our mistake */
};
/* Words like "full"; static. */
const char *store_fault_name(enum store_fault f);
/* The same for a person: what is wrong with the file, and what to do. Static. */
const char *store_fault_words(enum store_fault f);

/* Opens, makes (mode 0600) if need be, checks whose it is, and migrates in one transaction. *FAULT (may be NULL) says
 * why not. One process may have many stores; several processes may have the same file open. */
enum err store_open(struct store **out, const struct store_config *config, enum store_fault *fault) MUST_CHECK;

/* All borrowed connections must be back and no store_write under way. NULL is allowed. */
void store_close(struct store *s);

/* A reading connection for this thread, until store_return. Every statement sees what was committed when it
 * began; writing through it is refused (ERR_STORE). Waits when all are lent. */
struct db *store_borrow(struct store *s);
void store_return(struct store *s, struct db *db);

/* For one look, of some statements: the connection that writes, if nobody writes now, and else LENT, which is a
 * borrowed one. The pages of the one that writes are always as they are in the file; every other connection forgets all
 * its pages when anybody commits, and asks the system for them again. Nothing may be written through it. Whoever has it
 * keeps all others from writing: store_look_done comes before anything else that may wait. */
struct db *store_look(struct store *s, struct db *lent);
void store_look_done(struct store *s, struct db *db);

/* One view over several statements of a borrowed connection; keep it short, and end what began. */
enum err db_begin_read(struct db *db) MUST_CHECK;
void db_end_read(struct db *db);

/* A job writes through DB and overwrites its own outputs in CTX, nothing else: it may be run twice (its group failed
 * and it runs again by itself). It must not call store_write. What it returns other than ERR_OK is rolled back. */
typedef enum err store_job(struct db *db, void *ctx);

/* Runs JOB and returns when what it wrote is durable, or nothing of it is there: the job's own error, ERR_BUSY,
 * ERR_STORE, ERR_MEMORY, ERR_PERMISSION. Any thread; many at once share one commit. Only after a flush that failed
 * (ERR_STORE, STORE_IO) nobody knows: nothing more is promised, and nothing written, until the store is opened anew. */
enum err store_write(struct store *s, store_job *job, void *ctx) MUST_CHECK;

/* The same, but returns when what JOB wrote is in the log and not yet surely on the disk: it survives the end of this
 * process however that ends, and whatever is written after it is never durable without it. Until store_settle has said
 * that it is durable, nothing may be told to anybody but what ends with the store's epoch. */
enum err store_write_soon(struct store *s, store_job *job, void *ctx) MUST_CHECK;

/* Another one after every end of the machine, and after a disk that failed to take what was written: whatever
 * store_write_soon has written since an epoch began is there as long as store_open finds that epoch. IDENT_NONE: opened
 * read-only. */
struct ident store_epoch(const struct store *s);

/* Which codes were redeemed, and what ended, shared by all who have this database open (store/used.h); lives as long as
 * S. NULL when opened read-only, or when its file could not be (logged then, once): nobody may redeem codes without it,
 * or end a session. */
struct used *store_used(struct store *s);

/* Inside a job that ends the session, or what the code was redeemed for, with this id: whoever does not look into the
 * database hears of it (used_may_have_ended). ERR_STORE: they cannot. */
enum err db_note_end(struct db *db, struct ident id) MUST_CHECK;

/* Makes durable what store_write_soon wrote so far. */
enum err store_settle(struct store *s) MUST_CHECK;

/* Hooks of the ledger, one of each, set before the first write. AFTER_BEGIN runs when a group has begun (a look-up by
 * db_changed_elsewhere tells whether another process wrote in between); BEFORE_COMMIT once a group after its last job;
 * AFTER_ROLLBACK when what a group did is undone. All run under the writer's lock; an error fails the group. */
struct store_hooks {
    enum err (*after_begin)(struct db *db, void *ctx);
    enum err (*before_commit)(struct db *db, void *ctx);
    void (*after_rollback)(void *ctx);
    void *ctx;
};
void store_set_hooks(struct store *s, const struct store_hooks *hooks);

/* In after_begin: has another connection committed since this store's last group? True for the first group. */
bool db_changed_elsewhere(const struct db *db);

/* What the last failed statement of this connection died of. */
enum store_fault db_fault(const struct db *db);
/* What the last failed write of this store died of; STORE_FINE after a good one. Any thread. */
enum store_fault store_last_fault(struct store *s);

/* Can it be read and written right now? For readyz: takes the write lock and lets go of it, changes nothing. */
enum err store_check(struct store *s, enum store_fault *fault) MUST_CHECK;

/* Reads every page and index: ERR_STORE when damaged. For `check-config` and tests; slow. */
enum err store_check_integrity(struct store *s) MUST_CHECK;

/* Moves the log (WAL) into the database file; for a quiet moment and before close. */
enum err store_checkpoint(struct store *s) MUST_CHECK;

/* Durable groups and jobs so far, for metrics and the bench. */
struct store_figures {
    uint64_t groups, jobs, reruns;
};
struct store_figures store_figures(struct store *s);

/* Limits the file to N pages (of 4096 bytes): how tests make a full disk. 0: no limit. */
enum err store_limit_pages(struct store *s, int64_t n) MUST_CHECK;

#endif
