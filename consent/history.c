#include "consent/history.h"

#include "base/base64.h"
#include "consent/event.h"

/* Half of it is as good as all of it for telling residents apart (store/ident.h does the same with tickets). */
static struct ident half(const uint8_t pseudonym[32])
{
    struct ident id;
    memcpy(id.b, pseudonym, sizeof id.b);
    return id;
}

/* --- following the ledger --------------------------------------------------------------------------------------- */

struct leaf_of {
    int64_t position;
    struct ident resident;
    struct view client;
};

struct batch {
    struct arena *a;
    struct leaf_of *leaves;
    size_t n;
    int64_t next; /* behind the last leaf looked at */
    size_t looked_at;
};

static enum err read_leaf(struct batch *b, const struct row *row)
{
    struct view event = row_text(row, 1), pseudonym, client;
    if (!view_is(event))
        return ERR_OK; /* erased before it was taken in */
    if (!event_is_sound(event))
        return ERR_OK; /* somebody wrote over it: the audit says so, and nobody's it is */
    const struct event_parts parts = event_parts(event);
    if (base64url_read(b->a, parts.resident, &pseudonym) || pseudonym.n != 32)
        return ERR_OK; /* about nobody */
    enum err err = row_keep(&client, b->a, parts.client);
    if (err)
        return err;
    /* What the operator did to her registration is of no service: it is not shown, and goes when she leaves. */
    b->leaves[b->n++] = (struct leaf_of){row_int(row, 0), half(pseudonym.p), view_is(client) ? client : VIEW("")};
    return ERR_OK;
}

static enum err look_at(void *ctx, const struct row *row)
{
    struct batch *b = ctx;
    b->next = row_int(row, 0) + 1;
    b->looked_at++;
    return read_leaf(b, row);
}

static enum err take_in(struct db *db, const struct batch *b)
{
    static const char ADD[] =
        "INSERT INTO history (resident, position, client) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    static const char NEXT[] = "UPDATE history_head SET next = $1 WHERE one = 1";
    for (size_t i = 0; i < b->n; i++) {
        const struct leaf_of *leaf = &b->leaves[i];
        enum err err = db_run(db, ADD, VALUES(V_IDENT(leaf->resident), V_INT(leaf->position), V_TEXT(leaf->client)));
        if (err)
            return err;
    }
    return b->looked_at ? db_run(db, NEXT, VALUES(V_INT(b->next))) : ERR_OK;
}

enum err history_follow(struct db *db, struct arena *a, size_t max, bool *more)
{
    static const char HEAD[] = "SELECT next FROM history_head WHERE one = 1";
    static const char LEAVES[] =
        "SELECT position, event FROM ledger_event WHERE position >= $1 ORDER BY position LIMIT $2";
    struct batch b = {.a = a, .leaves = arena_array(a, max, sizeof *b.leaves)};
    struct row row;
    *more = false;
    if (!b.leaves)
        return ERR_MEMORY;
    enum err err = db_one(db, a, HEAD, NO_VALUES, &row);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_STORE : err;
    err = db_each(db, LEAVES, VALUES(V_INT(row_int(&row, 0)), V_INT((int64_t)max)), look_at, &b);
    *more = b.looked_at == max;
    return err ? err : take_in(db, &b);
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

struct reading {
    struct arena *a;
    struct history_entry *entries;
    size_t n, max;
    bool more;
};

static void read_fields(struct history_entry *e, const struct json *fields)
{
    struct view id;
    for (size_t i = 0; i < json_count(fields) && e->n_fields < FIELD_MAX; i++) {
        const struct field *f = json_text(json_at(fields, i), &id) ? field_find(id) : NULL;
        if (f)
            e->fields[e->n_fields++] = f;
    }
}

static uint32_t read_verified(const struct json *fields)
{
    uint32_t verified = 0;
    struct view id;
    for (size_t i = 0; i < json_count(fields); i++) {
        const struct field *f = json_text(json_at(fields, i), &id) ? field_find(id) : NULL;
        verified |= f ? field_bit(f) : 0;
    }
    return verified;
}

static enum err read_event(struct history_entry *e, struct arena *a, struct view event)
{
    struct view text, terms;
    struct json *j;
    enum err err = row_keep(&text, a, event);
    if (!err)
        err = json_read(&j, a, text, NULL);
    if (err)
        return err == ERR_SYNTAX ? ERR_STORE : err;
    e->at = json_member_int(j, "at", 0);
    e->client = json_member_text(j, "client");
    e->via = json_member_text(j, "via");
    if (base64url_read(a, json_member_text(j, "terms"), &terms) == ERR_OK && terms.n == sizeof e->terms)
        memcpy(e->terms, terms.p, terms.n);
    read_fields(e, json_member(j, "fields"));
    e->verified = read_verified(json_member(j, "verified"));
    e->details = json_member(j, "details");
    return ERR_OK;
}

static enum err read_row(void *ctx, const struct row *row)
{
    struct reading *r = ctx;
    if (!view_is(row_text(row, 2)))
        return ERR_OK;
    if (r->n == r->max) {
        r->more = true;
        return ERR_OK;
    }
    struct history_entry *e = &r->entries[r->n++];
    *e = (struct history_entry){.position = row_int(row, 0), .type = (enum ledger_type)row_int(row, 1)};
    return read_event(e, r->a, row_text(row, 2));
}

enum err history_find(struct history_entry **out, size_t *n, bool *more, const struct ledger *l, struct db *db,
                      struct arena *a, struct ident resident, struct view client, int64_t before, size_t max)
{
    static const char ALL[] = "SELECT h.position, e.class, e.event FROM history h JOIN ledger_event e "
                              "ON e.position = h.position WHERE h.resident = $1 AND h.position < $2 "
                              "AND h.client <> '' AND e.event IS NOT NULL ORDER BY h.position DESC LIMIT $3";
    static const char OF_CLIENT[] = "SELECT h.position, e.class, e.event FROM history h JOIN ledger_event e "
                                    "ON e.position = h.position WHERE h.resident = $1 AND h.position < $2 "
                                    "AND h.client = $4 AND e.event IS NOT NULL ORDER BY h.position DESC LIMIT $3";
    struct reading r = {.a = a, .entries = arena_array(a, max, sizeof *r.entries), .max = max};
    uint8_t pseudonym[32];
    if (!r.entries)
        return ERR_MEMORY;
    ledger_pseudonym(pseudonym, l, resident);
    const struct ident who = half(pseudonym);
    int64_t limit = (int64_t)max + 1, below = before ? before : INT64_MAX;
    enum err err =
        view_is(client)
            ? db_each(db, OF_CLIENT, VALUES(V_IDENT(who), V_INT(below), V_INT(limit), V_TEXT(client)), read_row, &r)
            : db_each(db, ALL, VALUES(V_IDENT(who), V_INT(below), V_INT(limit)), read_row, &r);
    *out = r.entries;
    *n = err ? 0 : r.n;
    *more = r.more;
    return err;
}

bool history_is_of(const struct ledger *l, struct arena *a, const struct ledger_leaf *leaf, struct ident resident)
{
    uint8_t pseudonym[32];
    struct json *j;
    ledger_pseudonym(pseudonym, l, resident);
    const char *own = base64url_text(a, VIEW_ARRAY(pseudonym));
    if (!own || !view_is(leaf->event) || json_read(&j, a, leaf->event, NULL) != ERR_OK)
        return false;
    return view_equal_text(json_member_text(j, "resident"), own);
}

/* --- leaving ---------------------------------------------------------------------------------------------------- */

enum { LEAF_MEMORY = 1 << 18 };

struct taking {
    struct arena *a;
    const struct ledger *l;
    struct ident resident;
    int64_t *positions;
    size_t n, room;
};

static enum err take_position(struct taking *t, int64_t position)
{
    if (t->n == t->room) {
        size_t room = t->room ? 2 * t->room : 64;
        int64_t *more = arena_array(t->a, room, sizeof *more);
        if (!more)
            return ERR_LIMIT;
        if (t->n)
            memcpy(more, t->positions, t->n * sizeof *more);
        t->positions = more;
        t->room = room;
    }
    t->positions[t->n++] = position;
    return ERR_OK;
}

static enum err take_indexed(void *ctx, const struct row *row)
{
    return take_position(ctx, row_int(row, 0));
}

static enum err take_if_hers(void *ctx, const struct row *row)
{
    struct taking *t = ctx;
    struct ledger_leaf leaf = {.event = row_text(row, 1)};
    struct arena own; /* the index may be far behind: one event at a time */
    arena_open(&own, LEAF_MEMORY);
    bool hers = history_is_of(t->l, &own, &leaf, t->resident);
    arena_close(&own);
    return hers ? take_position(t, row_int(row, 0)) : ERR_OK;
}

enum err history_take(int64_t **positions, size_t *n, const struct ledger *l, struct db *db, struct arena *a,
                      struct ident resident)
{
    static const char INDEXED[] = "SELECT position FROM history WHERE resident = $1 ORDER BY position";
    static const char NEWER[] = "SELECT position, event FROM ledger_event WHERE position >= "
                                "(SELECT next FROM history_head WHERE one = 1) ORDER BY position";
    static const char FORGET[] = "DELETE FROM history WHERE resident = $1";
    struct taking t = {.a = a, .l = l, .resident = resident};
    uint8_t pseudonym[32];
    ledger_pseudonym(pseudonym, l, resident);
    struct ident id = half(pseudonym);
    enum err err = db_each(db, INDEXED, VALUES(V_IDENT(id)), take_indexed, &t);
    if (!err)
        err = db_each(db, NEWER, NO_VALUES, take_if_hers, &t);
    if (!err)
        err = db_run(db, FORGET, VALUES(V_IDENT(id)));
    *positions = t.positions;
    *n = err ? 0 : t.n;
    return err;
}
