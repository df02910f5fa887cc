/* POST /me/services/ID: asks "shall it be done?", and with sure=yes does it. */
#include "base/secret.h"
#include "idp/endpoints/consent_shown.h"
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
    struct ask choices; /* of an edit: what may be turned over */
    struct view shown;  /* digest of these */
    bool given[FIELD_MAX];
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

/* Which boxes are ticked. */
static enum err read_choice(struct visit *v, struct changing *c)
{
    enum err e = service_choices(&c->choices, v, c->me, c->service);
    for (size_t i = 0; i < c->choices.n && !e; i++) {
        const char *name = arena_printf(v->arena, "give-%s", c->choices.items[i].field->id);
        if (!name)
            return ERR_MEMORY;
        c->given[i] = view_equal_text(visit_param(v, name), "yes");
    }
    c->shown = consent_shown(v->arena, &c->choices, &c->me->profile, NULL);
    return e ? e : view_is(c->shown) ? ERR_OK : ERR_MEMORY;
}

/* --- asking ----------------------------------------------------------------------------------------------------- */

static void add_item(const struct visit *v, struct page_item *items, size_t *n, const struct field *f)
{
    items[(*n)++].text = people_field(v, f);
}

static void list_edit(const struct visit *v, const struct changing *c, struct page_service_change *facts,
                      struct page_item *off, struct page_item *on, struct page_hidden *hidden)
{
    hidden[facts->n_hidden++] = (struct page_hidden){VIEW("shown"), c->shown};
    for (size_t i = 0; i < c->choices.n; i++) {
        const struct field *f = c->choices.items[i].field;
        bool given = grant_decision_on(&c->service->grant, f)->given;
        if (given && !c->given[i])
            add_item(v, off, &facts->n_off, f);
        if (!given && c->given[i])
            add_item(v, on, &facts->n_on, f);
        if (c->given[i])
            hidden[facts->n_hidden++] =
                (struct page_hidden){view_text(arena_printf(v->arena, "give-%s", f->id)), VIEW("yes")};
    }
}

static void list_all(const struct visit *v, const struct changing *c, struct page_item *items, size_t *n)
{
    for (size_t i = 0; i < c->service->grant.n; i++)
        if (c->service->grant.decisions[i].given)
            add_item(v, items, n, c->service->grant.decisions[i].field);
}

static void ask(struct visit *v, const struct changing *c)
{
    struct buf b;
    const struct me_service *s = c->service;
    struct page_item *off = arena_array(v->arena, FIELD_MAX, sizeof *off);
    struct page_item *on = arena_array(v->arena, FIELD_MAX, sizeof *on);
    struct page_hidden *hidden = arena_array(v->arena, FIELD_MAX + 1, sizeof *hidden);
    struct page_service_change facts = {.frame = people_frame(v, VIEW_NONE),
                                        .service = people_service(v, s->client ? s->client : s->seen),
                                        .url = me_service_url(v, s->id, ""),
                                        .act = c->act,
                                        .off = off,
                                        .on = on,
                                        .hidden = hidden};
    if (!off || !on || !hidden) {
        show_failure(v, ERR_MEMORY, "ask before a change");
        return;
    }
    if (c->act == PAGE_ACT_CHANGE)
        list_edit(v, c, &facts, off, on, hidden);
    else if (c->act == PAGE_ACT_RESUME)
        list_all(v, c, on, &facts.n_on);
    else
        list_all(v, c, off, &facts.n_off);
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
    struct grant_edit edit = {.ask = &c->choices,
                              .profile = &c->me->profile,
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
    enum err e = store_write(v->op->store, consent_change_job, &change);
    bool nothing = c->act == PAGE_ACT_CHANGE && change.turned.n_off + change.turned.n_on == 0;
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
    else if (!s->live || (c.act == PAGE_ACT_CHANGE && !secret_equal(visit_param(v, "shown"), c.shown)))
        go_back(v, s, "nothing"); /* ended, or other words or values than the page showed */
    else if (sure)
        record(v, &c);
    else
        ask(v, &c);
}
