/* walk: Hanako at her browser. She looks at the page she is on and does what it asks for. */
#ifndef TESTS_LIB_WALK_H
#define TESTS_LIB_WALK_H

#include "tests/lib/browser.h"
#include "tests/lib/service.h"
#include "tests/lib/software_card.h"

struct resident {
    struct browser browser;
    struct software_card card;
    const struct card_trick *trick; /* whenever a page asks for her card; NULL: none */
    bool skips_profile;             /* when her card's four items are offered to be read */
    const char *const *ticks;       /* names of optional fields she gives, like "give-age_over_65=yes"; NULL: none */
    const char *duration;           /* "once" "year" "until_withdrawn"; NULL: as the page proposes */
};

/* PERSONA: "residents/hanako" or "bad/revoked". */
void resident_open(struct resident *r, struct provider *p, const char *persona);
void resident_close(struct resident *r);

/* She does the one thing the page asks for. False: there is nothing to do (elsewhere, an error, a problem), or the
 * server did not answer. */
bool resident_goes_on(struct resident *r);

/* She goes on until she is at AT, or nothing can be done. True: she is there. */
bool resident_goes_to(struct resident *r, enum at at);

/* From the service's link to its redirect URI. True: she got there. */
bool resident_visits(struct resident *r, struct service *s);

/* On the start page of the card: puts the card on, and brings back what it says. TRICK may be NULL. */
bool resident_uses_card(struct resident *r, const struct card_trick *trick);

/* At home: presses "log out". True: she is told so. */
bool resident_logs_out(struct resident *r);

/* Posts FRAGMENT as the return page's script does; the browser goes where the answer says. */
bool resident_returns(struct resident *r, const char *fragment);

#endif
