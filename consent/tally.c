#include "consent/tally.h"

#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "consent/event.h"

enum { SLOTS = 1 << 16 };
_Static_assert(SLOTS > 2 * TALLY_GROUPS, "the table is never full");

static const struct {
    const char *key, *member;
} members[] = {{"service", "client"}, {"org", "org"},         {"sector", "sector"},     {"ground", "ground"},
               {"via", "via"},        {"subject", "subject"}, {"resident", "resident"}, {"session", "session"},
               {"event", NULL},       {"field", NULL},        {"month", NULL},          {"day", NULL}};
enum { MEMBERS = sizeof members / sizeof *members };

/* --- reading ---------------------------------------------------------------------------------------------------- */

static const char *key_of(struct view word)
{
    for (size_t i = 0; i < MEMBERS; i++)
        if (view_equal_text(word, members[i].key))
            return members[i].key;
    return NULL;
}

static bool is_in(const struct tally_by *by, const char *key)
{
    for (size_t i = 0; i < by->n; i++)
        if (by->keys[i] == key)
            return true;
    return false;
}

enum err tally_read(struct tally_by *by, struct view words, const char **rule)
{
    struct view rest = words, word;
    *by = (struct tally_by){.n = 0};
    *rule = "must be at most 4 different ones of service, org, sector, field, event, ground, via, subject, resident, "
            "session, month and day, with commas between them";
    while (view_next(&rest, ',', &word)) {
        const char *key = key_of(word);
        if (!key || by->n == TALLY_KEYS || is_in(by, key))
            return ERR_SYNTAX;
        by->keys[by->n++] = key;
    }
    return by->n ? ERR_OK : ERR_SYNTAX;
}

/* --- counting --------------------------------------------------------------------------------------------------- */

struct counting {
    struct arena *a;
    const struct tally_by *by;
    struct tally tally;
    size_t room;     /* groups there is memory for */
    uint16_t *slots; /* index of the group + 1; 0: free */
    char day[16];    /* of the event being counted */
};

static struct view value_of(struct counting *c, const char *key, const struct query_event *e)
{
    if (strcmp(key, "event") == 0)
        return view_text(ledger_type_name(e->type)); /* also of an erased one */
    if (strcmp(key, "month") == 0)
        return view_bytes(c->day, 7);
    if (strcmp(key, "day") == 0)
        return view_text(c->day);
    for (size_t i = 0; i < MEMBERS; i++)
        if (members[i].key == key && members[i].member) {
            struct view v = event_text(e->text, members[i].member);
            return view_is(v) ? v : VIEW("");
        }
    return VIEW("");
}

static size_t slot_of(const struct tally_group *g, size_t n_keys)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    for (size_t k = 0; k < n_keys; k++) {
        for (size_t i = 0; i < g->key[k].n; i++)
            h = (h ^ g->key[k].p[i]) * UINT64_C(0x100000001B3);
        h = (h ^ 0xFF) * UINT64_C(0x100000001B3);
    }
    return (size_t)(h ^ h >> 32) % SLOTS;
}

static bool same_group(const struct tally_group *a, const struct tally_group *b, size_t n_keys)
{
    for (size_t k = 0; k < n_keys; k++)
        if (!view_equal(a->key[k], b->key[k]))
            return false;
    return true;
}

static enum err make_room(struct counting *c)
{
    struct tally *t = &c->tally;
    if (t->n < c->room)
        return ERR_OK;
    size_t room = c->room ? 2 * c->room : 64;
    struct tally_group *groups = t->n < TALLY_GROUPS ? arena_array(c->a, room, sizeof *groups) : NULL;
    if (!groups)
        return ERR_LIMIT;
    if (t->n)
        memcpy(groups, t->groups, t->n * sizeof *groups);
    t->groups = groups;
    c->room = room;
    return ERR_OK;
}

static enum err new_group(struct counting *c, size_t slot, const struct tally_group *key)
{
    struct tally *t = &c->tally;
    enum err err = make_room(c);
    if (err)
        return err;
    struct tally_group *g = &t->groups[t->n];
    *g = (struct tally_group){.n = 1};
    for (size_t k = 0; k < c->by->n; k++) {
        g->key[k] = arena_copy(c->a, key->key[k]);
        if (!g->key[k].p)
            return ERR_LIMIT;
    }
    c->slots[slot] = (uint16_t)++t->n;
    return ERR_OK;
}

static enum err add(struct counting *c, const struct tally_group *key)
{
    size_t slot = slot_of(key, c->by->n);
    for (; c->slots[slot]; slot = (slot + 1) % SLOTS) {
        struct tally_group *g = &c->tally.groups[c->slots[slot] - 1];
        if (same_group(g, key, c->by->n)) {
            g->n++;
            return ERR_OK;
        }
    }
    return new_group(c, slot, key);
}

static void set_day(struct counting *c, struct view event)
{
    int64_t at = event_at(event);
    time_t t = (time_t)(at / 1000 + 9 * 3600); /* Japan */
    struct tm tm;
    if (at < 0 || !gmtime_r(&t, &tm) || strftime(c->day, sizeof c->day, "%Y-%m-%d", &tm) == 0)
        memcpy(c->day, "0000-00-00", 11);
}

static enum err count_event(void *ctx, const struct query_event *e)
{
    struct counting *c = ctx;
    struct tally_group key = {.n = 0};
    struct view rest = event_fields(e->text), field, *by_field = NULL;
    set_day(c, e->text);
    for (size_t k = 0; k < c->by->n; k++) {
        key.key[k] = value_of(c, c->by->keys[k], e);
        if (strcmp(c->by->keys[k], "field") == 0)
            by_field = &key.key[k];
    }
    c->tally.events++;
    if (!by_field || !event_next_field(&rest, &field))
        return add(c, &key);
    enum err err;
    do {
        *by_field = field;
        err = add(c, &key);
    } while (!err && event_next_field(&rest, &field));
    return err;
}

static int compare(const void *a, const void *b)
{
    const struct tally_group *x = a, *y = b;
    for (size_t k = 0; k < TALLY_KEYS && x->key[k].p; k++) {
        size_t n = x->key[k].n < y->key[k].n ? x->key[k].n : y->key[k].n;
        int order = memcmp(x->key[k].p, y->key[k].p, n);
        if (order || x->key[k].n != y->key[k].n)
            return order ? order : x->key[k].n < y->key[k].n ? -1 : 1;
    }
    return 0;
}

enum err tally_begin(struct counting **out, struct arena *a, const struct tally_by *by)
{
    struct counting *c = arena_alloc(a, sizeof *c);
    if (!c)
        return ERR_LIMIT;
    *c = (struct counting){.a = a, .by = by, .slots = arena_array(a, SLOTS, sizeof *c->slots)};
    *out = c;
    return c->slots ? ERR_OK : ERR_LIMIT;
}

enum err tally_add(struct counting *c, struct query_walk *w, struct db *db, const struct query *q)
{
    return query_each(w, db, q, count_event, c);
}

void tally_end(struct tally *out, struct counting *c)
{
    if (c->tally.n)
        qsort(c->tally.groups, c->tally.n, sizeof *c->tally.groups, compare);
    *out = c->tally;
}

enum err tally_count(struct tally *out, struct arena *a, struct query_walk *w, struct db *db, const struct query *q,
                     const struct tally_by *by)
{
    struct counting *c;
    *out = (struct tally){.n = 0};
    enum err err = tally_begin(&c, a, by);
    if (!err)
        err = tally_add(c, w, db, q);
    if (!err)
        tally_end(out, c);
    return err;
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

void tally_put_head(struct buf *out, const struct tally_by *by, enum listing_format format)
{
    if (format == LISTING_JSONL)
        return;
    if (format == LISTING_CSV)
        buf_put_text(out, "\xEF\xBB\xBF");
    for (size_t k = 0; k < by->n; k++)
        buf_printf(out, format == LISTING_CSV ? "%s," : "%-20s ", by->keys[k]);
    buf_put_text(out, format == LISTING_CSV ? "n\r\n" : "n\n");
}

static void put_json(struct buf *out, const struct tally_by *by, const struct tally_group *g)
{
    struct json_out o;
    json_out_open(&o, out);
    json_begin(&o);
    for (size_t k = 0; k < by->n; k++)
        json_pair(&o, by->keys[k], g->key[k]);
    json_pair_int(&o, "n", g->n);
    json_end(&o);
    buf_put_byte(out, '\n');
}

void tally_put_group(struct buf *out, const struct tally_by *by, enum listing_format format,
                     const struct tally_group *g)
{
    if (format == LISTING_JSONL) {
        put_json(out, by, g);
        return;
    }
    for (size_t k = 0; k < by->n; k++) {
        if (format == LISTING_CSV) {
            listing_put_cell(out, g->key[k]);
            buf_put_byte(out, ',');
        } else {
            buf_printf(out, "%-20.*s ", (int)g->key[k].n, g->key[k].n ? (const char *)g->key[k].p : "");
        }
    }
    buf_put_int(out, g->n);
    buf_put_text(out, format == LISTING_CSV ? "\r\n" : "\n");
}
