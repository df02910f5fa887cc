/* refusal: "the answer is no". One table says, for every reason to refuse, the OAuth error name, whom to tell and how,
 * and the paragraph that asks for it. Nothing here is a failure of ours: that is an enum err. */
#ifndef IDP_RULES_REFUSAL_H
#define IDP_RULES_REFUSAL_H

#include "base/view.h"

enum refusal {
    REFUSAL_NONE = 0,
    /* authorization endpoint, told to the resident on a page: there is no address we may redirect to */
    REFUSAL_CLIENT_MISSING,
    REFUSAL_CLIENT_UNKNOWN,
    REFUSAL_REDIRECT_MISSING,
    REFUSAL_REDIRECT_UNKNOWN,
    /* authorization endpoint, told to the service by redirect */
    REFUSAL_RESPONSE_TYPE_MISSING,
    REFUSAL_RESPONSE_TYPE_UNSUPPORTED,
    REFUSAL_RESPONSE_MODE_UNSUPPORTED,
    REFUSAL_REQUEST_UNSUPPORTED,
    REFUSAL_REQUEST_URI_UNSUPPORTED,
    REFUSAL_REGISTRATION_UNSUPPORTED,
    REFUSAL_SCOPE_MISSING,
    REFUSAL_SCOPE_MALFORMED,
    REFUSAL_SCOPE_NO_OPENID,
    REFUSAL_PROMPT_UNKNOWN,
    REFUSAL_PROMPT_NONE_WITH_OTHERS,
    REFUSAL_MAX_AGE_MALFORMED,
    REFUSAL_PKCE_MISSING,
    REFUSAL_PKCE_METHOD,
    REFUSAL_PKCE_MALFORMED,
    REFUSAL_STATE_MALFORMED,
    REFUSAL_NONCE_MALFORMED,
    REFUSAL_HINT_INVALID,
    /* what step_decide may end in, told to the service by redirect */
    REFUSAL_LOGIN_REQUIRED,
    REFUSAL_INTERACTION_REQUIRED,
    REFUSAL_CONSENT_REQUIRED,
    REFUSAL_OTHER_RESIDENT,
    REFUSAL_CANCELLED,
    /* token endpoint, JSON */
    REFUSAL_TOKEN_REQUEST_MALFORMED,
    REFUSAL_GRANT_TYPE_MISSING,
    REFUSAL_GRANT_TYPE_UNSUPPORTED,
    REFUSAL_GRANT_TYPE_NOT_REGISTERED,
    REFUSAL_CLIENT_AUTH_MISSING,
    REFUSAL_CLIENT_AUTH_TWICE,
    REFUSAL_CLIENT_AUTH_METHOD,
    REFUSAL_CLIENT_AUTH_MALFORMED,
    REFUSAL_CLIENT_AUTH_FAILED,
    REFUSAL_CODE_MISSING,
    REFUSAL_CODE_INVALID,
    REFUSAL_CODE_EXPIRED,
    REFUSAL_CODE_FORGOTTEN,
    REFUSAL_CODE_OTHER_CLIENT,
    REFUSAL_CODE_REDIRECT,
    REFUSAL_CODE_REPLAYED,
    REFUSAL_VERIFIER_MISSING,
    REFUSAL_VERIFIER_MALFORMED,
    REFUSAL_VERIFIER_WRONG,
    REFUSAL_VERIFIER_UNASKED,
    REFUSAL_SESSION_ENDED,
    REFUSAL_GRANT_ENDED,
    REFUSAL_GRANT_SUSPENDED,
    REFUSAL_REFRESH_MISSING,
    REFUSAL_REFRESH_INVALID,
    REFUSAL_REFRESH_EXPIRED,
    REFUSAL_REFRESH_REPLAYED,
    REFUSAL_REFRESH_SCOPE,
    /* UserInfo, WWW-Authenticate */
    REFUSAL_BEARER_MISSING,
    REFUSAL_BEARER_TWICE,
    REFUSAL_BEARER_MALFORMED,
    REFUSAL_BEARER_INVALID,
    REFUSAL_COUNT
};

/* Whom to tell and how. */
enum tell { TELL_PAGE, TELL_REDIRECT, TELL_JSON, TELL_BEARER };

struct refusal_row {
    const char *error;     /* "invalid_request" */
    const char *reason;    /* for error_description and the log; printable ASCII without " and \ (RFC 6749 4.1.2.1) */
    const char *paragraph; /* "RFC 6749 4.1.2.1" */
    enum tell tell;
    int status; /* of a page, JSON or bearer answer */
};

/* The row of R. Static; aborts for REFUSAL_NONE. */
const struct refusal_row *refusal_row(enum refusal r);

#endif
