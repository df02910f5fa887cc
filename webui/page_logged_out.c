#include "webui/page_def.h"

static const struct fact item_facts[] = {
    FACT_OF(page_item, text, FACT_TEXT),
    NO_MORE_FACTS,
};

static const struct fact frame_facts[] = {
    FACT_OF(page_logout_frame, url, FACT_URL),
    NO_MORE_FACTS,
};

const struct fact page_logged_out_facts[] = {
    FACT_OF(page_logged_out, was_logged_in, FACT_FLAG),
    FACT_OF(page_logged_out, card_taken, FACT_FLAG),
    FACT_LIST_OF(page_logged_out, told, n_told, page_item, item_facts),
    FACT_LIST_OF(page_logged_out, framed, n_framed, page_item, item_facts),
    FACT_LIST_OF(page_logged_out, untold, n_untold, page_item, item_facts),
    FACT_LIST_OF(page_logged_out, frames, n_frames, page_logout_frame, frame_facts),
    FACT_OF(page_logged_out, return_url, FACT_URL),
    FACT_OF(page_logged_out, service, FACT_TEXT),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_logged_out(struct buf *out, const struct pages *pages, const struct page_logged_out *facts)
{
    page_put(out, pages, PAGE_LOGGED_OUT, &facts->frame);
}
