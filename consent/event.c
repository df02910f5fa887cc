#include "consent/event.h"

#include <stdio.h>

#include "base/json.h"
#include "base/text.h"

enum { KEY_MAX = 32 };

/* What follows `"KEY":`; absent when the event has no such member. */
static struct view member(struct view event, const char *key)
{
    char mark[KEY_MAX + 4];
    int n = snprintf(mark, sizeof mark, "\"%s\":", key);
    const uint8_t *at = event.n ? memmem(event.p, event.n, mark, (size_t)n) : NULL;
    return at ? view_from(event, (size_t)(at - event.p) + (size_t)n) : VIEW_NONE;
}

/* The text that begins at V's first byte, a quote; and what follows its last one. */
static struct view quoted(struct view v, struct view *rest)
{
    if (v.n == 0 || v.p[0] != '"')
        return VIEW_NONE;
    for (size_t i = 1; i < v.n; i++) {
        if (v.p[i] == '\\')
            i++;
        else if (v.p[i] == '"') {
            *rest = view_from(v, i + 1);
            return view_part(v, 1, i - 1);
        }
    }
    return VIEW_NONE;
}

struct view event_text(struct view event, const char *key)
{
    struct view rest;
    return quoted(member(event, key), &rest);
}

struct view event_plain(struct arena *a, struct view event, const char *key)
{
    struct view text = event_text(event, key), plain;
    struct json *j;
    if (view_index(text, '\\') == text.n)
        return text;
    struct view with_quotes = view_bytes(text.p - 1, text.n + 2);
    const char *array = arena_printf(a, "[%.*s]", (int)with_quotes.n, (const char *)with_quotes.p);
    if (!array || json_read(&j, a, view_text(array), NULL) || !json_text(json_at(j, 0), &plain))
        return text; /* as it stands there is better than nothing */
    return plain;
}

int64_t event_at(struct view event)
{
    struct view v = member(event, "at");
    size_t n = 0;
    int64_t at;
    while (n < v.n && v.p[n] >= '0' && v.p[n] <= '9')
        n++;
    return text_to_int(view_part(v, 0, n), &at) ? at : -1;
}

bool event_is_sound(struct view event)
{
    return view_starts(event, VIEW("{")) && view_ends(event, VIEW("}")) && event_at(event) >= 0;
}

struct view event_fields(struct view event)
{
    struct view v = member(event, "fields");
    return v.n && v.p[0] == '[' ? view_part(v, 1, view_index(v, ']') - 1) : VIEW_NONE;
}

bool event_next_field(struct view *rest, struct view *field)
{
    if (rest->n && rest->p[0] == ',')
        *rest = view_from(*rest, 1);
    *field = quoted(*rest, rest);
    return view_is(*field);
}

bool event_has_field(struct view event, struct view field)
{
    struct view rest = event_fields(event), one;
    while (event_next_field(&rest, &one))
        if (view_equal(one, field))
            return true;
    return false;
}
