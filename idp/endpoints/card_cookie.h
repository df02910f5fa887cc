/* card_cookie: the value of __Host-card. It binds a card transaction to the browser that began it, and carries the
 * interaction's ticket, so that the way back is known when the card's answer arrives. "<ticket>.<interaction>". */
#ifndef IDP_ENDPOINTS_CARD_COOKIE_H
#define IDP_ENDPOINTS_CARD_COOKIE_H

#include "base/arena.h"

#define CARD_COOKIE_LIFE_S 300

/* A new value for the interaction with the ticket INTERACTION; absent when out of memory. */
struct view card_cookie_mint(struct arena *a, struct view interaction);

/* The interaction's ticket in VALUE; absent if VALUE is no such cookie. */
struct view card_cookie_interaction(struct view value);

#endif
