#include "sessions/profile.h"

#include "base/buf.h"
#include "base/seal.h"
#include "sessions/data_key.h"
#include "sessions/list.h"

const char *profile_source_name(enum profile_source s)
{
    static const char *const NAMES[] = {"", "card-signed", "card-read", "upstream", "resident"};
    INSIST(s >= PROFILE_CARD_SIGNED && s <= PROFILE_RESIDENT);
    return NAMES[s];
}

/* --- sealing ------------------------------------------------------------------------------------------------------ */

/* What a value is sealed to: nobody can move it to another resident, another field or, in the history, another time.
 */
static struct view aad_of(struct arena *a, const char *what, struct ident resident, struct view field, int64_t at)
{
    struct buf b;
    struct view v;
    buf_open(&b, a, 256);
    buf_put_text(&b, what);
    buf_put_byte(&b, 0);
    buf_put(&b, ident_view(&resident));
    if (at) {
        buf_put_int(&b, at);
        buf_put_byte(&b, 0);
    }
    buf_put(&b, field);
    return buf_done(&b, &v) == ERR_OK ? v : VIEW_NONE;
}

static const char NOW[] = "genkan profile 2", PAST[] = "genkan profile history 1";

enum { TIME_SIZE = 8, PROOF_TIMES = 3 * TIME_SIZE };

/* Two bytes of length, then TEXT. */
static void put_piece(struct buf *b, struct view text)
{
    INSIST(text.n < 65536);
    buf_put_byte(b, (uint8_t)(text.n >> 8));
    buf_put_byte(b, (uint8_t)text.n);
    buf_put(b, text);
}

static bool take_piece(struct view *rest, struct view *out)
{
    size_t n = rest->n < 2 ? 0 : (size_t)(rest->p[0] << 8 | rest->p[1]);
    if (rest->n < 2 + n)
        return false;
    *out = n > 0 ? view_part(*rest, 2, n) : VIEW_NONE;
    *rest = view_from(*rest, 2 + n);
    return true;
}

static int64_t time_at(struct view v, size_t i)
{
    uint64_t at = 0;
    for (size_t k = 0; k < TIME_SIZE; k++)
        at = at << 8 | v.p[i + k];
    return (int64_t)at;
}

/* As a piece: three times, then the issuer. */
static void put_proof(struct buf *b, const struct profile_proof *p)
{
    buf_put_u16(b, (uint16_t)(PROOF_TIMES + p->issuer.n));
    buf_put_u64(b, (uint64_t)p->at);
    buf_put_u64(b, (uint64_t)p->not_before);
    buf_put_u64(b, (uint64_t)p->not_after);
    buf_put(b, p->issuer);
}

static bool take_proof(struct view *rest, struct profile_proof *out)
{
    struct view piece;
    if (rest->n == 0) /* nobody verified it */
        return true;
    if (!take_piece(rest, &piece) || piece.n <= PROOF_TIMES)
        return false;
    *out = (struct profile_proof){.issuer = view_from(piece, PROOF_TIMES),
                                  .at = time_at(piece, 0),
                                  .not_before = time_at(piece, TIME_SIZE),
                                  .not_after = time_at(piece, 2 * TIME_SIZE)};
    return true;
}

/* The sealed text: one byte source, then the date, the substitutes, the JSON value; then the proof, if there is one. */
static enum err pack(struct view *out, struct arena *a, const struct profile_value *v)
{
    INSIST(v->proof.issuer.n <= PROFILE_ISSUER_MAX);
    struct buf b;
    buf_open(&b, a, 64 * 1024);
    buf_put_byte(&b, (uint8_t)v->source);
    put_piece(&b, v->as_of);
    put_piece(&b, v->substitutes);
    put_piece(&b, v->json);
    if (view_is(v->proof.issuer))
        put_proof(&b, &v->proof);
    return buf_done(&b, out);
}

static enum err unpack(struct profile_value *out, struct view plain)
{
    struct view rest = view_from(plain, 1);
    if (plain.n < 1 || plain.p[0] < PROFILE_CARD_SIGNED || plain.p[0] > PROFILE_RESIDENT)
        return ERR_MISMATCH;
    out->source = (enum profile_source)plain.p[0];
    bool good = take_piece(&rest, &out->as_of) && take_piece(&rest, &out->substitutes) &&
                take_piece(&rest, &out->json) && take_proof(&rest, &out->proof);
    return good && rest.n == 0 ? ERR_OK : ERR_MISMATCH;
}

static enum err seal_value(struct view *out, struct arena *a, struct view key, struct view aad,
                           const struct profile_value *v)
{
    struct view plain;
    if (!view_is(aad))
        return ERR_LIMIT;
    enum err e = pack(&plain, a, v);
    return e ? e : seal_write(a, key, aad, plain, out);
}

/* A sealed value that is none has been changed just as one that does not fit. */
static enum err open_sealed(struct profile_value *out, struct arena *a, struct view key, struct view aad,
                            struct view sealed)
{
    struct view plain;
    if (!view_is(aad))
        return ERR_LIMIT;
    enum err e = seal_read_again(a, key, aad, sealed, &plain); /* whoever has the key forgets it */
    if (e)
        return e == ERR_SYNTAX ? ERR_MISMATCH : e;
    return unpack(out, plain);
}

/* --- finding ------------------------------------------------------------------------------------------------------ */

struct reading {
    struct list list;
    struct master *master;
    struct view key;       /* absent until it is needed */
    struct view wrapped;   /* absent until its row has come, which is the first */
    int64_t master_number; /* of the key that wrapped it */
    struct ident resident;
    const struct view *fields;
    size_t n_fields;
};

static bool is_wanted(const struct reading *r, struct view field)
{
    if (!r->fields)
        return true;
    for (size_t i = 0; i < r->n_fields; i++)
        if (view_equal(r->fields[i], field))
            return true;
    return false;
}

static enum err unwrap(struct reading *r)
{
    if (view_is(r->key))
        return ERR_OK;
    if (!view_is(r->wrapped)) /* a value of nobody's key */
        return ERR_MISMATCH;
    return data_key_unwrap(&r->key, r->list.a, r->master, r->resident, r->wrapped, r->master_number);
}

static enum err add_value(struct profile_value **out, struct reading *r, const struct row *row, int changed_at)
{
    struct profile_value *v = list_add(&r->list);
    if (!v)
        return ERR_LIMIT;
    *out = v;
    v->changed_at = row_int(row, changed_at);
    return row_keep(&v->field, r->list.a, row_text(row, 0));
}

static enum err read_value(struct reading *r, const struct row *row)
{
    struct arena *a = r->list.a;
    struct profile_value *v;
    enum err e = add_value(&v, r, row, 2);
    if (!e)
        e = unwrap(r);
    return e ? e : open_sealed(v, a, r->key, aad_of(a, NOW, r->resident, v->field, 0), row_blob(row, 1));
}

static enum err read_row(void *ctx, const struct row *row)
{
    struct reading *r = ctx;
    if (row_text(row, 0).n == 0) {
        r->master_number = row_int(row, 3);
        return row_keep(&r->wrapped, r->list.a, row_blob(row, 1));
    }
    return is_wanted(r, row_text(row, 0)) ? read_value(r, row) : ERR_OK;
}

/* ERR_NOT_FOUND: one of them was recorded before its source lay beside it. */
static enum err read_outline(void *ctx, const struct row *row)
{
    struct reading *r = ctx;
    struct profile_value *v;
    if (!is_wanted(r, row_text(row, 0)))
        return ERR_OK;
    if (row_is_null(row, 2))
        return ERR_NOT_FOUND;
    enum err e = add_value(&v, r, row, 1);
    if (e)
        return e;
    v->source = (enum profile_source)row_int(row, 2);
    return row_keep(&v->as_of, r->list.a, row_text(row, 3));
}

enum err profile_has_values(bool *has, struct db *db, struct arena *a, struct ident resident)
{
    static const char SQL[] = "SELECT EXISTS (SELECT 1 FROM profile WHERE resident = $1 AND field <> '')";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(resident)), &r);
    *has = e == ERR_OK && row_int(&r, 0) != 0;
    return e;
}

static enum err find(struct profile_value **out, size_t *n, struct db *db, struct arena *a, struct reading *r,
                     const char *sql, row_fn *read)
{
    list_open(&r->list, a, sizeof(struct profile_value));
    enum err e = db_each(db, sql, VALUES(V_IDENT(r->resident)), read, r);
    seal_forget(r->key);
    if (e != ERR_OK)
        return e;
    *out = r->list.items;
    *n = r->list.n;
    return ERR_OK;
}

enum err profile_find(struct profile_value **out, size_t *n, struct db *db, struct arena *a, struct master *m,
                      struct ident resident, const struct view *fields, size_t n_fields)
{
    static const char SQL[] =
        "SELECT field, sealed, changed_at, master FROM profile WHERE resident = $1 ORDER BY field";
    struct reading r = {.master = m, .resident = resident, .fields = fields, .n_fields = n_fields};
    return find(out, n, db, a, &r, SQL, read_row);
}

enum err profile_outline(struct profile_value **out, size_t *n, struct db *db, struct arena *a, struct master *m,
                         struct ident resident, const struct view *fields, size_t n_fields)
{
    static const char SQL[] = "SELECT field, changed_at, source, as_of FROM profile WHERE resident = $1 "
                              "AND field > '' ORDER BY field";
    struct reading r = {.resident = resident, .fields = fields, .n_fields = n_fields};
    enum err e = find(out, n, db, a, &r, SQL, read_outline);
    return e == ERR_NOT_FOUND ? profile_find(out, n, db, a, m, resident, fields, n_fields) : e;
}

/* --- everybody ---------------------------------------------------------------------------------------------------- */

struct scanning {
    struct arena *a;
    struct master *master;
    struct view field;
    struct ident last;
    size_t n;
    profile_fn *fn;
    void *ctx;
};

static enum err scan_row(void *ctx, const struct row *row)
{
    struct scanning *s = ctx;
    struct profile_value v = {.field = s->field, .changed_at = row_int(row, 4)};
    struct view key;
    s->last = row_ident(row, 0);
    s->n++;
    if (row_is_null(row, 1)) /* a value of nobody's key */
        return ERR_MISMATCH;
    enum err e = data_key_unwrap(&key, s->a, s->master, s->last, row_blob(row, 1), row_int(row, 2));
    if (!e)
        e = open_sealed(&v, s->a, key, aad_of(s->a, NOW, s->last, s->field, 0), row_blob(row, 3));
    seal_forget(key);
    return e ? e : s->fn(s->ctx, s->last, &v);
}

enum err profile_scan(struct ident *after, bool *done, struct db *db, struct arena *a, struct master *m,
                      struct view field, size_t limit, profile_fn *fn, void *ctx)
{
    static const char SQL[] = "SELECT p.resident, k.sealed, k.master, p.sealed, p.changed_at FROM profile p LEFT JOIN "
                              "profile k ON k.resident = p.resident AND k.field = '' WHERE p.resident > $1 AND "
                              "p.field = $2 ORDER BY p.resident LIMIT $3";
    struct scanning s = {.a = a, .master = m, .field = field, .last = *after, .fn = fn, .ctx = ctx};
    enum err e =
        db_each(db, SQL, VALUES(V_BLOB(ident_view(after)), V_TEXT(field), V_INT((int64_t)limit)), scan_row, &s);
    if (e)
        return e;
    *after = s.last;
    *done = s.n < limit;
    return ERR_OK;
}

/* --- history: writing --------------------------------------------------------------------------------------------- */

/* The next number of this field's history: the time, or one more than the newest. */
static enum err next_at(int64_t *at, struct db *db, struct arena *a, struct ident resident, struct view field,
                        int64_t now)
{
    static const char SQL[] = "SELECT max(at) FROM profile_history WHERE resident = $1 AND field = $2";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(resident), V_TEXT(field)), &r);
    if (!e)
        *at = row_int(&r, 0) >= now ? row_int(&r, 0) + 1 : now;
    return e;
}

/* The one before ends; those too many go. */
static enum err close_older(struct db *db, struct ident resident, struct view field, int64_t at, int64_t now)
{
    static const char END[] = "UPDATE profile_history SET ended_at = $4 WHERE resident = $1 AND field = $2 AND at < $3 "
                              "AND ended_at IS NULL";
    static const char TRIM[] = "DELETE FROM profile_history WHERE resident = $1 AND field = $2 AND at <= "
                               "(SELECT at FROM profile_history WHERE resident = $1 AND field = $2 "
                               "ORDER BY at DESC LIMIT 1 OFFSET $3)";
    enum err e = db_run(db, END, VALUES(V_IDENT(resident), V_TEXT(field), V_INT(at), V_INT(now)));
    return e ? e : db_run(db, TRIM, VALUES(V_IDENT(resident), V_TEXT(field), V_INT(PROFILE_HISTORY_MAX)));
}

static const char ADD_PAST[] = "INSERT INTO profile_history (resident, field, at, source, as_of, sealed) "
                               "VALUES ($1, $2, $3, $4, $5, $6)";

static enum err add_past(struct db *db, struct arena *a, struct view key, struct ident resident,
                         const struct profile_value *v, int64_t now)
{
    struct view sealed;
    int64_t at = 0;
    enum err e = next_at(&at, db, a, resident, v->field, now);
    if (!e)
        e = seal_value(&sealed, a, key, aad_of(a, PAST, resident, v->field, at), v);
    if (!e)
        e = db_run(
            db, ADD_PAST,
            VALUES(V_IDENT(resident), V_TEXT(v->field), V_INT(at), V_INT(v->source), V_TEXT(v->as_of), V_BLOB(sealed)));
    return e ? e : close_older(db, resident, v->field, at, now);
}

/* A value went without another in its place. The time may be one of a value of the same second: so one more. */
static enum err add_removal(struct db *db, struct ident resident, struct view field, int64_t now)
{
    static const char SQL[] =
        "INSERT INTO profile_history (resident, field, at, source) "
        "SELECT $1, $2, max($3, coalesce(max(at) + 1, 0)), 0 FROM profile_history WHERE resident = $1 AND field = $2";
    enum err e = db_run(db, SQL, VALUES(V_IDENT(resident), V_TEXT(field), V_INT(now)));
    /* every one before it, whatever its number is */
    static const char END[] = "UPDATE profile_history SET ended_at = $3 WHERE resident = $1 AND field = $2 "
                              "AND source <> 0 AND ended_at IS NULL";
    return e ? e : db_run(db, END, VALUES(V_IDENT(resident), V_TEXT(field), V_INT(now)));
}

/* --- recording ---------------------------------------------------------------------------------------------------- */

/* What is stored, if it opens: one that does not is another value. */
static enum err find_stored(struct profile_value *out, bool *there, struct db *db, struct arena *a, struct view key,
                            struct ident resident, struct view field)
{
    static const char SQL[] = "SELECT sealed, changed_at FROM profile WHERE resident = $1 AND field = $2";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(resident), V_TEXT(field)), &r);
    if (!e)
        e = open_sealed(out, a, key, aad_of(a, NOW, resident, field, 0), row_blob(&r, 0));
    seal_forget(key);
    *there = e == ERR_OK;
    return e == ERR_NOT_FOUND || e == ERR_MISMATCH ? ERR_OK : e;
}

static enum err put(struct db *db, struct arena *a, struct view key, struct ident resident,
                    const struct profile_value *v, bool same, int64_t now)
{
    static const char SQL[] = "INSERT INTO profile (resident, field, sealed, changed_at, source, as_of) "
                              "VALUES ($1, $2, $3, $4, $6, $7) "
                              "ON CONFLICT (resident, field) DO UPDATE SET sealed = $3, source = $6, as_of = $7, "
                              "changed_at = CASE WHEN $5 THEN changed_at ELSE max($4, changed_at + 1) END";
    struct view sealed;
    enum err e = seal_value(&sealed, a, key, aad_of(a, NOW, resident, v->field, 0), v);
    return e ? e
             : db_run(db, SQL,
                      VALUES(V_IDENT(resident), V_TEXT(v->field), V_BLOB(sealed), V_INT(now), V_INT(same),
                             V_INT(v->source), V_TEXT(v->as_of)));
}

enum err profile_record(struct db *db, struct arena *a, struct master *m, struct ident resident,
                        const struct profile_value *value, int64_t now)
{
    struct profile_value stored;
    struct view key;
    bool there = false;
    INSIST(value->field.n > 0);
    enum err e = data_key_need(&key, db, a, m, resident);
    if (!e)
        e = find_stored(&stored, &there, db, a, key, resident, value->field);
    if (e)
        return e;
    bool same = there && view_equal(stored.json, value->json) && view_equal(stored.substitutes, value->substitutes);
    bool is_news = !same || stored.source != value->source || !view_equal(stored.as_of, value->as_of);
    e = put(db, a, key, resident, value, same, now);
    return e || !is_news ? e : add_past(db, a, key, resident, value, now);
}

enum err profile_erase(struct db *db, struct ident resident, struct view field, int64_t now)
{
    static const char SQL[] = "DELETE FROM profile WHERE resident = $1 AND field = $2";
    INSIST(field.n > 0);
    enum err e = db_run(db, SQL, VALUES(V_IDENT(resident), V_TEXT(field)));
    return e || db_changes(db) == 0 ? e : add_removal(db, resident, field, now);
}

enum err profile_check_version(struct db *db, struct arena *a, struct ident resident, struct view field,
                               int64_t version)
{
    static const char SQL[] = "SELECT changed_at FROM profile WHERE resident = $1 AND field = $2";
    struct row r;
    enum err e = db_one(db, a, SQL, VALUES(V_IDENT(resident), V_TEXT(field)), &r);
    if (e && e != ERR_NOT_FOUND)
        return e;
    return (e ? 0 : row_int(&r, 0)) == version ? ERR_OK : ERR_CONFLICT;
}

/* --- values together --------------------------------------------------------------------------------------------- */

static struct view aad_together(struct arena *a, struct ident resident, struct ident together)
{
    struct buf b;
    struct view v;
    buf_open(&b, a, 256);
    buf_put(&b, VIEW("genkan held 1"));
    buf_put_byte(&b, 0);
    buf_put(&b, ident_view(&resident));
    buf_put(&b, ident_view(&together));
    return buf_done(&b, &v) == ERR_OK ? v : VIEW_NONE;
}

enum err profile_seal(struct view *out, struct db *db, struct arena *a, struct master *m, struct ident resident,
                      struct ident together, const struct profile_value *values, size_t n)
{
    struct buf b;
    struct view key, plain, one, aad = aad_together(a, resident, together);
    enum err e = view_is(aad) ? data_key_need(&key, db, a, m, resident) : ERR_LIMIT;
    buf_open(&b, a, 64 * 1024);
    for (size_t i = 0; i < n && !e; i++) {
        e = pack(&one, a, &values[i]);
        put_piece(&b, values[i].field);
        put_piece(&b, e ? VIEW_NONE : one);
    }
    if (!e)
        e = buf_done(&b, &plain);
    return e ? e : seal_write(a, key, aad, plain, out);
}

static enum err take_values(struct list *list, struct view plain)
{
    struct view one;
    enum err e = ERR_OK;
    while (plain.n > 0 && !e) {
        struct profile_value *v = list_add(list);
        if (!v)
            return ERR_LIMIT;
        e = take_piece(&plain, &v->field) && take_piece(&plain, &one) ? unpack(v, one) : ERR_MISMATCH;
    }
    return e;
}

enum err profile_unseal(struct profile_value **out, size_t *n, struct db *db, struct arena *a, struct master *m,
                        struct ident resident, struct ident together, struct view sealed)
{
    struct list list;
    struct view key, plain, aad = aad_together(a, resident, together);
    list_open(&list, a, sizeof(struct profile_value));
    enum err e = view_is(aad) ? data_key_find(&key, db, a, m, resident) : ERR_LIMIT;
    if (e)
        return e;
    e = seal_read(a, key, aad, sealed, &plain);
    if (!e)
        e = take_values(&list, plain);
    *out = list.items;
    *n = list.n;
    return e == ERR_SYNTAX ? ERR_MISMATCH : e;
}

/* --- history: reading and forgetting ------------------------------------------------------------------------------ */

static enum err open_past(void *ctx, const struct row *row)
{
    struct reading *r = ctx;
    struct arena *a = r->list.a;
    struct profile_past *p = list_add(&r->list);
    struct profile_value v = {0};
    if (!p)
        return ERR_LIMIT;
    p->at = row_int(row, 1);
    p->removed = row_int(row, 2) == 0;
    p->source = (enum profile_source)row_int(row, 2);
    enum err e = row_keep(&p->field, a, row_text(row, 0));
    if (!e)
        e = row_keep(&p->as_of, a, row_text(row, 3));
    if (e || row_is_null(row, 4))
        return e;
    e = open_sealed(&v, a, r->key, aad_of(a, PAST, r->resident, p->field, p->at), row_blob(row, 4));
    p->json = v.json;
    return e;
}

enum err profile_history(struct profile_past **out, size_t *n, struct db *db, struct arena *a, struct master *m,
                         struct ident resident)
{
    static const char SQL[] = "SELECT field, at, source, as_of, sealed FROM profile_history WHERE resident = $1 "
                              "ORDER BY field, at DESC";
    struct reading r = {.master = m, .resident = resident};
    list_open(&r.list, a, sizeof(struct profile_past));
    *out = NULL;
    *n = 0;
    enum err e = data_key_find(&r.key, db, a, m, resident);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    e = db_each(db, SQL, VALUES(V_IDENT(resident)), open_past, &r);
    seal_forget(r.key);
    if (e)
        return e;
    *out = r.list.items;
    *n = r.list.n;
    return ERR_OK;
}

enum err profile_forget_job(struct db *db, void *ctx)
{
    static const char SQL[] =
        "UPDATE profile_history SET sealed = NULL WHERE (resident, field, at) IN (SELECT resident, field, at FROM "
        "profile_history WHERE sealed IS NOT NULL AND ended_at IS NOT NULL AND ended_at <= $1 LIMIT $2)";
    struct profile_forget *f = ctx;
    enum err e = db_run(db, SQL, VALUES(V_INT(f->now - PROFILE_HISTORY_S), V_INT((int64_t)f->limit)));
    f->done = e ? 0 : (size_t)db_changes(db);
    return e;
}
