/* Four eyes for auditors' programs. GET /audit/identities: what was asked; POST: asks, allows or denies, as JSON; GET
 * /audit/identities/ID: the answer, for a day and for who asked. */
#include <strings.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/json.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/identifying.h"
#include "idp/endpoints/json_answer.h"

enum { REQUESTS = 100, ANSWER_MAX = 128 * 1024 };

/* --- what was asked ----------------------------------------------------------------------------------------------- */

static void put_time(struct json_out *o, struct arena *a, const char *key, int64_t unix_s)
{
    if (unix_s)
        json_pair_text(o, key, clock_utc_text(a, unix_s));
}

static enum err put_request(struct json_out *o, struct visit *v, const struct auditor *who,
                            const struct identity_request *r)
{
    static const char *const states[] = {[IDENTITY_WAITING] = "waiting",
                                         [IDENTITY_ALLOWED] = "allowed",
                                         [IDENTITY_DENIED] = "denied",
                                         [IDENTITY_OVER] = "over"};
    struct identity_person person;
    enum err e = identifying_person(&person, v, who, r);
    bool of_person = identity_is_of_person(r);
    if (e)
        return e;
    json_begin(o);
    json_pair_text(o, "id", base64url_text(v->arena, ident_view(&r->id)));
    json_pair_text(o, "of", of_person ? "person" : "pseudonym");
    json_pair_text(o, "state", states[identity_state_of(r, v->now)]);
    json_pair(o, "pseudonym", of_person ? VIEW_NONE : r->pseudonym);
    json_pair(o, "name", person.name);
    json_pair(o, "birthdate", person.birthdate);
    json_pair(o, "reason", r->reason);
    json_pair(o, "asked_by", view_is(r->asked_by) ? r->asked_by : auditor_operator.name);
    put_time(o, v->arena, "asked_at", r->asked_at);
    json_pair(o, "decided_by", r->decided_name);
    put_time(o, v->arena, "decided_at", r->decided_at);
    put_time(o, v->arena, "until", r->until);
    json_pair_bool(o, "own", ident_equal(r->auditor, who->id));
    json_pair_bool(o, "may_decide", identity_may_decide(r, who, v->now));
    json_end(o);
    return ERR_OK;
}

static enum err put_requests(struct json_out *o, struct visit *v, const struct auditor *who)
{
    struct identity_request *all;
    size_t n;
    enum err e = identity_list(&all, &n, v->arena, v->db, v->now, REQUESTS);
    if (e)
        return e;
    json_begin(o);
    json_key(o, "requests");
    json_begin_array(o);
    for (size_t i = 0; i < n && !e; i++)
        e = put_request(o, v, who, &all[i]);
    json_end_array(o);
    json_end(o);
    return e;
}

/* --- asking and deciding ------------------------------------------------------------------------------------------ */

/* A page of another site can send a form in her name and with her cookies, but not this type without being asked for
 * leave first (Fetch, CORS-preflight), which nobody gives. */
static bool is_json(const struct visit *v)
{
    struct view type = v->request->content_type, bare = view_part(type, 0, view_index(type, ';'));
    return bare.n == 16 && strncasecmp((const char *)bare.p, "application/json", 16) == 0;
}

static void answer_refusal(struct visit *v, enum err e, const char *key, const char *rule)
{
    const char *text = arena_printf(v->arena, "%s %s", key, rule);
    if (e == ERR_SYNTAX)
        json_answer_error(v, 400, "invalid_request", text ? text : "a member is wrong");
    else if (e == ERR_NOT_FOUND)
        json_answer_error(v, 404, "not_found", "there is no such request for you");
    else if (e == ERR_PERMISSION)
        json_answer_error(v, 403, "access_denied", "another auditor must decide, once, and in time");
    else if (e == ERR_LIMIT)
        json_answer_error(v, 429, "too_many", "5 requests of one auditor and 25 of all may wait at a time");
    else
        json_answer_failure(v, e, "decide on an identity");
}

static void answer_record(struct visit *v, const struct auditor *who)
{
    static const char *const names[] = {"do", "id", "pseudonym", "name", "birthdate", "reason", NULL};
    struct json *j = NULL;
    struct view stranger;
    const char *key = "", *rule = "";
    struct ident id;
    if (!is_json(v)) {
        json_answer_error(v, 415, "invalid_request", "the body must be application/json");
        return;
    }
    if (json_read(&j, v->arena, v->request->body, NULL) || !json_is_object(j) || !json_only(j, names, &stranger)) {
        json_answer_error(v, 400, "invalid_request",
                          "the body must be an object of do, id, pseudonym, name, birthdate, reason");
        return;
    }
    struct identifying d = {.verb = json_member_text(j, "do"),
                            .id = json_member_text(j, "id"),
                            .pseudonym = json_member_text(j, "pseudonym"),
                            .name = json_member_text(j, "name"),
                            .birthdate = json_member_text(j, "birthdate"),
                            .reason = json_member_text(j, "reason")};
    enum err e = identifying_record(&id, v, who, &d, &key, &rule);
    if (e) {
        answer_refusal(v, e, key, rule);
        return;
    }
    struct buf b;
    struct json_out o;
    buf_open(&b, v->arena, 256);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair_text(&o, "id", base64url_text(v->arena, ident_view(&id)));
    json_end(&o);
    json_answer(v, &b);
}

/* --- the answer --------------------------------------------------------------------------------------------------- */

static enum err put_values(struct json_out *o, struct visit *v, const struct auditor *who,
                           const struct identity_request *r)
{
    struct field_value values[IDENTIFYING_VALUES];
    size_t n;
    enum err e = identifying_values(values, &n, v, who, r);
    if (e)
        return e;
    json_pair(o, "pseudonym", r->pseudonym);
    json_key(o, "values");
    json_begin(o);
    for (size_t i = 0; i < n; i++) {
        json_key(o, values[i].field->id);
        json_put_raw(o, values[i].json);
    }
    json_end(o);
    return ERR_OK;
}

static enum err put_pseudonyms(struct json_out *o, struct visit *v, const struct auditor *who,
                               const struct identity_request *r)
{
    struct lookup_answer *answer = arena_alloc(v->arena, sizeof *answer);
    struct identity_person person;
    enum err e = answer ? identifying_person(&person, v, who, r) : ERR_MEMORY;
    if (!e)
        e = identifying_lookup(answer, v, who, r);
    if (e)
        return e;
    json_pair(o, "name", person.name);
    json_pair(o, "birthdate", person.birthdate);
    json_pair_bool(o, "over", answer->over);
    json_pair_bool(o, "more", answer->many);
    json_key(o, "pseudonyms");
    json_begin_array(o);
    for (size_t i = 0; i < answer->n; i++)
        json_put_text(o, answer->pseudonyms[i]);
    json_end_array(o);
    return ERR_OK;
}

static enum err put_answer(struct json_out *o, struct visit *v, const struct auditor *who)
{
    struct identity_request r;
    enum err e = identifying_find(&r, v, who, v->request->tail);
    if (e)
        return e;
    json_begin(o);
    e = identity_is_of_person(&r) ? put_pseudonyms(o, v, who, &r) : put_values(o, v, who, &r);
    put_time(o, v->arena, "until", r.until);
    json_end(o);
    return e;
}

void handle_audit_identities(struct visit *v)
{
    struct auditor who;
    struct buf b;
    struct json_out o;
    if (auditing_refuse(v, auditing_find(v, &who), "find the auditor"))
        return;
    if (v->request->method == METHOD_POST) {
        answer_record(v, &who);
        return;
    }
    buf_open(&b, v->arena, ANSWER_MAX);
    json_out_open(&o, &b);
    bool one = view_is(v->request->tail) && v->request->tail.n > 0;
    enum err e = one ? put_answer(&o, v, &who) : put_requests(&o, v, &who);
    if (e)
        answer_refusal(v, e, "", "");
    else
        json_answer(v, &b);
}
