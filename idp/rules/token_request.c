#include "idp/rules/token_request.h"

#include "base/hash.h"
#include "base/secret.h"
#include "base/text.h"
#include "idp/rules/pkce.h"

enum refusal token_request_decide(const struct token_params *p, const struct client *client, enum token_kind *kind)
{
    if (!view_is(p->grant_type))
        return REFUSAL_GRANT_TYPE_MISSING;
    if (view_equal_text(p->grant_type, "authorization_code")) {
        *kind = TOKEN_BY_CODE;
        /* RFC 6749 4.1.3: redirect_uri is required, since every authorization request has one here. */
        return view_is(p->code) && view_is(p->redirect_uri) ? REFUSAL_NONE : REFUSAL_CODE_MISSING;
    }
    if (!view_equal_text(p->grant_type, "refresh_token"))
        return REFUSAL_GRANT_TYPE_UNSUPPORTED;
    *kind = TOKEN_BY_REFRESH;
    if (!client->may_refresh)
        return REFUSAL_GRANT_TYPE_NOT_REGISTERED;
    return view_is(p->refresh_token) ? REFUSAL_NONE : REFUSAL_REFRESH_MISSING;
}

/* RFC 7636 4.6; RFC 9700 4.8.2: a verifier for a code that had no challenge betrays a downgrade. */
static enum refusal verifier_decide(struct view challenge, struct view verifier)
{
    if (!view_is(challenge))
        return view_is(verifier) ? REFUSAL_VERIFIER_UNASKED : REFUSAL_NONE;
    if (!view_is(verifier))
        return REFUSAL_VERIFIER_MISSING;
    if (!pkce_is_verifier(verifier))
        return REFUSAL_VERIFIER_MALFORMED;
    return pkce_fits(verifier, challenge) ? REFUSAL_NONE : REFUSAL_VERIFIER_WRONG;
}

enum refusal code_decide(const struct code_facts *code, const struct token_params *p, const struct client *client,
                         int64_t now)
{
    uint8_t redirect[SHA256_SIZE];

    if (!view_equal(code->client_id, client->id))
        return REFUSAL_CODE_OTHER_CLIENT;
    if (now >= code->expires_at)
        return REFUSAL_CODE_EXPIRED;
    /* RFC 6749 4.1.2: "MUST NOT use the code more than once": nobody knows whether this one was used. */
    if (!code->redemption_known)
        return REFUSAL_CODE_FORGOTTEN;
    sha256(redirect, p->redirect_uri);
    if (!secret_equal(VIEW_ARRAY(redirect), VIEW_ARRAY(code->redirect_hash)))
        return REFUSAL_CODE_REDIRECT;
    return verifier_decide(code->challenge, p->code_verifier);
}

enum refusal refresh_scope_decide(struct view asked, struct view granted)
{
    struct view word;

    while (text_next_word(&asked, &word))
        if (!text_has_word(granted, word))
            return REFUSAL_REFRESH_SCOPE;
    return REFUSAL_NONE;
}
