#include "webui/page_def.h"

static const struct fact difference_facts[] = {
    FACT_OF(page_difference, title, FACT_TEXT),
    FACT_OF(page_difference, registered, FACT_TEXT),
    FACT_OF(page_difference, as_of, FACT_TEXT),
    FACT_OF(page_difference, read, FACT_TEXT),
    NO_MORE_FACTS,
};

const struct fact page_profile_held_facts[] = {
    SERVICE_FACTS(page_profile_held),
    FACT_LIST_OF(page_profile_held, differences, n_differences, page_difference, difference_facts),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_profile_held(struct buf *out, const struct pages *pages, const struct page_profile_held *facts)
{
    page_put(out, pages, PAGE_PROFILE_HELD, &facts->frame);
}
