/* card_text: what the card's text application says, as values of the profile. Pure. */
#ifndef IDP_ENDPOINTS_CARD_TEXT_H
#define IDP_ENDPOINTS_CARD_TEXT_H

#include "jpki/proof/response.h"
#include "sessions/profile.h"

#define CARD_TEXT_MAX 4

struct card_text {
    struct profile_value values[CARD_TEXT_MAX]; /* to be recorded */
    size_t n;
    struct view erase[CARD_TEXT_MAX]; /* fields that the card no longer tells */
    size_t n_erase;
};

/* TODAY: "YYYY-MM-DD" in Japan. ERR_SYNTAX: name or address cannot be used. A birth date or sex that says nothing
 * (unknown, 9, 0) makes the field one to erase: nothing is invented. */
enum err card_text_read(struct card_text *out, struct arena *a, const struct proof_text *text,
                        struct view today) MUST_CHECK;

#endif
