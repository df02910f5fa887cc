/* When a service's keys are fetched again. */
#include <criterion/criterion.h>

#include "idp/rules/key_refresh.h"

enum { OLD = KEYS_LIFE_S, DEAD = KEYS_KEEP_S, SOON = KEYS_SOON_S };

Test(key_refresh, decides)
{
    static const struct {
        struct key_refresh_facts facts;
        enum key_refresh verdict;
        const char *why;
    } rows[] = {
        {{.has = false}, KEYS_UNAVAILABLE, "never got, and may not ask"},
        {{.has = false, .asked = true, .may_ask = true},
         KEYS_UNAVAILABLE,
         "got nothing: not asked twice for one request"},
        {{.has = false, .waited = true, .may_ask = true}, KEYS_UNAVAILABLE, "waited for nothing"},
        {{.has = false, .waited = true, .fetching = true}, KEYS_UNAVAILABLE, "still on its way"},
        {{.has = true, .age_s = DEAD}, KEYS_UNAVAILABLE, "a day without its server"},
        {{.has = true, .age_s = DEAD, .waited = true}, KEYS_UNAVAILABLE, "a day without its server, asked again"},
        {{.has = false, .may_ask = true}, KEYS_FETCH, "the first time"},
        {{.has = false, .may_ask = true, .fetching = true}, KEYS_WAIT, "one fetches for all"},
        {{.has = true, .age_s = DEAD, .may_ask = true}, KEYS_FETCH, "back after a day"},
        {{.has = true, .age_s = OLD, .may_ask = true}, KEYS_FETCH, "may have been taken out meanwhile"},
        {{.has = true, .age_s = OLD, .may_ask = true, .fetching = true}, KEYS_WAIT, ""},
        {{.has = true, .age_s = OLD}, KEYS_USE, "its server was asked often enough, in vain"},
        {{.has = true, .age_s = OLD, .may_ask = true, .asked = true}, KEYS_USE, "its server did not answer"},
        {{.has = true, .age_s = OLD, .may_ask = true, .waited = true}, KEYS_USE, "its server is slow"},
        {{.has = true, .age_s = DEAD - 1, .asked = true, .may_ask = true}, KEYS_USE, "nearly a day without its server"},
        {{.has = true, .unknown = true, .may_ask = true}, KEYS_FETCH, "it has changed its keys"},
        {{.has = true, .unknown = true, .may_ask = true, .fetching = true}, KEYS_WAIT, ""},
        {{.has = true, .unknown = true}, KEYS_USE, "somebody makes up names of keys"},
        {{.has = true, .unknown = true, .may_ask = true, .asked = true}, KEYS_USE, "and the new set has it neither"},
        {{.has = true, .unknown = true, .may_ask = true, .waited = true}, KEYS_USE, ""},
        {{.has = true, .may_ask = true}, KEYS_USE, "fresh"},
        {{.has = true, .age_s = SOON - 1, .may_ask = true}, KEYS_USE, "fresh enough"},
        {{.has = true, .age_s = SOON, .may_ask = true}, KEYS_USE_AND_FETCH, "before anybody must wait"},
        {{.has = true, .age_s = SOON, .may_ask = true, .fetching = true}, KEYS_USE, "somebody fetches already"},
        {{.has = true, .age_s = SOON}, KEYS_USE, "may not ask"},
        {{.has = true, .age_s = OLD - 1, .may_ask = true}, KEYS_USE_AND_FETCH, ""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(key_refresh_decide(&rows[i].facts), rows[i].verdict, "row %zu: %s", i, rows[i].why);
}
