#include "consent/log/receipt_check.h"

#include "base/base64.h"
#include "base/jws.h"
#include "consent/log/tlog_proof.h"

const char *receipt_answer_text(enum receipt_answer a)
{
    static const char *const texts[] = {
        "good",
        "no key of the key set made the receipt's signature",
        "the receipt does not say where it is in the ledger",
        "the event in the receipt is not canonical JSON of a known type",
        "the proof is for another leaf or another log",
        "the leaf is not in the tree of the checkpoint: event or salt was changed, or the proof is wrong",
        "the policy does not accept the checkpoint"};
    return (size_t)a < sizeof texts / sizeof *texts ? texts[a] : "unknown";
}

/* --- the issuer's signature ------------------------------------------------------------------------------------- */

static enum err verify_with(const struct json *jwk, const struct jws *jws)
{
    struct jws_key *k;
    enum err err = jws_key_read_jwk(&k, jwk);
    if (err)
        return err == ERR_MEMORY ? err : ERR_MISMATCH; /* a key we do not know made nothing that we accept */
    err = view_is(jws->kid) && !view_equal_text(jws->kid, jws_key_id(k)) ? ERR_MISMATCH : jws_verify(jws, k);
    jws_key_close(k);
    return err;
}

static enum err verify_signature(bool *good, struct arena *a, const struct jws *jws, struct view jwks,
                                 const char **which)
{
    struct json *set;
    *good = false;
    *which = "the key set";
    enum err err = json_read(&set, a, jwks, NULL);
    if (err)
        return err;
    const struct json *keys = json_member(set, "keys");
    if (!json_is_array(keys))
        return ERR_SYNTAX;
    for (size_t i = 0; i < json_count(keys) && !*good; i++) {
        err = verify_with(json_at(keys, i), jws);
        if (err && err != ERR_MISMATCH)
            return err;
        *good = err == ERR_OK;
    }
    return ERR_OK;
}

/* --- the leaf --------------------------------------------------------------------------------------------------- */

struct leaf_inputs {
    int64_t index;
    struct view origin, salt, event;
};

static bool read_inputs(struct leaf_inputs *out, struct arena *a, const struct json *payload)
{
    const struct json *ledger = json_member(payload, "ledger");
    out->index = json_member_int(ledger, "index", -1);
    out->origin = json_member_text(ledger, "origin");
    out->event = json_member_text(ledger, "event");
    return out->index >= 0 && out->origin.n > 0 && out->event.n > 0 &&
           base64url_read(a, json_member_text(ledger, "salt"), &out->salt) == ERR_OK && out->salt.n == LEAF_SALT;
}

/* RFC 8785: the text is the one way to write this event. */
static bool is_canonical(struct arena *a, struct view event)
{
    struct json *j;
    struct buf b;
    struct view again;
    if (json_read(&j, a, event, NULL) != ERR_OK || !json_is_object(j))
        return false;
    buf_open(&b, a, RECEIPT_CHECK_MAX);
    json_put_canonical(&b, j);
    return buf_done(&b, &again) == ERR_OK && view_equal(again, event);
}

static enum err decide(struct receipt_verdict *out, struct arena *a, const struct leaf_inputs *in,
                       const struct tlog_proof *p, const struct policy *policy)
{
    uint8_t digest[SHA256_SIZE], hash[TREE_HASH];
    out->index = in->index;
    out->origin = in->origin;
    out->size = p->checkpoint.size;
    out->answer = RECEIPT_BAD_EVENT;
    if (!is_canonical(a, in->event) || !leaf_type_of_event(in->event, &out->type))
        return ERR_OK;
    out->event = in->event;
    out->answer = RECEIPT_OTHER_LEAF;
    if (p->index != in->index || !view_equal(p->checkpoint.origin, in->origin))
        return ERR_OK;
    leaf_digest(digest, in->salt, in->event);
    leaf_hash(hash, (unsigned)out->type, digest);
    out->answer = RECEIPT_NOT_INCLUDED;
    if (!tree_includes(&p->path, p->index, p->checkpoint.size, hash, p->checkpoint.root))
        return ERR_OK;
    enum err err = policy_decide(&out->policy, policy, &p->checkpoint);
    out->answer = out->policy.answer == POLICY_GOOD ? RECEIPT_GOOD : RECEIPT_POLICY;
    return err;
}

enum err receipt_check(struct receipt_verdict *out, struct arena *a, struct view receipt, struct view jwks,
                       struct view proof, const struct policy *policy, const char **which)
{
    struct jws jws;
    struct json *payload;
    struct leaf_inputs in;
    bool good;
    struct tlog_proof *p = arena_alloc(a, sizeof *p);
    *out = (struct receipt_verdict){.answer = RECEIPT_NOT_SIGNED};
    *which = "the receipt";
    if (!p)
        return ERR_MEMORY;
    enum err err = jws_read(&jws, a, receipt);
    if (!err)
        err = json_read(&payload, a, jws.payload, NULL);
    if (!err)
        err = verify_signature(&good, a, &jws, jwks, which);
    if (err || !good)
        return err;
    out->payload = jws.payload;
    *which = "the proof";
    err = tlog_proof_read(p, a, proof);
    if (err)
        return err;
    out->answer = RECEIPT_NO_LEDGER;
    return read_inputs(&in, a, payload) ? decide(out, a, &in, p, policy) : ERR_OK;
}
