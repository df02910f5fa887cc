#include "idp/rules/events_poll.h"

enum events_poll_verdict events_poll_decide(const struct events_poll_facts *f)
{
    /* RFC 8936 2.2: who says returnImmediately, and who asks for no events, waits for none. */
    if (f->return_immediately || f->max == 0)
        return EVENTS_ANSWER;
    if (f->has_events || f->waited || f->wait_s == 0)
        return EVENTS_ANSWER;
    if (f->of_service >= POLLS_OF_A_SERVICE || f->waiting >= POLLS_IN_ALL)
        return EVENTS_ANSWER;
    return EVENTS_WAIT;
}
