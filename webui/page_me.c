#include "webui/page_def.h"

static const struct fact past_facts[] = {
    FACT_OF(page_past, at, FACT_TEXT),
    FACT_OF(page_past, removed, FACT_FLAG),
    FACT_CHOICE_OF(page_past, source, page_source_names),
    FACT_OF(page_past, as_of, FACT_TEXT),
    FACT_OF(page_past, value, FACT_TEXT),
    NO_MORE_FACTS,
};

static const struct fact mine_facts[] = {
    FACT_OF(page_mine, id, FACT_TEXT),
    FACT_OF(page_mine, title, FACT_TEXT),
    FACT_OF(page_mine, value, FACT_TEXT),
    FACT_OF(page_mine, as_of, FACT_TEXT),
    FACT_CHOICE_OF(page_mine, source, page_source_names),
    FACT_OF(page_mine, issuer, FACT_TEXT),
    FACT_OF(page_mine, from, FACT_TEXT),
    FACT_OF(page_mine, until, FACT_TEXT),
    FACT_OF(page_mine, when, FACT_TEXT),
    FACT_OF(page_mine, sensitive, FACT_FLAG),
    FACT_OF(page_mine, edit_url, FACT_URL),
    FACT_LIST_OF(page_mine, past, n_past, page_past, past_facts),
    NO_MORE_FACTS,
};

const struct fact page_me_facts[] = {
    FACT_OF(page_me, name, FACT_TEXT),
    FACT_LIST_OF(page_me, fields, n_fields, page_mine, mine_facts),
    FACT_OF(page_me, claimed, FACT_FLAG),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_me(struct buf *out, const struct pages *pages, const struct page_me *facts)
{
    page_put(out, pages, PAGE_ME, &facts->frame);
}
