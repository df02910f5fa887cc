#include "idp/endpoints/card_cookie.h"

#include "base/chance.h"

#define TICKET_N 43 /* base64url of 32 bytes */

struct view card_cookie_mint(struct arena *a, struct view interaction)
{
    const char *ticket = chance_ticket(a);
    if (!ticket)
        return VIEW_NONE;
    return view_text(arena_printf(a, "%s.%.*s", ticket, (int)interaction.n, interaction.p));
}

struct view card_cookie_interaction(struct view value)
{
    if (value.n <= TICKET_N + 1 || value.p[TICKET_N] != '.')
        return VIEW_NONE;
    return view_from(value, TICKET_N + 1);
}
