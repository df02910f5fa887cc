#include "webui/page_def.h"

const struct fact page_receipt_facts[] = {
    SERVICE_FACTS(page_receipt),
    FACT_OF(page_receipt, name, FACT_TEXT),
    FACT_OF(page_receipt, contact, FACT_TEXT),
    PARTY_FACTS(page_receipt),
    FACT_OF(page_receipt, id, FACT_TEXT),
    FACT_OF(page_receipt, at, FACT_TEXT),
    FACT_OF(page_receipt, sub, FACT_TEXT),
    FACT_CHOICE_OF(page_receipt, state, page_state_names),
    FACT_OF(page_receipt, live, FACT_FLAG),
    FACT_OF(page_receipt, since, FACT_TEXT),
    FACT_OF(page_receipt, until, FACT_TEXT),
    FACT_LIST_OF(page_receipt, fields, n_fields, page_service_field, page_service_field_facts),
    FACT_LIST_OF(page_receipt, details, n_details, page_detail, page_detail_facts),
    FACT_OF(page_receipt, leaf, FACT_TEXT),
    FACT_OF(page_receipt, event, FACT_TEXT),
    FACT_OF(page_receipt, salt, FACT_TEXT),
    FACT_OF(page_receipt, service_url, FACT_URL),
    FACT_OF(page_receipt, jws_url, FACT_URL),
    FACT_OF(page_receipt, json_url, FACT_URL),
    FACT_OF(page_receipt, kantara_url, FACT_URL),
    FACT_OF(page_receipt, proof_url, FACT_URL),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_receipt(struct buf *out, const struct pages *pages, const struct page_receipt *facts)
{
    page_put(out, pages, PAGE_RECEIPT, &facts->frame);
}
