/* POST /consent: the resident's answer, field by field. Records a grant, or the refusal. */
#include "base/secret.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/flow.h"
#include "idp/endpoints/managed.h"
#include "idp/endpoints/show.h"
#include "sessions/token.h"
#include "store/store.h"

struct consenting {
    const struct op *op;
    struct arena *arena;
    struct ident interaction;
    struct grant_answer answer;
    struct grant_choice choice;
    const struct details_offers *offers; /* the types of what is to be done elsewhere */
    int64_t now;
};

/* Grant Management, draft 03, 5.2: merge and replace invalidate the refresh tokens of the grant; create ends it. */
static enum err end_tokens(const struct consenting *c, struct db *db)
{
    struct grant before;
    if (c->choice.action == GRANT_ACTION_NONE)
        return ERR_OK;
    enum err e = grant_find(&before, c->arena, db, c->answer.who.resident, c->answer.who.client);
    if (!e)
        e = token_revoke_grant(db, before.id, c->now);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err allow_job(struct db *db, void *ctx)
{
    struct consenting *c = ctx;
    struct grant grant;
    enum err e = end_tokens(c, db);
    if (!e)
        e = grant_record(&grant, c->op->ledger, c->arena, db, &c->answer, &c->choice);
    for (size_t i = 0; i < c->offers->n && !e; i++)
        e = detail_type_keep(db, c->offers->items[i].type);
    return e ? e : interaction_record_grant(db, c->interaction, grant.id, c->now);
}

static enum err refuse_job(struct db *db, void *ctx)
{
    struct consenting *c = ctx;
    enum err e = grant_record_refusal(c->op->ledger, db, &c->answer);
    return e ? e : interaction_record_refusal(db, c->interaction, VIEW("access_denied"), c->now);
}

static void record(struct visit *v, const struct flow *f, struct consenting *c, store_job *job)
{
    enum err e = store_write(v->op->store, job, c);
    if (e && e != ERR_CONFLICT)
        show_failure(v, e, "record a consent");
    else
        visit_redirect_next(v, f->id);
}

/* --- reading the form ----------------------------------------------------------------------------------------- */

static bool read_duration(struct view text, enum grant_duration *out)
{
    static const struct {
        const char *name;
        enum grant_duration duration;
    } durations[] = {{"once", GRANT_ONCE}, {"year", GRANT_ONE_YEAR}, {"until_withdrawn", GRANT_UNTIL_WITHDRAWN}};
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        if (view_equal_text(text, durations[i].name)) {
            *out = durations[i].duration;
            return true;
        }
    }
    return false;
}

static bool has_value(const struct visit *v, const struct flow *f, const struct field *field, enum err *e)
{
    struct field_value value;
    enum err found = field_value(&value, v->arena, &f->profile, field);
    if (found && found != ERR_NOT_FOUND)
        *e = found;
    return found == ERR_OK;
}

/* A child allows nothing to be done elsewhere. */
static enum err read_detail(struct visit *v, const struct flow *f, size_t i, bool minor, struct grant_choice *choice,
                            bool *lacks)
{
    const char *name = arena_printf(v->arena, "allow-%zu", i);

    if (!name)
        return ERR_MEMORY;
    choice->details[i] = !minor && (!f->details.items[i].optional || view_equal_text(visit_param(v, name), "yes"));
    *lacks = *lacks || (minor && !f->details.items[i].optional);
    return ERR_OK;
}

/* What is ticked and can be given. *LACKS: a required field has no value, or she is too young to give it, so there is
 * nothing to allow. */
static enum err read_choice(struct visit *v, const struct flow *f, struct grant_choice *choice, bool *lacks)
{
    bool minor;
    enum err e = flow_is_minor(v, f, &minor);
    *lacks = false;
    for (size_t i = 0; i < f->details.n && !e; i++)
        e = read_detail(v, f, i, minor, choice, lacks);
    for (size_t i = 0; i < f->asked.n && !e; i++) {
        const struct ask_item *item = &f->asked.items[i];
        const char *name = arena_printf(v->arena, "give-%s", item->field->id);
        if (!name)
            return ERR_MEMORY;
        bool has = !minor && has_value(v, f, item->field, &e);
        choice->given[i] = has && (item->required || view_equal_text(visit_param(v, name), "yes"));
        *lacks = *lacks || (item->required && !has);
    }
    return e;
}

/* Is the page that was answered the page that would be shown now? */
static bool is_current(const struct visit *v, const struct flow *f)
{
    return secret_equal(visit_param(v, "shown"), managed_shown(v, f));
}

static void allow(struct visit *v, const struct flow *f, struct consenting *c)
{
    bool lacks;
    if (!read_duration(visit_param(v, "duration"), &c->choice.duration)) {
        show_parameter_error(v, VIEW("duration"), "must be once, year or until_withdrawn");
        return;
    }
    enum err e = read_choice(v, f, &c->choice, &lacks);
    if (e)
        show_failure(v, e, "read the consent");
    else if (lacks || !is_current(v, f))
        visit_redirect_next(v, f->id); /* shown again as it is now */
    else
        record(v, f, c, allow_job);
}

void handle_consent(struct visit *v)
{
    struct view what = visit_param(v, "do");
    struct flow f;
    if (!flow_open_form(v, visit_param(v, "i"), visit_param(v, "csrf"), &f))
        return;
    if (f.verdict.step != STEP_CONSENT) { /* a page kept open: decided, logged out or over meanwhile */
        visit_redirect_next(v, f.id);
        return;
    }
    struct consenting c = {.op = v->op,
                           .arena = v->arena,
                           .interaction = f.interaction->id,
                           .answer = {.ask = &f.asked,
                                      .profile = &f.profile,
                                      .who = flow_parties(&f),
                                      .at_ms = v->now_ms,
                                      .details = f.details,
                                      .scope = f.request.scope,
                                      .resource = f.request.resource},
                           .offers = &f.offers,
                           .now = v->now};
    c.choice.action = f.request.grant_action;
    c.choice.managed = managed_of(v, &f).grant;
    if (view_equal_text(what, "allow"))
        allow(v, &f, &c);
    else if (view_equal_text(what, "refuse"))
        record(v, &f, &c, refuse_job);
    else
        show_parameter_error(v, VIEW("do"), "must be allow or refuse");
}
