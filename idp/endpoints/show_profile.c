/* The pages about what the card says of its holder: shall it be asked, and what if it says something else. */
#include "idp/endpoints/flow.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/state/profile.h"
#include "sessions/profile.h"

/* --- something else than what is verified ----------------------------------------------------------------------- */

/* One value that waits beside the verified one it differs from. */
static enum err fill_difference(struct visit *v, const struct field_profile *stored, const struct profile_value *held,
                                struct page_difference *out)
{
    struct field_value now, read = {.field = field_find(held->field), .json = held->json};
    enum err e = read.field ? field_value(&now, v->arena, stored, read.field) : ERR_MISMATCH;
    if (e && e != ERR_NOT_FOUND)
        return e;
    out->title = people_field(v, read.field);
    if (!e) {
        out->as_of = people_date(v, now.as_of);
        e = field_display(&out->registered, v->arena, &now, !v->english);
    }
    return e && e != ERR_NOT_FOUND ? e : field_display(&out->read, v->arena, &read, !v->english);
}

static enum err fill_differences(struct visit *v, const struct flow *f, struct page_profile_held *facts)
{
    struct field_profile stored;
    struct profile_value *held;
    struct ident resident = f->session->resident;
    size_t n;
    enum err e =
        profile_unseal(&held, &n, v->db, v->arena, v->op->master, resident, f->interaction->id, f->interaction->held);
    if (!e)
        e = profile_load(&stored, v, resident, NULL);
    struct page_difference *out = e ? NULL : arena_array(v->arena, n, sizeof *out);
    for (size_t i = 0; i < n && out && !e; i++)
        e = fill_difference(v, &stored, &held[i], &out[facts->n_differences++]);
    facts->differences = out;
    return e ? e : out ? ERR_OK : ERR_MEMORY;
}

/* Both are shown, and she decides. */
static void show_profile_held(struct visit *v, const struct flow *f)
{
    struct buf b;
    struct page_profile_held facts = {.frame = people_frame(v, f->id), .service = people_service(v, f->client)};
    enum err e = fill_differences(v, f, &facts);
    if (e) {
        show_failure(v, e, "fill the page of differences");
        return;
    }
    people_open(&b, v);
    page_profile_held(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}

/* --- the offer -------------------------------------------------------------------------------------------------- */

static bool needs_card_fields(const struct flow *f)
{
    for (size_t i = 0; i < f->asked.n; i++)
        if (f->asked.items[i].required && field_is_of_card(f->asked.items[i].field))
            return true;
    return false;
}

static void show_offer(struct visit *v, const struct flow *f)
{
    struct buf b;
    struct page_profile_offer facts = {.frame = people_frame(v, f->id),
                                       .service = people_service(v, f->client),
                                       .needed = needs_card_fields(f),
                                       .own = f->own};
    people_open(&b, v);
    page_profile_offer(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}

void show_profile_offer(struct visit *v, const struct flow *f)
{
    if (show_card_problem(v, f, PAGE_PURPOSE_READ))
        return;
    if (f->interaction->profile_offer == PROFILE_HELD && view_is(f->interaction->held))
        show_profile_held(v, f);
    else
        show_offer(v, f);
}
