/* POST /me/services/ID: asks "shall it be done?", and with sure=yes does it. */
#include "base/secret.h"
#include "idp/endpoints/details_shown.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/service.h"
#include "idp/endpoints/show.h"
#include "idp/state/consent_change.h"
#include "idp/state/upkeep.h"
#include "store/store.h"

struct changing {
    const struct me *me;
    const struct me_service *service;
    enum page_act act;
    struct service_choices choices; /* of an edit: what may be turned over */
    bool given[FIELD_MAX], details_given[GRANT_DETAILS_MAX];
};

static bool read_act(struct view text, enum page_act *out)
{
    static const char *const names[] = {"withdraw", "change", "suspend", "resume"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (view_equal_text(text, names[i])) {
            *out = (enum page_act)i;
            return true;
        }
    return false;
}

static const char *name_of(const struct visit *v, const struct changing *c, size_t field)
{
    return arena_printf(v->arena, "give-%s", c->choices.fields.items[field].field->id);
}

static enum err is_ticked(bool *out, struct visit *v, const char *name)
{
    *out = name && view_equal_text(visit_param(v, name), "yes");
    return name ? ERR_OK : ERR_MEMORY;
}

/* Which boxes are ticked. */
static enum err read_choice(struct visit *v, struct changing *c)
{
    enum err e = service_choices(&c->choices, v, c->me, c->service);
    for (size_t i = 0; i < c->choices.fields.n && !e; i++)
        e = is_ticked(&c->given[i], v, name_of(v, c, i));
    for (size_t i = 0; i < c->choices.n_details && !e; i++)
        e = is_ticked(&c->details_given[i], v, arena_printf(v->arena, "allow-%zu", i));
    return e;
}

/* --- asking ----------------------------------------------------------------------------------------------------- */

struct listing {
    struct page_item *off, *on;
    struct page_hidden *hidden;
    size_t n_off, n_on, n_hidden;
};

static void add_hidden(struct listing *l, const char *name, struct view value)
{
    l->hidden[l->n_hidden++] = (struct page_hidden){view_text(name), value};
}

static void list_fields(const struct visit *v, const struct changing *c, struct listing *l)
{
    for (size_t i = 0; i < c->choices.fields.n; i++) {
        const struct field *f = c->choices.fields.items[i].field;
        bool given = grant_decision_on(&c->service->grant, f)->given;
        if (given && !c->given[i])
            l->off[l->n_off++].text = people_field(v, f);
        if (!given && c->given[i])
            l->on[l->n_on++].text = people_field(v, f);
        if (c->given[i])
            add_hidden(l, name_of(v, c, i), VIEW("yes"));
    }
}

static enum err list_details(struct visit *v, const struct changing *c, struct listing *l)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < c->choices.n_details && !e; i++) {
        const struct grant_detail *d = c->choices.decided[i];
        if (d->given != c->details_given[i])
            e = details_shown_line(d->given ? &l->off[l->n_off++].text : &l->on[l->n_on++].text, v, d);
        if (c->details_given[i])
            add_hidden(l, arena_printf(v->arena, "allow-%zu", i), VIEW("yes"));
    }
    return e;
}

static enum err list_all(struct visit *v, const struct changing *c, struct page_item *items, size_t *n)
{
    const struct grant *g = &c->service->grant;
    enum err e = ERR_OK;
    for (size_t i = 0; i < g->n; i++)
        if (g->decisions[i].given)
            items[(*n)++].text = people_field(v, g->decisions[i].field);
    for (size_t i = 0; i < g->n_details && !e; i++)
        if (g->details[i].given)
            e = details_shown_line(&items[(*n)++].text, v, &g->details[i]);
    return e;
}

static enum err list(struct visit *v, const struct changing *c, struct listing *l)
{
    enum { ITEMS = FIELD_MAX + GRANT_DETAILS_MAX };
    l->off = arena_array(v->arena, ITEMS, sizeof *l->off);
    l->on = arena_array(v->arena, ITEMS, sizeof *l->on);
    l->hidden = arena_array(v->arena, ITEMS + 1, sizeof *l->hidden);
    if (!l->off || !l->on || !l->hidden)
        return ERR_MEMORY;
    if (c->act == PAGE_ACT_RESUME)
        return list_all(v, c, l->on, &l->n_on);
    if (c->act != PAGE_ACT_CHANGE)
        return list_all(v, c, l->off, &l->n_off);
    add_hidden(l, "shown", c->choices.shown);
    list_fields(v, c, l);
    return list_details(v, c, l);
}

static void ask(struct visit *v, const struct changing *c)
{
    struct buf b;
    struct listing l = {.n_off = 0};
    const struct me_service *s = c->service;
    enum err e = list(v, c, &l);
    if (e) {
        show_failure(v, e, "ask before a change");
        return;
    }
    struct page_service_change facts = {.frame = people_frame(v, VIEW_NONE),
                                        .service = people_service(v, s->client ? s->client : s->seen),
                                        .url = me_service_url(v, s->id, ""),
                                        .act = c->act,
                                        .off = l.off,
                                        .n_off = l.n_off,
                                        .on = l.on,
                                        .n_on = l.n_on,
                                        .hidden = l.hidden,
                                        .n_hidden = l.n_hidden};
    people_open(&b, v);
    page_service_change(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}

/* --- doing ------------------------------------------------------------------------------------------------------ */

static void go_back(struct visit *v, const struct me_service *s, const char *done)
{
    visit_redirect(v, me_service_url(v, s->id, arena_printf(v->arena, "?done=%s", done)));
}

static void record(struct visit *v, const struct changing *c)
{
    static const enum consent_act acts[] = {CONSENT_WITHDRAW, CONSENT_EDIT, CONSENT_SUSPEND, CONSENT_RESUME};
    static const char *const done[] = {"withdrawn", "changed", "suspended", "resumed"};
    struct grant_edit edit = {.ask = &c->choices.fields,
                              .profile = &c->me->profile,
                              .details = {c->choices.details, c->choices.n_details},
                              .resident = c->me->session.resident,
                              .id = c->service->grant.id,
                              .via = "home",
                              .at_ms = v->now_ms};
    struct consent_change change = {.act = acts[c->act],
                                    .ledger = v->op->ledger,
                                    .arena = v->arena,
                                    .issuer = v->op->issuer,
                                    .client = c->service->client,
                                    .who = {edit.resident, edit.id, edit.via, edit.at_ms},
                                    .edit = &edit};
    memcpy(edit.given, c->given, sizeof edit.given);
    memcpy(edit.details_given, c->details_given, sizeof edit.details_given);
    enum err e = store_write(v->op->store, consent_change_job, &change);
    bool nothing = c->act == PAGE_ACT_CHANGE && !grant_turned_is(&change.turned);
    if (e && e != ERR_NOT_FOUND && e != ERR_CONFLICT) {
        show_failure(v, e, "change a consent");
        return;
    }
    if (!e)
        upkeep_wake(v->op->upkeep);
    go_back(v, c->service, e || nothing ? "nothing" : done[c->act]); /* the page shows what there is now */
}

void service_change(struct visit *v, const struct me *me, const struct me_service *s)
{
    struct changing c = {.me = me, .service = s};
    struct view what = visit_param(v, "do");
    bool sure = view_equal_text(visit_param(v, "sure"), "yes");
    if (view_equal_text(what, "keep")) {
        visit_redirect(v, me_service_url(v, s->id, ""));
        return;
    }
    if (!read_act(what, &c.act)) {
        show_parameter_error(v, VIEW("do"), "must be withdraw, change, suspend, resume or keep");
        return;
    }
    enum err e = c.act == PAGE_ACT_CHANGE ? read_choice(v, &c) : ERR_OK;
    if (e)
        show_failure(v, e, "read a change");
    else if (!s->live || (c.act == PAGE_ACT_CHANGE && !secret_equal(visit_param(v, "shown"), c.choices.shown)))
        go_back(v, s, "nothing"); /* ended, or other words or values than the page showed */
    else if (sure)
        record(v, &c);
    else
        ask(v, &c);
}
