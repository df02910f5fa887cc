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

static bool read_action(enum grant_action *out, struct view text)
{
    static const struct {
        const char *name;
        enum grant_action action;
    } table[] = {{"create", GRANT_CREATE}, {"merge", GRANT_MERGE}, {"replace", GRANT_REPLACE}};

    *out = GRANT_ACTION_NONE;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (view_equal_text(text, table[i].name))
            *out = table[i].action;
    return *out != GRANT_ACTION_NONE || !view_is(text);
}

enum refusal grant_request_decide(enum grant_action *out, struct view action, struct view id,
                                  const struct client *client)
{
    if (!read_action(out, action))
        return REFUSAL_GRANT_ACTION; /* 5.4: an action that is not supported; query and revoke are no requests */
    if (*out == GRANT_ACTION_NONE)
        return view_is(id) ? REFUSAL_GRANT_ID_ALONE : REFUSAL_NONE; /* 5.4 */
    if (client->auth_method == CLIENT_AUTH_NONE)
        return REFUSAL_GRANT_PUBLIC; /* 5.1 */
    if (*out == GRANT_CREATE)
        return view_is(id) ? REFUSAL_GRANT_ID_UNASKED : REFUSAL_NONE; /* 5.4 */
    return view_is(id) ? REFUSAL_NONE : REFUSAL_GRANT_ID_MISSING;     /* 5.2 */
}

enum refusal grant_managed_decide(const struct grant *grant, struct view client, struct ident resident, int64_t now)
{
    if (!grant || !view_equal(grant->who.client, client) || !grant_is_live(grant, now))
        return REFUSAL_GRANT_ID_UNKNOWN; /* 5.4 */
    if (ident_is(resident) && !ident_equal(grant->who.resident, resident))
        return REFUSAL_GRANT_ID_UNKNOWN;
    return REFUSAL_NONE;
}
