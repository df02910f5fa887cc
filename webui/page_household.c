#include "webui/page_def.h"

const struct fact page_slip_facts[] = {
    FACT_OF(page_slip, href, FACT_URL),
    FACT_OF(page_slip, number, FACT_TEXT),
    FACT_CHOICE_OF(page_slip, rule, page_rule_names),
    NO_MORE_FACTS,
};

static const struct fact person_facts[] = {
    FACT_OF(page_person, number, FACT_TEXT),
    FACT_OF(page_person, spouse, FACT_FLAG),
    FACT_OF(page_person, child, FACT_FLAG),
    FACT_OF(page_person, parent, FACT_FLAG),
    FACT_OF(page_person, sibling, FACT_FLAG),
    FACT_OF(page_person, grandchild, FACT_FLAG),
    FACT_OF(page_person, grandparent, FACT_FLAG),
    FACT_OF(page_person, other, FACT_FLAG),
    FACT_OF(page_person, year, FACT_TEXT),
    FACT_OF(page_person, month, FACT_TEXT),
    FACT_CHOICE_OF(page_person, rule, page_rule_names),
    FACT_OF(page_person, note, FACT_TEXT),
    FACT_OF(page_person, relation_invalid, FACT_TEXT),
    FACT_OF(page_person, year_invalid, FACT_TEXT),
    FACT_OF(page_person, month_invalid, FACT_TEXT),
    NO_MORE_FACTS,
};

const struct fact page_household_facts[] = {
    FACT_OF(page_household, name, FACT_TEXT),
    FACT_OF(page_household, saved, FACT_FLAG),
    FACT_OF(page_household, changed, FACT_FLAG),
    FACT_OF(page_household, stored, FACT_FLAG),
    FACT_OF(page_household, full, FACT_FLAG),
    FACT_OF(page_household, version, FACT_TEXT),
    FACT_OF(page_household, rows, FACT_TEXT),
    FACT_OF(page_household, size, FACT_TEXT),
    FACT_CHOICE_OF(page_household, size_rule, page_rule_names),
    FACT_OF(page_household, size_note, FACT_TEXT),
    FACT_OF(page_household, size_invalid, FACT_TEXT),
    FACT_LIST_OF(page_household, people, n_people, page_person, person_facts),
    FACT_LIST_OF(page_household, slips, n_slips, page_slip, page_slip_facts),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_household(struct buf *out, const struct pages *pages, const struct page_household *facts)
{
    page_put(out, pages, PAGE_HOUSEHOLD, &facts->frame);
}
