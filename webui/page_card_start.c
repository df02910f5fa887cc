#include "webui/page_def.h"

const struct fact page_card_start_facts[] = {
    SERVICE_FACTS(page_card_start),
    FACT_CHOICE_OF(page_card_start, purpose, page_purpose_names),
    FACT_OF(page_card_start, word, FACT_TEXT),
    FACT_OF(page_card_start, agent_url, FACT_URL),
    FACT_OF(page_card_start, minutes, FACT_TEXT),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_card_start(struct buf *out, const struct pages *pages, const struct page_card_start *facts)
{
    page_put(out, pages, PAGE_CARD_START, &facts->frame);
}
