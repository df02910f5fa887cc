#include "jpki/pki/breaker.h"

#include <criterion/criterion.h>

#define REST BREAKER_REST_MS

/* What happens, when, and what comes of it. */
static const struct step {
    const char *what;
    int64_t at;
    enum { ASK, GOOD, BAD } act;
    bool answer; /* of ASK and of a report */
    enum breaker_state state;
} story[] = {
    {"a new one lets everybody through", 0, ASK, true, BREAKER_CLOSED},
    {"one failure is none", 1, BAD, false, BREAKER_CLOSED},
    {"two are none", 2, BAD, false, BREAKER_CLOSED},
    {"a good answer forgets them", 3, GOOD, false, BREAKER_CLOSED},
    {"one", 4, BAD, false, BREAKER_CLOSED},
    {"two", 5, BAD, false, BREAKER_CLOSED},
    {"three in a row open it", 6, BAD, true, BREAKER_OPEN},
    {"open: nobody asks", 7, ASK, false, BREAKER_OPEN},
    {"one that was under way changes nothing", 8, BAD, false, BREAKER_OPEN},
    {"until the last moment", 6 + REST - 1, ASK, false, BREAKER_OPEN},
    {"then one may try", 6 + REST, ASK, true, BREAKER_HALF_OPEN},
    {"and only one", 6 + REST + 1, ASK, false, BREAKER_HALF_OPEN},
    {"it fails: open again", 6 + REST + 2, BAD, true, BREAKER_OPEN},
    {"for twice as long", 8 + 3 * REST - 1, ASK, false, BREAKER_OPEN},
    {"then one may try", 8 + 3 * REST, ASK, true, BREAKER_HALF_OPEN},
    {"who never reports is forgotten", 8 + 5 * REST, ASK, true, BREAKER_HALF_OPEN},
    {"a good answer closes it", 9 + 5 * REST, GOOD, false, BREAKER_CLOSED},
    {"and everybody asks", 10 + 5 * REST, ASK, true, BREAKER_CLOSED},
    {"three are needed again: one", 11 + 5 * REST, BAD, false, BREAKER_CLOSED},
};

Test(breaker, opens_after_three_failures_and_closes_after_one_good_trial)
{
    struct breaker b = {0};
    for (size_t i = 0; i < sizeof story / sizeof *story; i++) {
        const struct step *s = &story[i];
        bool answer = s->act == ASK ? breaker_ask(&b, s->at) : breaker_report(&b, s->act == GOOD, s->at);
        cr_expect_eq(answer, s->answer, "%s: answer", s->what);
        cr_expect_eq(b.state, s->state, "%s: %s", s->what, breaker_state_name(b.state));
    }
}

Test(breaker, never_rests_longer_than_five_minutes)
{
    struct breaker b = {0};
    int64_t now = 0;
    for (int i = 0; i < BREAKER_FAILURES; i++)
        breaker_report(&b, false, now);
    for (int i = 0; i < 20; i++) {
        now = b.until_ms;
        cr_assert(breaker_ask(&b, now) && breaker_report(&b, false, now));
        cr_expect_leq(b.until_ms - now, BREAKER_REST_MAX);
    }
    cr_expect_eq(b.rest_ms, BREAKER_REST_MAX);
}
