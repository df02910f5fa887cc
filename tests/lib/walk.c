#include "tests/lib/walk.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/json.h"

void resident_open(struct resident *r, struct provider *p, const char *persona)
{
    *r = (struct resident){0};
    provider_browser(p, &r->browser);
    card_open(&r->card, provider_persona(p, persona));
}

void resident_close(struct resident *r)
{
    card_close(&r->card);
    browser_close(&r->browser);
}

bool resident_returns(struct resident *r, const char *fragment)
{
    struct browser *b = &r->browser;
    const char *headers[] = {arena_printf(&b->a, "Origin: %s", b->origin), "Sec-Fetch-Site: same-origin",
                             "X-Genkan-Card: 1", NULL};
    const char *body = arena_printf(&b->a, "{\"response\":\"%s\"}", fragment);
    struct json *answer;
    if (!browser_send(b, "/login/card/complete", headers, "application/json", view_text(body)))
        return false;
    if (!b->content_type || !strstr(b->content_type, "json") || json_read(&answer, &b->a, b->body, NULL) != ERR_OK)
        return false;
    struct view next = json_member_text(answer, "next");
    return view_is(next) && browser_get(b, arena_text(&b->a, next));
}

bool resident_uses_card(struct resident *r, const struct card_trick *trick)
{
    const char *request = card_request_of(browser_link(&r->browser, "/v1/auth/"));
    if (!request)
        return false;
    return resident_returns(r, card_answer(&r->card, &r->browser.a, request, trick));
}

static bool consents(struct resident *r)
{
    const char *changes[16] = {"do=allow"};
    size_t n = 1;
    for (size_t i = 0; r->ticks && r->ticks[i]; i++)
        changes[n++] = r->ticks[i];
    if (r->duration)
        changes[n++] = arena_printf(&r->browser.a, "duration=%s", r->duration);
    return browser_press(&r->browser, "/consent", changes);
}

bool resident_goes_on(struct resident *r)
{
    struct browser *b = &r->browser;
    switch (browser_at(b)) {
    case AT_LOGIN:
        return PRESS(b, "/login/card", NULL);
    case AT_CARD_START:
        return resident_uses_card(r, r->trick);
    case AT_PROFILE:
        return PRESS(b, "/profile", r->skips_profile ? "do=skip" : "do=read");
    case AT_CONFIRM:
        return PRESS(b, "/confirm", "do=continue");
    case AT_CONSENT:
        return consents(r);
    default:
        return false;
    }
}

bool resident_goes_to(struct resident *r, enum at at)
{
    for (int i = 0; i < 20 && browser_at(&r->browser) != at; i++)
        if (!resident_goes_on(r))
            return false;
    return browser_at(&r->browser) == at;
}

bool resident_visits(struct resident *r, struct service *s)
{
    return browser_get(&r->browser, service_begin(s, NULL)) && resident_goes_to(r, AT_ELSEWHERE);
}

bool resident_logs_out(struct resident *r)
{
    struct browser *b = &r->browser;
    return browser_get(b, "/") && PRESS(b, "/end_session", "do=logout") && b->status == 200 &&
           browser_at(b) == AT_OTHER;
}
