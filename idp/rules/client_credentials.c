#include "idp/rules/client_credentials.h"

#include "base/text.h"
#include "idp/rules/grant_management.h"

enum refusal client_credentials_decide(enum client_auth_method method, struct view scope)
{
    struct view word;

    if (method == CLIENT_AUTH_NONE) /* RFC 6749 4.4: "MUST only be used by confidential clients" */
        return REFUSAL_GRANT_TYPE_NOT_REGISTERED;
    if (!view_is(scope))
        return REFUSAL_CLIENT_SCOPE;
    while (text_next_word(&scope, &word))
        if (!view_equal_text(word, SCOPE_GRANT_QUERY) && !view_equal_text(word, SCOPE_GRANT_REVOKE))
            return REFUSAL_CLIENT_SCOPE;
    return REFUSAL_NONE;
}
