/* GET, POST /me/services/ID: one consent: what goes out, since when, when it last did; and the way to change it. */
#include "idp/endpoints/service.h"

#include "consent/history.h"
#include "consent/minor.h"
#include "idp/endpoints/consent_shown.h"
#include "idp/endpoints/details_shown.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/notice_text.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/rules/details.h"
#include "idp/state/clients.h"
#include "idp/state/following.h"

enum { LAST_LOOK = 200, FOLLOW_BATCHES = 50 };

enum page_state service_state(const struct visit *v, const struct grant *g)
{
    if (g->end == GRANT_ENDED_WITHDRAWN)
        return PAGE_STATE_WITHDRAWN;
    if (!grant_is_live(g, v->now))
        return PAGE_STATE_EXPIRED;
    return g->stop == GRANT_RUNS                  ? PAGE_STATE_LIVE
           : g->stop == GRANT_STOPPED_BY_RESIDENT ? PAGE_STATE_SUSPENDED
                                                  : PAGE_STATE_STOPPED;
}

struct view service_until(const struct visit *v, const struct grant *g, bool live)
{
    int64_t at = live || !g->ended_at ? g->expires_at : g->ended_at;
    return at ? people_day(v, at) : VIEW_NONE;
}

/* --- its fields ------------------------------------------------------------------------------------------------- */

static enum err put_value(struct page_service_field *out, struct visit *v, const struct me *me, const struct field *f)
{
    struct field_value value;
    enum err e = field_value(&value, v->arena, &me->profile, f);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    out->source = people_source(value.source);
    out->as_of = view_is(value.as_of) ? people_date(v, value.as_of) : VIEW_NONE;
    return field_display(&out->value, v->arena, &value, !v->english);
}

static enum err put_field(struct page_service_field *out, struct visit *v, const struct me *me,
                          const struct grant_decision *d, const struct ask_item *item, int64_t last)
{
    const struct field *f = d->field;
    *out = (struct page_service_field){.id = view_text(f->id),
                                       .title = people_field(v, f),
                                       .derived = f->origin == FIELD_DERIVED,
                                       .sensitive = f->sensitive,
                                       .given = d->given,
                                       .since = people_day(v, d->since),
                                       .last = last ? people_moment(v, last) : VIEW_NONE};
    if (item) {
        out->required = item->required;
        out->purpose = notice_purpose(v, item);
        out->basis = notice_basis(v, item);
        out->retention = notice_retention(v, item);
        out->storage = notice_storage(v, item);
        out->processing = notice_processing(v, item);
        out->recipients = notice_recipients(v, item);
    }
    return put_value(out, v, me, f);
}

enum err service_fields(struct page_service_field **out, size_t *n, struct visit *v, const struct me *me,
                        const struct me_service *s, const int64_t *last)
{
    const struct grant *g = &s->grant;
    struct page_service_field *fields = arena_array(v->arena, g->n, sizeof *fields);
    enum err e = fields ? ERR_OK : ERR_MEMORY;
    for (size_t i = 0; i < g->n && !e; i++)
        e = put_field(&fields[i], v, me, &g->decisions[i], ask_find(s->seen->ask, g->decisions[i].field),
                      last ? last[i] : 0);
    *out = fields;
    *n = e ? 0 : g->n;
    return e;
}

/* The newest disclosure of each field, among the newest LAST_LOOK events of the service. */
static enum err find_last(struct visit *v, const struct me *me, const struct me_service *s, int64_t last[FIELD_MAX])
{
    struct history_entry *entries;
    size_t n;
    bool more;
    enum err e =
        history_find(&entries, &n, &more, v->op->ledger, v->db, v->arena, me->session.resident, s->id, 0, LAST_LOOK);
    for (size_t i = n; i-- > 0 && !e;) { /* oldest first, so that newer ones stand over them */
        if (entries[i].type != LEDGER_DISCLOSED)
            continue;
        for (size_t k = 0; k < s->grant.n; k++)
            for (size_t f = 0; f < entries[i].n_fields; f++)
                if (entries[i].fields[f] == s->grant.decisions[k].field)
                    last[k] = entries[i].at / 1000;
    }
    return e;
}

/* --- what may be turned over ------------------------------------------------------------------------------------ */

static bool can_give(const struct me_service *s, const struct grant_decision *d, const struct ask_item *item,
                     struct visit *v, const struct me *me, enum err *e)
{
    struct field_value value;
    if (memcmp(s->grant.terms_hash, s->client->ask->terms_hash, sizeof s->grant.terms_hash) != 0 ||
        memcmp(d->purpose, item->hash, ASK_HASH) != 0 || minor_is(&me->profile))
        return false;
    enum err found = field_value(&value, v->arena, &me->profile, item->field);
    if (found && found != ERR_NOT_FOUND)
        *e = found;
    return found == ERR_OK;
}

static enum err choose_fields(struct ask *ask, struct visit *v, const struct me *me, const struct me_service *s)
{
    enum err e = ERR_OK;
    memcpy(ask->terms_hash, s->client->ask->terms_hash, sizeof ask->terms_hash);
    memcpy(ask->hash, s->client->ask->hash, sizeof ask->hash);
    for (size_t i = 0; i < s->client->ask->n && !e; i++) {
        const struct ask_item *item = &s->client->ask->items[i];
        const struct grant_decision *d = grant_decision_on(&s->grant, item->field);
        if (d && !item->required && (d->given || can_give(s, d, item, v, me, &e)))
            ask->items[ask->n++] = *item;
    }
    return e;
}

/* What is done once is asked for each time, so it is not allowed from here; nor is anything in other words than she
 * read, or by a child. */
static enum err can_allow(bool *out, struct visit *v, const struct me *me, const struct grant_detail *d)
{
    const struct detail_type *type = NULL;
    const struct client *server;

    *out = false;
    if (d->every_time || minor_is(&me->profile))
        return ERR_OK;
    enum err e = clients_find_detail_type(v->op->clients, v->db, d->type, &type, &server);
    *out = !e && type && memcmp(type->meaning, d->meaning, sizeof d->meaning) == 0;
    return e;
}

static enum err choose_details(struct service_choices *out, struct visit *v, const struct me *me,
                               const struct me_service *s)
{
    for (size_t i = 0; i < s->grant.n_details; i++) {
        const struct grant_detail *d = &s->grant.details[i];
        bool may = d->given;
        if (!details_is_optional(s->client, d->type) || (d->until && v->now >= d->until))
            continue;
        enum err e = may ? ERR_OK : can_allow(&may, v, me, d);
        if (e)
            return e;
        if (!may)
            continue;
        struct detail *one = &out->details[out->n_details];
        *one = (struct detail){.type = d->type, .json = d->json, .every_time = d->every_time, .optional = true};
        memcpy(one->meaning, d->meaning, sizeof one->meaning);
        out->decided[out->n_details++] = d;
    }
    return ERR_OK;
}

enum err service_choices(struct service_choices *out, struct visit *v, const struct me *me, const struct me_service *s)
{
    *out = (struct service_choices){.n_details = 0};
    if (s->client && s->live && s->grant.stop == GRANT_RUNS && s->grant.duration != GRANT_ONCE) {
        enum err e = choose_fields(&out->fields, v, me, s);
        if (!e)
            e = choose_details(out, v, me, s);
        if (e)
            return e;
    }
    const struct detail_list details = {out->details, out->n_details};
    out->shown = consent_shown(v->arena, &out->fields, &me->profile, &details);
    return view_is(out->shown) ? ERR_OK : ERR_MEMORY;
}

/* --- the page --------------------------------------------------------------------------------------------------- */

static void read_done(const struct visit *v, struct page_service_consent *facts)
{
    static const char *const names[] = {"withdrawn", "changed", "suspended", "resumed", "nothing"};
    struct view done = form_find(v->request->query, "done");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (view_equal_text(done, names[i])) {
            facts->has_done = true;
            facts->done = (enum page_done)i;
        }
}

static enum err fill_detail_choices(struct page_service_consent *facts, struct visit *v,
                                    const struct service_choices *c)
{
    struct page_choice *choices = arena_array(v->arena, c->n_details, sizeof *choices);
    enum err e = choices ? ERR_OK : ERR_MEMORY;
    for (size_t i = 0; i < c->n_details && !e; i++) {
        choices[i] = (struct page_choice){view_text(arena_printf(v->arena, "%zu", i)), VIEW_NONE, c->decided[i]->given};
        e = details_shown_line(&choices[i].title, v, c->decided[i]);
    }
    facts->detail_choices = choices;
    facts->n_detail_choices = c->n_details;
    return e;
}

static enum err fill_choices(struct page_service_consent *facts, struct visit *v, const struct me *me,
                             const struct me_service *s)
{
    struct service_choices *c = arena_alloc(v->arena, sizeof *c);
    enum err e = c ? service_choices(c, v, me, s) : ERR_MEMORY;
    struct page_choice *choices = e ? NULL : arena_array(v->arena, c->fields.n, sizeof *choices);
    if (!choices)
        return e ? e : ERR_MEMORY;
    for (size_t i = 0; i < c->fields.n; i++) {
        const struct field *f = c->fields.items[i].field;
        choices[i] = (struct page_choice){view_text(f->id), people_field(v, f), grant_decision_on(&s->grant, f)->given};
    }
    facts->choices = choices;
    facts->n_choices = c->fields.n;
    facts->may_change = c->fields.n + c->n_details > 0;
    facts->shown = c->shown;
    return fill_detail_choices(facts, v, c);
}

static enum err fill(struct page_service_consent *facts, struct visit *v, const struct me *me,
                     const struct me_service *s)
{
    struct page_service_field *fields = NULL;
    int64_t last[FIELD_MAX] = {0};
    enum err e = find_last(v, me, s, last);
    if (!e)
        e = service_fields(&fields, &facts->n_fields, v, me, s, last);
    facts->fields = fields;
    if (!e)
        e = details_shown_granted(&facts->details, &facts->n_details, v, &s->grant);
    return e ? e : fill_choices(facts, v, me, s);
}

static void show(struct visit *v, const struct me *me, const struct me_service *s)
{
    struct buf b;
    const struct client *client = s->client ? s->client : s->seen;
    struct page_service_consent facts = {.frame = people_frame(v, VIEW_NONE),
                                         .service = people_service(v, client),
                                         .name = me->name,
                                         .url = me_service_url(v, s->id, ""),
                                         .history_url = view_text(arena_printf(v->arena, "/me/history?service=%.*s",
                                                                               (int)s->id.n, (const char *)s->id.p)),
                                         .receipt_url = me_service_url(v, s->id, "/receipt"),
                                         .contact = client->contact,
                                         .party = people_party(v, client),
                                         .state = service_state(v, &s->grant),
                                         .live = s->live,
                                         .since = people_day(v, s->grant.given_at),
                                         .until = service_until(v, &s->grant, s->live)};
    read_done(v, &facts);
    enum err e = fill(&facts, v, me, s);
    if (e) {
        show_failure(v, e, "show a consent");
        return;
    }
    people_open(&b, v);
    page_service_consent(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}

/* "ID" or "ID/receipt.FORM" */
void handle_service(struct visit *v)
{
    struct view rest = v->request->tail, id = VIEW_NONE;
    bool whole = view_next(&rest, '/', &id) && !view_is(rest);
    struct me me;
    struct me_service s;
    if (!me_open(v, &me))
        return;
    enum err e = following_run(v->op, FOLLOW_BATCHES);
    if (!e)
        e = view_is(id) ? me_service_find(&s, v, &me, id) : ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND)
        show_error(v, 404, PAGE_ERROR_NOT_FOUND);
    else if (e)
        show_failure(v, e, "find a consent");
    else if (!whole)
        service_receipt(v, &me, &s, rest);
    else if (v->request->method == METHOD_POST)
        service_change(v, &me, &s);
    else
        show(v, &me, &s);
}
