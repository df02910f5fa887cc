#include "idp/endpoints/entry.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/text.h"
#include "idp/endpoints/show.h"
#include "sessions/profile.h"
#include "store/store.h"

/* --- recording ------------------------------------------------------------------------------------------------- */

struct recording {
    const struct visit *visit;
    struct ident resident;
    const struct entry_change *changes;
    size_t n;
    struct view today;
};

static enum err record_one(struct db *db, const struct recording *r, const struct entry_change *c)
{
    const struct visit *v = r->visit;
    struct profile_value value = {
        .field = view_text(c->field), .json = c->json, .source = PROFILE_RESIDENT, .as_of = r->today};
    enum err e = profile_check_version(db, v->arena, r->resident, value.field, c->version);
    if (e)
        return e;
    return view_is(c->json) ? profile_record(db, v->arena, v->op->master, r->resident, &value, v->now)
                            : profile_erase(db, r->resident, value.field, v->now);
}

static enum err record_job(struct db *db, void *ctx)
{
    const struct recording *r = ctx;
    enum err e = ERR_OK;
    for (size_t i = 0; i < r->n && !e; i++)
        e = record_one(db, r, &r->changes[i]);
    return e;
}

enum err entry_record(struct visit *v, struct ident resident, const struct entry_change *changes, size_t n)
{
    struct recording r = {v, resident, changes, n, view_text(clock_jst_date(v->arena, v->now))};
    return view_is(r.today) ? store_write(v->op->store, record_job, &r) : ERR_MEMORY;
}

/* --- versions -------------------------------------------------------------------------------------------------- */

int64_t entry_version_sent(const struct visit *v, const char *name)
{
    int64_t version;
    return text_to_int(visit_param(v, name), &version) ? version : 0;
}

int64_t entry_version_of(const struct field_profile *profile, const char *field)
{
    const struct field_value *value = field_stored(profile, field_find(view_text(field)));
    return value ? value->changed_at : 0;
}

struct view entry_version_text(const struct visit *v, int64_t version)
{
    return view_text(arena_printf(v->arena, "%" PRId64, version));
}

/* --- ways ------------------------------------------------------------------------------------------------------ */

void entry_saved(struct visit *v, const char *path)
{
    struct view interaction = visit_param(v, "i");
    const char *saved = arena_printf(v->arena, "%s?saved=1", path);
    if (view_is(interaction))
        visit_redirect_next(v, interaction);
    else if (saved)
        visit_redirect(v, view_text(saved));
    else
        show_failure(v, ERR_MEMORY, "write the way back");
}

const char *entry_path_of(const struct field *f)
{
    static const struct {
        const char *field, *path;
    } paths[] = {{"household", "/me/household"},
                 {"interests", "/me/interests"},
                 {"email", "/me/contact"},
                 {"phone_number", "/me/contact"}};
    const char *stored = f->from ? f->from : f->id;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (strcmp(paths[i].field, stored) == 0)
            return paths[i].path;
    return NULL;
}
