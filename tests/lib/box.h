/* box: a temporary folder with a store in it, for tests. */
#ifndef TESTS_LIB_BOX_H
#define TESTS_LIB_BOX_H

#include "store/store.h"

struct box {
    char folder[64];
    char path[96]; /* the database file */
    struct store *store;
    struct db *db;  /* box_db's */
    struct arena a; /* for whatever the test reads */
};

/* A new folder under /tmp and a new store; readers: 2. The test fails if that cannot be. */
void box_open(struct box *b);
/* A folder only. */
void box_open_empty(struct box *b);
/* The store closed and opened again. */
void box_reopen(struct box *b);
/* Everything gone. */
void box_close(struct box *b);

/* The first column of the first row of SQL, a number; runs on a borrowed connection. -1: no row. */
int64_t box_number(struct box *b, const char *sql);
/* Runs SQL in a write job of its own. */
enum err box_write(struct box *b, const char *sql);

/* A writing connection of its own on the same file, without groups: every statement is its own transaction. For tests
 * of what runs inside jobs, in straight lines. Lives until box_close. */
struct db *box_db(struct box *b);

#endif
