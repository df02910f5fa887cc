#include "idp/endpoints/card_cookie.h"

#include "base/buf.h"
#include "base/chance.h"

#define TICKET_N  43 /* base64url of 32 bytes */
#define VALUE_MAX 400

struct view card_cookie_ticket(struct view value)
{
    bool is_ours = value.n > TICKET_N && value.n <= VALUE_MAX && view_index(value, '.') == TICKET_N;
    return is_ours ? view_part(value, 0, TICKET_N) : VIEW_NONE;
}

/* The interactions: what stands behind the ticket. */
static struct view tabs_of(struct view value)
{
    return view_is(card_cookie_ticket(value)) ? view_from(value, TICKET_N + 1) : VIEW_NONE;
}

/* Ticket, FIRST if given, and the interactions of VALUE except ID. *N: how many interactions that are. */
static struct view write(struct arena *a, struct view ticket, struct view first, struct view value, struct ident id,
                         size_t *n)
{
    struct view tabs = tabs_of(value), tab, text;
    struct buf b;
    buf_open(&b, a, VALUE_MAX);
    buf_put(&b, ticket);
    *n = 0;
    if (view_is(first)) {
        buf_put_byte(&b, '.');
        buf_put(&b, first);
        ++*n;
    }
    while (*n < CARD_COOKIE_TABS && view_next(&tabs, '.', &tab)) {
        if (!tab.n || ident_equal(ident_of(tab), id))
            continue;
        buf_put_byte(&b, '.');
        buf_put(&b, tab);
        ++*n;
    }
    return buf_done(&b, &text) ? VIEW_NONE : text;
}

struct view card_cookie_add(struct arena *a, struct view value, struct view interaction)
{
    size_t n;
    struct view ticket = card_cookie_ticket(value);
    if (!view_is(ticket))
        ticket = view_text(chance_ticket(a));
    return view_is(ticket) ? write(a, ticket, interaction, value, ident_of(interaction), &n) : VIEW_NONE;
}

struct view card_cookie_remove(struct arena *a, struct view value, struct ident id)
{
    size_t n;
    struct view ticket = card_cookie_ticket(value);
    struct view rest = view_is(ticket) ? write(a, ticket, VIEW_NONE, value, id, &n) : VIEW_NONE;
    return view_is(rest) && n > 0 ? rest : VIEW_NONE;
}

struct view card_cookie_find(struct view value, struct ident id)
{
    struct view tabs = tabs_of(value), tab;
    while (view_next(&tabs, '.', &tab))
        if (tab.n && ident_equal(ident_of(tab), id))
            return tab;
    return VIEW_NONE;
}

struct view card_cookie_newest(struct view value)
{
    struct view tabs = tabs_of(value), tab;
    return view_next(&tabs, '.', &tab) && tab.n ? tab : VIEW_NONE;
}
