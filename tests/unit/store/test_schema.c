/* A database of before: brought to today's form, whichever version it has, with what is in it. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/embed.h"
#include "store/schema.h"
#include "store/sqlite.h"
#include "tests/lib/box.h"

extern const struct embedded store_migrations[];

static struct box box;
static struct arena scratch; /* of one version */

static void open_box(void)
{
    box_open_empty(&box);
    arena_open(&scratch, 1 << 20);
}

static void close_box(void)
{
    arena_close(&scratch);
    box_close(&box);
}

TestSuite(schema, .init = open_box, .fini = close_box);

/* --- a database of VERSION --------------------------------------------------------------------------------------- */

static struct db *open_database(const char *path)
{
    struct db *db;
    enum store_fault fault;
    struct db_config config = {.path = path, .mode = DB_WRITER, .busy_ms = 1000, .cache_kib = 256};
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    cr_assert(fd >= 0 && close(fd) == 0);
    cr_assert_eq(db_open(&db, &config, &fault), ERR_OK);
    return db;
}

static void record(struct db *db, int version, const char *name)
{
    static const char SQL[] = "INSERT INTO schema_version (version, name, at) VALUES ($1, $2, 0)";
    cr_assert_eq(db_run(db, SQL, VALUES(V_INT(version), V_TEXT(view_text(name)))), ERR_OK);
}

static void make_version(struct db *db, int version)
{
    char mark[64];
    snprintf(mark, sizeof mark, "PRAGMA application_id=%d", SQLITE_APPLICATION_ID);
    cr_assert_eq(db_script(db, mark), ERR_OK);
    cr_assert_eq(db_script(db, "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL, "
                               "at INTEGER NOT NULL) STRICT"),
                 ERR_OK);
    for (int i = 0; i < version; i++) {
        cr_assert_eq(db_script(db, (const char *)store_migrations[i].bytes.p), ERR_OK, "%s", store_migrations[i].name);
        record(db, i + 1, store_migrations[i].name);
    }
}

/* --- something in every table ------------------------------------------------------------------------------------ */

struct name {
    char text[64];
};

struct tables {
    struct name *names;
    size_t n;
};

static enum err add_table(void *ctx, const struct row *row)
{
    struct tables *t = ctx;
    snprintf(t->names[t->n++].text, sizeof t->names->text, "%.*s", (int)row_text(row, 0).n, row_text(row, 0).p);
    return ERR_OK;
}

static struct tables tables_of(struct db *db)
{
    static const char SQL[] = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
                              "AND name <> 'schema_version'";
    struct tables t = {.names = arena_array(&scratch, 100, sizeof *t.names)};
    cr_assert_eq(db_each(db, SQL, NO_VALUES, add_table, &t), ERR_OK);
    return t;
}

struct columns {
    struct buf names, values;
};

static enum err add_column(void *ctx, const struct row *row)
{
    struct columns *c = ctx;
    struct view type = row_text(row, 1);
    buf_printf(&c->names, "%s\"%.*s\"", c->names.n ? ", " : "", (int)row_text(row, 0).n, row_text(row, 0).p);
    buf_printf(&c->values, "%s%s", c->values.n ? ", " : "",
               view_equal_text(type, "INTEGER") ? "1"
               : view_equal_text(type, "BLOB")  ? "zeroblob(16)"
                                                : "'x'");
    return ERR_OK;
}

/* One row of 1, 'x' and sixteen zeros; false where a CHECK does not like that. */
static bool put_row(struct db *db, const char *table)
{
    static const char SQL[] = "SELECT name, type FROM pragma_table_info($1)";
    struct columns c;
    const char *sql;
    struct buf text;
    buf_open(&c.names, &scratch, 8192);
    buf_open(&c.values, &scratch, 8192);
    cr_assert_eq(db_each(db, SQL, VALUES(V_TEXT(view_text(table))), add_column, &c), ERR_OK);
    buf_open(&text, &scratch, 16384);
    buf_printf(&text, "INSERT OR REPLACE INTO \"%s\" (%.*s) VALUES (%.*s)", table, (int)c.names.n,
               (const char *)c.names.p, (int)c.values.n, (const char *)c.values.p);
    cr_assert_eq(buf_done_text(&text, &sql), ERR_OK);
    return db_script(db, sql) == ERR_OK;
}

static int64_t rows_of(struct db *db, const char *table)
{
    int64_t n = -1;
    const char *sql = arena_printf(&scratch, "SELECT count(*) FROM \"%s\"", table);
    return db_number(db, sql, &n) == ERR_OK ? n : -1; /* -1: a later version has no such table */
}

/* --- the tests --------------------------------------------------------------------------------------------------- */

/* What SQLite knows of tables, indexes and triggers. */
static const char *form_of(struct arena *a, struct db *db)
{
    static const char SQL[] = "SELECT group_concat(type || ' ' || name || ' ' || coalesce(sql, ''), char(10)) "
                              "FROM (SELECT * FROM sqlite_schema ORDER BY type, name)";
    struct row r;
    cr_assert_eq(db_one(db, a, SQL, NO_VALUES, &r), ERR_OK);
    return arena_text(a, row_text(&r, 0));
}

static const char *form_of_today(void)
{
    enum store_fault fault;
    struct db *db = open_database(arena_printf(&box.a, "%s/today.db", box.folder));
    cr_assert_eq(schema_migrate(db, &fault), ERR_OK);
    const char *form = form_of(&box.a, db);
    db_close(db);
    return form;
}

static void upgrade_from(int version, const char *today)
{
    enum store_fault fault = STORE_FINE;
    int now, filled = 0;
    struct db *db = open_database(arena_printf(&scratch, "%s/version-%d.db", box.folder, version));
    make_version(db, version);
    cr_assert_eq(db_script(db, "PRAGMA foreign_keys=OFF"), ERR_OK);
    struct tables t = tables_of(db);
    int64_t *before = arena_array(&scratch, t.n, sizeof *before);
    for (size_t i = 0; i < t.n; i++)
        filled += put_row(db, t.names[i].text);
    for (size_t i = 0; i < t.n; i++)
        before[i] = rows_of(db, t.names[i].text);
    cr_assert_gt(filled, 10, "version %d: something is in only %d of %zu tables", version, filled, t.n);

    cr_assert_eq(schema_migrate(db, &fault), ERR_OK, "version %d: %s", version, store_fault_name(fault));
    cr_assert(schema_version(db, &now) == ERR_OK && now == schema_newest());
    cr_expect_str_eq(form_of(&scratch, db), today, "version %d", version);
    for (size_t i = 0; i < t.n; i++) {
        int64_t after = rows_of(db, t.names[i].text);
        cr_expect(after == -1 || after == before[i], "version %d: %s had %lld rows and has %lld", version,
                  t.names[i].text, (long long)before[i], (long long)after);
    }
    db_close(db);
    arena_reset(&scratch);
}

Test(schema, every_version_becomes_todays_with_what_is_in_it)
{
    const char *today = form_of_today();
    for (int version = 1; version < schema_newest(); version++)
        upgrade_from(version, today);
}

Test(schema, nothing_is_done_twice)
{
    enum store_fault fault;
    struct db *db = open_database(box.path);
    cr_assert_eq(schema_migrate(db, &fault), ERR_OK);
    cr_assert_eq(schema_migrate(db, &fault), ERR_OK);
    cr_assert_eq(schema_check(db, &fault), ERR_OK);
    db_close(db);
}

/* As a build would have made it that did not know the second migration yet, and whose third was its second. */
Test(schema, one_that_took_another_way_is_refused_and_left_as_it_is)
{
    static const char SQL[] = "SELECT group_concat(name) FROM (SELECT name FROM schema_version ORDER BY version)";
    enum store_fault fault = STORE_FINE;
    struct row r;
    struct db *db = open_database(box.path);
    make_version(db, 1);
    record(db, 2, store_migrations[2].name);
    const char *form = form_of(&box.a, db);
    cr_assert_eq(schema_migrate(db, &fault), ERR_CONFIG);
    cr_assert_eq(fault, STORE_DIVERGED);
    cr_expect_str_eq(form_of(&box.a, db), form);
    cr_assert_eq(db_one(db, &box.a, SQL, NO_VALUES, &r), ERR_OK);
    cr_expect(view_equal_text(row_text(&r, 0),
                              arena_printf(&box.a, "%s,%s", store_migrations[0].name, store_migrations[2].name)));
    fault = STORE_FINE;
    cr_assert_eq(schema_check(db, &fault), ERR_CONFIG);
    cr_assert_eq(fault, STORE_DIVERGED);
    db_close(db);
}

Test(schema, one_with_a_gap_is_refused)
{
    enum store_fault fault = STORE_FINE;
    struct db *db = open_database(box.path);
    make_version(db, 3);
    cr_assert_eq(db_script(db, "DELETE FROM schema_version WHERE version = 2"), ERR_OK);
    cr_assert_eq(schema_migrate(db, &fault), ERR_CONFIG);
    cr_assert_eq(fault, STORE_DIVERGED);
    db_close(db);
}
