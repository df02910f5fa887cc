/* arena: memory that lives exactly as long as one request (or one command). Everything read, loaded and built for it
 * is allocated here, counted against a ceiling, and wiped when the arena is closed. Not shared between threads. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/view.h"

struct arena_block;
struct arena_defer;

struct arena {
    struct arena_block *blocks;
    struct arena_defer *defers;
    size_t used, ceiling;
};

/* CEILING: bytes that may be handed out in all. Allocates nothing yet. */
void arena_open(struct arena *a, size_t ceiling);

/* Runs the deferred calls (last first), wipes and frees everything. The arena may be opened again. */
void arena_close(struct arena *a);

/* Like arena_close, but keeps one wiped block for the next use (a worker's arena between two requests). */
void arena_reset(struct arena *a);

/* N zeroed bytes aligned for any type, or NULL when the ceiling or the machine's memory is reached. N may be 0. */
void *arena_alloc(struct arena *a, size_t n);

/* COUNT * SIZE, refusing overflow. */
void *arena_array(struct arena *a, size_t count, size_t size);

/* Copies with a NUL behind (not counted in the view). NULL / a NULL view when out of memory. */
char *arena_text(struct arena *a, struct view v);
struct view arena_copy(struct arena *a, struct view v);

/* printf into the arena; NULL when out of memory. */
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Calls FN(WHAT) when the arena is closed: for what a foreign library owns. False when out of memory: FN was called. */
bool arena_on_close(struct arena *a, void (*fn)(void *), void *what);

#endif
