#include "webui/page_def.h"

const struct fact page_login_facts[] = {
    SERVICE_FACTS(page_login),
    FACT_OF(page_login, reauth, FACT_FLAG),
    FACT_OF(page_login, link, FACT_FLAG),
    FACT_OF(page_login, minutes, FACT_TEXT),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_login(struct buf *out, const struct pages *pages, const struct page_login *facts)
{
    page_put(out, pages, PAGE_LOGIN, &facts->frame);
}
