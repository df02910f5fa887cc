#include "webui/words.h"

#include <stdlib.h>

struct word {
    struct view key, text;
};

struct words {
    struct word *words;
    size_t n;
};

static int compare(struct view a, struct view b)
{
    int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

static int by_key(const void *a, const void *b)
{
    return compare(((const struct word *)a)->key, ((const struct word *)b)->key);
}

static struct view trimmed(struct view v)
{
    while (v.n && (v.p[0] == ' ' || v.p[0] == '\t'))
        v = view_from(v, 1);
    while (v.n && (v.p[v.n - 1] == ' ' || v.p[v.n - 1] == '\t' || v.p[v.n - 1] == '\r'))
        v.n--;
    return v;
}

static bool is_key(struct view v)
{
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = v.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.'))
            return false;
    }
    return v.n > 0;
}

static bool read_line(struct word *out, struct view line)
{
    size_t at = view_index(line, '=');
    if (at == line.n)
        return false;
    out->key = trimmed(view_part(line, 0, at));
    out->text = trimmed(view_from(line, at + 1));
    return is_key(out->key) && out->text.n > 0;
}

static size_t count_lines(struct view file)
{
    size_t n = 1;
    for (size_t i = 0; i < file.n; i++)
        n += file.p[i] == '\n';
    return n;
}

static enum err read_lines(struct words *w, struct arena *a, struct view file, const char **why)
{
    struct view line;
    for (int number = 1; view_next(&file, '\n', &line); number++) {
        line = trimmed(line);
        if (!line.n || line.p[0] == '#')
            continue;
        if (!read_line(&w->words[w->n], line)) {
            *why = arena_printf(a, "line %d is not `key = text`", number);
            return ERR_SYNTAX;
        }
        w->n++;
    }
    return ERR_OK;
}

enum err words_read(struct words **out, struct arena *a, struct view file, const char **why)
{
    struct words *w = arena_alloc(a, sizeof *w);
    if (!w || !(w->words = arena_array(a, count_lines(file), sizeof *w->words)))
        return ERR_MEMORY;
    enum err e = read_lines(w, a, file, why);
    if (e)
        return e;
    qsort(w->words, w->n, sizeof *w->words, by_key);
    for (size_t i = 1; i < w->n; i++) {
        if (view_equal(w->words[i - 1].key, w->words[i].key)) {
            *why = arena_printf(a, "the word %.*s stands twice", (int)w->words[i].key.n, w->words[i].key.p);
            return ERR_SYNTAX;
        }
    }
    *out = w;
    return ERR_OK;
}

static struct word *find(const struct words *w, struct view key)
{
    struct word wanted = {.key = key};
    return w->n ? bsearch(&wanted, w->words, w->n, sizeof *w->words, by_key) : NULL;
}

enum err words_lay_over(struct words *w, const struct words *over, struct arena *a, const char **why)
{
    for (size_t i = 0; i < over->n; i++) {
        struct word *word = find(w, over->words[i].key);
        if (!word) {
            *why = arena_printf(a, "the word %.*s lies over nothing", (int)over->words[i].key.n, over->words[i].key.p);
            return ERR_SYNTAX;
        }
        word->text = over->words[i].text;
    }
    return ERR_OK;
}

bool words_find(const struct words *w, struct view key, struct view *text)
{
    const struct word *found = find(w, key);
    if (found)
        *text = found->text;
    return found != NULL;
}

size_t words_count(const struct words *w)
{
    return w->n;
}

struct view words_key(const struct words *w, size_t i)
{
    return w->words[i].key;
}
