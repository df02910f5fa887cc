/* view: bytes that somebody else owns. A text is a view of UTF-8 without NUL; whoever hands it out says how long it
 * lives. `p == NULL` means absent, which is not the same as empty. */
#ifndef BASE_VIEW_H
#define BASE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct view {
    const uint8_t *p;
    size_t n;
};

#define VIEW_NONE ((struct view){NULL, 0})
/* A string literal as a view. */
#define VIEW(LITERAL) ((struct view){(const uint8_t *)("" LITERAL), sizeof(LITERAL) - 1})
/* An array of bytes as a view. */
#define VIEW_ARRAY(A) ((struct view){(const uint8_t *)(A), sizeof(A)})

static inline struct view view_bytes(const void *p, size_t n)
{
    return (struct view){(const uint8_t *)p, n};
}

/* A C string (NULL gives an absent view). */
static inline struct view view_text(const char *s)
{
    return s ? (struct view){(const uint8_t *)s, strlen(s)} : VIEW_NONE;
}

static inline bool view_is(struct view v)
{
    return v.p != NULL;
}

/* Written here and not in a file of its own: they are a few instructions each, and a request asks thousands of them. */

/* Not for secrets: secret_equal is. An absent view equals only an absent one. */
static inline bool view_equal(struct view a, struct view b)
{
    if (!a.p || !b.p)
        return a.p == b.p;
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool view_equal_text(struct view a, const char *b)
{
    return view_equal(a, view_text(b));
}

static inline bool view_starts(struct view v, struct view prefix)
{
    return v.p && prefix.p && v.n >= prefix.n && memcmp(v.p, prefix.p, prefix.n) == 0;
}

static inline bool view_ends(struct view v, struct view suffix)
{
    return v.p && suffix.p && v.n >= suffix.n && memcmp(v.p + v.n - suffix.n, suffix.p, suffix.n) == 0;
}

/* From byte FROM (clamped) to the end / N bytes from FROM (clamped). */
static inline struct view view_from(struct view v, size_t from)
{
    if (!v.p)
        return v;
    if (from > v.n)
        from = v.n;
    return (struct view){v.p + from, v.n - from};
}

static inline struct view view_part(struct view v, size_t from, size_t n)
{
    struct view rest = view_from(v, from);
    if (rest.n > n)
        rest.n = n;
    return rest;
}

/* Index of the first BYTE, or v.n when there is none. */
static inline size_t view_index(struct view v, uint8_t byte)
{
    const uint8_t *hit = v.n ? (const uint8_t *)memchr(v.p, byte, v.n) : NULL;
    return hit ? (size_t)(hit - v.p) : v.n;
}

/* Takes the next piece up to SEPARATOR out of *REST; false when *REST is used up. "a,,b" gives "a", "", "b". */
static inline bool view_next(struct view *rest, uint8_t separator, struct view *piece)
{
    if (!rest->p)
        return false;
    size_t i = view_index(*rest, separator);
    *piece = view_part(*rest, 0, i);
    *rest = i < rest->n ? view_from(*rest, i + 1) : VIEW_NONE;
    return true;
}

#endif
