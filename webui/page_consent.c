#include "webui/page_def.h"

static const struct fact field_facts[] = {
    FACT_OF(page_consent_field, id, FACT_TEXT),
    FACT_OF(page_consent_field, title, FACT_TEXT),
    FACT_OF(page_consent_field, purpose, FACT_TEXT),
    FACT_OF(page_consent_field, value, FACT_TEXT),
    FACT_OF(page_consent_field, substitutes, FACT_TEXT),
    FACT_OF(page_consent_field, as_of, FACT_TEXT),
    FACT_CHOICE_OF(page_consent_field, source, page_source_names),
    FACT_OF(page_consent_field, derived, FACT_FLAG),
    FACT_OF(page_consent_field, proven, FACT_FLAG),
    FACT_OF(page_consent_field, sensitive, FACT_FLAG),
    FACT_OF(page_consent_field, ticked, FACT_FLAG),
    FACT_OF(page_consent_field, enter_url, FACT_URL),
    FACT_OF(page_consent_field, from_card, FACT_FLAG),
    FACT_OF(page_consent_field, basis, FACT_TEXT),
    FACT_OF(page_consent_field, retention, FACT_TEXT),
    FACT_OF(page_consent_field, recipients, FACT_TEXT),
    FACT_OF(page_consent_field, storage, FACT_TEXT),
    FACT_OF(page_consent_field, processing, FACT_TEXT),
    NO_MORE_FACTS,
};

static const struct fact detail_line_facts[] = {
    FACT_OF(page_detail_line, label, FACT_TEXT),
    FACT_OF(page_detail_line, value, FACT_TEXT),
    NO_MORE_FACTS,
};

const struct fact page_detail_facts[] = {
    FACT_OF(page_detail, id, FACT_TEXT),
    FACT_OF(page_detail, title, FACT_TEXT),
    FACT_OF(page_detail, sentence, FACT_TEXT),
    FACT_LIST_OF(page_detail, lines, n_lines, page_detail_line, detail_line_facts),
    FACT_OF(page_detail, each, FACT_FLAG),
    FACT_OF(page_detail, optional, FACT_FLAG),
    FACT_OF(page_detail, ticked, FACT_FLAG),
    FACT_OF(page_detail, given, FACT_FLAG),
    FACT_OF(page_detail, since, FACT_TEXT),
    FACT_OF(page_detail, until, FACT_TEXT),
    NO_MORE_FACTS,
};

static const struct fact item_facts[] = {
    FACT_OF(page_item, text, FACT_TEXT),
    NO_MORE_FACTS,
};

const struct fact page_consent_facts[] = {
    SERVICE_FACTS(page_consent),
    FACT_OF(page_consent, name, FACT_TEXT),
    FACT_OF(page_consent, shown, FACT_TEXT),
    FACT_CHOICE_OF(page_consent, reason, page_reason_names),
    FACT_CHOICE_OF(page_consent, duration, page_duration_names),
    FACT_LIST_OF(page_consent, required, n_required, page_consent_field, field_facts),
    FACT_LIST_OF(page_consent, optional, n_optional, page_consent_field, field_facts),
    FACT_LIST_OF(page_consent, details, n_details, page_detail, page_detail_facts),
    FACT_OF(page_consent, lacks_required, FACT_FLAG),
    FACT_OF(page_consent, lacks_card, FACT_FLAG),
    FACT_OF(page_consent, lacks_proof, FACT_FLAG),
    FACT_CHOICE_OF(page_consent, closed, page_closed_names),
    FACT_LIST_OF(page_consent, taken, n_taken, page_item, item_facts),
    FACT_LIST_OF(page_consent, kept, n_kept, page_item, item_facts),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_consent(struct buf *out, const struct pages *pages, const struct page_consent *facts)
{
    page_put(out, pages, PAGE_CONSENT, &facts->frame);
}
