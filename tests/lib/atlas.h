/* atlas: a MaxMind DB file made for a test, after "MaxMind DB File Format Specification" 2.0: a search tree over
 * addresses, its data, and metadata at the end. Small records only. */
#ifndef TESTS_LIB_ATLAS_H
#define TESTS_LIB_ATLAS_H

#include "base/arena.h"
#include "base/view.h"

struct atlas_line {
    const char *net;                                   /* "81.2.69.0/24", "2001:218::/32"; no two overlap */
    const char *country, *country_en, *city, *city_en; /* names in Japanese and in English; NULL: there is none */
    struct view data;                                  /* bytes of the data section instead of those */
};

struct atlas {
    const struct atlas_line *lines;
    size_t n_lines;
    const char *kind; /* NULL: "Genkan-Test-City" */
    bool v4;          /* a tree of IPv4 alone */
};

/* The bytes of the file, in A. */
struct view atlas_write(struct arena *a, const struct atlas *atlas);
/* Writes it to PATH; the test fails if it cannot. */
void atlas_make(const char *path, const struct atlas *atlas);

/* One that tests share: 81.2.69.0/24 and 2001:218::/32 are in 大阪市 (Osaka), 89.160.20.0/24 in Linköping, which has no
 * Japanese name, 175.16.0.0/16 somewhere in China, and what lies in 10.0.0.0/8 must never be asked for. */
extern const struct atlas atlas_small;

#endif
