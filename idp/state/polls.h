/* polls: which services' polls for events wait at this moment, and whether something has come for one of them. No
 * thread waits with them (http/answer.h: answer_linger). Safe between threads. */
#ifndef IDP_STATE_POLLS_H
#define IDP_STATE_POLLS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/view.h"

struct polls;
struct store;
struct waiting_poll;

enum err polls_open(struct polls **out, struct store *store) MUST_CHECK;
void polls_close(struct polls *p); /* nobody waits any more */

/* How many wait: of CLIENT, and in all. */
void polls_count(struct polls *p, struct view client, size_t *of_client, size_t *all);

/* One of CLIENT begins to wait; *OUT lives in ARENA until polls_end. ERR_LIMIT: there is no room; ERR_MEMORY. */
enum err polls_begin(const struct waiting_poll **out, struct polls *p, struct arena *a, struct view client) MUST_CHECK;
void polls_end(struct polls *p, const struct waiting_poll *w);

/* A ready_fn; CTX: the struct waiting_poll. Is there an event for its client? Looks only when something was written
 * here since it last looked, or a second has passed: other processes write too. */
bool polls_has_come(const void *waiting_poll);

#endif
