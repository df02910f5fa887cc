/* card_values: what a card says of its holder, as values of the profile, and which of them may be written down. Pure.
 */
#ifndef IDP_ENDPOINTS_CARD_VALUES_H
#define IDP_ENDPOINTS_CARD_VALUES_H

#include "jpki/pki/person.h"
#include "jpki/proof/response.h"
#include "sessions/profile.h"

#define CARD_VALUES_MAX 4

struct card_values {
    struct profile_value values[CARD_VALUES_MAX]; /* to be recorded */
    size_t n;
    struct view erase[CARD_VALUES_MAX]; /* fields that the card no longer tells */
    size_t n_erase;
    struct profile_value held[CARD_VALUES_MAX]; /* card_values_decide: not without the resident's word */
    size_t n_held;
};

/* Out of the card's text application (`card-read`). TODAY: "YYYY-MM-DD" in Japan. ERR_SYNTAX: name or address cannot be
 * used. A birth date or sex that says nothing (unknown, 9, 0) makes the field one to erase: nothing is invented. */
enum err card_values_of_text(struct card_values *out, struct arena *a, const struct proof_text *text,
                             struct view today) MUST_CHECK;

/* Out of a verified sign certificate (`card-signed`), with the places of substitute characters and PROOF, which says
 * what verified them. As above. */
enum err card_values_of_person(struct card_values *out, struct arena *a, const struct person *person,
                               const struct profile_proof *proof, struct view today) MUST_CHECK;

/* What is kept of a verified sign certificate: its issuer and its dates, and never its serial number. */
enum err card_values_proof(struct profile_proof *out, struct arena *a, const struct cert *sign, int64_t now) MUST_CHECK;

/* What was merely read never takes the place of what was verified: of the values and fields to erase in *C, those that
 * say nothing else than a stored `card-signed` value are dropped (its proof is the better one), those that say
 * something else go to `held`, and fields whose stored value is `card-signed` are not erased. STORED: all values of the
 * resident. Verified values are written down as they are. */
void card_values_decide(struct card_values *c, const struct profile_value *stored, size_t n_stored);

#endif
