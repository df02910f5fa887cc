/* response_mode: how the answer to an authorization request travels to the service (OAuth 2.0 Multiple Response Types
 * 2.1, OAuth 2.0 Form Post Response Mode, JARM 2.3). */
#ifndef IDP_RULES_RESPONSE_MODE_H
#define IDP_RULES_RESPONSE_MODE_H

#include "base/view.h"

/* The numbers stand in interactions. */
enum response_mode {
    RESPONSE_QUERY,
    RESPONSE_FRAGMENT,
    RESPONSE_FORM_POST,
    RESPONSE_QUERY_JWT,
    RESPONSE_FRAGMENT_JWT,
    RESPONSE_FORM_POST_JWT,
    RESPONSE_MODES
};

/* The mode of that name; absent: the default of response_type=code. False: there is none of that name. */
bool response_mode_read(enum response_mode *out, struct view name);

/* In one signed JWT (JARM)? */
bool response_mode_is_jwt(enum response_mode mode);

/* The way under the JWT: query, fragment or form_post. */
enum response_mode response_mode_way(enum response_mode mode);

/* All names a request may send, for discovery; NULL behind the last. Static. */
extern const char *const response_mode_names[];

#endif
