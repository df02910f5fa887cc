#include "webui/page_def.h"

static const struct fact row_facts[] = {
    FACT_OF(page_service_row, open_url, FACT_URL),
    FACT_OF(page_service_row, url, FACT_URL),
    FACT_OF(page_service_row, title, FACT_TEXT),
    FACT_OF(page_service_row, organisation, FACT_TEXT),
    FACT_CHOICE_OF(page_service_row, state, page_state_names),
    FACT_OF(page_service_row, fields, FACT_TEXT),
    FACT_OF(page_service_row, details, FACT_TEXT),
    FACT_OF(page_service_row, since, FACT_TEXT),
    FACT_OF(page_service_row, until, FACT_TEXT),
    NO_MORE_FACTS,
};

const struct fact page_services_facts[] = {
    FACT_OF(page_services, name, FACT_TEXT),
    FACT_LIST_OF(page_services, live, n_live, page_service_row, row_facts),
    FACT_LIST_OF(page_services, ended, n_ended, page_service_row, row_facts),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_services(struct buf *out, const struct pages *pages, const struct page_services *facts)
{
    page_put(out, pages, PAGE_SERVICES, &facts->frame);
}
