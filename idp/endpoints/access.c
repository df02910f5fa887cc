#include "idp/endpoints/access.h"

#include "idp/rules/possession.h"
#include "idp/state/clients.h"
#include "idp/state/holder.h"

/* "Bearer" and "DPoP" without case (RFC 9110 11.1), then one token. */
static bool has_scheme(struct view header, const char *scheme, struct view *token)
{
    size_t n = strlen(scheme);

    if (header.n <= n || header.p[n] != ' ')
        return false;
    for (size_t i = 0; i < n; i++)
        if ((header.p[i] | 0x20) != scheme[i])
            return false;
    *token = view_from(header, n + 1);
    return token->n > 0 && view_index(*token, ' ') == token->n;
}

/* RFC 6750 2: header or form body, "MUST NOT use more than one method"; in a URL (2.3) it is not taken. */
static enum refusal find_token(const struct visit *v, struct view *token, bool *is_dpop)
{
    size_t headers = request_header_count(v->request, "Authorization");
    struct view header = request_header(v->request, "Authorization");
    struct view body = v->request->method == METHOD_POST ? form_get(v->request->form, "access_token") : VIEW_NONE;

    *is_dpop = false;
    if (headers + (view_is(body) ? 1 : 0) > 1)
        return REFUSAL_BEARER_TWICE;
    *token = body;
    if (view_is(body))
        return REFUSAL_NONE;
    if (headers == 0)
        return REFUSAL_BEARER_MISSING;
    *is_dpop = has_scheme(header, "dpop", token);
    return *is_dpop || has_scheme(header, "bearer", token) ? REFUSAL_NONE : REFUSAL_BEARER_MALFORMED;
}

enum err access_prove(const struct access *a, struct visit *v, enum refusal *refusal)
{
    const struct cnf *bound = &a->token.cnf;
    struct possession_facts facts = {.bound = bound, .as_dpop = a->is_dpop, .certificate = holder_certificate(v)};

    if (a->is_dpop && bound->kind == CNF_JKT) {
        enum err e = holder_prove(&facts.proof, v, a->client, a->text, bound, refusal);
        if (e || *refusal)
            return e;
    }
    *refusal = possession_decide(&facts);
    return ERR_OK;
}

enum err access_find(struct access *out, struct visit *v, enum refusal *refusal)
{
    *out = (struct access){0};
    *refusal = find_token(v, &out->text, &out->is_dpop);
    if (*refusal)
        return ERR_OK;
    enum err e = access_token_read(v->arena, v->keys, out->text, &out->token);
    if (!e)
        e = clients_find(v->op->clients, v->db, out->token.client_id, &out->client);
    if (e && e != ERR_SYNTAX && e != ERR_MISMATCH)
        return e;
    if (e || !out->client || v->now >= out->token.expires_at || view_is(out->token.resource))
        *refusal = REFUSAL_BEARER_INVALID;
    return ERR_OK;
}

enum err access_read(struct access *out, struct visit *v, enum refusal *refusal)
{
    enum err e = access_find(out, v, refusal);

    return e || *refusal ? e : access_prove(out, v, refusal);
}

enum err access_find_family(struct token_facts *out, struct db *db, struct arena *a, const struct access_token *t)
{
    if (!ident_is(t->session))
        return token_find_family(out, db, a, t->family);
    const struct family plain = access_token_plain_family(t);
    return token_find_plain(out, db, a, &plain);
}
