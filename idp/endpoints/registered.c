#include "idp/endpoints/registered.h"

#include <strings.h>

#include "base/chance.h"
#include "base/json.h"
#include "consent/ask.h"
#include "consent/ledger.h"
#include "idp/endpoints/json_answer.h"
#include "idp/rules/client_policy.h"
#include "idp/rules/software_statement.h"

#define ANSWER_MAX (REGISTRATION_MAX + 4096)

/* --- reading ------------------------------------------------------------------------------------------------------ */

enum refusal registered_token(const struct visit *v, struct view *token, uint8_t hash[SHA256_SIZE])
{
    static const char scheme[] = "Bearer ";
    struct view header = request_header(v->request, "Authorization");
    size_t n = sizeof scheme - 1;

    if (request_header_count(v->request, "Authorization") > 1)
        return REFUSAL_BEARER_TWICE;
    if (!view_is(header))
        return REFUSAL_BEARER_MISSING;
    if (header.n <= n || strncasecmp((const char *)header.p, scheme, n) != 0)
        return REFUSAL_BEARER_MALFORMED;
    *token = view_from(header, n);
    sha256(hash, *token);
    return REFUSAL_NONE;
}

bool registered_is_json(struct visit *v)
{
    struct view type = v->request->content_type;
    struct view bare = view_part(type, 0, view_index(type, ';'));

    if (bare.n == 16 && strncasecmp((const char *)bare.p, "application/json", 16) == 0)
        return true;
    json_answer_error(v, 415, "invalid_client_metadata", "the body must be application/json (RFC 7591 3.1)");
    return false;
}

/* --- making ------------------------------------------------------------------------------------------------------- */

enum err registered_mint_secret(struct view *secret, uint8_t hash[SHA256_SIZE], struct visit *v, const struct client *c)
{
    *secret = VIEW_NONE;
    if (!client_policy_has_secret(c->auth_method))
        return ERR_OK;
    *secret = view_text(chance_ticket(v->arena));
    if (!view_is(*secret))
        return ERR_MEMORY;
    sha256(hash, *secret);
    return ERR_OK;
}

enum err registered_append(struct db *db, const struct visit *v, const struct client *c, const char *act)
{
    struct ledger_event e = {.type = LEDGER_OPERATOR,
                             .at = v->now_ms,
                             .who = {.client = c->id, .org = c->org_id, .sector = c->sector},
                             .terms = VIEW_ARRAY(c->ask->hash),
                             .via = "register",
                             .act = act};

    for (size_t i = 0; i < c->ask->n; i++)
        e.fields[e.n_fields++] = c->ask->items[i].field;
    return ledger_append(v->op->ledger, db, &e, NULL);
}

/* --- answering ---------------------------------------------------------------------------------------------------- */

/* The scope values it can use (RFC 7591 2). */
static void put_scope(struct json_out *o, struct visit *v, const struct client *c)
{
    const char *scope = "openid";

    for (size_t i = 0; i < c->ask->n && scope; i++)
        scope = arena_printf(v->arena, "%s %s", scope, c->ask->items[i].field->id);
    if (c->may_refresh && scope)
        scope = arena_printf(v->arena, "%s offline_access", scope);
    json_pair_text(o, "scope", scope ? scope : "openid");
}

static void put_credentials(struct json_out *o, struct visit *v, const struct registered *r)
{
    struct view issuer = v->op->issuer, id = r->client->id;
    const char *uri = arena_printf(v->arena, "%.*s/register/%.*s", (int)issuer.n, (const char *)issuer.p, (int)id.n,
                                   (const char *)id.p);

    if (view_is(r->secret)) {
        json_pair(o, "client_secret", r->secret);
        json_pair_int(o, "client_secret_expires_at", 0);
    }
    json_pair_int(o, "client_id_issued_at", r->issued_at);
    json_pair(o, "registration_access_token", r->token);
    json_pair_text(o, "registration_client_uri", uri ? uri : "");
}

void registered_answer(struct visit *v, int status, const struct registered *r)
{
    const struct json *value;
    struct json_out o;
    struct view name;
    struct json *j;
    struct buf b;
    enum err e = json_read(&j, v->arena, r->registration, NULL);

    buf_open(&b, v->arena, ANSWER_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    for (size_t i = 0; !e && json_member_at(j, i, &name, &value); i++) {
        const char *member = arena_text(v->arena, name);
        e = member ? ERR_OK : ERR_MEMORY;
        if (e)
            break;
        json_key(&o, member);
        json_put_value(&o, value);
    }
    put_scope(&o, v, r->client);
    put_credentials(&o, v, r);
    json_end(&o);
    if (e) {
        json_answer_failure(v, e, "answer a registration");
        return;
    }
    json_answer(v, &b);
    if (v->answer->status == 200)
        answer_status(v->answer, status);
}

void registered_challenge(struct visit *v, enum refusal r)
{
    const struct refusal_row *row = refusal_row(r);
    const char *text = row->error ? arena_printf(v->arena, "Bearer realm=\"genkan\", error=\"%s\"", row->error)
                                  : "Bearer realm=\"genkan\"";

    answer_header_text(v->answer, "WWW-Authenticate", text ? text : "Bearer");
    json_answer_error(v, row->status, row->error ? row->error : "invalid_token", row->reason);
}

static enum refusal refusal_of(const struct registration_fault *fault)
{
    if (strcmp(fault->member, "redirect_uris") == 0)
        return REFUSAL_REGISTER_REDIRECT;
    if (fault->rule == software_statement_malformed)
        return REFUSAL_STATEMENT_INVALID;
    return fault->rule == software_statement_unapproved ? REFUSAL_STATEMENT_UNAPPROVED : REFUSAL_REGISTER_METADATA;
}

void registered_refuse(struct visit *v, const struct registration_fault *fault)
{
    const struct refusal_row *row = refusal_row(refusal_of(fault));
    const char *text = arena_printf(v->arena, "%s %s", fault->member, fault->rule);

    json_answer_error(v, row->status, row->error, text ? text : row->reason);
}
