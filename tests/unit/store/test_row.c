#include <criterion/criterion.h>

#include "store/sqlite.h"
#include "tests/lib/box.h"

static struct box box;
static struct db *db;

static void open_box(void)
{
    box_open(&box);
    db = box_db(&box);
    cr_assert_eq(db_script(db, "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT UNIQUE, body BLOB, "
                               "n INTEGER CHECK (n < 100)) STRICT"),
                 ERR_OK);
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(row, .init = open_box, .fini = close_box);

static const char INSERT[] = "INSERT INTO thing (id, name, body, n) VALUES ($1, $2, $3, $4)";
static const char SELECT[] = "SELECT id, name, body, n FROM thing WHERE id = $1";

static enum err insert(int64_t id, struct view name, struct view body, int64_t n)
{
    return db_run(db, INSERT, VALUES(V_INT(id), V_TEXT(name), V_BLOB(body), V_INT(n)));
}

Test(row, finding_nothing_is_not_found)
{
    struct row r;
    cr_assert_eq(db_one(db, &box.a, SELECT, VALUES(V_INT(7)), &r), ERR_NOT_FOUND);
}

Test(row, a_broken_constraint_is_a_conflict)
{
    cr_assert_eq(insert(1, VIEW("a"), VIEW_NONE, 1), ERR_OK);
    cr_assert_eq(insert(1, VIEW("b"), VIEW_NONE, 1), ERR_CONFLICT, "primary key");
    cr_assert_eq(insert(2, VIEW("a"), VIEW_NONE, 1), ERR_CONFLICT, "unique");
    cr_assert_eq(insert(3, VIEW("c"), VIEW_NONE, 100), ERR_CONFLICT, "check");
    cr_assert_eq(box_number(&box, "SELECT count(*) FROM thing"), 1);
}

Test(row, wrong_sql_is_a_store_error_and_our_mistake)
{
    static const char SQL[] = "SELECT nonsense FROM nowhere";
    struct row r;
    cr_assert_eq(db_one(db, &box.a, SQL, NO_VALUES, &r), ERR_STORE);
    cr_assert_eq(db_fault(db), STORE_SQL);
}

Test(row, a_full_arena_is_a_limit)
{
    static uint8_t big[5000];
    struct arena small;
    struct row r;
    cr_assert_eq(insert(1, VIEW("a"), VIEW_ARRAY(big), 1), ERR_OK);
    arena_open(&small, 1000);
    cr_assert_eq(db_one(db, &small, SELECT, VALUES(V_INT(1)), &r), ERR_LIMIT);
    arena_close(&small);
    cr_assert_eq(db_one(db, &box.a, SELECT, VALUES(V_INT(1)), &r), ERR_OK, "the statement is usable again");
}

Test(row, gives_back_what_was_written)
{
    struct row r;
    cr_assert_eq(insert(1, VIEW("大阪 花子"), VIEW("\0\1\2"), -5), ERR_OK);
    cr_assert_eq(db_changes(db), 1);
    cr_assert_eq(db_one(db, &box.a, SELECT, VALUES(V_INT(1)), &r), ERR_OK);
    cr_assert_eq(row_int(&r, 0), 1);
    cr_assert(view_equal(row_text(&r, 1), VIEW("大阪 花子")));
    cr_assert(view_equal(row_blob(&r, 2), VIEW("\0\1\2")));
    cr_assert_eq(row_int(&r, 3), -5);
}

/* What was read of one row stands beside itself and stays, whatever is read or written later. */
Test(row, stays_as_it_was_when_others_are_read)
{
    static const char MANY[] =
        "SELECT name, body, '', name || body, x'', NULL, body, id, name FROM thing WHERE id = $1";
    struct row first, second;
    cr_assert_eq(insert(1, VIEW("one"), VIEW("\1\1"), 0), ERR_OK);
    cr_assert_eq(insert(2, VIEW("other"), VIEW("\2\2\2\2"), 0), ERR_OK);
    cr_assert_eq(db_one(db, &box.a, MANY, VALUES(V_INT(1)), &first), ERR_OK);
    cr_assert_eq(db_one(db, &box.a, MANY, VALUES(V_INT(2)), &second), ERR_OK);
    cr_assert_eq(insert(3, VIEW("third"), VIEW("\3\3\3\3"), 0), ERR_OK);
    cr_expect(view_equal(row_text(&first, 0), VIEW("one")));
    cr_expect(view_equal(row_blob(&first, 1), VIEW("\1\1")));
    cr_expect(view_equal(row_text(&first, 2), VIEW("")) && view_is(row_blob(&first, 4)));
    cr_expect(view_equal(row_text(&first, 3), VIEW("one\1\1")));
    cr_expect(row_is_null(&first, 5) && row_int(&first, 7) == 1);
    cr_expect(view_equal(row_blob(&first, 6), VIEW("\1\1")));
    cr_expect(view_equal(row_text(&first, 8), VIEW("one")));
    cr_expect(view_equal(row_text(&second, 0), VIEW("other")));
    cr_expect(view_equal(row_text(&second, 3), VIEW("other\2\2\2\2")));
}

Test(row, tells_null_from_empty)
{
    struct row r;
    cr_assert_eq(insert(1, VIEW_NONE, VIEW_NONE, 0), ERR_OK);
    cr_assert_eq(insert(2, VIEW(""), VIEW(""), 0), ERR_OK);
    cr_assert_eq(db_one(db, &box.a, SELECT, VALUES(V_INT(1)), &r), ERR_OK);
    cr_assert(row_is_null(&r, 1) && !view_is(row_text(&r, 1)) && !view_is(row_blob(&r, 2)));
    cr_assert_eq(db_one(db, &box.a, SELECT, VALUES(V_INT(2)), &r), ERR_OK);
    cr_assert(!row_is_null(&r, 1) && view_is(row_text(&r, 1)) && view_is(row_blob(&r, 2)));
    cr_assert_eq(row_text(&r, 1).n + row_blob(&r, 2).n, 0);
}

Test(row, counts_parameters_by_their_number_not_by_their_place)
{
    static const char SQL[] = "SELECT $2, $1, $2";
    struct row r;
    cr_assert_eq(db_one(db, &box.a, SQL, VALUES(V_INT(1), V_INT(2)), &r), ERR_OK);
    cr_assert_eq(row_int(&r, 0), 2);
    cr_assert_eq(row_int(&r, 1), 1);
    cr_assert_eq(row_int(&r, 2), 2);
}

Test(row, returning_runs_to_its_end)
{
    static const char SQL[] = "UPDATE thing SET n = n + 1 RETURNING id";
    struct row r;
    for (int i = 1; i <= 5; i++)
        cr_assert_eq(insert(i, VIEW_NONE, VIEW_NONE, 1), ERR_OK);
    cr_assert_eq(db_one(db, &box.a, SQL, NO_VALUES, &r), ERR_OK);
    cr_assert_eq(box_number(&box, "SELECT sum(n) FROM thing"), 10);
}

static enum err add_up(void *ctx, const struct row *row)
{
    *(int64_t *)ctx += row_int(row, 0);
    return row_int(row, 0) == 4 ? ERR_LIMIT : ERR_OK;
}

Test(row, each_stops_at_the_callers_error)
{
    static const char SQL[] = "SELECT id FROM thing ORDER BY id";
    int64_t sum = 0;
    for (int i = 1; i <= 6; i++)
        cr_assert_eq(insert(i, VIEW_NONE, VIEW_NONE, 1), ERR_OK);
    cr_assert_eq(db_each(db, SQL, NO_VALUES, add_up, &sum), ERR_LIMIT);
    cr_assert_eq(sum, 1 + 2 + 3 + 4);
}

Test(row, none_idents_and_zero_times_are_null)
{
    static const char SQL[] = "SELECT $1 IS NULL, $2 IS NULL, $3 IS NULL";
    struct ident none = IDENT_NONE, some = ident_mint();
    struct row r;
    cr_assert_eq(db_one(db, &box.a, SQL, VALUES(V_IDENT(none), V_IDENT(some), V_TIME(0)), &r), ERR_OK);
    cr_assert(row_int(&r, 0) == 1 && row_int(&r, 1) == 0 && row_int(&r, 2) == 1);
}
