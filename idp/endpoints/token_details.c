/* What may be done with the access token of a call, beyond its scope (RFC 9396 6 and 7). */
#include "idp/endpoints/offers.h"
#include "idp/endpoints/token_call.h"
#include "idp/rules/resource.h"

/* ERR_OK with *OUT NULL where there is none. */
static enum err read_asked(const struct json **out, struct visit *v, struct token_call *c)
{
    *out = NULL;
    return view_is(c->params.details) ? details_read(out, v->arena, c->params.details, &c->refusal) : ERR_OK;
}

/* RFC 9396 6.1: by the types that it names a client says for which server the token is. */
enum err token_call_target(struct view *out, struct visit *v, struct token_call *c)
{
    const struct json *asked;
    struct details_offers offers;
    enum err e = read_asked(&asked, v, c);

    *out = c->params.resource;
    if (e || c->refusal || !asked || view_is(c->params.resource))
        return e;
    if ((e = offers_find(&offers, v, asked, NULL)) || (e = details_resources(out, v->arena, asked, &offers)))
        return e;
    if (!view_is(*out))
        c->refusal = REFUSAL_DETAILS_TYPE_UNKNOWN;
    else if (resource_is_several(*out))
        c->refusal = REFUSAL_DETAILS_SEVERAL;
    return ERR_OK;
}

static enum err load_granted(const struct json **out, struct visit *v, struct db *db, struct ident id)
{
    struct wish wish;
    struct json *j;

    *out = NULL;
    if (!ident_is(id))
        return ERR_OK;
    enum err e = wish_find(&wish, db, v->arena, id);
    if (e || !view_is(wish.details)) /* one that is gone was swept: nothing hangs on it */
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    e = json_read(&j, v->arena, wish.details, NULL);
    *out = e ? NULL : j;
    return e == ERR_SYNTAX ? ERR_STORE : e;
}

enum err token_call_find_details(struct visit *v, struct token_call *c, struct db *db,
                                 const struct token_granted *granted)
{
    struct details_token_facts facts = {
        .client = c->client, .resource = c->resource, .refreshed = granted->refreshed, .now = c->now};
    struct grant grant;
    struct view text;
    enum err e;

    if ((e = load_granted(&facts.granted, v, db, granted->wish)) || (e = read_asked(&facts.asked, v, c)) ||
        c->refusal || (!facts.granted && !facts.asked))
        return e;
    if ((e = offers_find(&facts.offers, v, facts.granted, facts.asked)))
        return e;
    e = grant_find_by_id(&grant, v->arena, db, granted->grant);
    if (e && e != ERR_NOT_FOUND)
        return e;
    if (e || !grant_may_release(&grant, c->now)) /* no consent, nothing allowed */
        facts.granted = NULL;
    else
        facts.grant = &grant;
    e = details_of_token(&text, v->arena, &facts, &c->refusal);
    if (!e && !c->refusal)
        c->details = wish_of(VIEW_NONE, text);
    return e;
}

/* RFC 9396 6: "the client's policy (in case of grant type client_credentials)". */
enum err token_call_find_own_details(struct visit *v, struct token_call *c)
{
    struct details_facts facts = {.client = c->client, .alone = true};
    const struct json *asked;
    struct view text, servers;
    enum err e = read_asked(&asked, v, c);

    if (e || c->refusal || !asked)
        return e;
    if ((e = offers_find(&facts.offers, v, asked, NULL)) ||
        (e = details_decide(&text, v->arena, asked, &facts, &c->refusal)) || c->refusal ||
        (e = details_resources(&servers, v->arena, asked, &facts.offers)))
        return e;
    if (!view_is(c->resource) || !view_equal(servers, c->resource)) {
        c->refusal = resource_is_several(servers) ? REFUSAL_DETAILS_SEVERAL : REFUSAL_DETAILS_NOT_GRANTED;
        return ERR_OK;
    }
    c->details = wish_of(VIEW_NONE, text);
    return ERR_OK;
}

enum err token_call_keep_details(struct db *db, const struct token_call *c)
{
    return ident_is(c->details.id) ? wish_keep(db, &c->details, c->now) : ERR_OK;
}
