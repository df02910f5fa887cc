#include "idp/endpoints/notice_text.h"

struct view notice_purpose(const struct visit *v, const struct ask_item *item)
{
    struct view easy = ask_notice(item)->purpose_easy;
    if (v->english)
        return item->purpose_en;
    return v->easy && view_is(easy) ? easy : item->purpose_ja;
}

struct view notice_basis(const struct visit *v, const struct ask_item *item)
{
    const struct ask_notice *notice = ask_notice(item);
    return v->english ? notice->basis_en : notice->basis_ja;
}

struct view notice_retention(const struct visit *v, const struct ask_item *item)
{
    static const struct {
        char unit;
        const char *ja, *one, *many;
    } units[] = {{'Y', "年", "year", "years"}, {'M', "か月", "month", "months"}, {'D', "日", "day", "days"}};
    int number;
    char unit;
    if (!ask_retention(ask_notice(item)->retention, &number, &unit))
        return VIEW_NONE;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i].unit == unit)
            return view_text(v->english
                                 ? arena_printf(v->arena, "%d %s", number, number == 1 ? units[i].one : units[i].many)
                                 : arena_printf(v->arena, "%d%s", number, units[i].ja));
    return VIEW_NONE;
}

struct view notice_recipients(const struct visit *v, const struct ask_item *item)
{
    const struct ask_notice *notice = ask_notice(item);
    struct view text;
    struct buf b;
    buf_open(&b, v->arena, 2 * ASK_RECIPIENTS_MAX * ASK_RECIPIENT_MAX);
    for (size_t i = 0; i < notice->n_recipients; i++) {
        if (i)
            buf_put_text(&b, v->english ? ", " : "、");
        buf_put(&b, v->english ? notice->recipients[i].en : notice->recipients[i].ja);
    }
    return b.n && buf_done(&b, &text) == ERR_OK ? text : VIEW_NONE;
}

static void put_place(struct buf *b, const struct ask_place *place, bool english)
{
    struct view name = english ? place->en : place->ja;
    buf_put_text(b, english ? place->country->en : place->country->ja);
    if (!view_is(name))
        return;
    buf_put_text(b, english ? " (" : "（");
    buf_put(b, name);
    buf_put_text(b, english ? ")" : "）");
}

static struct view places(const struct visit *v, const struct ask_places *all)
{
    struct view text;
    struct buf b;
    buf_open(&b, v->arena, 2 * ASK_PLACES_MAX * ASK_RECIPIENT_MAX);
    for (size_t i = 0; i < all->n; i++) {
        if (i)
            buf_put_text(&b, v->english ? ", " : "、");
        put_place(&b, &all->items[i], v->english);
    }
    return b.n && buf_done(&b, &text) == ERR_OK ? text : VIEW_NONE;
}

struct view notice_storage(const struct visit *v, const struct ask_item *item)
{
    return places(v, &ask_notice(item)->storage);
}

struct view notice_processing(const struct visit *v, const struct ask_item *item)
{
    return places(v, &ask_notice(item)->processing);
}
