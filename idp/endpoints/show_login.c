/* The pages of a login, filled from what the flow has loaded. */
#include "idp/endpoints/details_shown.h"
#include "idp/endpoints/entry.h"
#include "idp/endpoints/flow.h"
#include "idp/endpoints/managed.h"
#include "idp/endpoints/notice_text.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "sessions/card_txn.h"

/* What failed was a reading or a registering: which, the newest transaction knows. */
static enum err purpose_of_last(struct visit *v, const struct flow *f, enum page_purpose *out)
{
    struct card_txn t;
    enum err e = card_txn_find_newest(&t, v->db, v->arena, f->interaction->id);
    if (!e && t.purpose == CARD_REGISTER)
        *out = PAGE_PURPOSE_REGISTER;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

bool show_card_problem(struct visit *v, const struct flow *f, enum page_purpose purpose)
{
    struct buf b;
    struct page_card_problem facts = {
        .frame = people_frame(v, f->id), .service = people_service(v, f->client), .purpose = purpose};
    if (!f->interaction || !page_problem_of(&facts.problem, f->interaction->problem))
        return false;
    enum err e = purpose == PAGE_PURPOSE_READ ? purpose_of_last(v, f, &facts.purpose) : ERR_OK;
    if (e) {
        show_failure(v, e, "find what the card was used for");
        return true;
    }
    facts.frame.request_id = view_text(v->request->id);
    people_open(&b, v);
    page_card_problem(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
    return true;
}

/* Is the card asked for although somebody is logged in, and nobody said "I am somebody else"? */
static bool is_reauth(const struct flow *f)
{
    return f->session && f->interaction && !f->interaction->want_login;
}

void show_login(struct visit *v, const struct flow *f)
{
    struct buf b;
    struct page_login facts = {.frame = people_frame(v, f->id),
                               .service = people_service(v, f->client),
                               .reauth = is_reauth(f),
                               .link = f->aim == FLOW_LINK,
                               .minutes = view_text(arena_printf(v->arena, "%d", INTERACTION_LIFE_S / 60))};
    if (!f->session)
        visit_forget_ended(v);
    if (show_card_problem(v, f, facts.reauth ? PAGE_PURPOSE_REAUTH : PAGE_PURPOSE_LOGIN))
        return;
    people_open(&b, v);
    page_login(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}

void show_confirm(struct visit *v, const struct flow *f)
{
    struct buf b;
    struct page_confirm facts = {.frame = people_frame(v, f->id),
                                 .service = people_service(v, f->client),
                                 .name = people_name(v, &f->profile),
                                 .logged_in_at = people_time(v, f->session->auth_at)};
    people_open(&b, v);
    page_confirm(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}

/* --- consent -------------------------------------------------------------------------------------------------- */

static enum page_reason reason_of(enum grant_reason reason)
{
    static const enum page_reason reasons[] = {
        [GRANT_SILENT] = PAGE_REASON_ASKED,        [GRANT_NEW_SERVICE] = PAGE_REASON_NEW,
        [GRANT_NEW_FIELD] = PAGE_REASON_FIELD,     [GRANT_REQUIRED_NOW] = PAGE_REASON_REQUIRED,
        [GRANT_TERMS_CHANGED] = PAGE_REASON_TERMS, [GRANT_PROOF_CHANGED] = PAGE_REASON_VALUE,
        [GRANT_EXPIRED] = PAGE_REASON_EXPIRED,     [GRANT_WITHDRAWN] = PAGE_REASON_WITHDRAWN,
        [GRANT_PROMPTED] = PAGE_REASON_ASKED,      [GRANT_ONLY_ONCE] = PAGE_REASON_ONCE,
        [GRANT_SUSPENDED] = PAGE_REASON_SUSPENDED, [GRANT_NEW_DETAIL] = PAGE_REASON_DETAIL,
        [GRANT_EVERY_TIME] = PAGE_REASON_EACH,
    };
    return reasons[reason];
}

/* Optional fields are off, unless a consent that still stands covers exactly this. */
static bool is_ticked(const struct visit *v, const struct flow *f, const struct ask_item *item,
                      const struct field_value *value)
{
    if (!f->grant || !grant_is_live(f->grant, v->now))
        return false;
    const struct grant_decision *d = grant_decision_on(f->grant, item->field);
    return d && grant_covers(d, item, value, v->now);
}

static enum page_duration duration_of(const struct visit *v, const struct flow *f)
{
    static const enum page_duration durations[] = {
        [GRANT_ONCE] = PAGE_ONCE, [GRANT_ONE_YEAR] = PAGE_YEAR, [GRANT_UNTIL_WITHDRAWN] = PAGE_UNTIL_WITHDRAWN};
    bool live = f->grant && grant_is_live(f->grant, v->now);
    return live ? durations[f->grant->duration] : PAGE_YEAR;
}

/* A field without a value: where it can come from. */
static void explain_missing(struct visit *v, const struct flow *f, const struct ask_item *item,
                            struct page_consent_field *out)
{
    out->from_card =
        field_is_of_card(item->field) && (item->required || !field_stored(&f->profile, field_find(VIEW("name"))));
    const char *path = entry_path_of(item->field);
    if (path)
        out->enter_url = view_text(arena_printf(v->arena, "%s?i=%.*s", path, (int)f->id.n, (const char *)f->id.p));
}

/* What the service wants to be proven to it, wherever. */
static uint32_t proven_of(const struct flow *f)
{
    return f->claims.userinfo.verified.fields | f->claims.id_token.verified.fields;
}

static enum err fill_field(struct visit *v, const struct flow *f, const struct ask_item *item,
                           struct page_consent_field *out)
{
    struct field_value value;
    const struct field *field = item->field;
    *out = (struct page_consent_field){.id = view_text(field->id),
                                       .title = people_field(v, field),
                                       .purpose = notice_purpose(v, item),
                                       .basis = notice_basis(v, item),
                                       .retention = notice_retention(v, item),
                                       .storage = notice_storage(v, item),
                                       .processing = notice_processing(v, item),
                                       .recipients = notice_recipients(v, item),
                                       .derived = field->origin == FIELD_DERIVED,
                                       .sensitive = field->sensitive};
    enum err e = field_value(&value, v->arena, &f->profile, field);
    if (e == ERR_NOT_FOUND) {
        explain_missing(v, f, item, out);
        return ERR_OK;
    }
    if (e)
        return e;
    out->source = people_source(value.source);
    out->as_of = people_date(v, value.as_of);
    out->proven = (proven_of(f) & field_bit(field)) && verified_claims_is_proven(&value);
    out->ticked = is_ticked(v, f, item, &value);
    e = field_display_substitutes(&out->substitutes, v->arena, &value, !v->english);
    return e ? e : field_display(&out->value, v->arena, &value, !v->english);
}

static bool has_required_detail(const struct flow *f)
{
    for (size_t i = 0; i < f->details.n; i++)
        if (!f->details.items[i].optional)
            return true;
    return false;
}

/* What a child may not agree to, and what the operator suspended, is shown and cannot be allowed. */
static enum err close_page(struct visit *v, const struct flow *f, struct page_consent *facts)
{
    bool minor;
    enum err e = flow_is_minor(v, f, &minor);
    if (e)
        return e;
    if (f->grant && f->grant->stop == GRANT_STOPPED_BY_OPERATOR && grant_is_live(f->grant, v->now))
        facts->closed = PAGE_CLOSED_SUSPENDED;
    else if (minor && (f->asked.n > 0 || f->details.n > 0))
        facts->closed = PAGE_CLOSED_MINOR;
    if (facts->closed == PAGE_CLOSED_NOT)
        return ERR_OK;
    facts->lacks_card = facts->lacks_proof = false;
    facts->lacks_required = facts->closed == PAGE_CLOSED_SUSPENDED || facts->n_required > 0 || has_required_detail(f);
    return ERR_OK;
}

static enum err fill_fields(struct visit *v, const struct flow *f, struct page_consent *facts)
{
    struct page_consent_field *required = arena_array(v->arena, f->asked.n, sizeof *required);
    struct page_consent_field *optional = arena_array(v->arena, f->asked.n, sizeof *optional);
    if (!required || !optional)
        return ERR_MEMORY;
    for (size_t i = 0; i < f->asked.n; i++) {
        const struct ask_item *item = &f->asked.items[i];
        struct page_consent_field *out =
            item->required ? &required[facts->n_required++] : &optional[facts->n_optional++];
        enum err e = fill_field(v, f, item, out);
        if (e)
            return e;
        bool lacks = !view_is(out->value), wanted = proven_of(f) & field_bit(item->field);
        facts->lacks_required = facts->lacks_required || (lacks && item->required);
        facts->lacks_card = facts->lacks_card || (lacks && out->from_card);
        facts->lacks_proof = facts->lacks_proof || (wanted && !lacks && !out->proven);
    }
    facts->required = required;
    facts->optional = optional;
    return close_page(v, f, facts);
}

/* What the service wants done with the consent that is alive is said first. */
static enum err fill_managed(struct visit *v, const struct flow *f, struct page_consent *facts)
{
    static const enum page_reason reasons[] = {
        [GRANT_CREATE] = PAGE_REASON_CREATE, [GRANT_MERGE] = PAGE_REASON_MERGE, [GRANT_REPLACE] = PAGE_REASON_REPLACE};
    struct managed m = managed_of(v, f);
    struct grant rest;
    if (m.action == GRANT_ACTION_NONE || facts->closed == PAGE_CLOSED_SUSPENDED)
        return ERR_OK;
    enum err e = managed_details(&rest, v, f);
    size_t n = m.n;
    struct page_item *items = e ? NULL : arena_array(v->arena, m.n + rest.n_details, sizeof *items);
    if (!items)
        return e ? e : ERR_MEMORY;
    for (size_t i = 0; i < m.n; i++)
        items[i].text = people_field(v, m.others[i]);
    for (size_t i = 0; i < rest.n_details && !e; i++)
        e = details_shown_line(&items[n++].text, v, &rest.details[i]);
    if (e)
        return e;
    facts->reason = reasons[m.action];
    *(m.action == GRANT_MERGE ? &facts->kept : &facts->taken) = items;
    *(m.action == GRANT_MERGE ? &facts->n_kept : &facts->n_taken) = n;
    return ERR_OK;
}

void show_consent(struct visit *v, const struct flow *f)
{
    struct buf b;
    struct page_consent facts = {.frame = people_frame(v, f->id),
                                 .service = people_service(v, f->client),
                                 .name = people_name(v, &f->profile),
                                 .shown = managed_shown(v, f),
                                 .reason = reason_of(f->consent.reason),
                                 .duration = duration_of(v, f)};
    if (show_card_problem(v, f, PAGE_PURPOSE_READ))
        return;
    enum err e = details_shown_asked(&facts.details, &facts.n_details, v, f);
    if (!e)
        e = view_is(facts.shown) ? fill_fields(v, f, &facts) : ERR_MEMORY;
    if (!e)
        e = fill_managed(v, f, &facts);
    if (e) {
        show_failure(v, e, "fill the consent page");
        return;
    }
    people_open(&b, v);
    page_consent(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}
