#include "consent/grant_scope.h"

#include "base/text.h"

enum { SCOPE_MAX = 8192 };

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
