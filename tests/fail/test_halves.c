/* What looks for things done by half (tests/lib/halves.h) finds each of them, beside the whole ones of a story. */
#include <criterion/criterion.h>

#include "store/store.h"
#include "tests/lib/halves.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;

static void tell_a_story(void)
{
    stage_open(&stage);
    cr_assert(resident_visits(&stage.hanako, &stage.a_city));
    cr_assert_eq(service_redeem(&stage.a_city, service_receive(&stage.a_city, &stage.hanako.browser, NULL)).status,
                 200);
    cr_assert(resident_visits(&stage.hanako, &stage.b_city));
    cr_assert_eq(service_redeem(&stage.b_city, service_receive(&stage.b_city, &stage.hanako.browser, NULL)).status,
                 200);
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(halves, .init = tell_a_story, .fini = close_stage);

struct half {
    const char *plant, *found_by; /* in the words of the statement that must count it */
};

static const struct half PLANTED[] = {
    {"DELETE FROM card", "resident WHERE id NOT IN"},
    {"UPDATE interaction SET session = NULL WHERE id IN (SELECT id FROM interaction WHERE login_at > 0 LIMIT 1)",
     "session IS NULL"},
    {"UPDATE interaction SET session = zeroblob(16) WHERE login_at > 0", "session NOT IN"},
    {"DELETE FROM profile WHERE field = 'address'", "n <> 4"},
    {"UPDATE family SET refresh = NULL WHERE refreshable = 1", "refreshable <>"},
    {"UPDATE family SET refresh_until = NULL WHERE refreshable = 1", "refresh_until IS NULL"},
    {"UPDATE family SET refresh_until = expires_at + 1 WHERE refreshable = 1", "refresh_until > expires_at"},
    {"UPDATE interaction SET grant_id = zeroblob(16) WHERE client = 'b-city'", "grant_id NOT IN"},
    /* B's consent is there, and only A's leaf */
    {"UPDATE ledger_event SET class = 1 WHERE position = (SELECT leaf FROM consent WHERE client = 'b-city')",
     "(SELECT count(*) FROM consent) -"},
    {"UPDATE consent SET leaf = 0 WHERE client = 'b-city'", "class IN (2, 6, 7)"},
    {"UPDATE consent SET leaf = (SELECT leaf FROM consent WHERE client = 'a-city')", "HAVING"},
    {"UPDATE consent SET leaf = NULL WHERE client = 'b-city'", "leaf IS NULL"},
    {"UPDATE ledger_head SET size = size - 1", "ledger_head"},
};

struct planting {
    const char *sql, *found;
    int64_t rows;
};

static enum err plant_and_look(struct db *db, void *ctx)
{
    struct planting *p = ctx;
    cr_assert_eq(db_run(db, p->sql, NO_VALUES), ERR_OK, "%s", p->sql);
    p->rows = db_changes(db);
    p->found = half_done(db);
    return ERR_CONFLICT; /* and it is gone again */
}

Test(halves, are_found_wherever_they_are)
{
    for (size_t i = 0; i < sizeof PLANTED / sizeof PLANTED[0]; i++) {
        struct planting p = {.sql = PLANTED[i].plant};
        cr_assert_eq(store_write(genkan->op->store, plant_and_look, &p), ERR_CONFLICT);
        cr_expect_gt(p.rows, 0, "nothing to break: %s", p.sql);
        cr_expect(p.found && strstr(p.found, PLANTED[i].found_by), "%s: %s", p.sql, p.found ? p.found : "not found");
    }
    struct db *db = store_borrow(genkan->op->store);
    const char *half = half_done(db);
    store_return(genkan->op->store, db);
    cr_assert_null(half, "a whole story is whole: %s", half);
}
