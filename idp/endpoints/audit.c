/* GET /audit: an auditor's questions and their answers as a page, and the requests to learn whose pseudonym is whose.
 */
#include <inttypes.h>

#include "base/base64.h"
#include "consent/event.h"
#include "http/url.h"
#include "idp/endpoints/auditing.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/identifying.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"

enum { ROWS = 50, REQUESTS = 30 };

/* --- the answer --------------------------------------------------------------------------------------------------- */

struct filling {
    struct visit *v;
    struct page_audit *facts;
    struct page_audit_row *rows;
};

static struct view fields_of(struct visit *v, struct view event)
{
    struct view rest = event_fields(event), id, text = VIEW_NONE;
    struct buf b;
    buf_open(&b, v->arena, 4096);
    while (event_next_field(&rest, &id)) {
        const struct field *f = field_find(id);
        buf_put_text(&b, b.n ? (v->english ? ", " : "、") : "");
        buf_put(&b, f ? view_text(v->english ? f->en : f->ja) : id);
    }
    return buf_done(&b, &text) ? VIEW_NONE : text;
}

static enum err fill_row(void *ctx, const struct query_event *e)
{
    struct filling *x = ctx;
    struct visit *v = x->v;
    struct page_audit_row *row = &x->rows[x->facts->n_rows++];
    int64_t at = event_at(e->text);
    struct view act = event_plain(v->arena, e->text, "act");
    *row = (struct page_audit_row){
        .position = view_text(arena_printf(v->arena, "%" PRId64, e->position)),
        .time = at < 0 ? VIEW_NONE : people_moment(v, at / 1000),
        .record = (enum page_record)e->type,
        .service = arena_copy(v->arena, event_text(e->text, "client")),
        .org = arena_copy(v->arena, event_text(e->text, "org")),
        .resident = arena_copy(v->arena, event_text(e->text, "resident")),
        .ground = arena_copy(v->arena, event_text(e->text, "ground")),
        .what = view_is(act) ? arena_copy(v->arena, act) : fields_of(v, e->text),
    };
    return row->position.p ? ERR_OK : ERR_MEMORY;
}

/* The same question with another beginning, or as a file. */
static struct view link_of(struct visit *v, const char *path, struct view cursor, const char *more)
{
    const struct form *f = v->request->query;
    struct buf b;
    struct view url;
    buf_open(&b, v->arena, 8192);
    buf_put_text(&b, path);
    char separator = '?';
    for (size_t i = 0; i < f->n; i++) {
        if (view_equal_text(f->items[i].name, "cursor") || !f->items[i].value.n)
            continue;
        buf_put_byte(&b, (uint8_t)separator);
        buf_put(&b, f->items[i].name);
        buf_put_byte(&b, '=');
        url_put_encoded(&b, f->items[i].value);
        separator = '&';
    }
    if (view_is(cursor))
        buf_printf(&b, "%ccursor=%.*s", separator, (int)cursor.n, (const char *)cursor.p);
    if (more)
        buf_printf(&b, "%c%s", view_is(cursor) ? '&' : separator, more);
    return buf_done(&b, &url) ? VIEW_NONE : url;
}

static enum err answer(struct visit *v, const struct auditor *who, struct auditing_question *q,
                       struct page_audit *facts)
{
    struct filling x = {v, facts, arena_array(v->arena, ROWS, sizeof *x.rows)};
    q->walk.limit = ROWS;
    enum err e = x.rows ? auditing_ask(v, who, "query", q) : ERR_MEMORY;
    if (!e)
        e = query_each(&q->walk, v->db, &q->query, fill_row, &x);
    if (e)
        return e;
    const char *next = query_cursor(v->arena, &q->walk);
    facts->asked = true;
    facts->rows = x.rows;
    facts->csv_url = link_of(v, "/audit/events", VIEW_NONE, "limit=all&format=csv");
    facts->json_url = link_of(v, "/audit/events", VIEW_NONE, NULL);
    facts->next_url = next ? link_of(v, "/audit", view_text(next), NULL) : VIEW_NONE;
    return ERR_OK;
}

/* Pages know nothing of the ledger, so they have its types once more. */
_Static_assert((int)LEDGER_REQUESTED == PAGE_RECORD_REQUESTED && (int)LEDGER_TYPE_LAST == PAGE_RECORD_LAST, "one list");

/* What was asked stands in the form again. */
static void fill_form(struct visit *v, struct page_audit *facts)
{
    const struct form *f = v->request->query;
    facts->since = form_get(f, "since");
    facts->until = form_get(f, "until");
    facts->service = form_get(f, "service");
    facts->org = form_get(f, "org");
    facts->field = form_get(f, "field");
    facts->event = form_get(f, "event");
    facts->resident = form_get(f, "resident");
}

static enum err fill_choices(struct visit *v, struct page_audit *facts)
{
    struct page_audit_choice *fields = arena_array(v->arena, field_count(), sizeof *fields);
    struct page_audit_event *events = arena_array(v->arena, LEDGER_TYPE_LAST, sizeof *events);
    if (!fields || !events)
        return ERR_MEMORY;
    for (size_t i = 0; i < field_count(); i++) {
        const struct field *f = field_at(i);
        fields[i] = (struct page_audit_choice){view_text(f->id), view_text(v->english ? f->en : f->ja),
                                               view_equal_text(facts->field, f->id)};
    }
    for (size_t i = 0; i < LEDGER_TYPE_LAST; i++) {
        struct view name = view_text(ledger_type_name((enum ledger_type)(i + 1)));
        events[i] = (struct page_audit_event){name, (enum page_record)(i + 1), view_equal(facts->event, name)};
    }
    facts->fields = fields;
    facts->n_fields = field_count();
    facts->events = events;
    facts->n_events = LEDGER_TYPE_LAST;
    return ERR_OK;
}

/* --- four eyes ---------------------------------------------------------------------------------------------------- */

static enum err fill_request(struct page_audit_request *out, struct visit *v, const struct auditor *who,
                             const struct identity_request *r)
{
    static const enum page_identity states[] = {
        [IDENTITY_WAITING] = PAGE_IDENTITY_WAITING,
        [IDENTITY_ALLOWED] = PAGE_IDENTITY_ALLOWED,
        [IDENTITY_DENIED] = PAGE_IDENTITY_DENIED,
        [IDENTITY_OVER] = PAGE_IDENTITY_OVER,
    };
    enum identity_state state = identity_state_of(r, v->now);
    const char *id = base64url_text(v->arena, ident_view(&r->id));
    struct identity_person person;
    enum err e = id ? identifying_person(&person, v, who, r) : ERR_MEMORY;
    if (e)
        return e;
    *out = (struct page_audit_request){
        .id = view_text(id),
        .person = identity_is_of_person(r),
        .name = person.name,
        .birthdate = people_date(v, person.birthdate),
        .pseudonym = r->pseudonym,
        .reason = r->reason,
        .asked_by = view_is(r->asked_by) ? r->asked_by : view_text(v->english ? "the operator" : "運用者"),
        .asked_at = people_moment(v, r->asked_at),
        .decided_by = r->decided_name,
        .state = states[state],
        .may_decide = identity_may_decide(r, who, v->now),
        .look_url = ident_equal(r->auditor, who->id) && state == IDENTITY_ALLOWED
                        ? view_text(arena_printf(v->arena, "/audit/identity?id=%s", id))
                        : VIEW_NONE,
    };
    return ERR_OK;
}

static enum err fill_requests(struct visit *v, const struct auditor *who, struct page_audit *facts)
{
    struct identity_request *all;
    size_t n;
    enum err e = identity_list(&all, &n, v->arena, v->db, v->now, REQUESTS);
    struct page_audit_request *out = e ? NULL : arena_array(v->arena, n, sizeof *out);
    if (e || !out)
        return e ? e : ERR_MEMORY;
    for (size_t i = 0; i < n && !e; i++)
        e = fill_request(&out[i], v, who, &all[i]);
    facts->requests = out;
    facts->n_requests = n;
    return e;
}

/* --- the page ----------------------------------------------------------------------------------------------------- */

void handle_audit(struct visit *v)
{
    struct me me;
    struct auditor who;
    struct auditing_question q;
    struct buf b;
    const char *name = "", *rule = "";
    if (!auditing_open(v, &me, &who))
        return;
    struct page_audit facts = {.frame = people_frame(v, VIEW_NONE), .name = who.name};
    if (auditing_read(&q, v, &name, &rule)) {
        show_parameter_error(v, view_text(name), rule);
        return;
    }
    fill_form(v, &facts);
    enum err e = fill_choices(v, &facts);
    if (!e)
        e = fill_requests(v, &who, &facts);
    if (!e && q.asked)
        e = answer(v, &who, &q, &facts);
    facts.too_much = e == ERR_LIMIT;
    if (e && !facts.too_much) {
        show_failure(v, e, "answer an auditor");
        return;
    }
    people_open(&b, v);
    page_audit(&b, v->op->pages, &facts);
    people_answer(v, facts.too_much ? 422 : 200, PAGE_PLAIN, &b);
}
