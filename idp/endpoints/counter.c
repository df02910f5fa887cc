/* GET, POST /me/counter: what the staff at a counter asks this resident (CIBA), and the code that she tells there. */
#include "base/base64.h"
#include "idp/endpoints/decoupled.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/me.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/state/clients.h"
#include "idp/tokens/user_code.h"
#include "store/store.h"

#define CODE_TRIES 4 /* two residents with one code at a time: one in a million, four times over never */

static enum err load_request(struct page_counter_request *out, struct visit *v, const struct decoupled *d)
{
    const struct client *client = NULL;
    enum err e = clients_find(v->op->clients, v->db, d->client, &client);

    if (e || !client)
        return e;
    *out = (struct page_counter_request){.id = view_text(base64url_text(v->arena, ident_view(&d->id))),
                                         .service = people_text(v, client->name),
                                         .organisation = people_text(v, client->org_name),
                                         .binding = d->binding,
                                         .time = people_time(v, d->created_at)};
    return view_is(out->id) ? ERR_OK : ERR_MEMORY;
}

static enum err load_requests(struct page_counter *facts, struct visit *v, const struct me *me)
{
    struct decoupled *list;
    size_t n;
    enum err e = decoupled_list(&list, &n, v->db, v->arena, me->session.resident, v->now);
    struct page_counter_request *rows = e ? NULL : arena_array(v->arena, n, sizeof *rows);

    if (!e && !rows)
        return ERR_MEMORY;
    for (size_t i = 0; i < n && !e; i++) {
        e = load_request(&rows[facts->n_requests], v, &list[i]);
        facts->n_requests += view_is(rows[facts->n_requests].id);
    }
    facts->requests = rows;
    return e;
}

static void show(struct visit *v, const struct me *me, struct view code, int64_t until)
{
    struct page_counter facts = {.frame = people_frame(v, VIEW_NONE), .name = me->name};
    struct buf b;
    enum err e = load_requests(&facts, v, me);

    if (e) {
        show_failure(v, e, "load what counters ask");
        return;
    }
    if (view_is(code)) {
        facts.code = view_text(user_code_show(v->arena, code));
        facts.until = people_time(v, until);
    }
    people_open(&b, v);
    page_counter(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}

/* --- the code ---------------------------------------------------------------------------------------------------- */

struct telling {
    struct ident code, resident;
    int64_t until;
};

static enum err record_job(struct db *db, void *ctx)
{
    const struct telling *t = ctx;

    return counter_code_record(db, t->code, t->resident, t->until);
}

static void make_code(struct visit *v, const struct me *me)
{
    struct telling t = {.resident = me->session.resident, .until = v->now + COUNTER_CODE_LIFE_S};
    struct view code = VIEW_NONE;
    enum err e = ERR_CONFLICT;

    for (int i = 0; i < CODE_TRIES && e == ERR_CONFLICT; i++) {
        code = view_text(user_code_mint(v->arena));
        t.code = ident_of(code);
        e = view_is(code) ? store_write(v->op->store, record_job, &t) : ERR_MEMORY;
    }
    if (e)
        show_failure(v, e, "make a code for a counter");
    else
        show(v, me, code, t.until);
}

/* --- a request --------------------------------------------------------------------------------------------------- */

/* Hers, and still open. */
static enum err find(struct decoupled *out, struct visit *v, const struct me *me)
{
    struct view id;
    enum err e = base64url_read(v->arena, visit_param(v, "request"), &id);

    if (!e)
        e = decoupled_find(out, v->db, v->arena, ident_read(id));
    if (e)
        return e == ERR_SYNTAX ? ERR_NOT_FOUND : e;
    bool hers = out->kind == DECOUPLED_COUNTER && ident_equal(out->resident, me->session.resident);
    return hers && out->state == DECOUPLED_OPEN && v->now < out->expires_at ? ERR_OK : ERR_NOT_FOUND;
}

static void act(struct visit *v, const struct me *me, struct view what)
{
    struct decoupled d;
    enum err e = find(&d, v, me);

    if (e == ERR_NOT_FOUND)
        decoupled_show_done(v, NULL, PAGE_OUTCOME_OVER);
    else if (e)
        show_failure(v, e, "find what a counter asks");
    else if (view_equal_text(what, "look"))
        decoupled_show(v, &d, d.binding, visit_param(v, "request"));
    else if (view_equal_text(what, "continue"))
        decoupled_begin(v, &d, &me->session);
    else if (view_equal_text(what, "refuse"))
        decoupled_refuse_now(v, &d);
    else
        show_parameter_error(v, VIEW("do"), "must be code, look, continue or refuse");
}

void handle_counter(struct visit *v)
{
    struct view what = visit_param(v, "do");
    struct me me;

    if (!me_open(v, &me))
        return;
    if (v->request->method != METHOD_POST)
        show(v, &me, VIEW_NONE, 0);
    else if (view_equal_text(what, "code"))
        make_code(v, &me);
    else
        act(v, &me, what);
}
