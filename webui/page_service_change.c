#include "webui/page_def.h"

static const char *const act_names[] = {"withdraw", "change", "suspend", "resume", NULL};

static const struct fact item_facts[] = {
    FACT_OF(page_item, text, FACT_TEXT),
    NO_MORE_FACTS,
};

static const struct fact hidden_facts[] = {
    FACT_OF(page_hidden, name, FACT_TEXT),
    FACT_OF(page_hidden, value, FACT_TEXT),
    NO_MORE_FACTS,
};

const struct fact page_service_change_facts[] = {
    SERVICE_FACTS(page_service_change),
    FACT_OF(page_service_change, url, FACT_URL),
    FACT_CHOICE_OF(page_service_change, act, act_names),
    FACT_LIST_OF(page_service_change, off, n_off, page_item, item_facts),
    FACT_LIST_OF(page_service_change, on, n_on, page_item, item_facts),
    FACT_LIST_OF(page_service_change, hidden, n_hidden, page_hidden, hidden_facts),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_service_change(struct buf *out, const struct pages *pages, const struct page_service_change *facts)
{
    page_put(out, pages, PAGE_SERVICE_CHANGE, &facts->frame);
}
