#include "idp/endpoints/release.h"

#include "idp/state/profile.h"
#include "sessions/wish.h"

/* OIDC Core 5.4: what the scope asks for comes from UserInfo. */
static struct view scope_of(const struct release_facts *f)
{
    return f->place == RELEASE_USERINFO ? f->scope : VIEW_NONE;
}

/* A wish that is gone asks for nothing. */
static enum err find_claims(struct claims_request *out, const struct visit *v, struct ident id)
{
    struct wish wish = {IDENT_NONE, VIEW_NONE, VIEW_NONE};
    enum err e = ident_is(id) ? wish_find(&wish, v->db, v->arena, id) : ERR_OK;

    if (e && e != ERR_NOT_FOUND)
        return e;
    e = claims_request_read(out, v->arena, wish.claims);
    return e == ERR_SYNTAX ? ERR_STORE : e;
}

static enum err load(struct release *r, const struct visit *v, const struct release_facts *f, uint32_t by_name)
{
    if (!ident_is(f->grant))
        return ERR_OK;
    enum err e = grant_find_for_release(&r->grant, v->arena, v->db, f->grant);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    r->has_grant = true;
    r->withdrawn = r->grant.end == GRANT_ENDED_WITHDRAWN;
    r->grant.who.session = f->session;
    ask_requested(&r->asked, f->client->ask, scope_of(f), by_name);
    if (r->withdrawn || r->asked.n == 0)
        return ERR_OK;
    return profile_load_asked(&r->profile, v, r->grant.who.resident, &r->asked);
}

/* OIDC Core 5.5.1: of a claim that is asked for with certain values no other goes out. */
static uint32_t plain_of(const struct disclosure *d, const struct visit *v, const struct claims_place *place,
                         struct view scope)
{
    uint32_t plain = 0;

    for (size_t i = 0; i < d->n; i++) {
        const struct field_value *value = &d->values[i];
        if (field_in_scope(value->field, scope) || claims_request_takes(place, v->arena, value->field, value->json))
            plain |= field_bit(value->field);
    }
    return plain;
}

static enum err keep_wanted(struct release *r, const struct visit *v, const struct claims_place *place,
                            struct view scope)
{
    struct disclosure *d = &r->disclosure;
    struct verified_facts facts = {d->values, d->n, v->op->issuer, v->now};
    struct verified_answer verified = {.fields = 0};
    enum err e = place->verified.n ? verified_claims_decide(&verified, v->arena, &place->verified, &facts) : ERR_OK;

    if (!e)
        disclosure_keep(d, plain_of(d, v, place, scope), verified.fields, verified.json);
    return e;
}

bool release_is_none(const struct release_facts *f)
{
    struct ask asked;

    ask_requested(&asked, f->client->ask, scope_of(f), 0);
    return asked.n == 0 && !ident_is(f->wish);
}

enum err release_record(struct release *out, const struct visit *v, const struct release_facts *f)
{
    static const char *const vias[] = {[RELEASE_USERINFO] = "userinfo", [RELEASE_ID_TOKEN] = "id_token"};
    struct claims_request claims;
    enum err e = find_claims(&claims, v, f->wish);
    const struct claims_place *place = f->place == RELEASE_USERINFO ? &claims.userinfo : &claims.id_token;

    out->has_grant = out->withdrawn = false;
    out->disclosure.n = 0;
    if (!e)
        e = load(out, v, f, claims_place_fields(place));
    if (e || !out->has_grant || out->withdrawn)
        return e;
    struct disclosure_facts facts = {&out->asked, &out->grant, &out->profile, v->now};
    if ((e = disclosure_decide(&out->disclosure, v->arena, &facts)))
        return e;
    if ((e = keep_wanted(out, v, place, scope_of(f))))
        return e;
    return disclosure_record(v->op->ledger, v->db, &out->disclosure, vias[f->place], v->now_ms);
}
