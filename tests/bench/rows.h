/* rows: bare SQLite (WAL, synchronous=FULL), rows of the size of a disclosure in the ledger. The process stops when it
 * fails. */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <sqlite3.h>

struct rows {
    sqlite3 *db;
    sqlite3_stmt *begin, *insert, *commit;
};

void rows_open(struct rows *r, const char *path);
void rows_close(struct rows *r);

void rows_begin(struct rows *r);
void rows_insert(struct rows *r);
void rows_commit(struct rows *r);

#endif
