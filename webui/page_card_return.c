#include "webui/page_def.h"

const struct fact page_card_return_facts[] = {
    FACT_OF(page_card_return, empty, FACT_FLAG),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_card_return(struct buf *out, const struct pages *pages, const struct page_card_return *facts)
{
    page_put(out, pages, PAGE_CARD_RETURN, &facts->frame);
}
