/* likeness: the verified four of a resident as one keyed digest, so that two registrations of one person can be found
 * without a scan and without plain values. Pure. */
#ifndef IDP_RULES_LIKENESS_H
#define IDP_RULES_LIKENESS_H

#include "base/hash.h"
#include "sessions/profile.h"

/* VALUES: all stored ones. False: there is no likeness. Name, address and birth date must be there and `card-signed`,
 * the birth date to the day; a sex that the certificate does not state is equal only to such a one. Places of
 * substitute characters count. */
bool likeness_of(uint8_t out[SHA256_SIZE], struct view key, const struct profile_value *values, size_t n) MUST_CHECK;

#endif
