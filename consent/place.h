/* place: prefecture and municipality of a Japanese address as the card writes it (JIS X 0401 and 0402). */
#ifndef CONSENT_PLACE_H
#define CONSENT_PLACE_H

#include "base/view.h"

struct place {
    const char *prefecture; /* "大阪府"; NULL: not certain */
    const char *city;       /* "堺市", "島本町": the municipality, never a ward; NULL: not certain */
    const char *code;       /* "27140", JIS X 0401 + 0402; NULL: not certain */
};

/* Longest certain reading of ADDRESS; parts that are not certain are NULL. Static. */
struct place place_of(struct view address);

/* The municipalities of the table, by code: all 1,741 of Japan. place_at gives all-NULL past the end. */
size_t place_count(void);
struct place place_at(size_t i);

#endif
