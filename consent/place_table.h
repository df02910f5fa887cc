/* place_table: codes and names of the municipalities, for place.c. */
#ifndef CONSENT_PLACE_TABLE_H
#define CONSENT_PLACE_TABLE_H

#include <stddef.h>

struct place_row {
    const char *code; /* "27140": prefecture and municipality */
    const char *name; /* "堺市" */
};

extern const struct place_row place_rows[]; /* sorted by code */
extern const size_t place_rows_count;

#endif
