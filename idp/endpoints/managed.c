#include "idp/endpoints/managed.h"

#include "base/base64.h"
#include "idp/endpoints/consent_shown.h"
#include "idp/rules/grant_management.h"

struct managed managed_of(const struct visit *v, const struct flow *f)
{
    struct managed m = {.action = f->request.grant_action};

    if (!f->grant || !grant_is_live(f->grant, v->now)) {
        m.action = m.action == GRANT_CREATE ? GRANT_ACTION_NONE : m.action;
        return m;
    }
    m.grant = f->grant->id;
    if (m.action != GRANT_ACTION_NONE)
        m.n = grant_others(m.others, &f->asked, f->grant, v->now);
    return m;
}

static bool is_asked(const struct flow *f, const struct grant_detail *d)
{
    for (size_t i = 0; i < f->details.n; i++)
        if (view_equal(f->details.items[i].json, d->json))
            return true;
    return false;
}

enum err managed_details(struct grant *out, struct visit *v, const struct flow *f)
{
    struct grant_detail *rest = arena_array(v->arena, f->grant->n_details, sizeof *rest);

    *out = *f->grant;
    out->details = rest;
    out->n_details = 0;
    for (size_t i = 0; rest && i < f->grant->n_details; i++)
        if (f->grant->details[i].given && !is_asked(f, &f->grant->details[i]))
            rest[out->n_details++] = f->grant->details[i];
    return rest ? ERR_OK : ERR_MEMORY;
}

struct view managed_shown(const struct visit *v, const struct flow *f)
{
    struct managed m = managed_of(v, f);
    struct view digest = consent_shown(v->arena, &f->asked, &f->profile, &f->details), text = VIEW_NONE;
    struct buf b;

    if (m.action == GRANT_ACTION_NONE || !view_is(digest))
        return digest;
    buf_open(&b, v->arena, 4096);
    buf_put(&b, digest);
    buf_put_byte(&b, '.');
    buf_put_int(&b, m.action);
    buf_put_byte(&b, '.');
    buf_put_int(&b, f->grant ? f->grant->given_at : 0);
    for (size_t i = 0; i < m.n; i++) {
        buf_put_byte(&b, '.');
        buf_put_text(&b, m.others[i]->id);
    }
    return buf_done(&b, &text) ? VIEW_NONE : text;
}

bool managed_is_unfit(const struct visit *v, const struct flow *f)
{
    struct view id = VIEW_NONE;

    if (!view_is(f->request.grant_id))
        return false;
    bool is =
        f->grant && !base64url_read(v->arena, f->request.grant_id, &id) && ident_equal(f->grant->id, ident_read(id));
    return grant_managed_decide(is ? f->grant : NULL, f->client->id, f->session->resident, v->now) != REFUSAL_NONE;
}
