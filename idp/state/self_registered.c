#include "idp/state/self_registered.h"

#include "base/json.h"
#include "idp/rules/invite.h"
#include "idp/rules/software_statement.h"
#include "idp/state/sector.h"
#include "store/row.h"

/* --- making a registration ---------------------------------------------------------------------------------------- */

struct making {
    struct arena *a;
    const struct sector_source *source;
    const struct self_request *request;
    struct json *current; /* NULL: it is new */
    struct registration_fault *fault;
};

static enum err apply(struct json **out, const struct making *m)
{
    struct invite_request r = {.current = m->current, .knows = registration_knows};
    struct invite_fault fault;
    struct json *said, *terms;
    const char *why = NULL;
    struct view text;
    struct buf b;
    enum err e = json_read(&said, m->a, m->request->said, &why);

    *m->fault = (struct registration_fault){"registration", why};
    if (e || (e = json_read(&terms, m->a, m->request->terms, NULL)))
        return e;
    if ((e = software_statement_decide(&why, m->a, said)))
        return e;
    if (why) {
        *m->fault = (struct registration_fault){"software_statement", why};
        return ERR_SYNTAX;
    }
    r.said = said;
    r.terms = terms;
    buf_open(&b, m->a, REGISTRATION_MAX);
    e = invite_apply(&b, m->a, &r, &fault);
    if (e == ERR_SYNTAX)
        *m->fault = (struct registration_fault){fault.member, fault.rule};
    if (!e)
        e = buf_done(&b, &text);
    return e ? e : json_read(out, m->a, text, NULL);
}

static void put_grants(struct json_out *o, const struct client *c)
{
    json_key(o, "grant_types");
    json_begin_array(o);
    for (unsigned grant = 1; grant <= CLIENT_GRANT_EXCHANGE; grant *= 2)
        if (c->grants & grant)
            json_put_text(o, view_text(client_grant_name((enum client_grant)grant)));
    if (c->may_refresh)
        json_put_text(o, VIEW("refresh_token"));
    json_end_array(o);
}

static void put_response_types(struct json_out *o, const struct client *c)
{
    json_key(o, "response_types");
    json_begin_array(o);
    if (c->grants & CLIENT_GRANT_CODE)
        json_put_text(o, VIEW("code"));
    json_end_array(o);
}

/* What was meant by saying nothing, written out. C NULL: not known yet. */
static void put_defaults(struct json_out *o, const struct json *j, const struct client *c)
{
    if (!json_member(j, "subject_type"))
        json_pair_text(o, "subject_type", "pairwise");
    if (!c)
        return;
    if (!json_member(j, "profile"))
        json_pair_text(o, "profile", client_profile_name(c->profile));
    if (!json_member(j, "token_endpoint_auth_method"))
        json_pair_text(o, "token_endpoint_auth_method", client_auth_method_name(c->auth_method));
    if (!json_member(j, "id_token_signed_response_alg"))
        json_pair_text(o, "id_token_signed_response_alg", jws_alg_name(c->id_token_alg));
    if (!json_member(j, "grant_types"))
        put_grants(o, c);
    if (!json_member(j, "response_types"))
        put_response_types(o, c);
    if (!json_member(j, "require_pkce"))
        json_pair_bool(o, "require_pkce", c->require_pkce);
}

/* J with its id, SECTOR if it has none, and the defaults of C. */
static enum err complete(struct view *out, const struct making *m, const struct json *j, struct view sector,
                         const struct client *c)
{
    const struct json *value;
    struct json_out o;
    struct view name;
    struct buf b;

    buf_open(&b, m->a, REGISTRATION_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair(&o, "client_id", m->request->id);
    for (size_t i = 0; json_member_at(j, i, &name, &value); i++) {
        const char *member = arena_text(m->a, name);
        if (!member)
            return ERR_MEMORY;
        json_key(&o, member);
        json_put_value(&o, value);
    }
    if (!json_member(j, "sector"))
        json_pair(&o, "sector", sector);
    put_defaults(&o, j, c);
    json_end(&o);
    return buf_done(&b, out);
}

/* Every sub of a service hangs on its sector. */
static enum err check_same_sector(const struct making *m, struct view sector)
{
    if (!m->current || view_equal(json_member_text(m->current, "sector"), sector))
        return ERR_OK;
    *m->fault = (struct registration_fault){
        "redirect_uris", "would change the sector, and with it every sub: register another service instead"};
    return ERR_SYNTAX;
}

static enum err find_sector(struct view *out, const struct making *m, const struct json *j, const struct client *c)
{
    enum err e = sector_check(m->source, m->a, c, m->fault);

    if (e)
        return e;
    *out = c->sector;
    if (!json_member(j, "sector") && (e = sector_derive(out, m->a, c, m->fault)))
        return e;
    return check_same_sector(m, *out);
}

enum err self_registration_make(struct client **client, struct view *registration, struct arena *a,
                                const struct sector_source *source, const struct self_request *r,
                                struct registration_fault *fault)
{
    struct making m = {.a = a, .source = source, .request = r, .fault = fault};
    struct view sector, text;
    struct json *j;
    enum err e = view_is(r->current) ? json_read(&m.current, a, r->current, NULL) : ERR_OK;

    if (e)
        return e == ERR_SYNTAX ? ERR_STORE : e;
    /* Read twice: the sector comes out of addresses that must have been checked, and is part of what is registered. */
    if ((e = apply(&j, &m)) || (e = complete(&text, &m, j, VIEW(SECTOR_HOST), NULL)) ||
        (e = registration_read(client, a, text, VIEW_NONE, fault)) || (e = find_sector(&sector, &m, j, *client)) ||
        (e = complete(registration, &m, j, sector, *client)))
        return e;
    return registration_read(client, a, *registration, VIEW_NONE, fault);
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

#define V_HASH(H) V_BLOB(view_bytes((H), SHA256_SIZE))

enum err self_registered_record(struct db *db, struct view client, struct view invite, const uint8_t token[SHA256_SIZE],
                                int64_t now)
{
    return db_run(db, "INSERT INTO self_registered (client, invite, token, created_at) VALUES ($1, $2, $3, $4)",
                  VALUES(V_TEXT(client), V_TEXT(invite), V_HASH(token), V_INT(now)));
}

enum err self_registered_find(struct self_registered *out, struct db *db, struct arena *a, struct view client,
                              const uint8_t token[SHA256_SIZE])
{
    static const char SQL[] =
        "SELECT s.client, s.invite, i.terms, c.registration, c.secret_hash, s.token = $2 AND s.before IS NOT NULL,"
        " s.created_at"
        " FROM self_registered s JOIN client c ON c.id = s.client JOIN invite i ON i.id = s.invite"
        " WHERE s.client = $1 AND (s.token = $2 OR s.before = $2) AND c.removed_at IS NULL";
    struct row row;
    enum err e = db_one(db, a, SQL, VALUES(V_TEXT(client), V_HASH(token)), &row);

    if (e)
        return e;
    *out = (struct self_registered){.client = row_text(&row, 0),
                                    .invite = row_text(&row, 1),
                                    .terms = row_text(&row, 2),
                                    .registration = row_text(&row, 3),
                                    .secret_hash = row_blob(&row, 4),
                                    .confirms = row_int(&row, 5) != 0,
                                    .created_at = row_int(&row, 6)};
    return ERR_OK;
}

enum err self_registered_rotate(struct db *db, struct view client, const uint8_t used[SHA256_SIZE],
                                const uint8_t token[SHA256_SIZE])
{
    enum err e = db_run(db,
                        "UPDATE self_registered SET token = $3, before = $2"
                        " WHERE client = $1 AND (token = $2 OR before = $2)",
                        VALUES(V_TEXT(client), V_HASH(used), V_HASH(token)));

    return e ? e : db_changes(db) == 1 ? ERR_OK : ERR_NOT_FOUND;
}

enum err self_registered_confirm(struct db *db, struct view client, const uint8_t token[SHA256_SIZE])
{
    return db_run(db, "UPDATE self_registered SET before = NULL WHERE client = $1 AND token = $2",
                  VALUES(V_TEXT(client), V_HASH(token)));
}

enum err self_registered_remove(struct db *db, struct view client)
{
    return db_run(db, "DELETE FROM self_registered WHERE client = $1", VALUES(V_TEXT(client)));
}
