#include "webui/page_def.h"

static const char *const done_names[] = {"withdrawn", "changed", "suspended", "resumed", "nothing", NULL};

const struct fact page_service_field_facts[] = {
    FACT_OF(page_service_field, id, FACT_TEXT),
    FACT_OF(page_service_field, title, FACT_TEXT),
    FACT_OF(page_service_field, purpose, FACT_TEXT),
    FACT_OF(page_service_field, basis, FACT_TEXT),
    FACT_OF(page_service_field, retention, FACT_TEXT),
    FACT_OF(page_service_field, recipients, FACT_TEXT),
    FACT_OF(page_service_field, storage, FACT_TEXT),
    FACT_OF(page_service_field, processing, FACT_TEXT),
    FACT_OF(page_service_field, value, FACT_TEXT),
    FACT_OF(page_service_field, as_of, FACT_TEXT),
    FACT_CHOICE_OF(page_service_field, source, page_source_names),
    FACT_OF(page_service_field, derived, FACT_FLAG),
    FACT_OF(page_service_field, sensitive, FACT_FLAG),
    FACT_OF(page_service_field, required, FACT_FLAG),
    FACT_OF(page_service_field, given, FACT_FLAG),
    FACT_OF(page_service_field, since, FACT_TEXT),
    FACT_OF(page_service_field, last, FACT_TEXT),
    NO_MORE_FACTS,
};

static const struct fact choice_facts[] = {
    FACT_OF(page_choice, id, FACT_TEXT),
    FACT_OF(page_choice, title, FACT_TEXT),
    FACT_OF(page_choice, ticked, FACT_FLAG),
    NO_MORE_FACTS,
};

const struct fact page_service_facts[] = {
    SERVICE_FACTS(page_service_consent),
    FACT_OF(page_service_consent, name, FACT_TEXT),
    FACT_OF(page_service_consent, url, FACT_URL),
    FACT_OF(page_service_consent, history_url, FACT_URL),
    FACT_OF(page_service_consent, receipt_url, FACT_URL),
    FACT_OF(page_service_consent, contact, FACT_TEXT),
    PARTY_FACTS(page_service_consent),
    FACT_OF(page_service_consent, has_done, FACT_FLAG),
    FACT_CHOICE_OF(page_service_consent, done, done_names),
    FACT_CHOICE_OF(page_service_consent, state, page_state_names),
    FACT_OF(page_service_consent, live, FACT_FLAG),
    FACT_OF(page_service_consent, since, FACT_TEXT),
    FACT_OF(page_service_consent, until, FACT_TEXT),
    FACT_LIST_OF(page_service_consent, fields, n_fields, page_service_field, page_service_field_facts),
    FACT_LIST_OF(page_service_consent, details, n_details, page_detail, page_detail_facts),
    FACT_OF(page_service_consent, may_change, FACT_FLAG),
    FACT_OF(page_service_consent, shown, FACT_TEXT),
    FACT_LIST_OF(page_service_consent, choices, n_choices, page_choice, choice_facts),
    FACT_LIST_OF(page_service_consent, detail_choices, n_detail_choices, page_choice, choice_facts),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_service_consent(struct buf *out, const struct pages *pages, const struct page_service_consent *facts)
{
    page_put(out, pages, PAGE_SERVICE, &facts->frame);
}
