/* GET, POST /me/interests: what the resident would like to hear about. Records the chosen tags, or that there are none.
 * Reached from a consent page it knows the way back (parameter "i"). */
#include "base/clock.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/state/profile.h"
#include "sessions/profile.h"
#include "sessions/session.h"
#include "store/store.h"

struct choosing {
    const struct visit *visit;
    struct ident resident;
    struct profile_value value; /* json absent: nothing was chosen */
};

static enum err choose_job(struct db *db, void *ctx)
{
    const struct choosing *c = ctx;
    const struct visit *v = c->visit;
    if (!view_is(c->value.json))
        return profile_erase(db, c->resident, c->value.field, v->now);
    return profile_record(db, v->arena, v->op->master, c->resident, &c->value, v->now);
}

/* --- showing -------------------------------------------------------------------------------------------------- */

static bool is_chosen(const struct json *tags, const char *id)
{
    struct view tag;
    for (size_t i = 0; i < json_count(tags); i++)
        if (json_text(json_at(tags, i), &tag) && view_equal_text(tag, id))
            return true;
    return false;
}

static enum err load_tags(const struct visit *v, const struct field_profile *profile, struct page_interests *facts)
{
    const struct field_value *value = field_stored(profile, field_find(VIEW("interests")));
    struct page_interest *items = arena_array(v->arena, field_tag_count(), sizeof *items);
    struct json *tags = NULL;
    enum err e = value ? json_read(&tags, v->arena, value->json, NULL) : ERR_OK;
    for (size_t i = 0; i < field_tag_count() && items && !e; i++) {
        const struct field_tag *tag = field_tag_at(i);
        items[i] = (struct page_interest){view_text(tag->id), view_text(v->english ? tag->en : tag->ja),
                                          tags && is_chosen(tags, tag->id)};
    }
    facts->interests = items;
    facts->n_interests = field_tag_count();
    return e ? ERR_STORE : items ? ERR_OK : ERR_MEMORY;
}

static void show(struct visit *v, const struct session *s)
{
    struct buf b;
    struct field_profile profile;
    struct page_interests facts = {.frame = people_frame(v, visit_param(v, "i")),
                                   .saved = view_is(form_find(v->request->query, "saved"))};
    enum err e = profile_load(&profile, v, s->resident, NULL);
    if (!e)
        e = load_tags(v, &profile, &facts);
    if (e) {
        show_failure(v, e, "load the interests");
        return;
    }
    facts.name = people_name(v, &profile);
    people_open(&b, v);
    page_interests(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}

/* --- recording ------------------------------------------------------------------------------------------------ */

static enum err read_choice(struct visit *v, struct choosing *c)
{
    size_t n = field_tag_count();
    bool *chosen = arena_array(v->arena, n, sizeof *chosen), any = false;
    for (size_t i = 0; i < n && chosen; i++) {
        const char *name = arena_printf(v->arena, "interest-%s", field_tag_at(i)->id);
        chosen[i] = name && view_equal_text(visit_param(v, name), "yes");
        any = any || chosen[i];
    }
    c->value = (struct profile_value){
        .field = VIEW("interests"), .source = PROFILE_RESIDENT, .as_of = view_text(clock_jst_date(v->arena, v->now))};
    if (!chosen || !view_is(c->value.as_of))
        return ERR_MEMORY;
    return any ? field_json_of_tags(&c->value.json, v->arena, chosen, n) : ERR_OK;
}

static void record(struct visit *v, const struct session *s)
{
    struct view interaction = visit_param(v, "i");
    struct choosing c = {.visit = v, .resident = s->resident};
    enum err e = read_choice(v, &c);
    if (!e)
        e = store_write(v->op->store, choose_job, &c);
    if (e)
        show_failure(v, e, "record the interests");
    else if (view_is(interaction))
        visit_redirect_next(v, interaction);
    else
        visit_redirect(v, VIEW("/me/interests?saved=1"));
}

void handle_interests(struct visit *v)
{
    struct session s;
    bool is_form = v->request->method == METHOD_POST;
    if (is_form && !visit_is_own_form(v, visit_param(v, "csrf"))) {
        show_error(v, 403, PAGE_ERROR_FORM);
        return;
    }
    enum err e = visit_session(v, &s);
    if (!e)
        e = visit_touch_session(v, &s);
    if (e == ERR_NOT_FOUND)
        visit_redirect(v, VIEW("/")); /* which says how to log in */
    else if (e)
        show_failure(v, e, "find the session");
    else if (is_form && !visit_is_current_form(v, visit_param(v, "csrf")))
        show_error(v, 403, PAGE_ERROR_FORM); /* opened by somebody else */
    else if (is_form)
        record(v, &s);
    else
        show(v, &s);
}
