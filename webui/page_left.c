#include "webui/page_def.h"

const struct fact page_left_facts[] = {
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_left(struct buf *out, const struct pages *pages, const struct page_left *facts)
{
    page_put(out, pages, PAGE_LEFT, &facts->frame);
}
