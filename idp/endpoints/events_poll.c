/* POST /events/poll (RFC 8936): a service fetches its security events, says which it has and which it cannot use. It
 * authenticates as at /token, by a header or its TLS certificate, since the body is JSON. While there is none for it,
 * its poll may wait (idp/rules/events_poll.h): no thread does so with it. How long is for the parties to configure
 * (2.2). */
#include "idp/rules/events_poll.h"
#include "base/json.h"
#include "base/log.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/json_answer.h"
#include "idp/state/caller.h"
#include "idp/state/config.h"
#include "idp/state/polls.h"
#include "idp/tokens/event_token.h"
#include "sessions/notice.h"
#include "store/store.h"

#define EVENTS_MAX 50 /* in one answer */
#define ACKS_MAX   1000
#define BODY_MAX   1048576
#define WHY_MAX    200

struct polling {
    struct visit *visit;
    const struct client *client;
    const struct json *ack, *errs;
    int64_t max; /* 0: only to acknowledge */
    bool return_immediately;
    struct notice *events; /* loaded */
    size_t n;
    bool more;
    const char *fault;
};

/* --- reading ------------------------------------------------------------------------------------------------------ */

static const char *fault_of(const struct polling *p, const struct json *j)
{
    bool flag = false;
    struct view text;
    const struct json *max = json_member(j, "maxEvents"), *now = json_member(j, "returnImmediately");
    if (!json_is_object(j))
        return "the body must be one JSON object";
    if (max && p->max < 0)
        return "maxEvents must be a whole number from 0 on";
    if (now && !json_bool(now, &flag))
        return "returnImmediately must be true or false";
    if (p->ack && (!json_is_array(p->ack) || json_count(p->ack) > ACKS_MAX))
        return "ack must be an array of at most 1000 texts";
    for (size_t i = 0; i < json_count(p->ack); i++)
        if (!json_text(json_at(p->ack, i), &text))
            return "ack must be an array of at most 1000 texts";
    if (p->errs && (!json_is_object(p->errs) || json_count(p->errs) > ACKS_MAX))
        return "setErrs must be an object of at most 1000 members";
    return NULL;
}

static enum err read_body(struct polling *p)
{
    struct json *j;
    const char *why = NULL;
    enum err e = json_read(&j, p->visit->arena, p->visit->request->body, &why);
    if (e) {
        p->fault = "the body must be JSON";
        return e == ERR_SYNTAX ? ERR_OK : e;
    }
    p->ack = json_member(j, "ack");
    p->errs = json_member(j, "setErrs");
    p->return_immediately = json_member_bool(j, "returnImmediately", false);
    p->max = json_member(j, "maxEvents") ? json_member_int(j, "maxEvents", -1) : EVENTS_MAX;
    p->fault = fault_of(p, j);
    if (p->max > EVENTS_MAX)
        p->max = EVENTS_MAX;
    return ERR_OK;
}

/* --- recording ---------------------------------------------------------------------------------------------------- */

/* RFC 8936 2.3: the service says that it cannot use it; sent again it would be the same. The operator is shown why. */
static enum err refuse_one(struct db *db, const struct polling *p, struct view jti, const struct json *error)
{
    struct view word = json_member_text(error, "err");
    struct view why = view_is(word) && word.n <= WHY_MAX ? word : VIEW("refused by the service");
    log_event(LOG_WARN, "event_refused", LOG_TEXT("client", p->client->id), LOG_TEXT("why", why));
    return notice_poll_refused(db, p->client->id, jti, why, p->visit->now);
}

static enum err settle_job(struct db *db, void *ctx)
{
    const struct polling *p = ctx;
    enum err e = ERR_OK;
    struct view jti;
    const struct json *error;
    for (size_t i = 0; i < json_count(p->ack) && !e; i++)
        if (json_text(json_at(p->ack, i), &jti))
            e = notice_poll_done(db, p->client->id, jti);
    for (size_t i = 0; p->errs && i < json_count(p->errs) && !e; i++)
        if (json_member_at(p->errs, i, &jti, &error))
            e = refuse_one(db, p, jti, error);
    return e;
}

/* --- the answer --------------------------------------------------------------------------------------------------- */

static enum err put_sets(struct json_out *o, const struct polling *p)
{
    const struct visit *v = p->visit;
    enum err e = ERR_OK;
    json_key(o, "sets");
    json_begin(o);
    for (size_t i = 0; i < p->n && !e; i++) {
        struct view set;
        const char *jti = arena_text(v->arena, p->events[i].jti);
        e = jti ? event_token_sign(v->arena, v->keys, p->client->id_token_alg, p->events[i].event, &set) : ERR_MEMORY;
        if (!e)
            json_pair(o, jti, set);
    }
    json_end(o);
    return e;
}

static enum err answer(struct polling *p)
{
    struct visit *v = p->visit;
    struct json_out o;
    struct buf b;
    buf_open(&b, v->arena, BODY_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    enum err e = put_sets(&o, p);
    if (p->more)
        json_pair_bool(&o, "moreAvailable", true);
    json_end(&o);
    if (!e)
        json_answer(v, &b);
    return e;
}

/* --- waiting ------------------------------------------------------------------------------------------------------ */

static enum err load(struct polling *p)
{
    struct visit *v = p->visit;
    if (p->max == 0)
        return ERR_OK;
    return notice_poll(&p->events, &p->n, &p->more, v->db, v->arena, p->client->id, (size_t)p->max);
}

static enum events_poll_verdict decide(const struct polling *p)
{
    const struct visit *v = p->visit;
    struct events_poll_facts f = {.return_immediately = p->return_immediately,
                                  .max = p->max,
                                  .has_events = p->n > 0,
                                  .waited = v->request->waited,
                                  .wait_s = v->op->config->events.wait};
    polls_count(v->op->polls, p->client->id, &f.of_service, &f.waiting);
    return events_poll_decide(&f);
}

/* ERR_LIMIT: another one was faster and took the last place. */
static enum err wait(struct polling *p)
{
    struct visit *v = p->visit;
    const struct waiting_poll *w;
    enum err e = polls_begin(&w, v->op->polls, v->arena, p->client->id);
    if (e == ERR_LIMIT)
        return answer(p);
    if (!e)
        answer_linger(v->answer, polls_has_come, w, (int)v->op->config->events.wait * 1000);
    return e;
}

/* What it acknowledges is gone before it waits; after that it was said already. */
static enum err poll(struct polling *p)
{
    enum err e = read_body(p);
    if (e || p->fault)
        return e;
    if (!p->visit->request->resumed && json_count(p->ack) + (p->errs ? json_count(p->errs) : 0) > 0)
        e = store_write(p->visit->op->store, settle_job, p);
    if (!e)
        e = load(p);
    if (e)
        return e;
    return decide(p) == EVENTS_WAIT ? wait(p) : answer(p);
}

void handle_events_poll(struct visit *v)
{
    struct caller caller;
    enum refusal refusal;
    struct polling p = {.visit = v};
    if (v->request->resumed)
        polls_end(v->op->polls, v->request->resumed);
    enum err e = caller_authenticate(&caller, v, &refusal);

    if (!e && !refusal && (!caller_is_confidential(&caller) || !caller.client->events_poll))
        refusal = REFUSAL_EVENTS_NOT_REGISTERED;
    p.client = caller.client;
    if (!e && !refusal)
        e = poll(&p);
    if (e)
        json_answer_failure(v, e, "poll for events");
    else if (refusal)
        json_answer_refusal(v, refusal, caller.client ? caller.client->id : VIEW_NONE);
    else if (p.fault)
        json_answer_error(v, 400, "invalid_request", p.fault);
}
