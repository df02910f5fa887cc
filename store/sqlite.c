#include "store/sqlite.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "store/frames.h"

/* Far more slots than the program has statements: a miss costs a prepare, a full table would be our mistake. */
enum { SLOTS = 512, SLOTS_MAX = 384, PARAMETERS = 24, NOT_LOOKED = -1 };

struct statement {
    const char *sql; /* its address is the key; NULL: free */
    sqlite3_stmt *stmt;
    bool read_only;
    uint8_t n;
    uint8_t number[PARAMETERS]; /* SQLite counts $1, $2 in order of appearance: which number is which parameter */
};

struct db {
    sqlite3 *sqlite;
    enum store_fault fault;
    int64_t seen_version;
    bool changed_elsewhere;
    size_t used;
    int cache_kib;       /* not yet told to SQLite; 0: it was */
    struct used *shared; /* may be NULL */
    struct statement *slots[SLOTS];
};

/* --- what went wrong -------------------------------------------------------------------------------------------- */

static enum store_fault fault_of(int code, int system)
{
    if (system == ENOSPC || system == EDQUOT || system == EFBIG)
        return STORE_FULL;
    switch (code & 0xff) {
    case SQLITE_FULL:
        return STORE_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return STORE_LOCKED;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return STORE_READ_ONLY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return STORE_CORRUPT;
    case SQLITE_CANTOPEN:
        return STORE_MISSING;
    case SQLITE_IOERR:
        return STORE_IO;
    default:
        return STORE_SQL;
    }
}

static enum err err_of(int code, enum store_fault fault)
{
    if (code == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM)
        return ERR_MEMORY;
    if ((code & 0xff) == SQLITE_CONSTRAINT)
        return ERR_CONFLICT;
    if ((code & 0xff) == SQLITE_TOOBIG)
        return ERR_LIMIT;
    if (fault == STORE_LOCKED)
        return ERR_BUSY;
    return fault == STORE_MISSING ? ERR_NOT_FOUND : ERR_STORE;
}

static enum err failed(struct db *db)
{
    int code = sqlite3_extended_errcode(db->sqlite);
    int io = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_FULL || (code & 0xff) == SQLITE_CANTOPEN;
    db->fault = fault_of(code, io ? sqlite3_system_errno(db->sqlite) : 0);
    return err_of(code, db->fault);
}

enum store_fault db_fault(const struct db *db)
{
    return db->fault;
}

/* --- opening ---------------------------------------------------------------------------------------------------- */

static void configure_library(void)
{
    /* Counting every allocation under one lock would cost each worker more than the allocation. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_initialize();
}

enum err db_script(struct db *db, const char *sql)
{
    return sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK ? ERR_OK : failed(db);
}

enum err db_number(struct db *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db->sqlite, sql, -1, &stmt, NULL) != SQLITE_OK)
        return failed(db);
    int step = sqlite3_step(stmt);
    enum err e = step == SQLITE_ROW ? ERR_OK : step == SQLITE_DONE ? ERR_NOT_FOUND : failed(db);
    if (e == ERR_OK)
        *out = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return e;
}

/* synchronous=NORMAL: SQLite brings the log to the disk before a checkpoint and after its restart, so that the file is
 * always whole; after a commit store.c does it. The log goes into the file every 2000 pages (8 MiB): often enough to
 * stay small, seldom enough that hardly a request meets it. */
static const char WRITER_SETTINGS[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=FAST;"
    "PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=2000; PRAGMA journal_size_limit=16777216;";
static const char READER_SETTINGS[] = "PRAGMA query_only=ON; PRAGMA temp_store=MEMORY;";

static enum err set_up(struct db *db, const struct db_config *config)
{
    sqlite3_extended_result_codes(db->sqlite, 1);
    sqlite3_busy_timeout(db->sqlite, config->busy_ms);
    /* A database somebody else wrote cannot make us run functions, nor can a slip of ours damage the file format. */
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    db->cache_kib = config->cache_kib;
    return db_script(db, config->mode == DB_WRITER ? WRITER_SETTINGS : READER_SETTINGS);
}

/* Not before there is something to do: SQLite reads the whole schema for it, and a server has more connections than it
 * needs at once. A cache of another size is no reason to fail. */
static void size_cache(struct db *db)
{
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA cache_size=-%d", db->cache_kib);
    db->cache_kib = 0;
    sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);
}

enum err db_open(struct db **out, const struct db_config *config, enum store_fault *fault)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_library);
    struct db *db = calloc(1, sizeof *db);
    if (!db)
        return ERR_MEMORY;
    int flags = (config->mode == DB_READ_ONLY ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
    enum err e = ERR_MEMORY;
    int code = sqlite3_open_v2(config->path, &db->sqlite, flags, config->mode == DB_WRITER ? frames_vfs() : NULL);
    if (db->sqlite)
        e = code == SQLITE_OK ? set_up(db, config) : failed(db);
    *fault = db->fault;
    if (e != ERR_OK) {
        db_close(db);
        return e;
    }
    db->seen_version = NOT_LOOKED;
    *out = db;
    return ERR_OK;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        if (db->slots[i]) {
            sqlite3_finalize(db->slots[i]->stmt);
            free(db->slots[i]);
        }
    sqlite3_close(db->sqlite);
    free(db);
}

/* --- statements ------------------------------------------------------------------------------------------------- */

static enum err number_parameters(struct statement *s)
{
    int n = sqlite3_bind_parameter_count(s->stmt);
    INSIST(n <= PARAMETERS);
    s->n = (uint8_t)n;
    for (int i = 1; i <= n; i++) {
        const char *name = sqlite3_bind_parameter_name(s->stmt, i);
        INSIST(name && name[0] == '$');
        long number = strtol(name + 1, NULL, 10);
        INSIST(number >= 1 && number <= n);
        s->number[i - 1] = (uint8_t)number;
    }
    return ERR_OK;
}

/* The program's own constants; anything else could be another text at the same address the next time. */
static bool is_static(const char *sql)
{
    extern const char __executable_start[], _end[]; /* of the linker */
    return (uintptr_t)sql >= (uintptr_t)__executable_start && (uintptr_t)sql < (uintptr_t)_end;
}

static enum err prepare(struct db *db, const char *sql, struct statement **slot)
{
    INSIST(db->used < SLOTS_MAX && is_static(sql));
    if (db->cache_kib)
        size_cache(db);
    struct statement *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_MEMORY;
    if (sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->stmt, NULL) != SQLITE_OK) {
        free(s);
        return failed(db);
    }
    s->sql = sql;
    s->read_only = sqlite3_stmt_readonly(s->stmt) != 0;
    *slot = s;
    db->used++;
    return number_parameters(s);
}

static enum err statement_for(struct db *db, const char *sql, struct statement **out)
{
    size_t i = (size_t)(((uint64_t)(uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15)) >> 55); /* the top 9 bits: 512 */
    while (db->slots[i] && db->slots[i]->sql != sql)
        i = (i + 1) % SLOTS;
    enum err e = db->slots[i] ? ERR_OK : prepare(db, sql, &db->slots[i]);
    *out = db->slots[i];
    return e;
}

static int bind_one(sqlite3_stmt *stmt, int at, const struct value *v)
{
    switch (v->kind) {
    case VALUE_INT:
        return sqlite3_bind_int64(stmt, at, v->i);
    case VALUE_TEXT:
        return sqlite3_bind_text64(stmt, at, (const char *)v->v.p, v->v.n, SQLITE_STATIC, SQLITE_UTF8);
    case VALUE_BLOB:
        return sqlite3_bind_blob64(stmt, at, v->v.p, v->v.n, SQLITE_STATIC);
    default:
        return sqlite3_bind_null(stmt, at);
    }
}

static enum err bind_all(struct db *db, struct statement *s, const struct value *values, size_t n)
{
    INSIST(n == s->n);
    for (int i = 0; i < s->n; i++)
        if (bind_one(s->stmt, i + 1, &values[s->number[i] - 1]) != SQLITE_OK)
            return failed(db);
    return ERR_OK;
}

static enum err ready(struct db *db, const char *sql, const struct value *values, size_t n, struct statement **out)
{
    enum err e = statement_for(db, sql, out);
    return e == ERR_OK ? bind_all(db, *out, values, n) : e;
}

/* Values lie in SQLite's memory until the next step. Asked of the value, not of the column: a column looks each time
 * whether there was memory, and whether somebody else is at the connection. */
static void value_of(struct value *v, sqlite3_value *column)
{
    switch (sqlite3_value_type(column)) {
    case SQLITE_INTEGER:
        *v = V_INT(sqlite3_value_int64(column));
        break;
    case SQLITE_TEXT:
        v->kind = VALUE_TEXT;
        v->v.p = sqlite3_value_text(column);
        v->v.n = (size_t)sqlite3_value_bytes(column);
        break;
    case SQLITE_BLOB:
        v->kind = VALUE_BLOB;
        v->v.p = sqlite3_value_blob(column);
        v->v.n = (size_t)sqlite3_value_bytes(column);
        if (!v->v.p) /* SQLite gives NULL for an empty blob */
            v->v.p = (const uint8_t *)"";
        break;
    default:
        *v = V_NULL;
    }
}

static void row_of(struct row *row, sqlite3_stmt *stmt)
{
    int n = sqlite3_data_count(stmt);
    INSIST(n <= ROW_COLUMNS);
    row->n = (size_t)n;
    for (int i = 0; i < n; i++)
        value_of(&row->column[i], sqlite3_column_value(stmt, i));
}

static bool is_bytes(const struct value *v)
{
    return (v->kind == VALUE_TEXT || v->kind == VALUE_BLOB) && v->v.p;
}

/* All of them in one piece: a row has a dozen that are shorter than what an allocation is rounded up to. */
static enum err keep_row(struct row *row, struct arena *a)
{
    size_t n = 0;
    for (size_t i = 0; i < row->n; i++)
        n += is_bytes(&row->column[i]) ? row->column[i].v.n : 0;
    uint8_t *p = arena_alloc(a, n + 1); /* an empty one stands somewhere, too */
    if (!p)
        return ERR_LIMIT;
    for (size_t i = 0; i < row->n; i++) {
        struct value *v = &row->column[i];
        if (!is_bytes(v))
            continue;
        if (v->v.n)
            memcpy(p, v->v.p, v->v.n);
        v->v.p = p;
        p += v->v.n;
    }
    return ERR_OK;
}

static enum err run_to_end(struct db *db, sqlite3_stmt *stmt)
{
    int step;
    do
        step = sqlite3_step(stmt);
    while (step == SQLITE_ROW);
    return step == SQLITE_DONE ? ERR_OK : failed(db);
}

enum err db_run(struct db *db, const char *sql, const struct value *values, size_t n)
{
    struct statement *s;
    enum err e = ready(db, sql, values, n, &s);
    if (e != ERR_OK)
        return e;
    e = run_to_end(db, s->stmt);
    sqlite3_reset(s->stmt);
    return e;
}

enum err db_one(struct db *db, struct arena *a, const char *sql, const struct value *values, size_t n, struct row *row)
{
    struct statement *s;
    enum err e = ready(db, sql, values, n, &s);
    if (e != ERR_OK)
        return e;
    int step = sqlite3_step(s->stmt);
    if (step == SQLITE_ROW) {
        row_of(row, s->stmt);
        e = keep_row(row, a);
        if (e == ERR_OK && !s->read_only)
            e = run_to_end(db, s->stmt);
    } else {
        e = step == SQLITE_DONE ? ERR_NOT_FOUND : failed(db);
    }
    sqlite3_reset(s->stmt);
    return e;
}

enum err db_each(struct db *db, const char *sql, const struct value *values, size_t n, row_fn *fn, void *ctx)
{
    struct statement *s;
    enum err e = ready(db, sql, values, n, &s);
    if (e != ERR_OK)
        return e;
    int step = SQLITE_DONE;
    while (e == ERR_OK && (step = sqlite3_step(s->stmt)) == SQLITE_ROW) {
        struct row row;
        row_of(&row, s->stmt);
        e = fn(ctx, &row);
    }
    if (e == ERR_OK && step != SQLITE_DONE)
        e = failed(db);
    sqlite3_reset(s->stmt);
    return e;
}

int64_t db_changes(const struct db *db)
{
    return sqlite3_changes64(db->sqlite);
}

/* --- transactions ----------------------------------------------------------------------------------------------- */

enum err db_begin(struct db *db)
{
    static const char SQL[] = "BEGIN IMMEDIATE";
    return db_run(db, SQL, NO_VALUES);
}

/* Changes when anybody has committed, this connection too. Asked of the pager: `PRAGMA data_version`, which leaves own
 * commits out, is a statement of its own for each group. */
static bool data_version(struct db *db, int64_t *out)
{
    unsigned version = 0;
    int code = sqlite3_file_control(db->sqlite, "main", SQLITE_FCNTL_DATA_VERSION, &version);
    *out = version;
    return code == SQLITE_OK;
}

enum err db_commit(struct db *db)
{
    static const char SQL[] = "COMMIT";
    enum err e = db_run(db, SQL, NO_VALUES);
    if (e == ERR_OK && db->seen_version >= 0 && !data_version(db, &db->seen_version))
        db->seen_version = NOT_LOOKED; /* as if others had written too */
    return e;
}

void db_rollback(struct db *db)
{
    static const char SQL[] = "ROLLBACK";
    if (db_is_idle(db)) /* SQLite rolled back by itself */
        return;
    enum store_fault why = db->fault; /* what led here is worth more than what comes of it */
    if (db_run(db, SQL, NO_VALUES) != ERR_OK)
        INSIST(db_is_idle(db)); /* ROLLBACK ends the transaction even where it reports an error */
    db->fault = why;
}

enum err db_begin_read(struct db *db)
{
    static const char SQL[] = "BEGIN";
    return db_run(db, SQL, NO_VALUES);
}

/* Nothing was written. ROLLBACK would go through all cursors of the connection to tell them so. */
void db_end_read(struct db *db)
{
    static const char SQL[] = "COMMIT";
    if (!db_is_idle(db) && db_run(db, SQL, NO_VALUES) != ERR_OK)
        db_rollback(db);
}

void db_share(struct db *db, struct used *used)
{
    db->shared = used;
}

enum err db_note_end(struct db *db, struct ident id)
{
    if (!db->shared)
        return ERR_STORE; /* another process may trust what nobody could note */
    used_note_end(db->shared, id, clock_steady_ms());
    return ERR_OK;
}

int64_t db_changes_total(const struct db *db)
{
    return sqlite3_total_changes64(db->sqlite);
}

bool db_is_idle(const struct db *db)
{
    return sqlite3_get_autocommit(db->sqlite) != 0;
}

enum err db_look_elsewhere(struct db *db)
{
    int64_t version;
    if (!data_version(db, &version))
        return failed(db);
    db->changed_elsewhere = version != db->seen_version;
    db->seen_version = version;
    return ERR_OK;
}

bool db_changed_elsewhere(const struct db *db)
{
    return db->changed_elsewhere;
}
