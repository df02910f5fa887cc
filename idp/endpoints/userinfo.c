/* GET, POST /userinfo (OIDC Core 5.3, RFC 6750). Fields leave here and nowhere else, and only after the ledger entry
 * that says so is durable. */
#include "base/json.h"
#include "consent/disclosure.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/json_answer.h"
#include "idp/state/clients.h"
#include "idp/state/profile.h"
#include "idp/tokens/access_token.h"
#include "sessions/token.h"
#include "store/store.h"

#define BODY_MAX 65536

struct userinfo_call {
    struct access_token token;
    const struct client *client;
    struct ask asked;
    struct grant grant;
    bool has_grant;
    struct field_profile profile;
    struct disclosure disclosure;
    const struct visit *visit;
    enum refusal refusal;
};

/* --- the token -------------------------------------------------------------------------------------------------- */

/* "Bearer" without case (RFC 7235 2.1), then one token. */
static bool is_bearer(struct view header, struct view *token)
{
    static const char scheme[] = "bearer";

    if (header.n <= sizeof scheme || header.p[sizeof scheme - 1] != ' ')
        return false;
    for (size_t i = 0; i < sizeof scheme - 1; i++)
        if ((header.p[i] | 0x20) != scheme[i])
            return false;
    *token = view_from(header, sizeof scheme);
    return token->n > 0 && view_index(*token, ' ') == token->n;
}

/* RFC 6750 2: header or form body, "MUST NOT use more than one method"; in a URL (2.3) it is not taken. */
static enum refusal find_token(const struct visit *v, struct view *token)
{
    size_t headers = request_header_count(v->request, "Authorization");
    struct view body = v->request->method == METHOD_POST ? form_get(v->request->form, "access_token") : VIEW_NONE;

    if (headers + (view_is(body) ? 1 : 0) > 1)
        return REFUSAL_BEARER_TWICE;
    *token = body;
    if (view_is(body))
        return REFUSAL_NONE;
    if (headers == 0)
        return REFUSAL_BEARER_MISSING;
    return is_bearer(request_header(v->request, "Authorization"), token) ? REFUSAL_NONE : REFUSAL_BEARER_MALFORMED;
}

static enum err read_token(struct visit *v, struct userinfo_call *c)
{
    struct view text;

    c->refusal = find_token(v, &text);
    if (c->refusal)
        return ERR_OK;
    enum err e = access_token_read(v->arena, v->keys, text, &c->token);
    if (e == ERR_SYNTAX || e == ERR_MISMATCH || (!e && v->now >= c->token.expires_at)) {
        c->refusal = REFUSAL_BEARER_INVALID;
        return ERR_OK;
    }
    return e;
}

/* A token lives only while its family, its session (unless offline) and its client do. */
static enum err check_family(struct visit *v, struct userinfo_call *c, struct ident *session)
{
    struct token_facts facts;
    enum err e = token_find_family(&facts, v->db, v->arena, c->token.family);

    if (!e)
        e = clients_find(v->op->clients, v->db, c->token.client_id, &c->client);
    if (e && e != ERR_NOT_FOUND)
        return e;
    if (e || !c->client || token_check(&facts, v->now) != TOKEN_LIVE)
        c->refusal = REFUSAL_BEARER_INVALID;
    else
        *session = facts.family.session;
    return ERR_OK;
}

/* --- what goes out ---------------------------------------------------------------------------------------------- */

static enum err load(struct visit *v, struct userinfo_call *c)
{
    if (!ident_is(c->token.grant))
        return ERR_OK;
    enum err e = grant_find_by_id(&c->grant, v->arena, v->db, c->token.grant);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    c->has_grant = true;
    /* "Withdrawal kills tokens": also those that have no refresh token and so no index to be found by. */
    if (c->grant.end == GRANT_ENDED_WITHDRAWN) {
        c->refusal = REFUSAL_BEARER_INVALID;
        return ERR_OK;
    }
    ask_requested(&c->asked, c->client->ask, c->token.scope);
    return profile_load(&c->profile, v, c->grant.who.resident, &c->asked);
}

/* Token, grant and profile are looked up in the very transaction that records the disclosure: what was withdrawn before
 * it does not go out, and the writing connection, whose pages nobody else changes, finds them without asking the
 * system. */
static enum err disclose_job(struct db *db, void *ctx)
{
    struct userinfo_call *c = ctx;
    struct visit inside = *c->visit;

    inside.db = db;
    c->refusal = REFUSAL_NONE;
    c->has_grant = false;
    struct ident session = IDENT_NONE;
    enum err e = check_family(&inside, c, &session);
    if (!e && !c->refusal)
        e = load(&inside, c);
    c->grant.who.session = session; /* for the record: which login this disclosure came of */
    if (e || c->refusal)
        return e;
    struct disclosure_facts facts = {&c->asked, c->has_grant ? &c->grant : NULL, &c->profile, inside.now};
    e = disclosure_decide(&c->disclosure, inside.arena, &facts);
    if (e || c->disclosure.n == 0)
        return e;
    return disclosure_record(inside.op->ledger, db, &c->disclosure, "userinfo", inside.now_ms);
}

static void write_answer(struct visit *v, const struct userinfo_call *c)
{
    struct json_out o;
    struct buf b;

    buf_open(&b, v->arena, BODY_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair(&o, "sub", c->token.sub);
    disclosure_put_claims(&o, &c->disclosure);
    json_end(&o);
    json_answer(v, &b);
}

static enum err decide(struct visit *v, struct userinfo_call *c)
{
    enum err e = read_token(v, c);

    return e || c->refusal ? e : visit_write(v, disclose_job, c);
}

void handle_userinfo(struct visit *v)
{
    struct userinfo_call *c = arena_alloc(v->arena, sizeof *c);
    enum err e = c ? ERR_OK : ERR_MEMORY;

    if (c) {
        c->visit = v;
        e = decide(v, c);
    }
    if (e)
        json_answer_failure(v, e, "userinfo");
    else if (c->refusal)
        json_answer_refusal(v, c->refusal, c->token.client_id);
    else
        write_answer(v, c);
}
