#include "jpki/pki/breaker.h"

bool breaker_ask(struct breaker *b, int64_t now_ms)
{
    if (b->state == BREAKER_CLOSED)
        return true;
    if (now_ms < b->until_ms)
        return false;
    b->state = BREAKER_HALF_OPEN;
    b->until_ms = now_ms + b->rest_ms;
    return true;
}

static bool open_it(struct breaker *b, int64_t now_ms)
{
    int64_t rest = b->state == BREAKER_CLOSED ? BREAKER_REST_MS : 2 * b->rest_ms;
    b->rest_ms = rest < BREAKER_REST_MAX ? rest : BREAKER_REST_MAX;
    b->state = BREAKER_OPEN;
    b->until_ms = now_ms + b->rest_ms;
    return true;
}

bool breaker_report(struct breaker *b, bool good, int64_t now_ms)
{
    if (good) {
        *b = (struct breaker){.state = BREAKER_CLOSED};
        return false;
    }
    b->failures++;
    /* questions that were under way when it opened say nothing new */
    if (b->state == BREAKER_OPEN || (b->state == BREAKER_CLOSED && b->failures < BREAKER_FAILURES))
        return false;
    return open_it(b, now_ms);
}

const char *breaker_state_name(enum breaker_state state)
{
    static const char *const names[] = {
        [BREAKER_CLOSED] = "closed", [BREAKER_OPEN] = "open", [BREAKER_HALF_OPEN] = "half_open"};
    return names[state];
}
