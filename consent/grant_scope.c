#include "consent/grant_scope.h"

#include "base/text.h"

enum { SCOPE_MAX = 8192, SCOPES_MAX = GRANT_SCOPES_MAX * 8192 };

static bool brings_something(struct view word, const struct ask *asked, const struct grant *grant)
{
    if (view_equal_text(word, "openid") || view_equal_text(word, "offline_access"))
        return true;
    for (size_t i = 0; grant && i < asked->n; i++) {
        const struct grant_decision *d = grant_decision_on(grant, asked->items[i].field);
        if (d && d->given && field_in_scope(asked->items[i].field, word))
            return true;
    }
    return false;
}

static bool is_whole(struct view scope, const struct ask *asked, const struct grant *grant)
{
    struct view word;
    while (text_next_word(&scope, &word))
        if (!brings_something(word, asked, grant))
            return false;
    return true;
}

enum err grant_scope(struct view *out, struct arena *a, struct view scope, const struct ask *asked,
                     const struct grant *grant)
{
    struct view word;
    struct buf b;
    *out = scope;
    if (is_whole(scope, asked, grant))
        return ERR_OK;
    buf_open(&b, a, SCOPE_MAX);
    while (text_next_word(&scope, &word)) {
        if (!brings_something(word, asked, grant))
            continue;
        if (b.n)
            buf_put_byte(&b, ' ');
        buf_put(&b, word);
    }
    return buf_done(&b, out);
}

/* --- what she agreed to be asked --------------------------------------------------------------------------------- */

bool grant_scope_next(struct view *rest, struct grant_scope_line *line)
{
    struct view text;
    while (view_next(rest, '\n', &text)) {
        if (text.n == 0)
            continue;
        *line = (struct grant_scope_line){.resource = VIEW_NONE};
        view_next(&text, '\t', &line->scope);
        line->resource = text.n ? text : VIEW_NONE;
        return true;
    }
    return false;
}

static bool asks_something(struct view word, const struct ask *asked)
{
    if (view_equal_text(word, "openid") || view_equal_text(word, "offline_access"))
        return true;
    for (size_t i = 0; i < asked->n; i++)
        if (field_in_scope(asked->items[i].field, word))
            return true;
    return false;
}

/* None is none, whether it is absent or empty. */
static bool is_same(struct view a, struct view b)
{
    return a.n == b.n && (a.n == 0 || view_equal(a, b));
}

/* The line that PREVIOUS has of the same servers; absent: none. */
static struct view scope_with(const struct grant *previous, struct view resource)
{
    struct grant_scope_line line;
    struct view rest = previous ? previous->scopes : VIEW_NONE;
    while (grant_scope_next(&rest, &line))
        if (is_same(line.resource, resource))
            return line.scope;
    return VIEW_NONE;
}

static void put_line(struct buf *b, const struct grant_answer *answer, struct view before)
{
    struct view word, words = answer->scope;
    size_t start = b->n;
    buf_put(b, before);
    while (text_next_word(&words, &word)) {
        if (text_has_word(before, word) || !asks_something(word, answer->ask))
            continue;
        if (b->n > start)
            buf_put_byte(b, ' ');
        buf_put(b, word);
    }
    buf_put_byte(b, '\t');
    buf_put(b, answer->resource);
    buf_put_byte(b, '\n');
}

static void put_others(struct buf *b, struct view rest, struct view resource)
{
    struct grant_scope_line line;
    for (size_t n = 1; n < GRANT_SCOPES_MAX && grant_scope_next(&rest, &line);) {
        if (is_same(line.resource, resource))
            continue;
        buf_put(b, line.scope);
        buf_put_byte(b, '\t');
        buf_put(b, line.resource);
        buf_put_byte(b, '\n');
        n++;
    }
}

enum err grant_take_scopes(struct grant *out, struct arena *a, const struct grant_answer *answer,
                           const struct grant *previous)
{
    struct buf b;
    buf_open(&b, a, SCOPES_MAX);
    put_line(&b, answer, scope_with(previous, answer->resource));
    if (previous)
        put_others(&b, previous->scopes, answer->resource);
    return buf_done(&b, &out->scopes);
}
