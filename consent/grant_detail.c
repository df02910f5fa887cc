/* What a grant says of things to be done elsewhere (RFC 9396): must she be asked, and what comes of her choice. */
#include "consent/grant_inner.h"

enum { READING = 1 << 18 };

/* Objects are read anew each time: they are few, and most requests have none. What cannot be read allows nothing. */
static bool covers(struct view granted, struct view asked)
{
    struct json *of_granted, *of_asked;
    struct arena a;

    if (view_equal(granted, asked))
        return true;
    arena_open(&a, READING);
    bool covers = json_read(&of_granted, &a, granted, NULL) == ERR_OK &&
                  json_read(&of_asked, &a, asked, NULL) == ERR_OK && detail_covers(of_granted, of_asked);
    arena_close(&a);
    return covers;
}

static bool has_run_out(const struct grant_detail *d, int64_t now)
{
    return d->until != 0 && now >= d->until;
}

/* Her word on something of the same type, in the same words, and not run out. */
static bool is_word_on(const struct grant_detail *d, const struct detail *detail, int64_t now)
{
    return view_equal(d->type, detail->type) && memcmp(d->meaning, detail->meaning, sizeof d->meaning) == 0 &&
           !has_run_out(d, now);
}

bool grant_allows(const struct grant *g, const struct detail *detail, int64_t now)
{
    for (size_t i = 0; i < g->n_details; i++)
        if (g->details[i].given && is_word_on(&g->details[i], detail, now) && covers(g->details[i].json, detail->json))
            return true;
    return false;
}

bool grant_refuses(const struct grant *g, const struct detail *detail, int64_t now)
{
    for (size_t i = 0; i < g->n_details; i++)
        if (!g->details[i].given && is_word_on(&g->details[i], detail, now) &&
            view_equal(g->details[i].json, detail->json))
            return true;
    return false;
}

/* As with fields: what she left out stays out silently, as long as the service can do without. A no to one thing is no
 * word on another, be it more or less. */
enum grant_reason grant_decide_detail(const struct grant_facts *facts, const struct detail *detail)
{
    if (!grant_allows(facts->grant, detail, facts->now) &&
        !(detail->optional && grant_refuses(facts->grant, detail, facts->now)))
        return GRANT_NEW_DETAIL;
    return detail->every_time && !facts->reached_here ? GRANT_EVERY_TIME : GRANT_SILENT;
}

/* --- what comes of a choice -------------------------------------------------------------------------------------- */

static struct grant_detail word_on(const struct detail *detail, bool given, int64_t until, int64_t now)
{
    struct grant_detail d = {.type = detail->type,
                             .json = detail->json,
                             .every_time = detail->every_time,
                             .given = given,
                             .until = until,
                             .since = now};
    memcpy(d.meaning, detail->meaning, sizeof d.meaning);
    return d;
}

/* Would D still allow something that OUT refuses? */
static bool is_taken_back(const struct grant *out, const struct grant_detail *d)
{
    for (size_t i = 0; i < out->n_details; i++)
        if (!out->details[i].given && view_equal(out->details[i].type, d->type) &&
            covers(d->json, out->details[i].json))
            return true;
    return false;
}

/* Of what she said before: what lasts, and what her words of now do not settle. */
static bool is_kept(const struct grant *out, const struct grant_detail *d, int64_t now)
{
    struct detail one = {.type = d->type, .json = d->json};
    memcpy(one.meaning, d->meaning, sizeof one.meaning);
    if (d->every_time || has_run_out(d, now) || grant_allows(out, &one, now))
        return false;
    return d->given ? !is_taken_back(out, d) : !grant_refuses(out, &one, now);
}

enum err grant_take_details(struct grant *out, struct arena *a, const struct detail_list *asked,
                            const struct grant_choice *choice, const struct grant *previous, int64_t until)
{
    int64_t now = out->given_at;
    struct grant_detail *details = arena_array(a, GRANT_DETAILS_MAX, sizeof *details);
    bool keep = previous && grant_is_live(previous, now) &&
                (choice->action == GRANT_MERGE || (previous->duration != GRANT_ONCE && out->duration != GRANT_ONCE));

    out->details = details;
    out->n_details = 0;
    if (!details)
        return ERR_MEMORY;
    for (size_t i = 0; i < asked->n && i < DETAILS_MAX; i++)
        details[out->n_details++] =
            word_on(&asked->items[i], !asked->items[i].optional || choice->details[i], until, now);
    struct grant asked_now = *out;
    for (size_t i = 0; keep && i < previous->n_details && out->n_details < GRANT_DETAILS_MAX; i++)
        if (is_kept(&asked_now, &previous->details[i], now))
            details[out->n_details++] = previous->details[i];
    return ERR_OK;
}
