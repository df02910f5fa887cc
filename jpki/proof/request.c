#include "jpki/proof/request.h"

#include "base/base64.h"
#include "jpki/proof/claims.h"

static const char *const purposes[PROOF_PURPOSE_COUNT] = {"login", "reauth", "register", "read"};
static const char *const carriers[PROOF_CARRIER_COUNT] = {"pc-agent", "app-same", "app-cross"};

const char *proof_purpose_name(enum proof_purpose p)
{
    return p < PROOF_PURPOSE_COUNT ? purposes[p] : "unknown";
}

const char *proof_carrier_name(enum proof_carrier c)
{
    return c < PROOF_CARRIER_COUNT ? carriers[c] : "unknown";
}

enum proof_purpose proof_purpose_of(struct view name)
{
    int i = 0;
    while (i < PROOF_PURPOSE_COUNT && !view_equal_text(name, purposes[i]))
        i++;
    return (enum proof_purpose)i;
}

enum proof_carrier proof_carrier_of(struct view name)
{
    int i = 0;
    while (i < PROOF_CARRIER_COUNT && !view_equal_text(name, carriers[i]))
        i++;
    return (enum proof_carrier)i;
}

/* ---- writing ---- */

static void put_objects(struct json_out *o, const struct proof_request *req)
{
    json_key(o, "rp");
    json_begin(o);
    json_pair(o, "id", req->rp.id);
    json_pair(o, "name", req->rp.name);
    json_pair(o, "org", req->rp.org);
    json_pair(o, "host", req->rp.host);
    json_end(o);
    json_key(o, "ui");
    json_begin(o);
    json_pair(o, "lang", req->ui.lang);
    json_pair_bool(o, "large", req->ui.large);
    json_end(o);
}

static void put_claims(struct json_out *o, struct arena *a, const struct proof_request *req)
{
    json_begin(o);
    json_pair(o, "iss", req->iss);
    json_pair_text(o, "aud", PROOF_AUDIENCE);
    json_pair_text(o, "ch", proof_carrier_name(req->ch));
    json_pair(o, "txn", req->txn);
    json_pair(o, "jti", req->jti);
    json_pair_text(o, "nonce", base64url_text(a, VIEW_ARRAY(req->nonce)));
    json_pair_int(o, "iat", req->iat);
    json_pair_int(o, "exp", req->exp);
    json_pair_text(o, "response_uri", arena_printf(a, "%.*s%s", (int)req->iss.n, req->iss.p, PROOF_RETURN_PATH));
    put_objects(o, req);
    json_pair_text(o, "purpose", proof_purpose_name(req->purpose));
    json_pair(o, "bind", req->bind);
    json_pair(o, "acr", req->acr);
    json_pair(o, "minver", req->minver);
    json_end(o);
}

/* What our own reader says about a payload, at the moment it is issued. */
static enum err check_payload(struct arena *a, struct view payload, const struct proof_request *req)
{
    const struct proof_issuer self = {.iss = req->iss};
    const struct proof_reader reader = {.carrier = req->ch, .version = req->minver, .now = req->iat};
    struct proof_request read_back;
    struct proof_refusal refusal;
    struct json *object;
    enum err e = json_read(&object, a, payload, NULL);
    if (e)
        return e;
    claims_check(&read_back, object, &self, &reader, &refusal);
    return refusal.code == PROOF_OK ? ERR_OK : ERR_SYNTAX;
}

static enum err write_payload(struct arena *a, const struct proof_request *req, struct view *payload)
{
    struct buf b;
    struct json_out o;
    buf_open(&b, a, PROOF_REQUEST_MAX);
    json_out_open(&o, &b);
    put_claims(&o, a, req);
    enum err e = buf_done(&b, payload);
    return e ? e : check_payload(a, *payload, req);
}

enum err proof_request_write(struct buf *out, const struct jws_key *key, const struct proof_request *req)
{
    if (jws_key_alg(key) != JWS_ES256)
        return ERR_CONFIG;
    struct arena a;
    struct view payload;
    size_t before = out->n;
    arena_open(&a, (size_t)64 * 1024);
    enum err e = write_payload(&a, req, &payload);
    if (!e)
        e = jws_sign(out, key, PROOF_REQUEST_TYPE, payload);
    if (!e && out->n - before > PROOF_REQUEST_MAX)
        e = ERR_LIMIT;
    arena_close(&a);
    return e;
}

/* ---- reading ---- */

static enum err refuse(struct proof_refusal *refusal, const char *claim, const char *rule)
{
    *refusal = (struct proof_refusal){PROOF_REQUEST_INVALID, claim, rule};
    return ERR_OK;
}

/* Does a key of ISSUER with the right id fit? ERR_NOT_FOUND: it has no such key. */
static enum err check_keys(const struct jws *j, const struct proof_issuer *issuer)
{
    enum err e = ERR_NOT_FOUND;
    for (size_t i = 0; i < issuer->n_keys && e; i++)
        if (view_equal_text(j->kid, jws_key_id(issuer->keys[i])))
            e = jws_verify(j, issuer->keys[i]);
    return e;
}

/* The issuer whose key made the signature: nothing inside the payload is looked at before. */
static enum err find_signer(const struct jws *j, const struct proof_reader *reader, const struct proof_issuer **signer)
{
    enum err e = ERR_NOT_FOUND;
    for (size_t i = 0; i < reader->n_issuers; i++) {
        enum err one = check_keys(j, &reader->issuers[i]);
        *signer = &reader->issuers[i];
        if (one == ERR_OK || (one != ERR_NOT_FOUND && one != ERR_MISMATCH))
            return one;
        e = one == ERR_MISMATCH ? one : e;
    }
    *signer = NULL;
    return e;
}

enum err proof_request_read(struct proof_request *out, const struct proof_issuer **issuer, struct arena *arena,
                            struct view jws_text, const struct proof_reader *reader, struct proof_refusal *refusal)
{
    struct jws j;
    struct json *object;
    *out = (struct proof_request){0};
    *issuer = NULL;
    if (jws_text.n > PROOF_REQUEST_MAX)
        return refuse(refusal, "jws", "too long");
    enum err e = jws_read(&j, arena, jws_text);
    if (e)
        return e == ERR_SYNTAX ? refuse(refusal, "jws", "not a compact JWS") : e;
    if (j.alg != JWS_ES256)
        return refuse(refusal, "jws", "alg must be ES256");
    if (!view_equal_text(j.typ, PROOF_REQUEST_TYPE))
        return refuse(refusal, "jws", "typ must be " PROOF_REQUEST_TYPE);
    e = find_signer(&j, reader, issuer);
    if (e == ERR_NOT_FOUND)
        return refuse(refusal, "signature", "by a key of no issuer we know");
    if (e)
        return e == ERR_MISMATCH ? refuse(refusal, "signature", "does not fit") : e;
    e = json_read(&object, arena, j.payload, NULL);
    if (e)
        return e == ERR_SYNTAX ? refuse(refusal, "jws", "the payload is not JSON") : e;
    claims_check(out, object, *issuer, reader, refusal);
    return ERR_OK;
}
