#include "idp/rules/grant_management.h"

#include "base/text.h"

enum refusal grant_management_decide(const struct grant_management_facts *f)
{
    if (!f->live)
        return REFUSAL_BEARER_INVALID; /* section 6.6 */
    /* Section 6.1: the scope says what it may; of a resident's token nobody expects that it ends her consent. */
    if (!f->own || !text_has_word(f->scope, f->revoke ? VIEW(SCOPE_GRANT_REVOKE) : VIEW(SCOPE_GRANT_QUERY)))
        return REFUSAL_BEARER_SCOPE;
    return REFUSAL_NONE;
}
