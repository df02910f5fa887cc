/* GET, DELETE /grants/{grant_id} (Grant Management for OAuth 2.0, draft 03, section 6): a service asks what one of its
 * residents allows it, or gives it back. The id is no secret (section 10): it counts only for the service it is of. */
#include "base/base64.h"
#include "base/json.h"
#include "base/text.h"
#include "consent/grant_scope.h"
#include "idp/endpoints/access.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/json_answer.h"
#include "idp/rules/grant_management.h"
#include "idp/state/consent_change.h"
#include "idp/state/upkeep.h"
#include "sessions/token.h"
#include "store/store.h"

#define PATH     "/grants/"
#define BODY_MAX 262144

struct asking {
    struct access access;
    struct grant grant;
    bool found;
    enum refusal refusal;
};

static enum err check_family(struct visit *v, struct asking *a)
{
    struct token_facts facts;
    enum err e = access_find_family(&facts, v->db, v->arena, &a->access.token);

    if (e && e != ERR_NOT_FOUND)
        return e;
    struct grant_management_facts f = {.live = !e && token_check(&facts, v->now) == TOKEN_LIVE,
                                       .own = !e && !ident_is(facts.family.resident),
                                       .scope = a->access.token.scope,
                                       .revoke = v->request->method == METHOD_DELETE};
    a->refusal = grant_management_decide(&f);
    return ERR_OK;
}

static enum err find(struct visit *v, struct asking *a)
{
    struct view id, text = view_from(v->request->path, sizeof PATH - 1);
    enum err e = base64url_read(v->arena, text, &id);

    if (!e)
        e = grant_find_by_id(&a->grant, v->arena, v->db, ident_read(id));
    if (e && e != ERR_NOT_FOUND && e != ERR_SYNTAX)
        return e;
    a->found = !e && view_equal(a->grant.who.client, a->access.client->id) && grant_is_live(&a->grant, v->now);
    return ERR_OK;
}

static enum err load(struct visit *v, struct asking *a)
{
    enum err e = access_read(&a->access, v, &a->refusal);

    if (!e && !a->refusal)
        e = check_family(v, a);
    return e || a->refusal ? e : find(v, a);
}

/* --- query ------------------------------------------------------------------------------------------------------- */

/* What she decided, without what has run out. */
static void take_current(struct grant *out, const struct grant *grant, int64_t now)
{
    *out = *grant;
    out->n = 0;
    for (size_t i = 0; i < grant->n; i++)
        if (grant->decisions[i].given && (!grant->decisions[i].until || now < grant->decisions[i].until))
            out->decisions[out->n++] = grant->decisions[i];
}

static void put_words(struct json_out *o, const char *name, struct view words)
{
    struct view word;
    json_key(o, name);
    json_begin_array(o);
    while (text_next_word(&words, &word))
        json_put_text(o, word);
    json_end_array(o);
}

/* Section 6.4, `scopes`: a part of it for each combination of servers that was asked for and agreed to; of its words
 * those that still bring something. */
static enum err put_scopes(struct json_out *o, struct visit *v, const struct asking *a, const struct grant *current)
{
    struct grant_scope_line line;
    struct view rest = a->grant.scopes, scope;
    struct ask asked;
    enum err e = ERR_OK;

    if (!view_is(rest))
        return ERR_OK;
    json_key(o, "scopes");
    json_begin_array(o);
    while (!e && grant_scope_next(&rest, &line)) {
        ask_requested(&asked, a->access.client->ask, line.scope, 0);
        if ((e = grant_scope(&scope, v->arena, line.scope, &asked, current)))
            return e;
        json_begin(o);
        if (scope.n)
            json_pair(o, "scope", scope);
        if (view_is(line.resource))
            put_words(o, "resource", line.resource);
        json_end(o);
    }
    json_end_array(o);
    return e;
}

static void put_fields(struct json_out *o, const struct grant *current)
{
    json_key(o, "claims");
    json_begin_array(o);
    for (size_t i = 0; i < current->n; i++)
        json_put_text(o, view_text(current->decisions[i].field->id));
    json_end_array(o);
}

/* Section 6.4: "authorization_details" as RFC 9396 has them. */
static void put_details(struct json_out *o, const struct asking *a, int64_t now)
{
    if (a->grant.n_details == 0)
        return;
    json_key(o, "authorization_details");
    json_begin_array(o);
    for (size_t i = 0; i < a->grant.n_details; i++) {
        const struct grant_detail *d = &a->grant.details[i];
        if (d->given && (!d->until || now < d->until))
            json_put_raw(o, d->json);
    }
    json_end_array(o);
}

static enum err answer_query(struct visit *v, const struct asking *a)
{
    struct grant *current = arena_alloc(v->arena, sizeof *current);
    struct json_out o;
    struct buf b;

    if (!current)
        return ERR_MEMORY;
    take_current(current, &a->grant, v->now);
    buf_open(&b, v->arena, BODY_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    enum err e = put_scopes(&o, v, a, current);
    put_fields(&o, current);
    put_details(&o, a, v->now);
    json_pair_int(&o, "last_updated", a->grant.given_at);
    if (a->grant.expires_at)
        json_pair_int(&o, "expires_at", a->grant.expires_at);
    json_pair_text(&o, "updated_by", "authorization_server");
    /* An element of ours (section 6.4): she, or the operator, has stopped it for a while. */
    json_pair_bool(&o, "suspended", a->grant.stop != GRANT_RUNS);
    json_end(&o);
    if (!e)
        json_answer(v, &b);
    return e;
}

/* --- revoke ------------------------------------------------------------------------------------------------------ */

static enum err revoke(struct visit *v, struct asking *a)
{
    struct consent_change change = {
        .act = CONSENT_WITHDRAW,
        .ledger = v->op->ledger,
        .arena = v->arena,
        .issuer = v->op->issuer,
        .client = NULL, /* it knows */
        .who = {.resident = a->grant.who.resident, .id = a->grant.id, .via = "service", .at_ms = v->now_ms}};
    enum err e = store_write(v->op->store, consent_change_job, &change);

    if (e == ERR_NOT_FOUND) /* she was quicker */
        a->found = false;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err answer(struct visit *v, const struct asking *a)
{
    if (a->refusal)
        json_answer_challenge(v, a->refusal, a->access.client ? a->access.client->id : VIEW_NONE);
    else if (!a->found)
        json_answer_error(v, 404, "not_found", "no such grant of this client"); /* section 6.6 */
    else if (v->request->method == METHOD_DELETE)
        answer_body(v->answer, 204, NULL, VIEW(""));
    else
        return answer_query(v, a);
    return ERR_OK;
}

void handle_grants(struct visit *v)
{
    struct asking *a = arena_alloc(v->arena, sizeof *a);
    enum err e = a ? load(v, a) : ERR_MEMORY;

    if (!e && !a->refusal && a->found && v->request->method == METHOD_DELETE)
        e = revoke(v, a);
    if (!e)
        e = answer(v, a);
    if (e)
        json_answer_failure(v, e, "grant management");
}
