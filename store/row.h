/* row: statements and rows. SQL is written with $1, $2 ... (SQLite and PostgreSQL read it alike) and is always a static
 * string: a connection keeps its prepared statements by the address of that string.
 * A `struct db` belongs to one thread at a time. */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include "base/arena.h"
#include "base/err.h"
#include "store/ident.h"

struct db;

struct value {
    enum { VALUE_NULL, VALUE_INT, VALUE_TEXT, VALUE_BLOB } kind;
    int64_t i;
    struct view v;
};

/* An absent view is NULL, and so is IDENT_NONE. V_IDENT takes an lvalue: the bytes must live until the call returns. */
#define V_NULL     ((struct value){.kind = VALUE_NULL})
#define V_INT(I)   ((struct value){.kind = VALUE_INT, .i = (I)})
#define V_TEXT(V)  (value_text(V))
#define V_BLOB(V)  (value_blob(V))
#define V_IDENT(I) (value_ident(&(I)))
/* A time in unix seconds where 0 means "not yet" and is stored as NULL. */
#define V_TIME(T) (value_time(T))

struct value value_text(struct view v);
struct value value_blob(struct view v);
struct value value_ident(const struct ident *id);
struct value value_time(int64_t unix_s);

/* The two last arguments of the functions below in one: db_run(db, SQL, VALUES(V_INT(1), V_TEXT(name))). */
#define VALUES(...)                                                                                                    \
    ((const struct value[]){__VA_ARGS__}), (sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value))
#define NO_VALUES NULL, 0

/* Columns of one row, at most ROW_COLUMNS. */
#define ROW_COLUMNS 24
struct row {
    struct value column[ROW_COLUMNS];
    size_t n;
};

/* Getters: the column must exist (INSIST). NULL gives 0 / an absent view / IDENT_NONE. */
bool row_is_null(const struct row *r, size_t i);
int64_t row_int(const struct row *r, size_t i);
struct view row_text(const struct row *r, size_t i);
struct view row_blob(const struct row *r, size_t i);
struct ident row_ident(const struct row *r, size_t i);

/* Every function below: ERR_STORE (full, corrupt, read-only, and also a mistake in the SQL), ERR_BUSY (locked longer
 * than the time-out), ERR_MEMORY, ERR_CONFLICT (a UNIQUE, PRIMARY KEY, CHECK or FOREIGN KEY says no). db_fault
 * (store/store.h) says more. */

/* Runs a statement that gives no rows, or whose rows nobody wants. */
enum err db_run(struct db *db, const char *sql, const struct value *values, size_t n) MUST_CHECK;

/* Rows changed, inserted or deleted by the last db_run / db_one of this connection. */
int64_t db_changes(const struct db *db);

/* The first row; texts and blobs are copied into A (with a NUL behind, not counted). ERR_NOT_FOUND: there is none.
 * ERR_LIMIT: A is full. A statement with RETURNING is run to its end. */
enum err db_one(struct db *db, struct arena *a, const char *sql, const struct value *values, size_t n,
                struct row *row) MUST_CHECK;

/* Calls FN for every row; the row's texts and blobs live only during the call. FN's error ends the walk and is
 * returned. FN must not run statements of the same text on DB. */
typedef enum err row_fn(void *ctx, const struct row *row);
enum err db_each(struct db *db, const char *sql, const struct value *values, size_t n, row_fn *fn,
                 void *ctx) MUST_CHECK;

/* Copies a text or blob into A; ERR_LIMIT when A is full. An absent view stays absent. */
enum err row_keep(struct view *out, struct arena *a, struct view v) MUST_CHECK;

#endif
