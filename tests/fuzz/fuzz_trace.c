/* Any bytes as a traceparent and, behind the first line, as tracestate headers, one a line. */
#include <stdint.h>

#include "base/err.h"
#include "base/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ids(const struct trace *t)
{
    INSIST(strlen(t->trace) == 32 && strspn(t->trace, "0") < 32 && strspn(t->trace, "0123456789abcdef") == 32);
    INSIST(strcmp(t->span, "0000000000000002") == 0);
}

/* What is passed on is read again as the same. */
static void check_state(const struct trace *t)
{
    struct trace again;
    struct view state = view_text(t->state);
    INSIST(state.n <= TRACE_STATE_MAX);
    trace_begin(&again, 1, 2);
    trace_join_state(&again, &state, 1);
    INSIST(strcmp(again.state, t->state) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trace t;
    struct view rest = view_bytes(data, size), headers[100], parent = VIEW_NONE;
    size_t n = 0;
    trace_begin(&t, 1, 2);
    view_next(&rest, '\n', &parent);
    trace_join(&t, parent);
    while (n < 100 && view_next(&rest, '\n', &headers[n]))
        n++;
    trace_join_state(&t, headers, n);
    check_ids(&t);
    check_state(&t);
    return 0;
}
