#include "rows.h"

#include <stdio.h>
#include <stdlib.h>

static void sql(sqlite3 *db, const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK)
        return;
    fprintf(stderr, "bench: %s: %s\n", text, sqlite3_errmsg(db));
    exit(1);
}

static sqlite3_stmt *prepared(sqlite3 *db, const char *text)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(db, text, -1, &s, NULL) != SQLITE_OK)
        exit(1);
    return s;
}

void rows_open(struct rows *r, const char *path)
{
    if (sqlite3_open(path, &r->db) != SQLITE_OK)
        exit(1);
    sql(r->db, "PRAGMA journal_mode=WAL");
    sql(r->db, "PRAGMA synchronous=FULL");
    sql(r->db, "CREATE TABLE event (position INTEGER PRIMARY KEY, class INTEGER, salt BLOB, event TEXT, digest BLOB)");
    r->begin = prepared(r->db, "BEGIN IMMEDIATE");
    r->insert = prepared(r->db, "INSERT INTO event (class, salt, event, digest) VALUES (5, ?, ?, ?)");
    r->commit = prepared(r->db, "COMMIT");
}

void rows_close(struct rows *r)
{
    sqlite3_finalize(r->begin);
    sqlite3_finalize(r->insert);
    sqlite3_finalize(r->commit);
    sqlite3_close(r->db);
}

static void step(sqlite3_stmt *s)
{
    if (sqlite3_step(s) != SQLITE_DONE)
        exit(1);
    sqlite3_reset(s);
}

void rows_begin(struct rows *r)
{
    step(r->begin);
}

void rows_insert(struct rows *r)
{
    static const char event[400] = "{";
    sqlite3_bind_blob(r->insert, 1, event, 32, SQLITE_STATIC);
    sqlite3_bind_text(r->insert, 2, event, sizeof(event), SQLITE_STATIC);
    sqlite3_bind_blob(r->insert, 3, event, 32, SQLITE_STATIC);
    step(r->insert);
}

void rows_commit(struct rows *r)
{
    step(r->commit);
}
