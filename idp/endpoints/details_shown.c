#include "idp/endpoints/details_shown.h"

#include "idp/endpoints/people.h"

static enum detail_language language_of(const struct visit *v)
{
    return v->english ? DETAIL_EN : v->easy ? DETAIL_EASY : DETAIL_JA;
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
    *out = (struct page_detail){.title = detail_words_in(&type->title, language_of(v)),
                                .sentence = detail_words_in(&type->sentence, language_of(v)),
                                .each = type->every_time};
    return put_lines(out, v, type, text);
}

enum err details_shown_asked(const struct page_detail **out, size_t *n, struct visit *v,
                             const struct detail_list *asked, const struct details_offers *offers)
{
    struct page_detail *details = arena_array(v->arena, asked->n, sizeof *details);
    enum err e = details ? ERR_OK : ERR_MEMORY;

    *n = 0;
    for (size_t i = 0; i < asked->n && !e; i++) {
        const struct details_offer *offer = details_offer_of(offers, asked->items[i].type);
        if (offer) /* without one the login ends in a refusal (flow.c) */
            e = put(&details[(*n)++], v, offer->type, asked->items[i].json);
    }
    *out = details;
    return e;
}

enum err details_shown_granted(const struct page_detail **out, size_t *n, struct visit *v, const struct grant *grant)
{
    struct page_detail *details = arena_array(v->arena, grant->n_details, sizeof *details);
    enum err e = details ? ERR_OK : ERR_MEMORY;

    for (size_t i = 0; i < grant->n_details && !e; i++) {
        const struct grant_detail *d = &grant->details[i];
        const struct detail_type *type;
        e = detail_type_find(&type, v->db, v->arena, d->meaning);
        if (!e)
            e = put(&details[i], v, type, d->json);
        details[i].since = people_day(v, d->since);
        details[i].until = d->until ? people_day(v, d->until) : VIEW_NONE;
    }
    *out = details;
    *n = e ? 0 : grant->n_details;
    return e == ERR_NOT_FOUND ? ERR_STORE : e; /* kept with the consent */
}
