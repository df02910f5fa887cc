#include "store/schema.h"

#include <stdio.h>

#include "base/embed.h"
#include "store/sqlite.h"

extern const struct embedded store_migrations[];
extern const size_t store_migrations_count;

int schema_newest(void)
{
    return (int)store_migrations_count;
}

enum err schema_version(struct db *db, int *out)
{
    int64_t n = 0;
    enum err e = db_number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'", &n);
    if (e == ERR_OK && n)
        e = db_number(db, "SELECT max(version) FROM schema_version", &n);
    *out = (int)n;
    return e;
}

/* An empty file is a new database; anything else must bear our mark. */
static enum err check_owner(struct db *db, enum store_fault *fault)
{
    int64_t id = 0, objects = 0;
    enum err e = db_number(db, "PRAGMA application_id", &id);
    if (e == ERR_OK)
        e = db_number(db, "SELECT count(*) FROM sqlite_schema", &objects);
    if (e != ERR_OK)
        return e;
    if (id == SQLITE_APPLICATION_ID || (id == 0 && objects == 0))
        return ERR_OK;
    *fault = STORE_FOREIGN;
    return ERR_CONFIG;
}

static enum err prepare_new(struct db *db)
{
    char mark[64];
    snprintf(mark, sizeof mark, "PRAGMA application_id=%d", SQLITE_APPLICATION_ID);
    enum err e = db_script(db, mark);
    if (e == ERR_OK)
        e = db_script(db, "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL, "
                          "at INTEGER NOT NULL) STRICT");
    return e;
}

static enum err record_version(struct db *db, int version, const char *name)
{
    static const char SQL[] =
        "INSERT INTO schema_version (version, name, at) VALUES ($1, $2, CAST(strftime('%s', 'now') AS INTEGER))";
    return db_run(db, SQL, VALUES(V_INT(version), V_TEXT(view_text(name))));
}

static enum err run_due(struct db *db, int from)
{
    enum err e = from ? ERR_OK : prepare_new(db);
    for (int i = from; e == ERR_OK && i < schema_newest(); i++) {
        e = db_script(db, (const char *)store_migrations[i].bytes.p);
        if (e == ERR_OK)
            e = record_version(db, i + 1, store_migrations[i].name);
    }
    return e;
}

struct steps {
    int64_t n;
    bool differ; /* from ours */
};

static enum err compare_step(void *ctx, const struct row *row)
{
    struct steps *s = ctx;
    int64_t version = row_int(row, 0);
    if (version != ++s->n || !view_equal_text(row_text(row, 1), store_migrations[version - 1].name))
        s->differ = true;
    return ERR_OK;
}

/* Were the first VERSION of our migrations run, each of them, in our order? One that was put between others later would
 * be taken for run, and the one behind it run twice. */
static enum err check_steps(struct db *db, int version, enum store_fault *fault)
{
    static const char SQL[] = "SELECT version, name FROM schema_version ORDER BY version";
    struct steps s = {.n = 0};
    enum err e = version ? db_each(db, SQL, NO_VALUES, compare_step, &s) : ERR_OK;
    if (e != ERR_OK || (!s.differ && s.n == version))
        return e;
    *fault = STORE_DIVERGED;
    return ERR_CONFIG;
}

static enum err judge(struct db *db, int *version, enum store_fault *fault)
{
    enum err e = check_owner(db, fault);
    if (e == ERR_OK)
        e = schema_version(db, version);
    if (e != ERR_OK)
        return e;
    if (*version <= schema_newest())
        return check_steps(db, *version, fault);
    *fault = STORE_NEWER;
    return ERR_CONFIG;
}

enum err schema_check(struct db *db, enum store_fault *fault)
{
    int version = 0;
    enum err e = judge(db, &version, fault);
    if (e != ERR_OK || version == schema_newest())
        return e;
    *fault = STORE_OLDER;
    return ERR_CONFIG;
}

enum err schema_migrate(struct db *db, enum store_fault *fault)
{
    int version = 0;
    enum err e = db_begin(db); /* two programs that start at once migrate one after the other */
    if (e == ERR_OK)
        e = judge(db, &version, fault);
    if (e == ERR_OK && version < schema_newest())
        e = run_due(db, version);
    if (e == ERR_OK)
        e = db_commit(db);
    if (e == ERR_OK)
        return ERR_OK;
    if (*fault == STORE_FINE)
        *fault = db_fault(db);
    db_rollback(db);
    return e;
}
