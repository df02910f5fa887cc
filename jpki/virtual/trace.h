/* trace: what was said to the card and what it answered, one JSON object a line. A PIN is never in it; neither is what
 * the card handed out (the answer's status word and length are). */
#ifndef JPKI_VIRTUAL_TRACE_H
#define JPKI_VIRTUAL_TRACE_H

#include "base/buf.h"

struct trace {
    struct buf lines; /* since the last trace_forget; the newest are left out when it is full */
    int fd;           /* a file that gets the same lines, or -1 */
    uint64_t commands, alarms, power_ons;
    uint64_t alarms_ever; /* no forgetting of these */
};

/* PATH NULL: only in memory. ERR_IO: the file cannot be written. */
enum err trace_open(struct trace *t, const char *path) MUST_CHECK;
void trace_close(struct trace *t);
void trace_forget(struct trace *t);

/* "inserted" "removed" "power_on" "power_off" "reset" */
void trace_event(struct trace *t, const char *event);
void trace_alarm(struct trace *t, const char *what);
/* FORCED: a test said what to answer, the card never saw the command. */
void trace_command(struct trace *t, struct view apdu, struct view answer, int64_t microseconds, bool forced);

#endif
