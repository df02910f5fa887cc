#include "idp/state/clients.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "consent/detail_type.h"
#include "idp/state/client_version.h"
#include "idp/state/registration.h"
#include "idp/state/self_registered.h"
#include "store/row.h"

#define LOOK_EVERY_MS  1000
#define CLIENT_CEILING (1 << 20)
#define DOCUMENT_MAX   ((size_t)64 << 20)

/* One parsed registration. Kept until the end, since requests under way may be using it. */
struct entry {
    struct entry *older;
    struct arena arena;
    uint8_t digest[SHA256_SIZE]; /* of registration and secret: has it changed? */
    struct client *client;
};

/* All services of one generation, sorted by id. Immutable; replaced as a whole. */
struct table {
    struct table *older;
    int64_t generation;
    size_t n, size;
    size_t n_types; /* of authorization details, in all */
    struct entry **entries;
    /* once somebody asked for the metadata */
    struct {
        uint8_t *bytes;
        size_t n;
    } document;
    atomic_bool has_document;
};

struct clients {
    _Atomic(struct table *) table;
    _Atomic int64_t looked_at; /* milliseconds of the steady clock */
    /* How often this process changed something, and how many of these changes the table has for sure. */
    atomic_uint changes, seen;
    pthread_mutex_t lock;  /* held by who builds the next table */
    struct entry *entries; /* every entry ever made */
};

enum err clients_open(struct clients **out)
{
    struct clients *c = calloc(1, sizeof *c);

    if (!c)
        return ERR_MEMORY;
    if (pthread_mutex_init(&c->lock, NULL)) {
        free(c);
        return ERR_MEMORY;
    }
    *out = c;
    return ERR_OK;
}

static void table_free(struct table *t)
{
    free(t->document.bytes);
    free(t->entries);
    free(t);
}

static void entry_free(struct entry *e)
{
    arena_close(&e->arena);
    free(e);
}

void clients_close(struct clients *c)
{
    if (!c)
        return;
    for (struct table *t = atomic_load(&c->table), *older; t; t = older) {
        older = t->older;
        table_free(t);
    }
    for (struct entry *e = c->entries, *older; e; e = older) {
        older = e->older;
        entry_free(e);
    }
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* --- reading ----------------------------------------------------------------------------------------------------- */

static const char all_clients[] =
    "SELECT id, registration, secret_hash FROM client WHERE removed_at IS NULL ORDER BY id";

static enum err parse(struct client **out, struct arena *arena, const struct row *row)
{
    struct registration_fault fault;
    struct view id, registration, secret;
    enum err e;

    if ((e = row_keep(&id, arena, row_text(row, 0))) || (e = row_keep(&registration, arena, row_text(row, 1))) ||
        (e = row_keep(&secret, arena, row_blob(row, 2))))
        return e;
    e = registration_read(out, arena, registration, id, &fault);
    if (!e)
        (*out)->secret_hash = secret;
    /* It was checked when it was recorded; a database changed by hand is no reason to guess. */
    if (e == ERR_SYNTAX)
        log_event(LOG_ERROR, "client_unusable", LOG_TEXT("client", id), LOG_STR("member", fault.member),
                  LOG_STR("rule", fault.rule));
    return e;
}

static int compare(struct view a, struct view b)
{
    int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

    return order ? order : (a.n > b.n) - (a.n < b.n);
}

static struct entry *table_find(const struct table *t, struct view id)
{
    size_t low = 0, high = t ? t->n : 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(t->entries[middle]->client->id, id);
        if (order == 0)
            return t->entries[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* --- building the next table ------------------------------------------------------------------------------------- */

struct building {
    struct clients *clients;
    const struct table *before;
    struct table *table;
};

static void digest_of(uint8_t out[SHA256_SIZE], const struct row *row)
{
    const struct view pieces[] = {row_text(row, 1), VIEW("\0"), row_blob(row, 2)};

    sha256_of(out, pieces, 3);
}

static enum err entry_make(struct entry **out, struct clients *c, const struct row *row)
{
    struct entry *e = calloc(1, sizeof *e);

    if (!e)
        return ERR_MEMORY;
    arena_open(&e->arena, CLIENT_CEILING);
    digest_of(e->digest, row);
    enum err err = parse(&e->client, &e->arena, row);
    if (err) {
        entry_free(e);
        return err;
    }
    e->older = c->entries;
    c->entries = e;
    *out = e;
    return ERR_OK;
}

static enum err grow(struct table *t)
{
    if (t->n < t->size)
        return ERR_OK;
    if (t->n == CLIENTS_MAX)
        return ERR_LIMIT;
    size_t size = t->size ? 2 * t->size : 16;
    size = size < CLIENTS_MAX ? size : CLIENTS_MAX;
    struct entry **entries = realloc(t->entries, size * sizeof(struct entry *));
    if (!entries)
        return ERR_MEMORY;
    t->entries = entries;
    t->size = size;
    return ERR_OK;
}

static enum err add_row(void *ctx, const struct row *row)
{
    struct building *b = ctx;
    uint8_t digest[SHA256_SIZE];
    struct entry *entry = table_find(b->before, row_text(row, 0));

    digest_of(digest, row);
    if (!entry || memcmp(digest, entry->digest, sizeof digest) != 0) {
        enum err e = entry_make(&entry, b->clients, row);
        if (e)
            return e == ERR_SYNTAX ? ERR_OK : e; /* one that cannot be used is as good as none; the others go on */
    }
    enum err e = grow(b->table);
    if (e)
        return e;
    b->table->entries[b->table->n++] = entry;
    b->table->n_types += entry->client->n_detail_types;
    return ERR_OK;
}

static enum err generation_find(struct db *db, int64_t *out)
{
    struct arena a;
    struct row row;

    arena_open(&a, 4096);
    enum err e =
        db_one(db, &a, "SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'client_generation'", NO_VALUES, &row);
    *out = e ? 0 : row_int(&row, 0);
    arena_close(&a);
    return e == ERR_NOT_FOUND ? ERR_STORE : e;
}

/* Of a table that nobody has seen. */
static void drop_entries_until(struct clients *c, const struct entry *end)
{
    while (c->entries != end) {
        struct entry *e = c->entries;
        c->entries = e->older;
        entry_free(e);
    }
}

static enum err build(struct clients *c, struct db *db, int64_t generation)
{
    struct table *before = atomic_load(&c->table), *t = calloc(1, sizeof *t);
    const struct entry *entries = c->entries;
    struct building b = {c, before, t};

    if (!t)
        return ERR_MEMORY;
    t->generation = generation;
    enum err e = db_each(db, all_clients, NO_VALUES, add_row, &b);
    if (e) {
        table_free(t);
        drop_entries_until(c, entries);
        return e;
    }
    t->older = before;
    atomic_store(&c->table, t);
    return ERR_OK;
}

/* Under the lock. */
static enum err look(struct clients *c, struct db *db, int64_t now_ms)
{
    int64_t generation;
    const struct table *t = atomic_load(&c->table);
    /* Before the store is asked: a change that comes meanwhile is not taken for seen. */
    unsigned changes = atomic_load(&c->changes);
    enum err e = generation_find(db, &generation);

    if (!e && (!t || t->generation != generation))
        e = build(c, db, generation);
    if (e && t) {
        /* A server that works goes on working; it tries again when it looks next. */
        log_event(LOG_ERROR, "clients_not_read", LOG_STR("err", err_name(e)));
        e = ERR_OK;
    }
    if (!e) {
        atomic_store(&c->looked_at, now_ms);
        atomic_store(&c->seen, changes);
    }
    return e;
}

static bool is_due(struct clients *c, int64_t now_ms)
{
    return !atomic_load(&c->table) || atomic_load(&c->seen) != atomic_load(&c->changes) ||
           now_ms - atomic_load(&c->looked_at) >= LOOK_EVERY_MS;
}

/* Looks for changes when it is time to. */
static enum err follow(struct clients *c, struct db *db)
{
    int64_t now_ms = clock_steady_ms();
    enum err e = ERR_OK;

    if (!is_due(c, now_ms))
        return ERR_OK;
    pthread_mutex_lock(&c->lock);
    if (is_due(c, now_ms))
        e = look(c, db, now_ms);
    pthread_mutex_unlock(&c->lock);
    return e;
}

/* One that is not known may have registered itself in another process a moment ago: that costs a look. */
enum err clients_find(struct clients *c, struct db *db, struct view id, const struct client **out)
{
    *out = NULL;
    enum err e = follow(c, db);
    const struct entry *entry = !e && view_is(id) ? table_find(atomic_load(&c->table), id) : NULL;
    if (!e && !entry && view_is(id)) {
        clients_look_again(c);
        e = follow(c, db);
        entry = e ? NULL : table_find(atomic_load(&c->table), id);
    }
    *out = entry ? entry->client : NULL;
    return e;
}

/* Only requests that name one ask, and there are not many. */
enum err clients_find_resource(struct clients *c, struct db *db, struct view resource, const struct client **out)
{
    *out = NULL;
    enum err e = follow(c, db);
    const struct table *t = atomic_load(&c->table);

    for (size_t i = 0; !e && view_is(resource) && i < t->n && !*out; i++)
        if (view_equal(t->entries[i]->client->resource, resource))
            *out = t->entries[i]->client;
    return e;
}

static const struct detail_type *type_of(const struct client *c, struct view type)
{
    for (size_t i = 0; i < c->n_detail_types; i++)
        if (view_equal(c->detail_types[i].id, type))
            return &c->detail_types[i];
    return NULL;
}

enum err clients_find_detail_type(struct clients *c, struct db *db, struct view type, const struct detail_type **out,
                                  const struct client **server)
{
    *out = NULL;
    *server = NULL;
    enum err e = follow(c, db);
    const struct table *t = atomic_load(&c->table);

    for (size_t i = 0; !e && i < t->n && !*out; i++) {
        *server = t->entries[i]->client;
        *out = type_of(*server, type);
    }
    if (!*out)
        *server = NULL;
    return e;
}

bool clients_is_due(struct clients *c)
{
    return is_due(c, clock_steady_ms());
}

static void put_types(struct buf *b, const struct table *t)
{
    struct json_out o;

    json_out_open(&o, b);
    json_begin_array(&o);
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < t->entries[i]->client->n_detail_types; k++)
            json_put_text(&o, t->entries[i]->client->detail_types[k].id);
    json_end_array(&o);
}

/* Under the lock: BASE without its last brace, and one member more. */
static void write_document(struct table *t, struct view base)
{
    struct view whole = VIEW_NONE;
    struct buf b;

    buf_open(&b, NULL, DOCUMENT_MAX);
    buf_put(&b, view_part(base, 0, base.n - 1));
    buf_put_text(&b, ",\"authorization_details_types_supported\":");
    put_types(&b, t);
    buf_put_byte(&b, '}');
    if (buf_done(&b, &whole) == ERR_OK && (t->document.bytes = malloc(whole.n))) {
        memcpy(t->document.bytes, whole.p, whole.n);
        t->document.n = whole.n;
        atomic_store(&t->has_document, true);
    }
    buf_close(&b);
}

struct view clients_document(struct clients *c, struct view base)
{
    struct table *t = atomic_load(&c->table);

    if (!t || t->n_types == 0)
        return base;
    if (!atomic_load(&t->has_document)) {
        pthread_mutex_lock(&c->lock);
        if (!atomic_load(&t->has_document))
            write_document(t, base);
        pthread_mutex_unlock(&c->lock);
    }
    return atomic_load(&t->has_document) ? view_bytes(t->document.bytes, t->document.n) : base;
}

void clients_look_again(struct clients *c)
{
    atomic_fetch_add(&c->changes, 1);
}

/* --- changing ---------------------------------------------------------------------------------------- */

static enum err next_generation(struct db *db)
{
    return db_run(db,
                  "UPDATE setting SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)"
                  " WHERE name = 'client_generation'",
                  NO_VALUES);
}

static enum err is_room(struct db *db)
{
    struct arena a;
    struct row row;

    arena_open(&a, 4096);
    enum err e = db_one(db, &a, "SELECT count(*) FROM client WHERE removed_at IS NULL", NO_VALUES, &row);
    if (!e && row_int(&row, 0) > CLIENTS_MAX)
        e = ERR_LIMIT;
    arena_close(&a);
    return e;
}

enum err clients_record(struct db *db, struct view id, struct view registration, const uint8_t *secret_hash,
                        int64_t now)
{
    struct view secret = secret_hash ? view_bytes(secret_hash, 32) : VIEW_NONE;
    enum err e = db_run(db,
                        "INSERT INTO client (id, registration, secret_hash, created_at, updated_at)"
                        " VALUES ($1, $2, $3, $4, $4)"
                        " ON CONFLICT (id) DO UPDATE SET registration = excluded.registration,"
                        " secret_hash = excluded.secret_hash, updated_at = excluded.updated_at, removed_at = NULL"
                        " WHERE client.removed_at IS NOT NULL",
                        VALUES(V_TEXT(id), V_TEXT(registration), V_BLOB(secret), V_INT(now)));

    if (e)
        return e;
    if (db_changes(db) != 1)
        return ERR_CONFLICT;
    if ((e = is_room(db)) || (e = client_version_record(db, id, registration, now)))
        return e;
    return next_generation(db);
}

enum err clients_update(struct db *db, struct view id, struct view registration, struct view secret_hash, int64_t now)
{
    struct view hash = secret_hash.n ? secret_hash : VIEW_NONE;
    enum err e =
        db_run(db,
               "UPDATE client SET registration = $2, updated_at = $3,"
               " secret_hash = CASE WHEN $4 = 1 THEN $5 ELSE secret_hash END"
               " WHERE id = $1 AND removed_at IS NULL",
               VALUES(V_TEXT(id), V_TEXT(registration), V_INT(now), V_INT(view_is(secret_hash)), V_BLOB(hash)));

    if (e)
        return e;
    if (db_changes(db) != 1)
        return ERR_NOT_FOUND;
    return (e = client_version_record(db, id, registration, now)) ? e : next_generation(db);
}

enum err clients_has_secret(bool *out, struct db *db, struct view id)
{
    struct arena a;
    struct row row;

    arena_open(&a, 4096);
    enum err e = db_one(db, &a, "SELECT secret_hash IS NOT NULL FROM client WHERE id = $1 AND removed_at IS NULL",
                        VALUES(V_TEXT(id)), &row);
    *out = !e && row_int(&row, 0);
    arena_close(&a);
    return e;
}

enum err clients_remove(struct db *db, struct view id, int64_t now)
{
    enum err e = db_run(db, "UPDATE client SET removed_at = $2, updated_at = $2 WHERE id = $1 AND removed_at IS NULL",
                        VALUES(V_TEXT(id), V_INT(now)));

    if (e)
        return e;
    if (db_changes(db) != 1)
        return ERR_NOT_FOUND;
    /* Its id may be used again, by a service that nobody manages over the network. */
    return (e = self_registered_remove(db, id)) ? e : next_generation(db);
}

struct each {
    struct arena *arena;
    enum err (*fn)(void *ctx, const struct client *client);
    void *ctx;
};

static enum err each_row(void *ctx, const struct row *row)
{
    struct each *each = ctx;
    struct client *client;
    enum err e = parse(&client, each->arena, row);

    if (e)
        return e == ERR_SYNTAX ? ERR_OK : e;
    return each->fn(each->ctx, client);
}

enum err clients_each(struct db *db, struct arena *arena, enum err (*fn)(void *ctx, const struct client *client),
                      void *ctx)
{
    struct each each = {arena, fn, ctx};

    return db_each(db, all_clients, NO_VALUES, each_row, &each);
}

struct rivalry {
    const struct client *client;
    struct arena *arena;  /* of the fault */
    struct arena reading; /* one service at a time: all of them would be much at once */
    struct registration_fault *fault;
};

static enum err refuse(struct rivalry *r, const char *member, struct view name, const char *what)
{
    const char *rule = arena_printf(r->arena, "%.*s is %s of another service", (int)name.n, (const char *)name.p, what);

    *r->fault = (struct registration_fault){member, rule};
    return rule ? ERR_OK : ERR_MEMORY;
}

static enum err compare_with(struct rivalry *r, const struct client *other)
{
    const struct client *c = r->client;

    if (view_equal(other->id, c->id))
        return ERR_OK;
    if (view_is(c->resource) && view_equal(other->resource, c->resource))
        return refuse(r, "resource", c->resource, "the resource");
    for (size_t i = 0; i < c->n_detail_types; i++)
        if (type_of(other, c->detail_types[i].id))
            return refuse(r, "authorization_details_definitions", c->detail_types[i].id, "a type");
    return ERR_OK;
}

static enum err rival_row(void *ctx, const struct row *row)
{
    struct rivalry *r = ctx;
    struct client *other;

    if (r->fault->member)
        return ERR_OK;
    arena_reset(&r->reading);
    enum err e = parse(&other, &r->reading, row);
    if (e)
        return e == ERR_SYNTAX ? ERR_OK : e;
    return compare_with(r, other);
}

enum err clients_check_rivals(struct registration_fault *fault, struct db *db, struct arena *arena,
                              const struct client *client)
{
    struct rivalry r = {.client = client, .arena = arena, .fault = fault};

    *fault = (struct registration_fault){NULL, NULL};
    if (!view_is(client->resource) && !client->n_detail_types)
        return ERR_OK;
    arena_open(&r.reading, CLIENT_CEILING);
    enum err e = db_each(db, all_clients, NO_VALUES, rival_row, &r);
    arena_close(&r.reading);
    return e;
}
