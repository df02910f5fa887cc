/* breaker: whether a responder that has failed is worth another question. Closed: ask. Open: do not, for a while. Half
 * open: one question goes through, and its answer decides. Pure: time is handed in; whoever shares one locks it. */
#ifndef JPKI_PKI_BREAKER_H
#define JPKI_PKI_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#define BREAKER_FAILURES 3     /* in a row until it opens */
#define BREAKER_REST_MS  10000 /* that it stays open the first time; twice as long after each failed trial */
#define BREAKER_REST_MAX (5 * 60000)

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

struct breaker {
    enum breaker_state state;
    unsigned failures; /* in a row */
    int64_t rest_ms;   /* of the last opening */
    int64_t until_ms;  /* open until; half open: until when the trial may take */
};

/* May a question go out now? In the half-open state only to one asker at a time; one who never reports back is
 * forgotten after the time it was open. */
bool breaker_ask(struct breaker *b, int64_t now_ms);

/* How it went. True: this opened it. */
bool breaker_report(struct breaker *b, bool good, int64_t now_ms);

/* "closed" "open" "half_open"; static. */
const char *breaker_state_name(enum breaker_state state);

#endif
