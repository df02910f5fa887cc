#include "idp/endpoints/auditing.h"

#include "base/text.h"
#include "idp/endpoints/json_answer.h"
#include "idp/endpoints/show.h"
#include "sessions/session.h"

bool auditing_open(struct visit *v, struct me *me, struct auditor *who)
{
    if (!me_open(v, me))
        return false;
    enum err e = auditor_find(who, v->arena, v->db, me->session.resident);
    if (e == ERR_NOT_FOUND)
        show_error(v, 404, PAGE_ERROR_NOT_FOUND);
    else if (e)
        show_failure(v, e, "find the auditor");
    return !e;
}

/* A cookie alone is no permission: another site's page must not ask in her name (Fetch Metadata). */
static bool is_from_here(const struct visit *v)
{
    struct view site = request_header(v->request, "Sec-Fetch-Site");
    return !request_header_count(v->request, "Sec-Fetch-Site") || view_equal_text(site, "same-origin") ||
           view_equal_text(site, "none");
}

enum err auditing_find(struct visit *v, struct auditor *who)
{
    struct session s;
    if (!is_from_here(v))
        return ERR_PERMISSION;
    enum err e = visit_session(v, &s);
    if (!e)
        e = visit_touch_session(v, &s);
    if (e)
        return e;
    e = auditor_find(who, v->arena, v->db, s.resident);
    return e == ERR_NOT_FOUND ? ERR_PERMISSION : e;
}

bool auditing_refuse(struct visit *v, enum err e, const char *what)
{
    if (e == ERR_NOT_FOUND)
        json_answer_error(v, 401, "login_required", "log in at Genkan with your card");
    else if (e == ERR_PERMISSION)
        json_answer_error(v, 403, "access_denied", "only auditors may ask, and only from pages of Genkan");
    else if (e == ERR_LIMIT)
        json_answer_error(v, 422, "too_much", "the question looks at too many events; name a shorter time");
    else if (e)
        json_answer_failure(v, e, what);
    return e != ERR_OK;
}

/* --- the question ------------------------------------------------------------------------------------------------ */

static enum err fail(const char **name, const char **rule, const char *key, const char *text)
{
    *name = key;
    *rule = text;
    return ERR_SYNTAX;
}

enum err auditing_read(struct auditing_question *q, struct visit *v, const char **name, const char **rule)
{
    struct view limit = form_get(v->request->query, "limit"), cursor = form_get(v->request->query, "cursor");
    *q = (struct auditing_question){.walk = {.limit = AUDITING_PAGE_MAX, .look_max = AUDITING_LOOK_MAX},
                                    .asked = v->request->query->n > 0};
    for (size_t i = 0; query_keys[i]; i++) {
        struct view value = form_get(v->request->query, query_keys[i]);
        if (view_is(value) && query_set(&q->query, view_text(query_keys[i]), value, rule))
            return fail(name, rule, query_keys[i], *rule);
    }
    q->all = view_equal_text(limit, "all");
    if (view_is(limit) && !q->all &&
        (!text_to_int(limit, &q->walk.limit) || q->walk.limit < 1 || q->walk.limit > AUDITING_PAGE_MAX))
        return fail(name, rule, "limit", "must be a number from 1 to 200, or all");
    if (view_is(cursor) && !query_read_cursor(&q->walk, cursor))
        return fail(name, rule, "cursor", "must be what an earlier answer ended with");
    return ERR_OK;
}

/* --- writing it down --------------------------------------------------------------------------------------------- */

struct noting {
    const struct visit *visit;
    const struct auditor *who;
    const char *what;
    int64_t size;
};

static enum err note_job(struct db *db, void *ctx)
{
    struct noting *n = ctx;
    struct ledger_head head;
    enum err e = ledger_head_find(&head, db);
    n->size = head.size;
    return e ? e : auditor_note(n->visit->op->ledger, db, n->who, n->what, n->visit->now_ms);
}

enum err auditing_note(struct visit *v, const struct auditor *who, const char *what, int64_t *size)
{
    struct noting n = {v, who, what, 0};
    enum err e = what ? store_write(v->op->store, note_job, &n) : ERR_MEMORY;
    if (size)
        *size = n.size;
    return e;
}

enum err auditing_ask(struct visit *v, const struct auditor *who, const char *verb, struct auditing_question *q)
{
    const char *words = query_words(v->arena, &q->query);
    int64_t size = 0;
    enum err e = auditing_note(v, who, words ? arena_printf(v->arena, "%s %s", verb, words) : NULL, &size);
    if (!q->walk.snapshot)
        q->walk.snapshot = size;
    return e;
}
