#include "webui/page_def.h"

static const struct fact hidden_facts[] = {
    {.name = "hidden_name", .kind = FACT_TEXT, .offset = offsetof(struct page_hidden, name)},
    {.name = "hidden_value", .kind = FACT_TEXT, .offset = offsetof(struct page_hidden, value)},
    NO_MORE_FACTS,
};

const struct fact page_form_post_facts[] = {
    SERVICE_FACTS(page_form_post),
    FACT_OF(page_form_post, action, FACT_URL),
    FACT_LIST_OF(page_form_post, hidden, n_hidden, page_hidden, hidden_facts),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_form_post(struct buf *out, const struct pages *pages, const struct page_form_post *facts)
{
    page_put(out, pages, PAGE_FORM_POST, &facts->frame);
}
