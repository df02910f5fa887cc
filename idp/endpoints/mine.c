/* GET /me: what is registered of the resident, from where and from when, and what it was before. */
#include "base/clock.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/entry.h"
#include "idp/endpoints/me.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/state/renewal.h"
#include "sessions/profile.h"

static enum page_source source_of(int source)
{
    static const enum page_source sources[] = {PAGE_SOURCE_RESIDENT, PAGE_SOURCE_CARD_SIGNED, PAGE_SOURCE_CARD_READ,
                                               PAGE_SOURCE_UPSTREAM, PAGE_SOURCE_RESIDENT};
    return source >= 0 && source < (int)(sizeof sources / sizeof *sources) ? sources[source] : PAGE_SOURCE_RESIDENT;
}

static enum err display(struct view *out, const struct visit *v, const struct field *f, struct view json)
{
    struct field_value value = {.field = f, .json = json};
    enum err e = field_display(out, v->arena, &value, !v->english);
    return e == ERR_SYNTAX ? ERR_STORE : e;
}

/* --- one field -------------------------------------------------------------------------------------------------- */

static enum err fill_past(struct page_past *out, const struct visit *v, const struct field *f,
                          const struct profile_past *past)
{
    *out = (struct page_past){.at = people_date(v, view_text(clock_jst_date(v->arena, past->at))),
                              .removed = past->removed,
                              .source = source_of((int)past->source),
                              .as_of = view_is(past->as_of) ? people_date(v, past->as_of) : VIEW_NONE};
    return view_is(past->json) ? display(&out->value, v, f, past->json) : ERR_OK;
}

/* The first one of a field is the present value, unless it was taken away: it stands above. */
static enum err fill_history(struct page_mine *mine, const struct visit *v, const struct field *f,
                             const struct profile_past *all, size_t n)
{
    struct page_past *out = arena_array(v->arena, n + 1, sizeof *out);
    bool skip = view_is(mine->value);
    enum err e = out ? ERR_OK : ERR_MEMORY;
    for (size_t i = 0; i < n && !e; i++) {
        if (!view_equal_text(all[i].field, f->id))
            continue;
        if (!skip)
            e = fill_past(&out[mine->n_past++], v, f, &all[i]);
        skip = false;
    }
    mine->past = out;
    return e;
}

static void fill_proof(struct page_mine *mine, const struct visit *v, const struct field_proof *proof)
{
    if (!view_is(proof->issuer))
        return;
    mine->issuer = proof->issuer;
    mine->from = people_day(v, proof->not_before);
    mine->until = people_day(v, proof->not_after);
    mine->when = people_moment(v, proof->at);
}

static enum err fill_field(struct page_mine *mine, const struct visit *v, const struct field *f,
                           const struct field_profile *profile)
{
    const struct field_value *value = field_stored(profile, f);
    const char *path = entry_path_of(f);
    *mine = (struct page_mine){.id = view_text(f->id),
                               .title = people_field(v, f),
                               .sensitive = f->sensitive,
                               .edit_url = path ? view_text(path) : VIEW_NONE};
    if (!value)
        return ERR_OK;
    mine->source = source_of((int)value->source);
    mine->as_of = people_date(v, value->as_of);
    fill_proof(mine, v, &value->proof);
    return display(&mine->value, v, f, value->json);
}

/* --- the page --------------------------------------------------------------------------------------------------- */

static enum err load(struct visit *v, const struct me *me, struct page_me *facts)
{
    struct profile_past *past;
    size_t n_past;
    struct page_mine *fields = arena_array(v->arena, field_count(), sizeof *fields);
    enum err e = fields ? ERR_OK : ERR_MEMORY;
    if (!e)
        e = profile_history(&past, &n_past, v->db, v->arena, v->op->master, me->session.resident);
    for (size_t i = 0; i < field_count() && !e; i++) {
        const struct field *f = field_at(i);
        if (f->from)
            continue;
        struct page_mine *mine = &fields[facts->n_fields++];
        e = fill_field(mine, v, f, &me->profile);
        if (!e)
            e = fill_history(mine, v, f, past, n_past);
    }
    facts->fields = fields;
    facts->name = me->name;
    return e;
}

void handle_me(struct visit *v)
{
    struct me me;
    struct buf b;
    struct page_me facts = {.frame = people_frame(v, VIEW_NONE)};
    if (!me_open(v, &me))
        return;
    enum err e = load(v, &me, &facts);
    if (!e)
        e = renewal_is_claimed(&facts.claimed, v, me.session.resident);
    if (e) {
        show_failure(v, e, "load what is registered");
        return;
    }
    people_open(&b, v);
    page_me(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}
