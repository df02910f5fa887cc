#include "webui/page_def.h"

static const char *const outcome_names[] = {"allowed", "refused", "over", NULL};

const struct fact page_device_facts[] = {
    FACT_OF(page_device, code, FACT_TEXT),
    FACT_OF(page_device, wrong, FACT_FLAG),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_device(struct buf *out, const struct pages *pages, const struct page_device *facts)
{
    page_put(out, pages, PAGE_DEVICE, &facts->frame);
}

const struct fact page_decoupled_facts[] = {
    SERVICE_FACTS(page_decoupled),
    FACT_OF(page_decoupled, counter, FACT_FLAG),
    FACT_OF(page_decoupled, binding, FACT_TEXT),
    FACT_OF(page_decoupled, code, FACT_TEXT),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_decoupled(struct buf *out, const struct pages *pages, const struct page_decoupled *facts)
{
    page_put(out, pages, PAGE_DECOUPLED, &facts->frame);
}

const struct fact page_decoupled_done_facts[] = {
    SERVICE_FACTS(page_decoupled_done),
    FACT_CHOICE_OF(page_decoupled_done, outcome, outcome_names),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_decoupled_done(struct buf *out, const struct pages *pages, const struct page_decoupled_done *facts)
{
    page_put(out, pages, PAGE_DECOUPLED_DONE, &facts->frame);
}

static const struct fact request_facts[] = {
    FACT_OF(page_counter_request, id, FACT_TEXT),           FACT_OF(page_counter_request, service, FACT_TEXT),
    FACT_OF(page_counter_request, organisation, FACT_TEXT), FACT_OF(page_counter_request, binding, FACT_TEXT),
    FACT_OF(page_counter_request, time, FACT_TEXT),         NO_MORE_FACTS,
};

const struct fact page_counter_facts[] = {
    FACT_OF(page_counter, name, FACT_TEXT),
    FACT_OF(page_counter, code, FACT_TEXT),
    FACT_OF(page_counter, until, FACT_TEXT),
    FACT_LIST_OF(page_counter, requests, n_requests, page_counter_request, request_facts),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_counter(struct buf *out, const struct pages *pages, const struct page_counter *facts)
{
    page_put(out, pages, PAGE_COUNTER, &facts->frame);
}
