/* country: the countries of ISO 3166-1 by their two letters, with the names residents read. */
#ifndef CONSENT_COUNTRY_H
#define CONSENT_COUNTRY_H

#include "base/view.h"

struct country {
    const char *code, *ja, *en;
};

/* "JP"; NULL: no country has that code. Static. */
const struct country *country_find(struct view code);

#endif
