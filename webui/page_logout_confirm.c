#include "webui/page_def.h"

static const struct fact hidden_facts[] = {
    {.name = "hidden_name", .kind = FACT_TEXT, .offset = offsetof(struct page_hidden, name)},
    {.name = "hidden_value", .kind = FACT_TEXT, .offset = offsetof(struct page_hidden, value)},
    NO_MORE_FACTS,
};

const struct fact page_logout_confirm_facts[] = {
    FACT_OF(page_logout_confirm, name, FACT_TEXT),
    FACT_OF(page_logout_confirm, service, FACT_TEXT),
    FACT_LIST_OF(page_logout_confirm, hidden, n_hidden, page_hidden, hidden_facts),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_logout_confirm(struct buf *out, const struct pages *pages, const struct page_logout_confirm *facts)
{
    page_put(out, pages, PAGE_LOGOUT_CONFIRM, &facts->frame);
}
