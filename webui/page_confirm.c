#include "webui/page_def.h"

const struct fact page_confirm_facts[] = {
    SERVICE_FACTS(page_confirm),
    FACT_OF(page_confirm, name, FACT_TEXT),
    FACT_OF(page_confirm, logged_in_at, FACT_TEXT),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_confirm(struct buf *out, const struct pages *pages, const struct page_confirm *facts)
{
    page_put(out, pages, PAGE_CONFIRM, &facts->frame);
}
