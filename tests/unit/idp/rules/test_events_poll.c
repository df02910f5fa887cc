/* Which polls for events wait (RFC 8936 2.2, 2.4): facts and verdicts. */
#include <criterion/criterion.h>

#include "idp/rules/events_poll.h"

Test(events_poll, waits_only_when_everything_is_for_it)
{
    static const struct {
        const char *why;
        struct events_poll_facts facts;
        enum events_poll_verdict verdict;
    } rows[] = {
        {"2.2: it says so", {.return_immediately = true, .max = 50, .wait_s = 25}, EVENTS_ANSWER},
        {"2.4.2: it only acknowledges", {.max = 0, .wait_s = 25}, EVENTS_ANSWER},
        {"there is something for it", {.max = 50, .has_events = true, .wait_s = 25}, EVENTS_ANSWER},
        {"it has waited, or the server ends", {.max = 50, .waited = true, .wait_s = 25}, EVENTS_ANSWER},
        {"the operator lets nobody wait", {.max = 50, .wait_s = 0}, EVENTS_ANSWER},
        {"enough of this service", {.max = 50, .wait_s = 25, .of_service = POLLS_OF_A_SERVICE}, EVENTS_ANSWER},
        {"enough of all", {.max = 50, .wait_s = 25, .waiting = POLLS_IN_ALL}, EVENTS_ANSWER},
        {"2.2: otherwise it is a long poll", {.max = 50, .wait_s = 25}, EVENTS_WAIT},
        {"one more of this service",
         {.max = 1, .wait_s = 1, .of_service = POLLS_OF_A_SERVICE - 1, .waiting = POLLS_IN_ALL - 1},
         EVENTS_WAIT},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(events_poll_decide(&rows[i].facts), rows[i].verdict, "%s", rows[i].why);
}
