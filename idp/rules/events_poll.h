/* events_poll: shall a poll for events be answered at once, or wait for some (RFC 8936 2.2 and 2.4)? Pure. */
#ifndef IDP_RULES_EVENTS_POLL_H
#define IDP_RULES_EVENTS_POLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Polls that wait at the same time. Services that come with more are answered at once, as if they had asked for it. */
#define POLLS_OF_A_SERVICE 4
#define POLLS_IN_ALL       256

struct events_poll_facts {
    bool return_immediately;
    int64_t max;                /* maxEvents; 0: it only acknowledges */
    bool has_events;            /* there are some for it */
    bool waited;                /* its time is over, or the server ends */
    unsigned wait_s;            /* as the operator has it; 0: nobody waits */
    size_t of_service, waiting; /* polls that wait already: of this service, and in all */
};

enum events_poll_verdict { EVENTS_ANSWER, EVENTS_WAIT };
enum events_poll_verdict events_poll_decide(const struct events_poll_facts *facts);

#endif
