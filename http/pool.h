/* pool: gives back the memory that a connection does not need while it says nothing.
 *
 * libmicrohttpd keeps one block for each connection, large enough for the largest request head we take, and overwrites
 * all of it with zeros after every answer: 32 KiB that stay resident for as long as a browser keeps its connection
 * open. Those pages can go back to the system, since a page that is not there reads as zeros, too
 * (docs/decisions/idle-connections.md). */
#ifndef HTTP_POOL_H
#define HTTP_POOL_H

#include <stddef.h>
#include <stdint.h>

/* Sanitizers have their own ways of mapping memory: there, nothing is found and nothing given back. */
#define POOL_FINDS 1
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__LP64__)
#undef POOL_FINDS
#define POOL_FINDS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#undef POOL_FINDS
#define POOL_FINDS 0
#endif
#endif

/* Blocks must be larger than this: then libmicrohttpd maps them, and nothing else is in their pages. */
#define POOL_MAPPED 32768

struct pool {
    uint8_t *p; /* NULL: not known */
    size_t n;
};

/* From here to pool_found this thread's next anonymous mapping is noticed. */
void pool_look_out(void);
/* What was noticed. */
struct pool pool_found(void);

/* How many of the blocks this thread has found are still mapped. libmicrohttpd gives one back some time before it says
 * that the connection is closed: whoever has as many connections as this has no dead block. */
long pool_alive(void);

/* Gives back those pages that hold nothing but zeros. Only by the thread that uses the block. */
void pool_slim(const struct pool *pool);

#endif
