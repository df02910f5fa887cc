#include "idp/rules/token_request.h"

#include "base/hash.h"
#include "base/secret.h"
#include "base/text.h"
#include "idp/rules/pkce.h"

/* RFC 6749 4.1.3: redirect_uri is required, since every authorization request has one here. */
static enum refusal code_params(const struct token_params *p)
{
    return view_is(p->code) && view_is(p->redirect_uri) ? REFUSAL_NONE : REFUSAL_CODE_MISSING;
}

static enum refusal refresh_params(const struct token_params *p)
{
    return view_is(p->refresh_token) ? REFUSAL_NONE : REFUSAL_REFRESH_MISSING;
}

static bool code_client(const struct client *client)
{
    return (client->grants & CLIENT_GRANT_CODE) != 0;
}

static bool refreshing_client(const struct client *client)
{
    return client->may_refresh;
}

static enum refusal device_params(const struct token_params *p)
{
    return view_is(p->device_code) ? REFUSAL_NONE : REFUSAL_DECOUPLED_MISSING;
}

static enum refusal ciba_params(const struct token_params *p)
{
    return view_is(p->auth_req_id) ? REFUSAL_NONE : REFUSAL_DECOUPLED_MISSING;
}

static bool device_client(const struct client *client)
{
    return client->grants & CLIENT_GRANT_DEVICE;
}

static bool ciba_client(const struct client *client)
{
    return client->grants & CLIENT_GRANT_CIBA;
}

static enum refusal no_params(const struct token_params *p)
{
    (void)p;
    return REFUSAL_NONE;
}

static bool client_for_itself(const struct client *client)
{
    /* RFC 6749 4.4: "MUST only be used by confidential clients" */
    return (client->grants & CLIENT_GRANT_CLIENT_CREDENTIALS) && client->auth_method != CLIENT_AUTH_NONE;
}

static bool exchanging_client(const struct client *client)
{
    return (client->grants & CLIENT_GRANT_EXCHANGE) && client->auth_method != CLIENT_AUTH_NONE;
}

static const struct grant_type {
    const char *name;
    bool (*is_registered)(const struct client *client);
    enum refusal (*params)(const struct token_params *p);
} grant_types[TOKEN_KINDS] = {
    [TOKEN_BY_CODE] = {"authorization_code", code_client, code_params},
    [TOKEN_BY_REFRESH] = {"refresh_token", refreshing_client, refresh_params},
    [TOKEN_BY_DEVICE] = {"urn:ietf:params:oauth:grant-type:device_code", device_client, device_params},
    [TOKEN_BY_CIBA] = {"urn:openid:params:grant-type:ciba", ciba_client, ciba_params},
    [TOKEN_BY_EXCHANGE] = {"urn:ietf:params:oauth:grant-type:token-exchange", exchanging_client, no_params},
    [TOKEN_BY_CLIENT_CREDENTIALS] = {"client_credentials", client_for_itself, no_params},
};

enum refusal token_request_decide(const struct token_params *p, const struct client *client, enum token_kind *kind)
{
    if (!view_is(p->grant_type))
        return REFUSAL_GRANT_TYPE_MISSING;
    for (size_t i = 0; i < TOKEN_KINDS; i++) {
        if (!view_equal_text(p->grant_type, grant_types[i].name))
            continue;
        *kind = (enum token_kind)i;
        return grant_types[i].is_registered(client) ? grant_types[i].params(p) : REFUSAL_GRANT_TYPE_NOT_REGISTERED;
    }
    return REFUSAL_GRANT_TYPE_UNSUPPORTED;
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
                         const struct cnf *key, int64_t now)
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
    /* RFC 9449 10: only whoever asked for it has the key */
    if (code->bound->kind != CNF_NONE && !cnf_equal(code->bound, key))
        return REFUSAL_CODE_KEY;
    return verifier_decide(code->challenge, p->code_verifier);
}

/* RFC 9700 4.14.2: rotation shows that a token leaked. FAPI 2.0 5.3.2.1: not where tokens are bound to the sender,
 * whose answers may get lost: the token it has stays good. */
bool refresh_rotates(const struct client *client)
{
    return client->profile != CLIENT_PROFILE_FAPI2;
}

enum refusal refresh_scope_decide(struct view asked, struct view granted)
{
    struct view word;

    while (text_next_word(&asked, &word))
        if (!text_has_word(granted, word))
            return REFUSAL_REFRESH_SCOPE;
    return REFUSAL_NONE;
}
