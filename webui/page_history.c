#include "webui/page_def.h"

static const char *const event_names[] = {"requested", "given",   "refused",   "changed", "disclosed",
                                          "withdrawn", "expired", "suspended", "other",   NULL};
static const char *const via_names[] = {"consent_page", "userinfo", "home",      "sweep", "command", "leave",
                                        "id_token",     "service",  "unclaimed", "other", NULL};

static const struct fact field_facts[] = {
    FACT_OF(page_history_field, title, FACT_TEXT),
    FACT_OF(page_history_field, purpose, FACT_TEXT),
    FACT_OF(page_history_field, proven, FACT_FLAG),
    NO_MORE_FACTS,
};

static const struct fact detail_facts[] = {
    FACT_OF(page_item, text, FACT_TEXT),
    NO_MORE_FACTS,
};

static const struct fact entry_facts[] = {
    FACT_OF(page_history_entry, time, FACT_TEXT),
    FACT_OF(page_history_entry, title, FACT_TEXT),
    FACT_CHOICE_OF(page_history_entry, event, event_names),
    FACT_CHOICE_OF(page_history_entry, via, via_names),
    FACT_LIST_OF(page_history_entry, fields, n_fields, page_history_field, field_facts),
    FACT_LIST_OF(page_history_entry, details, n_details, page_item, detail_facts),
    FACT_OF(page_history_entry, position, FACT_TEXT),
    FACT_OF(page_history_entry, record_url, FACT_URL),
    FACT_OF(page_history_entry, proof_url, FACT_URL),
    NO_MORE_FACTS,
};

const struct fact page_history_facts[] = {
    FACT_OF(page_history, name, FACT_TEXT),
    FACT_OF(page_history, service, FACT_TEXT),
    FACT_OF(page_history, service_url, FACT_URL),
    FACT_LIST_OF(page_history, entries, n_entries, page_history_entry, entry_facts),
    FACT_OF(page_history, more_url, FACT_URL),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_history(struct buf *out, const struct pages *pages, const struct page_history *facts)
{
    page_put(out, pages, PAGE_HISTORY, &facts->frame);
}
