/* claim_wish: what a request says of one claim (OIDC Core 5.5.1): null, or an object that may name the values that are
 * wanted; of Identity Assurance 1.0 (5.5.2) how old a date may be. */
#ifndef IDP_RULES_CLAIM_WISH_H
#define IDP_RULES_CLAIM_WISH_H

#include "base/json.h"

/* Null, or an object whose members are of the right types; members that are not known are ignored. */
bool claim_wish_is_good(const struct json *wish);

/* Does it name values, or an age? Without, any value will do. */
bool claim_wish_has_values(const struct json *wish);

/* Is a claim with this JSON value wanted: one of the values that are named, or any if none is? */
bool claim_wish_takes(const struct json *wish, struct arena *a, struct view json);

/* "max_age": is a date whose last second is UNIX_S not older than it may be at NOW? Also if none is named. */
bool claim_wish_takes_date(const struct json *wish, int64_t unix_s, int64_t now);

/* As what is kept: null, or the members that say which values are wanted. */
void claim_wish_keep(struct json_out *o, const struct json *wish);

#endif
