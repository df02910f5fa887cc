#include "webui/page_def.h"

/* the three of enum page_event that are counted, and the others that never come */
static const char *const event_names[] = {"requested", "given",   "refused",   "changed", "disclosed",
                                          "withdrawn", "expired", "suspended", "other",   NULL};

static const struct fact row_facts[] = {
    FACT_OF(page_statistics_row, month, FACT_TEXT),  FACT_OF(page_statistics_row, service, FACT_TEXT),
    FACT_OF(page_statistics_row, field, FACT_TEXT),  FACT_CHOICE_OF(page_statistics_row, event, event_names),
    FACT_OF(page_statistics_row, number, FACT_TEXT), NO_MORE_FACTS,
};

const struct fact page_statistics_facts[] = {
    FACT_LIST_OF(page_statistics, rows, n_rows, page_statistics_row, row_facts),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_statistics(struct buf *out, const struct pages *pages, const struct page_statistics *facts)
{
    page_put(out, pages, PAGE_STATISTICS, &facts->frame);
}
