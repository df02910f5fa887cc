/* Four eyes. POST /audit/identity: asks whose a pseudonym is, allows or denies what another one asked. GET
 * /audit/identity?id=: the answer, for a day and for who asked. */
#include "base/base64.h"
#include "idp/endpoints/auditing.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/state/profile.h"

struct deciding {
    const struct visit *visit;
    const struct auditor *who;
    struct ident id;
    struct view pseudonym, reason;
    bool ask, allow;
};

static enum err decide_job(struct db *db, void *ctx)
{
    struct deciding *d = ctx;
    const struct visit *v = d->visit;
    if (d->ask)
        return identity_ask(&d->id, v->op->ledger, v->arena, db, d->who, d->pseudonym, d->reason, v->now_ms);
    return identity_decide(v->op->ledger, v->arena, db, d->who, d->id, d->allow, v->now_ms);
}

static struct ident read_id(struct visit *v, struct view text)
{
    struct view bytes;
    return view_is(text) && base64url_read(v->arena, text, &bytes) == ERR_OK ? ident_read(bytes) : IDENT_NONE;
}

static void decide(struct visit *v, const struct auditor *who)
{
    struct view verb = visit_param(v, "do");
    struct deciding d = {.visit = v,
                         .who = who,
                         .id = read_id(v, visit_param(v, "id")),
                         .pseudonym = visit_param(v, "pseudonym"),
                         .reason = visit_param(v, "reason"),
                         .ask = view_equal_text(verb, "ask"),
                         .allow = view_equal_text(verb, "allow")};
    bool known = d.ask || d.allow || view_equal_text(verb, "deny");
    enum err e = known ? store_write(v->op->store, decide_job, &d) : ERR_SYNTAX;
    if (!known)
        show_parameter_error(v, VIEW("do"), "must be ask, allow or deny");
    else if (e == ERR_SYNTAX)
        show_parameter_error(v, VIEW("pseudonym"),
                             "must be the 43 letters of a resident in an event, with a reason of "
                             "1 to 200 characters");
    else if (e == ERR_NOT_FOUND)
        show_error(v, 404, PAGE_ERROR_NOT_FOUND);
    else if (e == ERR_PERMISSION) /* her own request, or somebody was faster */
        show_error(v, 403, PAGE_ERROR_FORM);
    else if (e)
        show_failure(v, e, "decide on an identity");
    else
        visit_redirect(v, VIEW("/audit"));
}

/* --- whose it is -------------------------------------------------------------------------------------------------- */

static enum err fill_identity(struct visit *v, struct ident resident, struct page_audit_identity *facts)
{
    static const char *const shown[] = {"name", "birthdate", "address"};
    struct field_profile profile;
    struct page_audit_value *values = arena_array(v->arena, 3, sizeof *values);
    enum err e = values ? profile_load(&profile, v, resident, NULL) : ERR_MEMORY;
    for (size_t i = 0; i < 3 && !e; i++) {
        const struct field *f = field_find(view_text(shown[i]));
        const struct field_value *value = field_stored(&profile, f);
        if (!value)
            continue;
        struct page_audit_value *out = &values[facts->n_values++];
        out->title = view_text(v->english ? f->en : f->ja);
        e = field_display(&out->text, v->arena, value, !v->english);
    }
    facts->values = values;
    return e;
}

static enum err find_identity(struct visit *v, const struct auditor *who, struct page_audit_identity *facts)
{
    struct identity_request r;
    struct ident id = read_id(v, form_get(v->request->query, "id")), resident;
    enum err e = ident_is(id) ? identity_find(&r, v->arena, v->db, id) : ERR_NOT_FOUND;
    if (!e && (!ident_equal(r.auditor, who->id) || identity_state_of(&r, v->now) != IDENTITY_ALLOWED))
        e = ERR_NOT_FOUND;
    if (!e)
        e = identity_resident(&resident, v->op->ledger, v->db, r.pseudonym);
    if (!e)
        e = auditing_note(v, who,
                          arena_printf(v->arena, "identity look %.*s", (int)r.pseudonym.n, (const char *)r.pseudonym.p),
                          NULL);
    if (e)
        return e;
    facts->pseudonym = r.pseudonym;
    facts->until = people_moment(v, r.until);
    return fill_identity(v, resident, facts);
}

void handle_audit_identity(struct visit *v)
{
    struct me me;
    struct auditor who;
    struct buf b;
    if (!auditing_open(v, &me, &who))
        return;
    if (v->request->method == METHOD_POST) {
        decide(v, &who);
        return;
    }
    struct page_audit_identity facts = {.frame = people_frame(v, VIEW_NONE)};
    enum err e = find_identity(v, &who, &facts);
    if (e == ERR_NOT_FOUND) {
        show_error(v, 404, PAGE_ERROR_NOT_FOUND);
    } else if (e) {
        show_failure(v, e, "show an identity");
    } else {
        people_open(&b, v);
        page_audit_identity(&b, v->op->pages, &facts);
        people_answer(v, 200, PAGE_PLAIN, &b);
    }
}
