#include "webui/page_def.h"

static const struct fact interest_facts[] = {
    FACT_OF(page_interest, id, FACT_TEXT),
    FACT_OF(page_interest, title, FACT_TEXT),
    FACT_OF(page_interest, ticked, FACT_FLAG),
    NO_MORE_FACTS,
};

const struct fact page_interests_facts[] = {
    FACT_OF(page_interests, name, FACT_TEXT),
    FACT_OF(page_interests, saved, FACT_FLAG),
    FACT_OF(page_interests, changed, FACT_FLAG),
    FACT_OF(page_interests, version, FACT_TEXT),
    FACT_LIST_OF(page_interests, interests, n_interests, page_interest, interest_facts),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_interests(struct buf *out, const struct pages *pages, const struct page_interests *facts)
{
    page_put(out, pages, PAGE_INTERESTS, &facts->frame);
}
