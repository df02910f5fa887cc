#include "tests/lib/box.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/sqlite.h"

static void open_store(struct box *b)
{
    struct store_config config = {.path = b->path, .readers = 2, .busy_ms = 200};
    enum store_fault fault;
    enum err e = store_open(&b->store, &config, &fault);
    cr_assert_eq(e, ERR_OK, "store_open: %s, %s", err_name(e), store_fault_name(fault));
}

void box_open_empty(struct box *b)
{
    *b = (struct box){.folder = "/tmp/genkan-test-XXXXXX"};
    cr_assert_not_null(mkdtemp(b->folder));
    snprintf(b->path, sizeof b->path, "%s/genkan.db", b->folder);
    arena_open(&b->a, 1 << 20);
}

void box_open(struct box *b)
{
    box_open_empty(b);
    open_store(b);
}

void box_reopen(struct box *b)
{
    store_close(b->store);
    b->store = NULL;
    open_store(b);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void box_close(struct box *b)
{
    db_close(b->db);
    store_close(b->store);
    arena_close(&b->a);
    nftw(b->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int64_t box_number(struct box *b, const char *sql)
{
    int64_t n = -1;
    struct db *db = store_borrow(b->store);
    enum err e = db_number(db, sql, &n); /* prepared for this once: tests write SQL as they go */
    store_return(b->store, db);
    cr_assert(!e || e == ERR_NOT_FOUND, "%s: %s", sql, err_name(e));
    return n;
}

static enum err run_sql(struct db *db, void *ctx)
{
    return db_script(db, ctx);
}

enum err box_write(struct box *b, const char *sql)
{
    return store_write(b->store, run_sql, (void *)(uintptr_t)sql);
}

struct db *box_db(struct box *b)
{
    struct db_config config = {.path = b->path, .mode = DB_WRITER, .busy_ms = 1000, .cache_kib = 512};
    enum store_fault fault;
    if (!b->db) {
        cr_assert_eq(db_open(&b->db, &config, &fault), ERR_OK);
        db_share(b->db, store_used(b->store));
    }
    return b->db;
}
