#include "http/silence.h"

#include <stdatomic.h>
#include <stddef.h>

static void note_first(struct silence *s)
{
    atomic_store_explicit(&s->since, s->first ? s->first->since : SILENCE_NEVER, memory_order_relaxed);
}

void silence_open(struct silence *s)
{
    s->first = s->last = NULL;
    note_first(s);
}

void silence_join(struct silence *s, struct silent *one, int64_t since)
{
    if (one->since)
        return;
    one->since = since;
    one->before = s->last;
    one->after = NULL;
    if (s->last)
        s->last->after = one;
    else
        s->first = one;
    s->last = one;
    note_first(s);
}

void silence_leave(struct silence *s, struct silent *one)
{
    if (!one->since)
        return;
    if (one->before)
        one->before->after = one->after;
    else
        s->first = one->after;
    if (one->after)
        one->after->before = one->before;
    else
        s->last = one->before;
    one->since = 0;
    note_first(s);
}

struct silent *silence_take(struct silence *s, int64_t before)
{
    struct silent *one = s->first;
    if (!one || one->since > before)
        return NULL;
    silence_leave(s, one);
    return one;
}

int64_t silence_since(const struct silence *s)
{
    return atomic_load_explicit(&s->since, memory_order_relaxed);
}
