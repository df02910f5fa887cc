/* places: near which city an address is, as far as a file of the operator's knows: one in MaxMind's format, of
 * whichever vendor. Only names come out of it, for people to read (docs/decisions/places.md). The door to libmaxminddb.
 */
#ifndef IDP_STATE_PLACES_H
#define IDP_STATE_PLACES_H

#include "sessions/session.h"

/* The longest name that is taken: the longest of a city has 58 letters. */
#define PLACES_NAME_MAX 120

struct places;

/* What a file says of itself. */
struct places_about {
    const char *kind; /* "GeoLite2-City"; as it stands there, for logs only */
    int64_t made_at;  /* unix seconds */
};

/* Opens PATH, of which a copy without a name is made in FOLDER and mapped: what happens to the file afterwards does not
 * touch us. ERR_NOT_FOUND, ERR_PERMISSION, ERR_LIMIT, ERR_IO or ERR_CONFIG, with *WHY (in A): PATH and what is wrong.
 */
enum err places_open(struct places **out, struct arena *a, const char *path, const char *folder,
                     const char **why) MUST_CHECK;
void places_close(struct places *p); /* NULL is allowed */

/* Opens PATH anew if it is another file than before. On failure, as above, what was there stays. Any thread. */
enum err places_reload(struct places *p, struct arena *a, const char **why) MUST_CHECK;

/* Could PATH be opened? Makes no copy. */
enum err places_check(struct places_about *about, struct arena *a, const char *path, const char **why) MUST_CHECK;

/* Where ADDRESS is, in A. Nothing of an address that is none of the public internet, of one that the file does not
 * know, nor if P is NULL. A name that there is in one language only stands for both; one that is too long, no UTF-8 or
 * has characters that are not seen (text_is_plain) is none. Any thread. */
struct session_place places_find(struct places *p, struct arena *a, const char *address);

#endif
