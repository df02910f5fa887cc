#include "webui/page_def.h"

const struct fact page_contact_facts[] = {
    FACT_OF(page_contact, name, FACT_TEXT),
    FACT_OF(page_contact, saved, FACT_FLAG),
    FACT_OF(page_contact, changed, FACT_FLAG),
    FACT_OF(page_contact, email, FACT_TEXT),
    FACT_OF(page_contact, phone, FACT_TEXT),
    FACT_OF(page_contact, email_version, FACT_TEXT),
    FACT_OF(page_contact, phone_version, FACT_TEXT),
    FACT_CHOICE_OF(page_contact, email_rule, page_rule_names),
    FACT_CHOICE_OF(page_contact, phone_rule, page_rule_names),
    FACT_OF(page_contact, email_note, FACT_TEXT),
    FACT_OF(page_contact, email_invalid, FACT_TEXT),
    FACT_OF(page_contact, phone_note, FACT_TEXT),
    FACT_OF(page_contact, phone_invalid, FACT_TEXT),
    FACT_LIST_OF(page_contact, slips, n_slips, page_slip, page_slip_facts),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_contact(struct buf *out, const struct pages *pages, const struct page_contact *facts)
{
    page_put(out, pages, PAGE_CONTACT, &facts->frame);
}
