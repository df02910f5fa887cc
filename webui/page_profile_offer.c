#include "webui/page_def.h"

const struct fact page_profile_offer_facts[] = {
    SERVICE_FACTS(page_profile_offer),
    FACT_OF(page_profile_offer, needed, FACT_FLAG),
    FACT_OF(page_profile_offer, own, FACT_FLAG),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_profile_offer(struct buf *out, const struct pages *pages, const struct page_profile_offer *facts)
{
    page_put(out, pages, PAGE_PROFILE_OFFER, &facts->frame);
}
