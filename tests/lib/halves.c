#include "tests/lib/halves.h"

#include <criterion/criterion.h>

/* Each of these counts something that must not be. Classes of leaves: given 2, withdrawn 6, expired 7; a consent names
 * the newest of its own. */
static const char *const HALVES[] = {
    "SELECT count(*) FROM resident WHERE id NOT IN (SELECT resident FROM card)",
    "SELECT count(*) FROM interaction WHERE login_at IS NOT NULL AND session IS NULL",
    "SELECT count(*) FROM interaction WHERE login_at IS NOT NULL AND session NOT IN (SELECT id FROM session)",
    "SELECT count(*) FROM (SELECT count(*) AS n FROM profile WHERE field <> '' GROUP BY resident) WHERE n <> 4",
    "SELECT count(*) FROM family WHERE refreshable <> (refresh IS NOT NULL)",
    "SELECT count(*) FROM family WHERE (refresh IS NULL) <> (refresh_until IS NULL) OR refresh_until > expires_at",
    "SELECT count(*) FROM interaction WHERE grant_id IS NOT NULL AND grant_id NOT IN (SELECT id FROM consent)",
    "SELECT max(0, (SELECT count(*) FROM consent) - (SELECT count(*) FROM ledger_event WHERE class = 2))",
    "SELECT count(*) FROM consent WHERE leaf NOT IN (SELECT position FROM ledger_event WHERE class IN (2, 6, 7))",
    ("SELECT count(*) FROM consent "
     "WHERE leaf IS NULL OR leaf IN (SELECT leaf FROM consent GROUP BY leaf HAVING count(*) > 1)"),
    "SELECT abs((SELECT count(*) FROM ledger_event) - (SELECT size FROM ledger_head))",
};

static enum err take_number(void *ctx, const struct row *row)
{
    *(int64_t *)ctx = row_int(row, 0);
    return ERR_OK;
}

const char *half_done(struct db *db)
{
    for (size_t i = 0; i < sizeof HALVES / sizeof HALVES[0]; i++) {
        int64_t n = -1;
        cr_assert_eq(db_each(db, HALVES[i], NO_VALUES, take_number, &n), ERR_OK, "%s", HALVES[i]);
        if (n != 0)
            return HALVES[i];
    }
    return NULL;
}
