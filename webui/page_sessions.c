#include "webui/page_def.h"

static const char *const network_names[] = {"unknown", "same", "other", NULL};

static const struct fact item_facts[] = {
    FACT_OF(page_item, text, FACT_TEXT),
    NO_MORE_FACTS,
};

static const struct fact session_facts[] = {
    FACT_OF(page_session, id, FACT_TEXT),
    FACT_OF(page_session, number, FACT_TEXT),
    FACT_OF(page_session, browser, FACT_TEXT),
    FACT_OF(page_session, system, FACT_TEXT),
    FACT_CHOICE_OF(page_session, network, network_names),
    FACT_OF(page_session, country, FACT_TEXT),
    FACT_OF(page_session, city, FACT_TEXT),
    FACT_OF(page_session, since, FACT_TEXT),
    FACT_OF(page_session, last, FACT_TEXT),
    FACT_OF(page_session, here, FACT_FLAG),
    FACT_OF(page_session, idle, FACT_FLAG),
    FACT_LIST_OF(page_session, services, n_services, page_item, item_facts),
    NO_MORE_FACTS,
};

static const struct fact login_facts[] = {
    FACT_OF(page_past_login, id, FACT_TEXT),
    FACT_OF(page_past_login, number, FACT_TEXT),
    FACT_OF(page_past_login, at, FACT_TEXT),
    FACT_OF(page_past_login, browser, FACT_TEXT),
    FACT_OF(page_past_login, system, FACT_TEXT),
    FACT_CHOICE_OF(page_past_login, network, network_names),
    FACT_OF(page_past_login, here, FACT_FLAG),
    FACT_OF(page_past_login, disowned, FACT_FLAG),
    NO_MORE_FACTS,
};

const struct fact page_sessions_facts[] = {
    FACT_OF(page_sessions, name, FACT_TEXT),
    FACT_LIST_OF(page_sessions, sessions, n_sessions, page_session, session_facts),
    FACT_OF(page_sessions, others, FACT_FLAG),
    FACT_LIST_OF(page_sessions, logins, n_logins, page_past_login, login_facts),
    FACT_OF(page_sessions, days, FACT_TEXT),
    FACT_OF(page_sessions, ended, FACT_FLAG),
    FACT_OF(page_sessions, places, FACT_FLAG),
    FACT_OF(page_sessions, credit, FACT_TEXT),
    FACT_OF(page_sessions, told, FACT_TEXT),
    FACT_OF(page_sessions, phone, FACT_TEXT),
    FRAME_FACTS,
    NO_MORE_FACTS,
};

void page_sessions(struct buf *out, const struct pages *pages, const struct page_sessions *facts)
{
    page_put(out, pages, PAGE_SESSIONS, &facts->frame);
}
