#include "webui/page_def.h"

const char *const page_fault_names[] = {
    [PAGE_ERROR_CLIENT] = "client",
    [PAGE_ERROR_REDIRECT] = "redirect",
    [PAGE_ERROR_REQUEST] = "request",
    [PAGE_ERROR_PARAMETER] = "parameter",
    [PAGE_ERROR_FORM] = "form",
    [PAGE_ERROR_EXPIRED] = "expired",
    [PAGE_ERROR_NOT_FOUND] = "not_found",
    [PAGE_ERROR_METHOD] = "method",
    [PAGE_ERROR_TOO_LARGE] = "too_large",
    [PAGE_ERROR_HOST] = "host",
    [PAGE_ERROR_THROTTLED] = "throttled",
    [PAGE_ERROR_BUSY] = "busy",
    [PAGE_ERROR_CARD_THROTTLED] = "card_throttled",
    [PAGE_ERROR_SERVER] = "server",
    [PAGE_ERRORS] = NULL,
};

const struct fact page_error_facts[] = {
    FACT_CHOICE_OF(page_error, fault, page_fault_names),
    FACT_OF(page_error, parameter, FACT_TEXT),
    FACT_OF(page_error, rule, FACT_TEXT),
    FACT_OF(page_error, service, FACT_TEXT),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_error(struct buf *out, const struct pages *pages, const struct page_error *facts)
{
    page_put(out, pages, PAGE_ERROR, &facts->frame);
}
