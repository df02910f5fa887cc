#include "idp/state/caller.h"

#include <inttypes.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/hash.h"
#include "idp/rules/client_assertion.h"
#include "idp/rules/client_auth.h"
#include "idp/state/client_keys.h"
#include "idp/state/clients.h"
#include "idp/state/limits.h"
#include "idp/state/spent.h"
#include "jpki/pki/peer_cert.h"

/* --- an assertion ------------------------------------------------------------------------------------------------ */

static struct view url_of(const struct visit *v, struct view path)
{
    return view_text(arena_printf(v->arena, "%.*s%.*s", (int)v->op->issuer.n, (const char *)v->op->issuer.p,
                                  (int)path.n, (const char *)path.p));
}

/* RFC 7523 3, item 7: good once. What is written outlives this process and not surely the machine; but whoever has the
 * assertion of another must have broken TLS, and had minutes. */
static enum err take_assertion(struct visit *v, const struct client_assertion *t, enum refusal *refusal)
{
    struct once once = once_of(ONCE_ASSERTION, t->sub, t->jti, client_assertion_end(t));

    return spend_once(v, &once, REFUSAL_ASSERTION_REPLAYED, refusal);
}

static enum err judge_assertion(struct visit *v, const struct client *client, const struct client_assertion *t,
                                enum refusal *refusal)
{
    struct client_assertion_facts facts = {.client = client,
                                           .issuer = v->op->issuer,
                                           .token_url = url_of(v, VIEW("/token")),
                                           .here = url_of(v, v->request->path),
                                           .now = v->now};

    if (!view_is(facts.token_url) || !view_is(facts.here))
        return ERR_MEMORY;
    *refusal = client_assertion_decide(t, &facts);
    return *refusal ? ERR_OK : take_assertion(v, t, refusal);
}

/* Whose keys are asked is the assertion's word, which then its signature must prove. */
static enum err by_assertion(struct caller *out, struct visit *v, const struct client_claim *claim,
                             enum refusal *refusal)
{
    struct client_assertion t;
    struct jws jws;
    const struct client *client;

    *refusal = REFUSAL_CLIENT_AUTH_FAILED;
    enum err e = jws_read(&jws, v->arena, claim->assertion);
    if (!e)
        e = client_assertion_read(&t, v->arena, &jws);
    if (e)
        return e == ERR_SYNTAX ? ERR_OK : e;
    /* RFC 7521 4.2: client_id is not needed, and if it is there it is the sub. */
    if (view_is(claim->id) && !view_equal(claim->id, t.sub))
        return ERR_OK;
    e = clients_find(v->op->clients, v->db, t.sub, &client);
    if (e || !client || client->auth_method != CLIENT_AUTH_PRIVATE_KEY_JWT)
        return e;
    e = client_keys_verify(v, client, &jws);
    if (e)
        return e == ERR_MISMATCH ? ERR_OK : e;
    if ((e = judge_assertion(v, client, &t, refusal)) || *refusal)
        return e;
    *out = (struct caller){.client = client, .method = CLIENT_AUTH_PRIVATE_KEY_JWT};
    return ERR_OK;
}

/* --- a secret, or a name ----------------------------------------------------------------------------------------- */

static void say_when(struct visit *v, int64_t retry_s)
{
    answer_header_text(v->answer, "Retry-After", arena_printf(v->arena, "%" PRId64, retry_s > 0 ? retry_s : 1));
}

/* RFC 6749 2.3.1: guessing is slowed down, whether the name exists or not, and whatever the next secret would be. */
static bool may_try(struct visit *v, struct view id)
{
    int64_t retry_s;
    bool may = limits_may_fail(v->op->limits, v->request->peer.address, id, clock_steady_ms(), &retry_s);

    if (!may)
        say_when(v, retry_s);
    return may;
}

static enum err by_secret(struct caller *out, struct visit *v, const struct client_claim *claim, enum refusal *refusal)
{
    const struct client *client;

    if (!may_try(v, claim->id)) {
        *refusal = REFUSAL_CLIENT_AUTH_TOO_OFTEN;
        return ERR_OK;
    }
    enum err e = clients_find(v->op->clients, v->db, claim->id, &client);
    if (e)
        return e;
    *refusal = client_auth_decide(claim, client);
    if (*refusal == REFUSAL_CLIENT_AUTH_FAILED)
        limits_fail(v->op->limits, v->request->peer.address, claim->id, clock_steady_ms());
    if (!*refusal)
        *out = (struct caller){.client = client, .method = claim->method};
    return ERR_OK;
}

static enum err check_certificate(bool *fits, struct visit *v, const struct client *client)
{
    const struct request *r = v->request;
    struct peer_cert cert;

    *fits = false;
    if (!client || !view_is(r->client_cert))
        return ERR_OK;
    if (client->auth_method == CLIENT_AUTH_TLS_SELF_SIGNED) {
        enum err found = client_keys_find_cert(v, client, r->client_cert);
        *fits = !found;
        return found == ERR_MISMATCH ? ERR_OK : found;
    }
    enum err e = peer_cert_read(&cert, v->arena, r->client_cert);
    if (e)
        return e == ERR_SYNTAX ? ERR_OK : e;
    const struct client_certificate facts = {r->client_cert, r->client_cert_chained, cert.subject, cert.dns,
                                             cert.n_dns};
    *fits = client_certificate_fits(client, &facts);
    return ERR_OK;
}

static enum err by_name(struct caller *out, struct visit *v, const struct client_claim *claim, enum refusal *refusal)
{
    const struct client *client;
    enum err e = clients_find(v->op->clients, v->db, claim->id, &client);

    bool fits = false;
    if (!e)
        e = check_certificate(&fits, v, client);
    if (e)
        return e;
    *refusal = client_name_decide(client, fits);
    if (!*refusal)
        *out = (struct caller){.client = client, .method = client->auth_method};
    return ERR_OK;
}

/* --- whichever ---------------------------------------------------------------------------------------------------- */

static enum err find_caller(struct caller *out, struct visit *v, enum refusal *refusal)
{
    struct client_auth_params params = {.authorization = request_header(v->request, "Authorization"),
                                        .client_id = visit_param(v, "client_id"),
                                        .client_secret = visit_param(v, "client_secret"),
                                        .assertion = visit_param(v, "client_assertion"),
                                        .assertion_type = visit_param(v, "client_assertion_type")};
    struct client_claim claim;

    if (request_header_count(v->request, "Authorization") > 1) {
        *refusal = REFUSAL_CLIENT_AUTH_TWICE;
        return ERR_OK;
    }
    enum err e = client_claim_read(&claim, v->arena, &params, refusal);
    if (e || *refusal)
        return e;
    switch (claim.method) {
    case CLIENT_AUTH_PRIVATE_KEY_JWT:
        return by_assertion(out, v, &claim, refusal);
    case CLIENT_AUTH_NONE:
        return by_name(out, v, &claim, refusal);
    default:
        return by_secret(out, v, &claim, refusal);
    }
}

enum err caller_authenticate(struct caller *out, struct visit *v, enum refusal *refusal)
{
    uint8_t digest[SHA256_SIZE];

    *out = (struct caller){0};
    *refusal = REFUSAL_NONE;
    enum err e = find_caller(out, v, refusal);
    if (e || *refusal || !view_is(v->request->client_cert))
        return e;
    sha256(digest, v->request->client_cert);
    out->cert_thumbprint = view_text(base64url_text(v->arena, VIEW_ARRAY(digest)));
    return view_is(out->cert_thumbprint) ? ERR_OK : ERR_MEMORY;
}

enum refusal caller_throttle(const struct caller *c, struct visit *v, enum limit which)
{
    struct limits *l = v->op->limits;
    int64_t retry_s, now_ms = clock_steady_ms();
    bool may = caller_is_confidential(c) ? limits_take_of(l, which, c->client->id, now_ms, &retry_s)
                                         : limits_take(l, which, v->request->peer.address, now_ms, &retry_s);

    if (may)
        return REFUSAL_NONE;
    say_when(v, retry_s);
    return REFUSAL_CLIENT_TOO_OFTEN;
}

bool caller_is_confidential(const struct caller *c)
{
    return c->client && c->method != CLIENT_AUTH_NONE;
}
