#include "webui/page_def.h"

static const struct fact item_facts[] = {
    FACT_OF(page_item, text, FACT_TEXT),
    NO_MORE_FACTS,
};

const struct fact page_leave_facts[] = {
    FACT_OF(page_leave, name, FACT_TEXT),
    FACT_OF(page_leave, fresh, FACT_FLAG),
    FACT_OF(page_leave, unsure, FACT_FLAG),
    FACT_OF(page_leave, minutes, FACT_TEXT),
    FACT_LIST_OF(page_leave, services, n_services, page_item, item_facts),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_leave(struct buf *out, const struct pages *pages, const struct page_leave *facts)
{
    page_put(out, pages, PAGE_LEAVE, &facts->frame);
}
