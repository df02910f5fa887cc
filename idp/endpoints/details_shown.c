#include "idp/endpoints/details_shown.h"

#include "idp/endpoints/people.h"

enum { LINE_BYTES_MAX = 65536 };

static enum detail_language language_of(const struct visit *v)
{
    return v->english ? DETAIL_EN : v->easy ? DETAIL_EASY : DETAIL_JA;
}

struct view details_shown_title(const struct visit *v, const struct detail_type *type)
{
    return detail_words_in(&type->title, language_of(v));
}

static enum err put_lines(struct page_detail *out, struct visit *v, const struct detail_type *type, struct view text)
{
    struct detail_line *lines;
    struct json *object;
    size_t n;
    enum err e = json_read(&object, v->arena, text, NULL);

    if (!e)
        e = detail_type_lines(&lines, &n, v->arena, type, object, language_of(v));
    if (e)
        return e == ERR_SYNTAX ? ERR_STORE : e;
    struct page_detail_line *shown = arena_array(v->arena, n, sizeof *shown);
    if (!shown)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        shown[i] = (struct page_detail_line){lines[i].label, lines[i].value};
    out->lines = shown;
    out->n_lines = n;
    return ERR_OK;
}

static enum err put(struct page_detail *out, struct visit *v, const struct detail_type *type, struct view text)
{
    *out = (struct page_detail){.title = details_shown_title(v, type),
                                .sentence = detail_words_in(&type->sentence, language_of(v)),
                                .each = type->every_time};
    return put_lines(out, v, type, text);
}

/* Off until she ticks it, unless a consent that still stands allows as much; what is done once begins anew. */
static bool is_ticked(const struct visit *v, const struct flow *f, const struct detail *d)
{
    return f->grant && !d->every_time && grant_is_live(f->grant, v->now) && grant_allows(f->grant, d, v->now);
}

enum err details_shown_asked(const struct page_detail **out, size_t *n, struct visit *v, const struct flow *f)
{
    struct page_detail *details = arena_array(v->arena, f->details.n, sizeof *details);
    enum err e = details ? ERR_OK : ERR_MEMORY;

    *n = 0;
    for (size_t i = 0; i < f->details.n && !e; i++) {
        const struct detail *asked = &f->details.items[i];
        const struct details_offer *offer = details_offer_of(&f->offers, asked->type);
        if (!offer) /* without one the login ends in a refusal (flow.c) */
            continue;
        struct page_detail *d = &details[(*n)++];
        e = put(d, v, offer->type, asked->json);
        d->id = view_text(arena_printf(v->arena, "%zu", i));
        d->optional = asked->optional;
        d->ticked = is_ticked(v, f, asked);
    }
    *out = details;
    return e;
}

static enum err put_granted(struct page_detail *out, struct visit *v, const struct grant_detail *d)
{
    const struct detail_type *type;
    enum err e = detail_type_find(&type, v->db, v->arena, d->meaning);

    if (!e)
        e = put(out, v, type, d->json);
    return e == ERR_NOT_FOUND ? ERR_STORE : e; /* kept with the consent */
}

enum err details_shown_granted(const struct page_detail **out, size_t *n, struct visit *v, const struct grant *grant)
{
    struct page_detail *details = arena_array(v->arena, grant->n_details, sizeof *details);
    enum err e = details ? ERR_OK : ERR_MEMORY;

    for (size_t i = 0; i < grant->n_details && !e; i++) {
        const struct grant_detail *d = &grant->details[i];
        e = put_granted(&details[i], v, d);
        details[i].given = d->given;
        details[i].since = people_day(v, d->since);
        details[i].until = d->until ? people_day(v, d->until) : VIEW_NONE;
    }
    *out = details;
    *n = e ? 0 : grant->n_details;
    return e;
}

enum err details_shown_line(struct view *out, struct visit *v, const struct grant_detail *d)
{
    struct page_detail shown;
    struct buf b;
    enum err e = put_granted(&shown, v, d);

    if (e)
        return e;
    buf_open(&b, v->arena, LINE_BYTES_MAX);
    buf_put(&b, shown.title);
    for (size_t i = 0; i < shown.n_lines; i++) {
        buf_put_text(&b, i ? (v->english ? "; " : "、") : v->english ? ": " : "：");
        buf_put(&b, shown.lines[i].value);
    }
    return buf_done(&b, out);
}

static bool is_given_before(const struct grant *g, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (g->details[k].given && view_equal(g->details[k].type, g->details[i].type) &&
            memcmp(g->details[k].meaning, g->details[i].meaning, sizeof g->details[k].meaning) == 0)
            return true;
    return false;
}

enum err details_shown_titles(struct view *out, struct visit *v, const struct grant *grant)
{
    const struct detail_type *type;
    struct buf b;

    *out = VIEW_NONE;
    buf_open(&b, v->arena, LINE_BYTES_MAX);
    for (size_t i = 0; i < grant->n_details; i++) {
        if (!grant->details[i].given || is_given_before(grant, i))
            continue;
        enum err e = detail_type_find(&type, v->db, v->arena, grant->details[i].meaning);
        if (e)
            return e == ERR_NOT_FOUND ? ERR_STORE : e;
        buf_put_text(&b, b.n == 0 ? "" : v->english ? ", " : "、");
        buf_put(&b, details_shown_title(v, type));
    }
    return b.n == 0 ? b.err : buf_done(&b, out);
}
