/* POST /revoke (RFC 7009). A token that is not the caller's is to it like one that is not ours: nothing happens, and
 * the answer is the same (2.2), so that nobody learns of tokens of others. Access tokens are sealed and not stored one
 * by one: revoking any token ends its family, which RFC 7009 2.1 allows. */
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/json_answer.h"
#include "idp/endpoints/token_shown.h"
#include "idp/state/caller.h"

struct revoking {
    const struct family *family;
    bool plain;
    int64_t now;
};

static enum err revoke_job(struct db *db, void *ctx)
{
    const struct revoking *r = ctx;

    return r->plain ? token_revoke_plain(db, r->family, r->now) : token_revoke_family(db, r->family->id, r->now);
}

static enum err revoke(struct visit *v, const struct client *client, struct view text)
{
    struct token_shown t;
    enum err e = token_shown_find(&t, v, text);

    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    if (!view_equal(t.facts.family.client, client->id) || t.facts.family.revoked_at)
        return ERR_OK;
    struct revoking r = {&t.facts.family, ident_is(t.access.session), v->now};
    return visit_write(v, revoke_job, &r);
}

void handle_revoke(struct visit *v)
{
    struct caller caller;
    enum refusal refusal;
    struct view token = visit_param(v, "token");
    enum err e = caller_authenticate(&caller, v, &refusal);

    if (!e && !refusal && !view_is(token))
        refusal = REFUSAL_TOKEN_MISSING;
    if (!e && !refusal)
        refusal = caller_throttle(&caller, v, LIMIT_REVOCATIONS);
    if (!e && !refusal)
        e = revoke(v, caller.client, token);
    if (e)
        json_answer_failure(v, e, "revoke");
    else if (refusal)
        json_answer_refusal(v, refusal, caller.client ? caller.client->id : VIEW_NONE);
    else
        answer_status(v->answer, 200); /* RFC 7009 2.2: nobody reads a body */
}
