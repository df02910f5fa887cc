#include "idp/endpoints/identifying.h"

#include "base/base64.h"
#include "idp/state/profile.h"

/* --- asking and deciding ------------------------------------------------------------------------------------------ */

struct recording {
    const struct visit *visit;
    const struct auditor *who;
    const struct identifying *d;
    struct identity_person person;
    struct ident id;
    bool allow;
};

static enum err ask_job(struct db *db, void *ctx)
{
    struct recording *r = ctx;
    const struct visit *v = r->visit;
    return identity_ask(&r->id, v->op->ledger, v->arena, db, r->who, r->d->pseudonym, r->d->reason, v->now_ms);
}

static enum err ask_person_job(struct db *db, void *ctx)
{
    struct recording *r = ctx;
    const struct visit *v = r->visit;
    return identity_ask_person(&r->id, v->op->ledger, v->arena, db, r->who, &r->person, r->d->reason, v->now_ms);
}

static enum err decide_job(struct db *db, void *ctx)
{
    struct recording *r = ctx;
    const struct visit *v = r->visit;
    return identity_decide(v->op->ledger, v->arena, db, r->who, r->id, r->allow, v->now_ms);
}

static struct ident read_id(struct visit *v, struct view text)
{
    struct view bytes;
    return view_is(text) && base64url_read(v->arena, text, &bytes) == ERR_OK ? ident_read(bytes) : IDENT_NONE;
}

static enum err fail(const char **key, const char **rule, const char *which, const char *text)
{
    *key = which;
    *rule = text;
    return ERR_SYNTAX;
}

static enum err ask(struct recording *r, struct visit *v, const char **key, const char **rule)
{
    const struct identifying *d = r->d;
    enum err e;
    if (view_is(d->name) || view_is(d->birthdate)) {
        if (view_is(d->pseudonym))
            return fail(key, rule, "pseudonym", "must not be there together with a name");
        e = lookup_read(&r->person, v->arena, d->name, d->birthdate, d->reason, key, rule);
        if (e)
            return e;
        *key = "reason";
        *rule = "and the name must be one line, the reason of 1 to 200 characters";
        return store_write(v->op->store, ask_person_job, r);
    }
    *key = "pseudonym";
    *rule = "must be the 43 letters of a resident in an event, with a reason of 1 to 200 characters";
    return store_write(v->op->store, ask_job, r);
}

enum err identifying_record(struct ident *id, struct visit *v, const struct auditor *who, const struct identifying *d,
                            const char **key, const char **rule)
{
    struct recording r = {.visit = v, .who = who, .d = d, .allow = view_equal_text(d->verb, "allow")};
    enum err e;
    if (view_equal_text(d->verb, "ask")) {
        e = ask(&r, v, key, rule);
    } else if (r.allow || view_equal_text(d->verb, "deny")) {
        r.id = read_id(v, d->id);
        e = ident_is(r.id) ? store_write(v->op->store, decide_job, &r) : ERR_NOT_FOUND;
    } else {
        e = fail(key, rule, "do", "must be ask, allow or deny");
    }
    *id = r.id;
    return e;
}

/* --- looking ------------------------------------------------------------------------------------------------------ */

enum err identifying_find(struct identity_request *out, struct visit *v, const struct auditor *who, struct view id)
{
    struct ident request = read_id(v, id);
    enum err e = ident_is(request) ? identity_find(out, v->arena, v->db, request) : ERR_NOT_FOUND;
    if (!e && (!ident_equal(out->auditor, who->id) || identity_state_of(out, v->now) != IDENTITY_ALLOWED))
        e = ERR_NOT_FOUND;
    return e;
}

enum err identifying_person(struct identity_person *out, struct visit *v, const struct auditor *who,
                            const struct identity_request *r)
{
    enum identity_state state = identity_state_of(r, v->now);
    bool may = state == IDENTITY_WAITING || (state == IDENTITY_ALLOWED && ident_equal(r->auditor, who->id));
    *out = (struct identity_person){VIEW_NONE, VIEW_NONE};
    if (!may || !identity_is_of_person(r))
        return ERR_OK;
    enum err e = identity_person(out, v->arena, v->op->ledger, r);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err identifying_lookup(struct lookup_answer *out, struct visit *v, const struct auditor *who,
                            const struct identity_request *r)
{
    struct lookup s = {.ledger = v->op->ledger,
                       .store = v->op->store,
                       .db = v->db,
                       .master = v->op->master,
                       .arena = v->arena,
                       .who = who,
                       .now_ms = v->now_ms,
                       .patience_ms = IDENTIFYING_PATIENCE_MS};
    return lookup_run(out, &s, r);
}

enum err identifying_values(struct field_value *out, size_t *n, struct visit *v, const struct auditor *who,
                            const struct identity_request *r)
{
    static const char *const shown[IDENTIFYING_VALUES] = {"name", "birthdate", "address"};
    struct field_profile profile;
    struct ident resident;
    *n = 0;
    enum err e = identity_resident(&resident, v->op->ledger, v->db, r->pseudonym);
    if (!e)
        e = auditing_note(
            v, who, arena_printf(v->arena, "identity look %.*s", (int)r->pseudonym.n, (const char *)r->pseudonym.p),
            NULL);
    if (!e)
        e = profile_load(&profile, v, resident, NULL);
    for (size_t i = 0; i < IDENTIFYING_VALUES && !e; i++) {
        const struct field_value *value = field_stored(&profile, field_find(view_text(shown[i])));
        if (value)
            out[(*n)++] = *value;
    }
    return e;
}
