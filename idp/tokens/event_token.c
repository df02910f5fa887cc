#include "idp/tokens/event_token.h"

#include "base/chance.h"
#include "base/json.h"

#define CLAIMS_MAX 6144

const char *event_kind_name(enum event_kind k)
{
    static const char *const names[] = {"withdrawn", "changed", "suspended", "resumed"};

    return (size_t)k < sizeof names / sizeof *names ? names[k] : "unknown";
}

/* RFC 9493 3.2.3: the subject as issuer and sub; the claim is sub_id so that nobody takes this for a login (RFC 8417
 * 4.6). */
static void put_subject(struct json_out *o, const struct event_token *t)
{
    json_key(o, "sub_id");
    json_begin(o);
    json_pair_text(o, "format", "iss_sub");
    json_pair(o, "iss", t->issuer);
    json_pair(o, "sub", t->sub);
    json_end(o);
}

static void put_names(struct json_out *o, const char *key, const char *const *names, size_t n)
{
    if (n == 0)
        return;
    json_key(o, key);
    json_begin_array(o);
    for (size_t i = 0; i < n; i++)
        json_put_text(o, view_text(names[i]));
    json_end_array(o);
}

/* "initiating_entity" and its words are CAEP's. */
static void put_event(struct json_out *o, const struct event_token *t)
{
    json_begin(o);
    json_pair_text(o, "initiating_entity", t->by_operator ? "admin" : "user");
    put_names(o, "withdrawn", t->withdrawn, t->n_withdrawn);
    put_names(o, "given", t->given, t->n_given);
    json_end(o);
}

enum err event_token_claims(struct view *out, struct arena *a, const struct event_token *t)
{
    const char *jti = chance_id(a), *type = arena_printf(a, "%.*s/events/consent/%s", (int)t->issuer.n,
                                                         (const char *)t->issuer.p, event_kind_name(t->kind));
    struct json_out o;
    struct buf b;

    if (!jti || !type)
        return ERR_MEMORY;
    buf_open(&b, a, CLAIMS_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair(&o, "iss", t->issuer);
    json_pair(&o, "aud", t->client_id);
    json_pair_int(&o, "iat", t->at);
    json_pair_int(&o, "toe", t->at);
    json_pair_text(&o, "jti", jti);
    put_subject(&o, t);
    json_key(&o, "events");
    json_begin(&o);
    json_key(&o, type);
    put_event(&o, t);
    json_end(&o);
    json_end(&o);
    return buf_done(&b, out);
}

enum err event_token_sign(struct arena *a, const struct keys *k, enum jws_alg alg, struct view claims,
                          struct view *text)
{
    const struct jws_key *key = keys_active(k, KEY_TOKEN, alg);
    struct buf jws;

    INSIST(key != NULL);
    buf_open(&jws, a, 2 * CLAIMS_MAX);
    enum err e = jws_sign(&jws, key, "secevent+jwt", claims);
    return e ? e : buf_done(&jws, text);
}
