/* card_cookie: the value of __Host-card. Its ticket binds card transactions to the browser that began them; behind it
 * stand the tickets of the interactions they belong to, newest first, so that the way back is known when an answer
 * arrives, also with two tabs open: "<ticket>.<interaction>.<interaction>". */
#ifndef IDP_ENDPOINTS_CARD_COOKIE_H
#define IDP_ENDPOINTS_CARD_COOKIE_H

#include "base/arena.h"
#include "store/ident.h"

#define CARD_COOKIE_LIFE_S 300
#define CARD_COOKIE_TABS   4 /* interactions that are remembered */

/* The ticket, that only this browser knows; absent if VALUE is no such cookie. */
struct view card_cookie_ticket(struct view value);

/* VALUE with INTERACTION in front. A new ticket unless VALUE (absent: none) has one. Absent when out of memory. */
struct view card_cookie_add(struct arena *a, struct view value, struct view interaction);

/* VALUE without the interaction ID; absent when none is left: the cookie can go. */
struct view card_cookie_remove(struct arena *a, struct view value, struct ident id);

/* The ticket of the interaction ID; absent if it is not there. */
struct view card_cookie_find(struct view value, struct ident id);

/* The newest interaction's ticket; absent if there is none. */
struct view card_cookie_newest(struct view value);

#endif
