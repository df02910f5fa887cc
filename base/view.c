#include "base/view.h"

bool view_equal(struct view a, struct view b)
{
    if (!a.p || !b.p)
        return a.p == b.p;
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool view_equal_text(struct view a, const char *b)
{
    return view_equal(a, view_text(b));
}

bool view_starts(struct view v, struct view prefix)
{
    return v.p && prefix.p && v.n >= prefix.n && memcmp(v.p, prefix.p, prefix.n) == 0;
}

bool view_ends(struct view v, struct view suffix)
{
    return v.p && suffix.p && v.n >= suffix.n && memcmp(v.p + v.n - suffix.n, suffix.p, suffix.n) == 0;
}

struct view view_from(struct view v, size_t from)
{
    if (!v.p)
        return v;
    if (from > v.n)
        from = v.n;
    return (struct view){v.p + from, v.n - from};
}

struct view view_part(struct view v, size_t from, size_t n)
{
    struct view rest = view_from(v, from);
    if (rest.n > n)
        rest.n = n;
    return rest;
}

size_t view_index(struct view v, uint8_t byte)
{
    const uint8_t *hit = v.n ? memchr(v.p, byte, v.n) : NULL;
    return hit ? (size_t)(hit - v.p) : v.n;
}

bool view_next(struct view *rest, uint8_t separator, struct view *piece)
{
    if (!rest->p)
        return false;
    size_t i = view_index(*rest, separator);
    *piece = view_part(*rest, 0, i);
    *rest = i < rest->n ? view_from(*rest, i + 1) : VIEW_NONE;
    return true;
}
