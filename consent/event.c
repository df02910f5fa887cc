#include "consent/event.h"

#include <stddef.h>

#include "base/json.h"
#include "base/text.h"

enum { KEY_MAX = 32 };

/* What follows `"KEY":`; absent when the event has no such member. */
static struct view member(struct view event, const char *key)
{
    char mark[KEY_MAX + 4] = "\"";
    size_t n = strlen(key);
    INSIST(n <= KEY_MAX);
    memcpy(mark + 1, key, n);
    memcpy(mark + 1 + n, "\":", 2);
    const uint8_t *at = event.n ? memmem(event.p, event.n, mark, n + 3) : NULL;
    return at ? view_from(event, (size_t)(at - event.p) + n + 3) : VIEW_NONE;
}

/* The text that begins at V's first byte, a quote; and what follows its last one. */
static struct view quoted(struct view v, struct view *rest)
{
    if (v.n == 0 || v.p[0] != '"')
        return VIEW_NONE;
    size_t end = view_index(view_from(v, 1), '"') + 1;
    if (end < v.n && !memchr(v.p, '\\', end)) { /* nearly always */
        *rest = view_from(v, end + 1);
        return view_part(v, 1, end - 1);
    }
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

static int64_t number(struct view v)
{
    size_t n = 0;
    int64_t at;
    while (n < v.n && v.p[n] >= '0' && v.p[n] <= '9')
        n++;
    return text_to_int(view_part(v, 0, n), &at) ? at : -1;
}

int64_t event_at(struct view event)
{
    return number(member(event, "at"));
}

bool event_is_sound(struct view event)
{
    return view_starts(event, VIEW("{")) && view_ends(event, VIEW("}")) && event_at(event) >= 0;
}

static struct view list(struct view v)
{
    return v.n && v.p[0] == '[' ? view_part(v, 1, view_index(v, ']') - 1) : VIEW_NONE;
}

struct view event_fields(struct view event)
{
    return list(member(event, "fields"));
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

/* --- several members at once ------------------------------------------------------------------------------------- */

/* What is behind the value that V begins with: a text, a list of texts or of numbers, or a number. */
static struct view behind(struct view v)
{
    struct view rest = v, unused;
    bool in_list = v.n && v.p[0] == '[';
    while (rest.n) {
        if (rest.p[0] == '"') {
            unused = quoted(rest, &rest);
            if (!view_is(unused))
                return VIEW_NONE;
        } else if (!in_list && (rest.p[0] == ',' || rest.p[0] == '}')) {
            return rest;
        } else if (in_list && rest.p[0] == ']') {
            return view_from(rest, 1);
        } else {
            rest = view_from(rest, 1);
        }
    }
    return VIEW_NONE;
}

/* The member that REST begins with, behind a bracket or a comma, and its value with all that follows. */
static struct view next_key(struct view *rest)
{
    struct view v = *rest, key = view_is(v) ? quoted(view_from(v, 1), &v) : VIEW_NONE;
    if (!view_is(key) || v.n == 0 || v.p[0] != ':')
        return VIEW_NONE;
    *rest = view_from(v, 1);
    return key;
}

static void take_text(struct view *out, struct view key, struct view wanted, struct view value)
{
    struct view unused;
    if (view_equal(key, wanted))
        *out = quoted(value, &unused);
}

struct event_parts event_parts(struct view event)
{
    struct event_parts p = {.at = -1};
    struct view rest = event, key;
    for (; view_is(key = next_key(&rest)); rest = behind(rest)) {
        take_text(&p.client, key, VIEW("client"), rest);
        take_text(&p.org, key, VIEW("org"), rest);
        take_text(&p.resident, key, VIEW("resident"), rest);
        take_text(&p.sector, key, VIEW("sector"), rest);
        take_text(&p.session, key, VIEW("session"), rest);
        if (view_equal(key, VIEW("fields")))
            p.fields = list(rest);
        if (view_equal(key, VIEW("at")))
            p.at = number(rest);
    }
    return p;
}
