#include "webui/page_def.h"

static const struct fact item_facts[] = {
    FACT_OF(page_item, text, FACT_TEXT),
    NO_MORE_FACTS,
};

const struct fact page_home_facts[] = {
    FACT_OF(page_home, logged_in, FACT_FLAG),
    FACT_OF(page_home, name, FACT_TEXT),
    FACT_OF(page_home, logged_in_at, FACT_TEXT),
    FACT_OF(page_home, idle_minutes, FACT_TEXT),
    FACT_LIST_OF(page_home, services, n_services, page_item, item_facts),
    FACT_OF(page_home, claimed, FACT_FLAG),
    FACT_OF(page_home, asked, FACT_FLAG),
    FACT_OF(page_home, renewal, FACT_FLAG),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_home(struct buf *out, const struct pages *pages, const struct page_home *facts)
{
    page_put(out, pages, PAGE_HOME, &facts->frame);
}
