#include "consent/ledger.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/chance.h"
#include "base/secret.h"
#include "consent/log/leaf.h"
#include "consent/log/tree.h"

enum { EVENT_MAX = 16384, SESSION_PSEUDONYM = 16 };

struct ledger {
    struct store *store;
    struct secret key;
    struct hmac_key pseudonyms; /* the same key: each event asks for two */
    struct tree tree;
    bool loaded; /* is `tree` what the database says, plus this group's appends? */
    bool grown;  /* has this group appended anything? */
    struct buf event;
};

/* --- the event as text ------------------------------------------------------------------------------------------ */

void ledger_pseudonym(uint8_t out[32], const struct ledger *l, struct ident resident)
{
    const struct view id = ident_view(&resident);
    hmac_sha256_with(out, &l->pseudonyms, &id, 1);
}

void ledger_key(uint8_t out[32], const struct ledger *l, const char *what)
{
    hkdf_sha256(out, 32, secret_view(&l->key), view_text(what));
}

static void put_fields(struct json_out *o, const char *key, const struct field *const *fields, size_t n)
{
    if (n == 0)
        return;
    json_key(o, key);
    json_begin_array(o);
    for (size_t i = 0; i < n; i++)
        json_put_text(o, view_text(fields[i]->id));
    json_end_array(o);
}

static void put_detail_types(struct json_out *o, const struct ledger_event *e)
{
    json_key(o, "details");
    json_begin_array(o);
    for (size_t i = 0; i < e->n_details; i++) {
        bool before = false;
        for (size_t k = 0; k < i && !before; k++)
            before = view_equal(e->details[k].type, e->details[i].type);
        if (!before)
            json_put_text(o, e->details[i].type);
    }
    json_end_array(o);
}

/* Whoever has the objects, in this order, can show that they are the ones. */
static void digest_details(uint8_t out[SHA256_SIZE], const struct ledger_event *e)
{
    struct view pieces[2 * LEDGER_DETAILS_MAX + 1];
    size_t n = 0;
    for (size_t i = 0; i < e->n_details; i++) {
        pieces[n++] = i ? VIEW(",") : VIEW("[");
        pieces[n++] = e->details[i].json;
    }
    pieces[n++] = VIEW("]");
    sha256_of(out, pieces, n);
}

static void put_indexes(struct json_out *o, const struct ledger_event *e)
{
    if (e->n_indexes == 0)
        return;
    json_key(o, "indexes");
    json_begin_array(o);
    for (size_t i = 0; i < e->n_indexes; i++)
        json_put_int(o, e->indexes[i]);
    json_end_array(o);
}

static void put_base64url(struct json_out *o, const char *key, struct view v)
{
    if (!v.n)
        return;
    json_key(o, key);
    json_put_raw(o, VIEW("\""));
    base64url_put(o->buf, v);
    buf_put_byte(o->buf, '"');
}

/* Keys in the order of RFC 8785 3.2.3, so that the text is canonical as it is written. */
static void put_event(struct buf *out, const struct ledger *l, const struct ledger_event *e)
{
    uint8_t pseudonym[SHA256_SIZE], session[SHA256_SIZE];
    bool has_resident = ident_is(e->who.resident), has_session = ident_is(e->who.session);
    if (has_resident)
        ledger_pseudonym(pseudonym, l, e->who.resident);
    if (has_session)
        ledger_pseudonym(session, l, e->who.session);
    struct json_out o;
    json_out_open(&o, out);
    json_begin(&o);
    json_pair_text(&o, "act", e->act);
    json_pair_int(&o, "at", e->at);
    json_pair(&o, "client", e->who.client);
    if (e->n_details) {
        uint8_t digest[SHA256_SIZE];
        digest_details(digest, e);
        put_detail_types(&o, e);
        put_base64url(&o, "details_sha256", VIEW_ARRAY(digest));
    }
    put_fields(&o, "fields", e->fields, e->n_fields);
    put_base64url(&o, "grant", ident_is(e->grant) ? ident_view(&e->grant) : VIEW_NONE);
    json_pair_text(&o, "ground", e->ground);
    put_indexes(&o, e);
    json_pair(&o, "org", e->who.org);
    put_base64url(&o, "resident", has_resident ? VIEW_ARRAY(pseudonym) : VIEW_NONE);
    json_pair(&o, "sector", e->who.sector);
    put_base64url(&o, "session", has_session ? view_bytes(session, SESSION_PSEUDONYM) : VIEW_NONE);
    json_pair(&o, "subject", e->who.subject);
    put_base64url(&o, "terms", e->terms);
    json_pair_text(&o, "type", ledger_type_name(e->type));
    json_pair_int(&o, "v", 1);
    put_fields(&o, "verified", e->verified, e->n_verified);
    json_pair_text(&o, "via", e->via);
    json_end(&o);
}

/* --- the tree and its head -------------------------------------------------------------------------------------- */

static const char SQL_HEAD[] = "SELECT size, edge FROM ledger_head WHERE one = 1";
static const char SQL_HEAD_SET[] = "UPDATE ledger_head SET size = $1, edge = $2 WHERE one = 1";
static const char SQL_APPEND[] = "INSERT INTO ledger_event (position, class, salt, event, digest) "
                                 "VALUES ($1, $2, $3, $4, $5)";
static const char SQL_LEAF[] = "SELECT class, salt, event FROM ledger_event WHERE position = $1";
static const char SQL_ERASE[] = "UPDATE ledger_event SET salt = NULL, event = NULL "
                                "WHERE position = $1 AND event IS NOT NULL AND class <> 8"; /* LEDGER_ERASED */

struct head_load {
    struct tree *tree;
    bool found;
};

static enum err head_row(void *ctx, const struct row *row)
{
    struct head_load *load = ctx;
    int64_t size = row_int(row, 0);
    if (size < 0 || !tree_load(load->tree, (uint64_t)size, row_blob(row, 1)))
        return ERR_SYNTAX;
    load->found = true;
    return ERR_OK;
}

static enum err load_tree(struct tree *t, struct db *db)
{
    struct head_load load = {.tree = t};
    enum err err = db_each(db, SQL_HEAD, NO_VALUES, head_row, &load);
    return err || load.found ? err : ERR_SYNTAX; /* the migration made the row: its absence is damage */
}

enum err ledger_head_find(struct ledger_head *out, struct db *db)
{
    struct tree t;
    enum err err = load_tree(&t, db);
    if (err)
        return err;
    out->size = (int64_t)t.size;
    tree_root(out->root, &t);
    return ERR_OK;
}

static enum err after_begin(struct db *db, void *ctx)
{
    struct ledger *l = ctx;
    l->grown = false;
    if (l->loaded && !db_changed_elsewhere(db))
        return ERR_OK;
    enum err err = load_tree(&l->tree, db);
    l->loaded = !err;
    return err == ERR_SYNTAX ? ERR_STORE : err;
}

static enum err before_commit(struct db *db, void *ctx)
{
    struct ledger *l = ctx;
    if (!l->grown)
        return ERR_OK;
    return db_run(db, SQL_HEAD_SET, VALUES(V_INT((int64_t)l->tree.size), V_BLOB(tree_edge(&l->tree))));
}

/* The rows of the group are gone; the next group reads the head again. */
static void after_rollback(void *ctx)
{
    struct ledger *l = ctx;
    l->loaded = false;
}

enum err ledger_open(struct ledger **out, struct store *store, struct view audit_key)
{
    *out = NULL;
    struct ledger *l = calloc(1, sizeof *l);
    if (!l)
        return ERR_MEMORY;
    enum err err = audit_key.n == 32 ? secret_set(&l->key, audit_key) : ERR_LIMIT;
    if (err) {
        free(l);
        return err;
    }
    hmac_key_set(&l->pseudonyms, audit_key);
    buf_open(&l->event, NULL, EVENT_MAX);
    tree_open(&l->tree);
    l->store = store;
    store_set_hooks(store, &(struct store_hooks){.after_begin = after_begin,
                                                 .before_commit = before_commit,
                                                 .after_rollback = after_rollback,
                                                 .ctx = l});
    *out = l;
    return ERR_OK;
}

void ledger_close(struct ledger *l)
{
    if (!l)
        return;
    buf_close(&l->event);
    secret_wipe(&l->key);
    wipe(&l->pseudonyms, sizeof l->pseudonyms);
    free(l);
}

enum err ledger_append(struct ledger *l, struct db *db, const struct ledger_event *e, int64_t *index)
{
    INSIST(e->type >= LEDGER_REQUESTED && e->type <= LEDGER_TYPE_LAST);
    if (!l->loaded)
        return ERR_STORE;
    l->event.n = 0; /* one buffer for all events: appending happens under the writer's lock */
    l->event.err = ERR_OK;
    put_event(&l->event, l, e);
    struct view text;
    enum err err = buf_done(&l->event, &text);
    if (err)
        return err;

    uint8_t salt[LEAF_SALT], digest[SHA256_SIZE], hash[TREE_HASH];
    chance_bytes(salt, sizeof salt);
    leaf_digest(digest, VIEW_ARRAY(salt), text);
    leaf_hash(hash, (unsigned)e->type, digest);
    int64_t position = (int64_t)l->tree.size;
    err = db_run(
        db, SQL_APPEND,
        VALUES(V_INT(position), V_INT(e->type), V_BLOB(VIEW_ARRAY(salt)), V_TEXT(text), V_BLOB(VIEW_ARRAY(digest))));
    if (err)
        return err;
    tree_append(&l->tree, hash);
    l->grown = true;
    if (index)
        *index = position;
    return ERR_OK;
}

/* As many indexes as surely fit an event. */
enum { ERASED_MAX = 256 };

static enum err append_erased(struct ledger *l, struct db *db, const int64_t *indexes, size_t n, int64_t at_ms)
{
    if (n == 0)
        return ERR_OK;
    struct ledger_event e = {.type = LEDGER_ERASED, .at = at_ms, .via = "erasure", .indexes = indexes, .n_indexes = n};
    return ledger_append(l, db, &e, NULL);
}

enum err ledger_erase(struct ledger *l, struct db *db, const int64_t *indexes, size_t n, int64_t at_ms)
{
    int64_t gone[ERASED_MAX];
    size_t n_gone = 0;
    for (size_t i = 0; i < n; i++) {
        enum err err = db_run(db, SQL_ERASE, VALUES(V_INT(indexes[i])));
        if (!err && db_changes(db) > 0)
            gone[n_gone++] = indexes[i];
        if (!err && n_gone == ERASED_MAX) {
            err = append_erased(l, db, gone, n_gone, at_ms);
            n_gone = 0;
        }
        if (err)
            return err;
    }
    return append_erased(l, db, gone, n_gone, at_ms);
}

enum err ledger_leaf_find(struct ledger_leaf *out, struct arena *a, struct db *db, int64_t index)
{
    struct row row;
    enum err err = db_one(db, a, SQL_LEAF, VALUES(V_INT(index)), &row);
    if (err)
        return err;
    *out = (struct ledger_leaf){(enum ledger_type)row_int(&row, 0), row_blob(&row, 1), row_text(&row, 2)};
    return ERR_OK;
}
