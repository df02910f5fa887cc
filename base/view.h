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

/* Not for secrets: secret_equal is. An absent view equals only an absent one. */
bool view_equal(struct view a, struct view b);
bool view_equal_text(struct view a, const char *b);
bool view_starts(struct view v, struct view prefix);
bool view_ends(struct view v, struct view suffix);

/* From byte FROM (clamped) to the end / N bytes from FROM (clamped). */
struct view view_from(struct view v, size_t from);
struct view view_part(struct view v, size_t from, size_t n);

/* Index of the first BYTE, or v.n when there is none. */
size_t view_index(struct view v, uint8_t byte);

/* Takes the next piece up to SEPARATOR out of *REST; false when *REST is used up. "a,,b" gives "a", "", "b". */
bool view_next(struct view *rest, uint8_t separator, struct view *piece);

#endif
