#include "idp/state/holder.h"

#include "base/hash.h"
#include "base/jws.h"
#include "idp/rules/binding.h"
#include "idp/rules/dpop.h"
#include "idp/state/config.h"
#include "idp/state/proof_keys.h"
#include "idp/state/spent.h"
#include "idp/tokens/proof_nonce.h"

static struct view url_under(const struct visit *v, struct view origin)
{
    const struct view path = v->request->path;

    return view_text(
        arena_printf(v->arena, "%.*s%.*s", (int)origin.n, (const char *)origin.p, (int)path.n, (const char *)path.p));
}

/* RFC 9449 8.2: the next one comes with every answer, so that a client which keeps asking is never sent back. */
static enum err give_nonce(struct visit *v, const struct client *client)
{
    if (!dpop_needs_nonce(client))
        return ERR_OK;
    char *nonce = proof_nonce_mint(v->arena, v->keys, v->now);
    if (!nonce)
        return ERR_MEMORY;
    answer_header_text(v->answer, "DPoP-Nonce", nonce);
    return ERR_OK;
}

/* RFC 9449 11.1: good once, for as long as it would be taken; as with assertions, the machine may forget it. */
static enum err take(struct visit *v, const struct dpop *proof, int64_t end, enum refusal *refusal)
{
    struct once once = once_of(ONCE_PROOF, VIEW_ARRAY(proof->key.thumbprint), proof->jti, end);

    return spend_once(v, &once, REFUSAL_DPOP_REPLAYED, refusal);
}

static enum err load_facts(struct dpop_facts *facts, const struct visit *v, const struct dpop *proof)
{
    const char *mtls = v->op->config->mtls.origin;

    facts->method = method_name(v->request->method);
    facts->now = v->now;
    facts->url[0] = url_under(v, v->op->issuer);
    facts->url[1] = mtls ? url_under(v, view_text(mtls)) : VIEW_NONE;
    facts->nonce_is_ours = proof_nonce_read(&facts->nonce_at, v->keys, proof->nonce);
    return view_is(facts->url[0]) ? ERR_OK : ERR_MEMORY;
}

/* What costs most comes last: the signature, and then the store. */
static enum err judge(struct visit *v, const struct jws *jws, const struct dpop *proof, struct dpop_facts *facts,
                      enum refusal *refusal)
{
    enum err e = load_facts(facts, v, proof);

    if (e)
        return e;
    *refusal = dpop_decide(proof, facts);
    if (*refusal)
        return ERR_OK;
    e = jws_verify(jws, jws->key);
    if (e == ERR_MISMATCH) {
        *refusal = REFUSAL_DPOP_SIGNATURE;
        return ERR_OK;
    }
    return e ? e : take(v, proof, dpop_end(proof, facts), refusal);
}

static enum err prove(struct cnf *out, struct visit *v, struct dpop_facts *facts, enum refusal *refusal)
{
    struct dpop proof;
    struct jws jws;
    enum err e = proof_keys_read(&jws, v->op->proof_keys, v->arena, request_header(v->request, "DPoP"));

    if (!e)
        e = dpop_read(&proof, v->arena, &jws);
    if (e == ERR_SYNTAX || e == ERR_LIMIT) {
        *refusal = REFUSAL_DPOP_MALFORMED;
        return ERR_OK;
    }
    if (e || (e = judge(v, &jws, &proof, facts, refusal)) || *refusal)
        return e;
    *out = proof.key;
    return ERR_OK;
}

enum err holder_prove(struct cnf *out, struct visit *v, const struct client *client, struct view access_token,
                      const struct cnf *bound, enum refusal *refusal)
{
    struct dpop_facts facts = {.client = client, .access_token = access_token, .bound = bound};
    size_t n = request_header_count(v->request, "DPoP");

    *out = (struct cnf){.kind = CNF_NONE};
    *refusal = n > 1 ? REFUSAL_DPOP_TWICE : REFUSAL_NONE;
    if (n != 1)
        return ERR_OK;
    enum err e = give_nonce(v, client);
    return e ? e : prove(out, v, &facts, refusal);
}

struct cnf holder_certificate(const struct visit *v)
{
    struct cnf c = {.kind = CNF_NONE};

    if (view_is(v->request->client_cert)) {
        c.kind = CNF_X5T;
        sha256(c.thumbprint, v->request->client_cert);
    }
    return c;
}

enum err holder_find(struct cnf *out, struct visit *v, const struct caller *caller, enum refusal *refusal)
{
    const struct cnf cert = holder_certificate(v);
    struct cnf proof;
    enum err e = holder_prove(&proof, v, caller->client, VIEW_NONE, NULL, refusal);

    if (!e && !*refusal)
        *refusal = binding_decide(out, caller->client, &proof, &cert);
    return e;
}
