#include "webui/page_def.h"

static const char *const identity_names[] = {"waiting", "allowed", "denied", "over", NULL};

const struct fact page_audit_join_facts[] = {
    FACT_OF(page_audit_join, name, FACT_TEXT),
    FACT_OF(page_audit_join, wrong, FACT_FLAG),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_audit_join(struct buf *out, const struct pages *pages, const struct page_audit_join *facts)
{
    page_put(out, pages, PAGE_AUDIT_JOIN, &facts->frame);
}

static const struct fact choice_facts[] = {
    FACT_OF(page_audit_choice, id, FACT_TEXT),
    FACT_OF(page_audit_choice, title, FACT_TEXT),
    FACT_OF(page_audit_choice, chosen, FACT_FLAG),
    NO_MORE_FACTS,
};

static const char *const record_names[] = {"none",      "requested", "given",   "refused", "changed",
                                           "disclosed", "withdrawn", "expired", "erased",  "operator",
                                           "suspended", "auditor",   NULL};

static const struct fact event_facts[] = {
    FACT_OF(page_audit_event, id, FACT_TEXT),
    FACT_CHOICE_OF(page_audit_event, record, record_names),
    FACT_OF(page_audit_event, chosen, FACT_FLAG),
    NO_MORE_FACTS,
};

static const struct fact row_facts[] = {
    FACT_OF(page_audit_row, position, FACT_TEXT),
    FACT_OF(page_audit_row, time, FACT_TEXT),
    FACT_CHOICE_OF(page_audit_row, record, record_names),
    FACT_OF(page_audit_row, service, FACT_TEXT),
    FACT_OF(page_audit_row, org, FACT_TEXT),
    FACT_OF(page_audit_row, resident, FACT_TEXT),
    FACT_OF(page_audit_row, ground, FACT_TEXT),
    FACT_OF(page_audit_row, what, FACT_TEXT),
    NO_MORE_FACTS,
};

static const struct fact request_facts[] = {
    FACT_OF(page_audit_request, id, FACT_TEXT),
    FACT_OF(page_audit_request, pseudonym, FACT_TEXT),
    FACT_OF(page_audit_request, reason, FACT_TEXT),
    FACT_OF(page_audit_request, asked_by, FACT_TEXT),
    FACT_OF(page_audit_request, asked_at, FACT_TEXT),
    FACT_OF(page_audit_request, decided_by, FACT_TEXT),
    FACT_CHOICE_OF(page_audit_request, state, identity_names),
    FACT_OF(page_audit_request, may_decide, FACT_FLAG),
    FACT_OF(page_audit_request, look_url, FACT_URL),
    FACT_OF(page_audit_request, person, FACT_FLAG),
    FACT_OF(page_audit_request, name, FACT_TEXT),
    FACT_OF(page_audit_request, birthdate, FACT_TEXT),
    NO_MORE_FACTS,
};

const struct fact page_audit_facts[] = {
    FACT_OF(page_audit, name, FACT_TEXT),
    FACT_OF(page_audit, since, FACT_TEXT),
    FACT_OF(page_audit, until, FACT_TEXT),
    FACT_OF(page_audit, service, FACT_TEXT),
    FACT_OF(page_audit, org, FACT_TEXT),
    FACT_OF(page_audit, resident, FACT_TEXT),
    FACT_LIST_OF(page_audit, fields, n_fields, page_audit_choice, choice_facts),
    FACT_LIST_OF(page_audit, events, n_events, page_audit_event, event_facts),
    FACT_OF(page_audit, asked, FACT_FLAG),
    FACT_OF(page_audit, too_much, FACT_FLAG),
    FACT_LIST_OF(page_audit, rows, n_rows, page_audit_row, row_facts),
    FACT_OF(page_audit, csv_url, FACT_URL),
    FACT_OF(page_audit, json_url, FACT_URL),
    FACT_OF(page_audit, next_url, FACT_URL),
    FACT_LIST_OF(page_audit, requests, n_requests, page_audit_request, request_facts),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_audit(struct buf *out, const struct pages *pages, const struct page_audit *facts)
{
    page_put(out, pages, PAGE_AUDIT, &facts->frame);
}

static const struct fact value_facts[] = {
    FACT_OF(page_audit_value, title, FACT_TEXT),
    FACT_OF(page_audit_value, text, FACT_TEXT),
    NO_MORE_FACTS,
};

static const struct fact pseudonym_facts[] = {
    FACT_OF(page_audit_pseudonym, text, FACT_TEXT),
    FACT_OF(page_audit_pseudonym, url, FACT_URL),
    NO_MORE_FACTS,
};

const struct fact page_audit_identity_facts[] = {
    FACT_OF(page_audit_identity, pseudonym, FACT_TEXT),
    FACT_OF(page_audit_identity, until, FACT_TEXT),
    FACT_OF(page_audit_identity, person, FACT_FLAG),
    FACT_OF(page_audit_identity, name, FACT_TEXT),
    FACT_OF(page_audit_identity, birthdate, FACT_TEXT),
    FACT_OF(page_audit_identity, over, FACT_FLAG),
    FACT_OF(page_audit_identity, many, FACT_FLAG),
    FACT_OF(page_audit_identity, again_url, FACT_URL),
    FACT_LIST_OF(page_audit_identity, pseudonyms, n_pseudonyms, page_audit_pseudonym, pseudonym_facts),
    FACT_LIST_OF(page_audit_identity, values, n_values, page_audit_value, value_facts),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_audit_identity(struct buf *out, const struct pages *pages, const struct page_audit_identity *facts)
{
    page_put(out, pages, PAGE_AUDIT_IDENTITY, &facts->frame);
}
