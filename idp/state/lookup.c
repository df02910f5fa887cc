#include "idp/state/lookup.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "idp/rules/writing.h"
#include "sessions/profile.h"
#include "store/store.h"

enum { BATCH = 256, BATCH_CEILING = 4 << 20 };

/* --- asking ------------------------------------------------------------------------------------------------------- */

static enum err fail(const char **key, const char **rule, const char *which, const char *text)
{
    *key = which;
    *rule = text;
    return ERR_SYNTAX;
}

enum err lookup_read(struct identity_person *out, struct arena *a, struct view name, struct view birthdate,
                     struct view reason, const char **key, const char **rule)
{
    struct writing w;
    char date[WRITING_DATE];
    if (!writing_read(&w, name, VIEW_NONE) || text_count(name) > IDENTITY_NAME_MAX)
        return fail(key, rule, "name", "must be a name of at most 100 characters");
    if (!writing_read_date(date, birthdate))
        return fail(key, rule, "birthdate", "must be a day like 1977-11-23");
    if (!view_is(reason) || reason.n == 0)
        return fail(key, rule, "reason", "must be there");
    if (writing_tells(reason, &w, date))
        return fail(key, rule, "reason", "must not say the name or the birth date: it is kept in the ledger for ever");
    *out = (struct identity_person){name, arena_copy(a, view_text(date))};
    return view_is(out->birthdate) ? ERR_OK : ERR_MEMORY;
}

/* --- looking ------------------------------------------------------------------------------------------------------ */

struct looking {
    const struct lookup *s;
    struct arena *scratch;
    struct writing name;
    struct view birthdate;
    struct ident found[IDENTITY_FOUND_MAX];
    size_t n;
};

/* A value that is a text, as it is on the card. */
static bool read_text(struct view *out, struct arena *a, struct view json)
{
    struct json *j;
    return json_read(&j, a, json, NULL) == ERR_OK && json_text(j, out);
}

static enum err compare_name(struct looking *l, struct ident resident)
{
    static const struct view field[] = {{(const uint8_t *)"name", 4}};
    struct profile_value *values;
    struct writing stored;
    struct view name;
    size_t n;
    enum err e = profile_find(&values, &n, l->s->db, l->scratch, l->s->master, resident, field, 1);
    if (e || n == 0 || !read_text(&name, l->scratch, values[0].json) ||
        !writing_read(&stored, name, values[0].substitutes) || !writing_is(&l->name, &stored))
        return e;
    if (l->n < IDENTITY_FOUND_MAX) /* the batch is looked at to its end */
        l->found[l->n++] = resident;
    return ERR_OK;
}

static enum err compare(void *ctx, struct ident resident, const struct profile_value *birthdate)
{
    struct looking *l = ctx;
    struct view date;
    if (!read_text(&date, l->scratch, birthdate->json))
        return ERR_MISMATCH;
    return view_equal(date, l->birthdate) ? compare_name(l, resident) : ERR_OK;
}

static enum err begin(struct looking *l, const struct lookup *s, const struct identity_request *r)
{
    struct identity_person person;
    enum err e = identity_person(&person, s->arena, s->ledger, r);
    if (e)
        return e;
    if (!writing_read(&l->name, person.name, VIEW_NONE))
        return ERR_MISMATCH;
    l->birthdate = person.birthdate;
    for (size_t i = 0; i + sizeof l->found[0].b <= r->found.n && l->n < IDENTITY_FOUND_MAX; i += sizeof l->found[0].b)
        l->found[l->n++] = ident_read(view_part(r->found, i, sizeof l->found[0].b));
    return ERR_OK;
}

/* From AFTER on, until all were looked at, more were found than are told, or the time is over. */
static enum err look_on(struct looking *l, struct ident *after, bool *over)
{
    struct arena scratch;
    int64_t until_ms = clock_steady_ms() + l->s->patience_ms;
    enum err e;
    arena_open(&scratch, BATCH_CEILING);
    l->scratch = &scratch;
    do {
        arena_reset(&scratch);
        e = profile_scan(after, over, l->s->db, &scratch, l->s->master, VIEW("birthdate"),
                         l->s->batch ? l->s->batch : BATCH, compare, l);
    } while (!e && !*over && l->n < IDENTITY_FOUND_MAX && clock_steady_ms() < until_ms);
    *over |= l->n == IDENTITY_FOUND_MAX;
    arena_close(&scratch);
    return e;
}

/* --- recording ---------------------------------------------------------------------------------------------------- */

struct noting {
    const struct lookup *s;
    const struct identity_request *request;
    const char *act;
    struct ident searched;
    struct view found;
    int64_t over_at;
};

static enum err note_job(struct db *db, void *ctx)
{
    const struct noting *n = ctx;
    return auditor_note(n->s->ledger, db, n->s->who, n->act, n->s->now_ms);
}

static enum err note(const struct lookup *s, const char *act)
{
    struct noting n = {.s = s, .act = act};
    return act ? store_write(s->store, note_job, &n) : ERR_MEMORY;
}

static enum err progress_job(struct db *db, void *ctx)
{
    const struct noting *n = ctx;
    return identity_search(db, n->request, n->searched, n->found, n->over_at);
}

static enum err search(struct lookup_answer *out, struct looking *l, const struct identity_request *r, const char *id)
{
    const struct lookup *s = l->s;
    struct noting n = {.s = s, .request = r, .searched = r->searched};
    enum err e = ident_is(r->searched)
                     ? ERR_OK
                     : note(s, arena_printf(s->arena, "identity look person %s", id)); /* each search once */
    if (!e)
        e = look_on(l, &n.searched, &out->over);
    if (e)
        return e;
    if (!ident_is(n.searched)) /* there is nobody at all */
        n.searched = r->id;
    n.found = view_bytes(l->found, l->n * sizeof l->found[0]);
    n.over_at = out->over ? s->now_ms / 1000 : 0;
    e = store_write(s->store, progress_job, &n);
    if (e == ERR_CONFLICT) /* another request of hers has carried it on: this one asks again */
        out->over = false;
    return e == ERR_CONFLICT ? ERR_OK : e;
}

/* --- answering ---------------------------------------------------------------------------------------------------- */

static enum err is_there(bool *is, const struct lookup *s, struct ident resident)
{
    static const char SQL[] = "SELECT 1 FROM resident WHERE id = $1";
    struct row row;
    enum err e = db_one(s->db, s->arena, SQL, VALUES(V_IDENT(resident)), &row);
    *is = !e;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err fill(struct lookup_answer *out, const struct looking *l)
{
    for (size_t i = 0; i < l->n; i++) {
        uint8_t raw[32];
        bool is;
        enum err e = is_there(&is, l->s, l->found[i]);
        if (e)
            return e;
        if (!is) /* she has left meanwhile */
            continue;
        ledger_pseudonym(raw, l->s->ledger, l->found[i]);
        const char *text = base64url_text(l->s->arena, VIEW_ARRAY(raw));
        if (!text)
            return ERR_MEMORY;
        out->pseudonyms[out->n++] = view_text(text);
    }
    return ERR_OK;
}

static const char *act_of(const struct lookup *s, const struct lookup_answer *out, const char *id)
{
    struct buf b;
    const char *text;
    buf_open(&b, s->arena, 4096);
    buf_printf(&b, "identity found person %s: %zu", id, out->n);
    for (size_t i = 0; i < out->n; i++) {
        buf_put_byte(&b, ' ');
        buf_put(&b, out->pseudonyms[i]);
    }
    return buf_done_text(&b, &text) ? NULL : arena_text(s->arena, view_text(text));
}

enum err lookup_run(struct lookup_answer *out, const struct lookup *s, const struct identity_request *r)
{
    struct looking l = {.s = s};
    const char *id = base64url_text(s->arena, ident_view(&r->id));
    *out = (struct lookup_answer){.over = r->searched_at != 0};
    enum err e = id ? begin(&l, s, r) : ERR_MEMORY;
    if (!e && !out->over)
        e = search(out, &l, r, id);
    if (e || !out->over)
        return e;
    out->many = l.n == IDENTITY_FOUND_MAX;
    e = fill(out, &l);
    return e ? e : note(s, act_of(s, out, id)); /* before anybody sees them */
}
