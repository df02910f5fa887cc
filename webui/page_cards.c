#include "webui/page_def.h"

static const struct fact card_facts[] = {
    FACT_OF(page_card, id, FACT_TEXT),
    FACT_OF(page_card, linked_on, FACT_TEXT),
    FACT_OF(page_card, used_on, FACT_TEXT),
    FACT_OF(page_card, here, FACT_FLAG),
    NO_MORE_FACTS,
};

static const struct fact claim_facts[] = {
    FACT_OF(page_claim, id, FACT_TEXT),
    FACT_OF(page_claim, since, FACT_TEXT),
    FACT_OF(page_claim, due, FACT_TEXT),
    NO_MORE_FACTS,
};

static const char *const renewal_names[] = {"none",    "offer",   "waiting",  "login", "confirm",
                                            "refused", "several", "consents", NULL};

const struct fact page_cards_facts[] = {
    FACT_OF(page_cards, name, FACT_TEXT),
    FACT_OF(page_cards, fresh, FACT_FLAG),
    FACT_OF(page_cards, minutes, FACT_TEXT),
    FACT_LIST_OF(page_cards, cards, n_cards, page_card, card_facts),
    FACT_LIST_OF(page_cards, claims, n_claims, page_claim, claim_facts),
    FACT_CHOICE_OF(page_cards, renewal, renewal_names),
    FACT_OF(page_cards, renewal_due, FACT_TEXT),
    FACT_OF(page_cards, wait_days, FACT_TEXT),
    FACT_OF(page_cards, unsure, FACT_FLAG),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_cards(struct buf *out, const struct pages *pages, const struct page_cards *facts)
{
    page_put(out, pages, PAGE_CARDS, &facts->frame);
}
