#include "idp/state/invites.h"

#include "base/json.h"
#include "idp/rules/invite.h"
#include "idp/state/registration.h"
#include "store/row.h"

#define TEXT_MAX 65536

/* --- terms -------------------------------------------------------------------------------------------------------- */

/* What the service of an invitation might say, at its shortest; what the terms say already stands alone. */
static const struct filling {
    const char *member, *value;
} fillings[] = {
    {"client_name", "\"x\""},
    {"sector", "\"x\""},
    {"redirect_uris", "[\"https://client.example/\"]"},
    {"client_id", "\"x\""},
};

static enum err put_example(struct buf *out, struct arena *a, const struct json *terms, bool keys)
{
    struct json_out o;
    const struct json *value;
    struct view name;

    json_out_open(&o, out);
    json_begin(&o);
    for (size_t i = 0; json_member_at(terms, i, &name, &value); i++) {
        const char *member = arena_text(a, name);
        if (!member)
            return ERR_MEMORY;
        json_key(&o, member);
        json_put_value(&o, value);
    }
    for (size_t i = 0; i < sizeof fillings / sizeof fillings[0]; i++)
        if (!json_member(terms, fillings[i].member)) {
            json_key(&o, fillings[i].member);
            json_put_raw(&o, view_text(fillings[i].value));
        }
    if (keys && !json_member(terms, "jwks") && !json_member(terms, "jwks_uri"))
        json_pair_text(&o, "jwks_uri", "https://client.example/jwks");
    json_end(&o);
    return out->err;
}

static enum err read_example(struct arena *a, const struct json *terms, bool keys, struct registration_fault *fault)
{
    struct client *client;
    struct view text;
    struct buf b;

    buf_open(&b, a, TEXT_MAX);
    enum err e = put_example(&b, a, terms, keys);
    if (!e)
        e = buf_done(&b, &text);
    return e ? e : registration_read(&client, a, text, VIEW_NONE, fault);
}

enum err invites_check_terms(struct arena *a, struct view terms, struct registration_fault *fault)
{
    struct json *j;
    const char *why = NULL;
    enum err e = json_read(&j, a, terms, &why);

    *fault = (struct registration_fault){"registration", why};
    if (e)
        return e;
    if (json_is_object(j) && json_member(j, "client_id")) {
        *fault = (struct registration_fault){"client_id", "is made when a service registers"};
        return ERR_SYNTAX;
    }
    e = read_example(a, j, false, fault);
    if (e == ERR_SYNTAX && strncmp(fault->member, "jwks", 4) == 0) /* its keys are the service's to say */
        e = read_example(a, j, true, fault);
    return e;
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

#define COLUMNS "id, terms, uses, created_at, expires_at, revoked_at"

static void read_row(struct invite *out, const struct row *row)
{
    *out = (struct invite){.id = row_text(row, 0),
                           .terms = row_text(row, 1),
                           .uses = row_int(row, 2),
                           .created_at = row_int(row, 3),
                           .expires_at = row_int(row, 4),
                           .revoked_at = row_int(row, 5)};
}

enum err invites_record(struct db *db, const struct invite *i, const uint8_t token[SHA256_SIZE])
{
    static const char SQL[] = "INSERT INTO invite (id, token, terms, uses, created_at, expires_at)"
                              " VALUES ($1, $2, $3, $4, $5, $6)";

    return db_run(db, SQL,
                  VALUES(V_TEXT(i->id), V_BLOB(view_bytes(token, SHA256_SIZE)), V_TEXT(i->terms), V_INT(i->uses),
                         V_INT(i->created_at), V_INT(i->expires_at)));
}

enum err invites_find(struct invite *out, struct db *db, struct arena *a, const uint8_t token[SHA256_SIZE], int64_t now)
{
    static const char SQL[] = "SELECT " COLUMNS " FROM invite"
                              " WHERE token = $1 AND uses > 0 AND expires_at > $2 AND revoked_at IS NULL";
    struct row row;
    enum err e = db_one(db, a, SQL, VALUES(V_BLOB(view_bytes(token, SHA256_SIZE)), V_INT(now)), &row);

    if (!e)
        read_row(out, &row);
    return e;
}

enum err invites_find_id(struct invite *out, struct db *db, struct arena *a, struct view id)
{
    struct row row;
    enum err e = db_one(db, a, "SELECT " COLUMNS " FROM invite WHERE id = $1", VALUES(V_TEXT(id)), &row);

    if (!e)
        read_row(out, &row);
    return e;
}

enum err invites_take(struct db *db, struct view id, int64_t now)
{
    enum err e = db_run(db,
                        "UPDATE invite SET uses = uses - 1"
                        " WHERE id = $1 AND uses > 0 AND expires_at > $2 AND revoked_at IS NULL",
                        VALUES(V_TEXT(id), V_INT(now)));

    return e ? e : db_changes(db) == 1 ? ERR_OK : ERR_NOT_FOUND;
}

enum err invites_revoke(struct db *db, struct view id, int64_t now)
{
    enum err e = db_run(db, "UPDATE invite SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
                        VALUES(V_TEXT(id), V_INT(now)));

    return e ? e : db_changes(db) == 1 ? ERR_OK : ERR_NOT_FOUND;
}

struct each {
    enum err (*fn)(void *ctx, const struct invite *i);
    void *ctx;
};

static enum err each_row(void *ctx, const struct row *row)
{
    const struct each *each = ctx;
    struct invite i;

    read_row(&i, row);
    return each->fn(each->ctx, &i);
}

enum err invites_each(struct db *db, enum err (*fn)(void *ctx, const struct invite *i), void *ctx)
{
    struct each each = {fn, ctx};

    return db_each(db, "SELECT " COLUMNS " FROM invite ORDER BY created_at DESC, id", NO_VALUES, each_row, &each);
}
