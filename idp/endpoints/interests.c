/* GET, POST /me/interests: what the resident would like to hear about. Records the chosen tags, or that there are none.
 * Reached from a consent page it knows the way back (parameter "i"). */
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/entry.h"
#include "idp/endpoints/me.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"

/* --- showing -------------------------------------------------------------------------------------------------- */

static bool is_chosen(const struct json *tags, const char *id)
{
    struct view tag;
    for (size_t i = 0; i < json_count(tags); i++)
        if (json_text(json_at(tags, i), &tag) && view_equal_text(tag, id))
            return true;
    return false;
}

/* TYPED: what the resident ticked is shown, not what is stored. */
static enum err load_tags(const struct visit *v, const struct field_profile *profile, struct page_interests *facts,
                          const bool *typed)
{
    const struct field_value *value = field_stored(profile, field_find(VIEW("interests")));
    struct page_interest *items = arena_array(v->arena, field_tag_count(), sizeof *items);
    struct json *tags = NULL;
    enum err e = value ? json_read(&tags, v->arena, value->json, NULL) : ERR_OK;
    for (size_t i = 0; i < field_tag_count() && items && !e; i++) {
        const struct field_tag *tag = field_tag_at(i);
        items[i] = (struct page_interest){view_text(tag->id), view_text(v->english ? tag->en : tag->ja),
                                          typed ? typed[i] : tags && is_chosen(tags, tag->id)};
    }
    facts->interests = items;
    facts->n_interests = field_tag_count();
    return e ? ERR_STORE : items ? ERR_OK : ERR_MEMORY;
}

static void show(struct visit *v, const struct me *me, const bool *typed)
{
    struct buf b;
    struct page_interests facts = {.frame = people_frame(v, visit_param(v, "i")),
                                   .saved = view_is(form_find(v->request->query, "saved")),
                                   .changed = typed};
    enum err e = load_tags(v, &me->profile, &facts, typed);
    if (e) {
        show_failure(v, e, "load the interests");
        return;
    }
    facts.name = me->name;
    facts.version = entry_version_text(v, entry_version_of(&me->profile, "interests"));
    people_open(&b, v);
    page_interests(&b, v->op->pages, &facts);
    people_answer(v, typed ? 409 : 200, PAGE_PLAIN, &b);
}

/* --- recording ------------------------------------------------------------------------------------------------ */

static enum err read_choice(struct visit *v, bool *chosen, struct entry_change *change)
{
    size_t n = field_tag_count();
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        const char *name = arena_printf(v->arena, "interest-%s", field_tag_at(i)->id);
        if (!name)
            return ERR_MEMORY;
        chosen[i] = view_equal_text(visit_param(v, name), "yes");
        any = any || chosen[i];
    }
    *change = (struct entry_change){.field = "interests", .version = entry_version_sent(v, "version")};
    return any ? field_json_of_tags(&change->json, v->arena, chosen, n) : ERR_OK;
}

static void record(struct visit *v, const struct me *me)
{
    struct entry_change change;
    bool *chosen = arena_array(v->arena, field_tag_count(), sizeof *chosen);
    enum err e = chosen ? read_choice(v, chosen, &change) : ERR_MEMORY;
    if (!e)
        e = entry_record(v, me->session.resident, &change, 1);
    if (e == ERR_CONFLICT)
        show(v, me, chosen);
    else if (e)
        show_failure(v, e, "record the interests");
    else
        entry_saved(v, "/me/interests");
}

void handle_interests(struct visit *v)
{
    struct me me;
    if (!me_open(v, &me))
        return;
    if (v->request->method == METHOD_POST)
        record(v, &me);
    else
        show(v, &me, NULL);
}
