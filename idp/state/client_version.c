#include "idp/state/client_version.h"

#include "base/hash.h"
#include "base/log.h"
#include "consent/ask.h"
#include "idp/state/registration.h"

enum { READING = 1 << 20, VERSIONS_MAX = 10000 };

/* --- recording --------------------------------------------------------------------------------------------------- */

static enum err newest(int64_t *number, uint8_t digest[SHA256_SIZE], struct db *db, struct arena *a, struct view id)
{
    static const char SQL[] =
        "SELECT number, digest FROM client_version WHERE client = $1 ORDER BY number DESC LIMIT 1";
    struct row row;
    enum err e = db_one(db, a, SQL, VALUES(V_TEXT(id)), &row);

    *number = 0;
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    if (row_blob(&row, 1).n != SHA256_SIZE)
        return ERR_STORE;
    *number = row_int(&row, 0);
    memcpy(digest, row_blob(&row, 1).p, SHA256_SIZE);
    return ERR_OK;
}

static enum err add(struct db *db, struct arena *a, struct view id, struct view registration, int64_t now)
{
    static const char SQL[] = "INSERT INTO client_version (client, number, digest, terms, registration, from_at) "
                              "VALUES ($1, $2, $3, $4, $5, $6)";
    struct registration_fault fault;
    uint8_t digest[SHA256_SIZE], before[SHA256_SIZE] = {0};
    struct client *client;
    int64_t number;
    enum err e = newest(&number, before, db, a, id);

    sha256(digest, registration);
    if (e || (number && memcmp(digest, before, sizeof digest) == 0))
        return e;
    if ((e = registration_read(&client, a, registration, id, &fault)))
        return e;
    return db_run(db, SQL,
                  VALUES(V_TEXT(id), V_INT(number + 1), V_BLOB(VIEW_ARRAY(digest)),
                         V_BLOB(VIEW_ARRAY(client->ask->hash)), V_TEXT(registration), V_INT(now)));
}

enum err client_version_record(struct db *db, struct view id, struct view registration, int64_t now)
{
    struct arena a;

    arena_open(&a, READING);
    enum err e = add(db, &a, id, registration, now);
    arena_close(&a);
    return e;
}

/* --- looking up -------------------------------------------------------------------------------------------------- */

struct listing {
    struct arena *a;
    struct client_version *versions;
    size_t n, size;
};

static enum err keep(void *ctx, const struct row *row)
{
    struct listing *list = ctx;

    if (list->n == list->size)
        return ERR_LIMIT;
    struct client_version *v = &list->versions[list->n];
    if (row_blob(row, 1).n != sizeof v->digest || row_blob(row, 2).n != sizeof v->terms)
        return ERR_STORE;
    v->number = row_int(row, 0);
    memcpy(v->digest, row_blob(row, 1).p, sizeof v->digest);
    memcpy(v->terms, row_blob(row, 2).p, sizeof v->terms);
    v->from_at = row_int(row, 4);
    list->n++;
    return row_keep(&v->registration, list->a, row_text(row, 3));
}

static enum err count(size_t *n, struct db *db, struct arena *a, struct view id)
{
    struct row row;
    enum err e = db_one(db, a, "SELECT count(*) FROM client_version WHERE client = $1", VALUES(V_TEXT(id)), &row);

    *n = e ? 0 : (size_t)row_int(&row, 0);
    return e ? e : *n > VERSIONS_MAX ? ERR_LIMIT : ERR_OK;
}

enum err client_version_list(struct client_version **out, size_t *n, struct db *db, struct arena *a, struct view id)
{
    static const char SQL[] = "SELECT number, digest, terms, registration, from_at FROM client_version "
                              "WHERE client = $1 ORDER BY number";
    struct listing list = {.a = a};
    enum err e = count(&list.size, db, a, id);

    if (e)
        return e;
    list.versions = arena_array(a, list.size, sizeof *list.versions);
    if (!list.versions)
        return ERR_MEMORY;
    e = db_each(db, SQL, VALUES(V_TEXT(id)), keep, &list);
    *out = list.versions;
    *n = e ? 0 : list.n;
    return e;
}

enum err client_version_find(struct client **out, struct db *db, struct arena *a, struct view id,
                             const uint8_t terms[32])
{
    static const char SQL[] = "SELECT registration FROM client_version WHERE client = $1 AND terms = $2 "
                              "ORDER BY number DESC LIMIT 1";
    struct registration_fault fault;
    struct row row;
    enum err e = db_one(db, a, SQL, VALUES(V_TEXT(id), V_BLOB(view_bytes(terms, 32))), &row);

    if (e)
        return e;
    e = registration_read(out, a, row_text(&row, 0), id, &fault);
    if (e == ERR_SYNTAX)
        log_event(LOG_ERROR, "client_version_unusable", LOG_TEXT("client", id), LOG_STR("member", fault.member),
                  LOG_STR("rule", fault.rule));
    return e == ERR_SYNTAX ? ERR_STORE : e;
}
