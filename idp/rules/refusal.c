#include "idp/rules/refusal.h"

#include "base/err.h"

#define PAGE(REASON, PARAGRAPH)                                                                                        \
    {                                                                                                                  \
        "invalid_request", REASON, PARAGRAPH, TELL_PAGE, 400                                                           \
    }
/* RFC 9101 7: of a request_uri that is none, on a page too: without the request there is no address to redirect to. */
#define REFERENCE(REASON, PARAGRAPH)                                                                                   \
    {                                                                                                                  \
        "invalid_request_uri", REASON, PARAGRAPH, TELL_PAGE, 400                                                       \
    }
#define REDIRECT(ERROR, REASON, PARAGRAPH)                                                                             \
    {                                                                                                                  \
        ERROR, REASON, PARAGRAPH, TELL_REDIRECT, 303                                                                   \
    }
#define OBJECT(REASON, PARAGRAPH) REDIRECT("invalid_request_object", REASON, PARAGRAPH)
#define JSON(ERROR, REASON, PARAGRAPH)                                                                                 \
    {                                                                                                                  \
        ERROR, REASON, PARAGRAPH, TELL_JSON, 400                                                                       \
    }
#define DETAILS(TOLD, REASON) TOLD("invalid_authorization_details", REASON, "RFC 9396 5")
#define CLIENT(REASON, PARAGRAPH)                                                                                      \
    {                                                                                                                  \
        "invalid_client", REASON, PARAGRAPH, TELL_JSON, 401                                                            \
    }

#define PROOF(REASON, PARAGRAPH)                                                                                       \
    {                                                                                                                  \
        "invalid_dpop_proof", REASON, PARAGRAPH, TELL_PROOF, 400                                                       \
    }

static const struct refusal_row rows[REFUSAL_COUNT] = {
    [REFUSAL_CLIENT_MISSING] = PAGE("client_id is missing", "RFC 6749 4.1.2.1"),
    [REFUSAL_CLIENT_UNKNOWN] = PAGE("client_id is not registered", "RFC 6749 4.1.2.1"),
    [REFUSAL_REDIRECT_MISSING] = PAGE("redirect_uri is missing", "OIDC Core 3.1.2.1"),
    [REFUSAL_REDIRECT_UNKNOWN] = PAGE("redirect_uri is not registered", "RFC 9700 4.1.3"),
    [REFUSAL_PUSHED_UNKNOWN] = REFERENCE("request_uri is not one of this client", "RFC 9126 2.2"),
    [REFUSAL_PUSHED_EXPIRED] = REFERENCE("request_uri has expired", "RFC 9126 2.2"),
    [REFUSAL_PUSHED_USED] = REFERENCE("request_uri was used before", "RFC 9126 4"),

    [REFUSAL_PAR_REQUIRED] = REDIRECT("invalid_request", "this client must push its requests", "RFC 9126 6"),
    [REFUSAL_RESPONSE_TYPE_MISSING] = REDIRECT("invalid_request", "response_type is missing", "RFC 6749 3.1.1"),
    [REFUSAL_RESPONSE_TYPE_UNSUPPORTED] =
        REDIRECT("unsupported_response_type", "only response_type=code is offered", "RFC 6749 4.1.2.1"),
    [REFUSAL_RESPONSE_MODE_UNSUPPORTED] =
        REDIRECT("invalid_request", "response_mode is not one that is offered", "Multiple Response Types 2.1"),
    [REFUSAL_REQUEST_TWICE] = REDIRECT("invalid_request", "request and request_uri cannot be combined", "RFC 9101 5"),
    [REFUSAL_OBJECT_REQUIRED] =
        REDIRECT("invalid_request", "this client must send signed request objects", "RFC 9101 10.5"),
    [REFUSAL_OBJECT_MALFORMED] = OBJECT("the request object is malformed or not signed", "RFC 9101 6.2"),
    [REFUSAL_OBJECT_SIGNATURE] = OBJECT("no key of the client made the signature", "RFC 9101 6.2"),
    [REFUSAL_OBJECT_ALG] = OBJECT("the algorithm is not one the client may use", "RFC 9101 6.2"),
    [REFUSAL_OBJECT_TYPE] = OBJECT("typ is of another kind of token", "RFC 9101 10.8"),
    [REFUSAL_OBJECT_NESTED] = OBJECT("request and request_uri cannot be inside", "RFC 9101 4"),
    [REFUSAL_OBJECT_CLIENT] = OBJECT("client_id inside is not the one outside", "RFC 9101 5"),
    [REFUSAL_OBJECT_ISSUER] = OBJECT("iss is not the client_id", "RFC 9101 4"),
    [REFUSAL_OBJECT_SUBJECT] = OBJECT("sub cannot be the client_id", "RFC 9101 10.8"),
    [REFUSAL_OBJECT_AUDIENCE] = OBJECT("aud is not this server", "FAPI 2.0 Message Signing 5.3.1"),
    [REFUSAL_OBJECT_NO_END] = OBJECT("exp is missing", "FAPI 2.0 Message Signing 5.3.1"),
    [REFUSAL_OBJECT_EXPIRED] = OBJECT("the request object has expired", "RFC 7519 4.1.4"),
    [REFUSAL_OBJECT_EARLY] = OBJECT("nbf is in the future", "RFC 7519 4.1.5"),
    [REFUSAL_OBJECT_OLD] = OBJECT("nbf is missing or more than 60 minutes ago", "FAPI 2.0 Message Signing 5.3.1"),
    [REFUSAL_OBJECT_TOO_LONG] = OBJECT("exp is more than 60 minutes after nbf", "FAPI 2.0 Message Signing 5.3.1"),
    [REFUSAL_OBJECT_RESPONSE_TYPE] = REDIRECT("invalid_request", "response_type differs outside", "OIDC Core 6.1"),
    [REFUSAL_REFERENCE_UNKNOWN] =
        REDIRECT("invalid_request_uri", "request_uri is not registered for this client", "RFC 9101 10.4"),
    [REFUSAL_REFERENCE_UNREACHABLE] =
        REDIRECT("invalid_request_uri", "nothing useful is to be had at request_uri", "RFC 9101 5.2.3"),
    [REFUSAL_REGISTRATION_UNSUPPORTED] =
        REDIRECT("registration_not_supported", "the registration parameter is not supported", "OIDC Core 3.1.2.6"),
    [REFUSAL_DETAILS_MALFORMED] =
        DETAILS(REDIRECT, "authorization_details is not an array of at most 8 objects with a type, or too long"),
    [REFUSAL_DETAILS_TYPE_UNKNOWN] = DETAILS(REDIRECT, "a type is not known"),
    [REFUSAL_DETAILS_TYPE_NOT_REGISTERED] =
        DETAILS(REDIRECT, "a type, or the resource server that it is of, is not registered for this client"),
    [REFUSAL_DETAILS_MEMBER_UNKNOWN] = DETAILS(REDIRECT, "an object has a member that its type does not have"),
    [REFUSAL_DETAILS_MEMBER_MISSING] = DETAILS(REDIRECT, "an object lacks a member that its type requires"),
    [REFUSAL_DETAILS_WRONG_KIND] = DETAILS(REDIRECT, "a member is of another kind than its type wants"),
    [REFUSAL_DETAILS_WRONG_VALUE] = DETAILS(REDIRECT, "a member has a value that its type does not allow"),
    [REFUSAL_SCOPE_MISSING] = REDIRECT("invalid_scope", "scope is missing", "OIDC Core 3.1.2.1"),
    [REFUSAL_SCOPE_MALFORMED] = REDIRECT("invalid_scope", "scope is malformed or too long", "RFC 6749 3.3"),
    [REFUSAL_SCOPE_NO_OPENID] = REDIRECT("invalid_scope", "scope must contain openid", "OIDC Core 3.1.2.1"),
    [REFUSAL_PROMPT_UNKNOWN] = REDIRECT("invalid_request", "prompt has an unknown value", "OIDC Core 3.1.2.1"),
    [REFUSAL_PROMPT_NONE_WITH_OTHERS] =
        REDIRECT("invalid_request", "prompt=none cannot be combined", "OIDC Core 3.1.2.1"),
    [REFUSAL_MAX_AGE_MALFORMED] = REDIRECT("invalid_request", "max_age is not a number", "OIDC Core 3.1.2.1"),
    [REFUSAL_PKCE_MISSING] = REDIRECT("invalid_request", "code_challenge is required", "RFC 7636 4.4.1"),
    [REFUSAL_PKCE_METHOD] =
        REDIRECT("invalid_request", "transform algorithm not supported, use S256", "RFC 7636 4.4.1"),
    [REFUSAL_PKCE_MALFORMED] = REDIRECT("invalid_request", "code_challenge is malformed", "RFC 7636 4.2"),
    [REFUSAL_STATE_MALFORMED] = REDIRECT("invalid_request", "state is malformed or too long", "RFC 6749 A.5"),
    [REFUSAL_NONCE_MALFORMED] = REDIRECT("invalid_request", "nonce is too long", "OIDC Core 3.1.2.1"),
    [REFUSAL_HINT_INVALID] =
        REDIRECT("invalid_request", "id_token_hint is not an ID token for this client", "OIDC Core 3.1.2.1"),
    [REFUSAL_CLAIMS_MALFORMED] = REDIRECT("invalid_request", "claims is malformed or too long", "OIDC Core 5.5"),
    [REFUSAL_CLAIMS_SUBJECT] =
        REDIRECT("invalid_request", "claims and id_token_hint name different subjects", "OIDC Core 5.5.1"),
    [REFUSAL_RESOURCE_UNKNOWN] = REDIRECT("invalid_target", "resource is not registered for this client", "RFC 8707 2"),
    [REFUSAL_RESOURCE_TWICE] = REDIRECT("invalid_target", "a resource is named twice", "RFC 8707 2"),
    [REFUSAL_JKT_MALFORMED] = REDIRECT("invalid_request", "dpop_jkt is no thumbprint", "RFC 9449 10"),

    [REFUSAL_LOGIN_REQUIRED] = REDIRECT("login_required", "the resident must log in", "OIDC Core 3.1.2.6"),
    [REFUSAL_INTERACTION_REQUIRED] =
        REDIRECT("interaction_required", "the resident must be asked", "OIDC Core 3.1.2.6"),
    [REFUSAL_GRANT_ACTION] =
        REDIRECT("invalid_request", "grant_management_action is not supported", "Grant Management 5.4"),
    [REFUSAL_GRANT_ID_ALONE] =
        REDIRECT("invalid_request", "grant_id without grant_management_action", "Grant Management 5.4"),
    [REFUSAL_GRANT_ID_UNASKED] =
        REDIRECT("invalid_request", "grant_id with grant_management_action create", "Grant Management 5.4"),
    [REFUSAL_GRANT_ID_MISSING] =
        REDIRECT("invalid_request", "grant_management_action needs a grant_id", "Grant Management 5.2"),
    [REFUSAL_GRANT_PUBLIC] =
        REDIRECT("invalid_request", "grant management is for clients that authenticate", "Grant Management 5.1"),
    [REFUSAL_GRANT_ID_UNKNOWN] =
        REDIRECT("invalid_grant_id", "grant_id names no grant that this request may change", "Grant Management 5.4"),
    [REFUSAL_CONSENT_REQUIRED] = REDIRECT("consent_required", "the resident must consent", "OIDC Core 3.1.2.6"),
    [REFUSAL_OTHER_RESIDENT] =
        REDIRECT("login_required", "somebody else than id_token_hint names is logged in", "OIDC Core 3.1.2.1"),
    [REFUSAL_ACR_UNMET] = REDIRECT("unmet_authentication_requirements", "no login here has the acr that is essential",
                                   "OpenID Connect Unmet Authentication Requirements 2"),
    [REFUSAL_CANCELLED] = REDIRECT("access_denied", "the resident said no", "RFC 6749 4.1.2.1"),

    [REFUSAL_PUSHED_REQUEST_URI] = JSON("invalid_request", "request_uri cannot be pushed", "RFC 9126 2.1"),
    [REFUSAL_PUSHED_KEY] = JSON("invalid_dpop_proof", "dpop_jkt is not the key of the DPoP proof", "RFC 9449 10.1"),
    [REFUSAL_PUSHED_CLIENT] = JSON("invalid_request", "client_id is not the one that calls", "RFC 9126 2.1"),

    [REFUSAL_TOKEN_REQUEST_MALFORMED] = JSON("invalid_request", "the request is malformed", "RFC 6749 5.2"),
    [REFUSAL_GRANT_TYPE_MISSING] = JSON("invalid_request", "grant_type is missing", "RFC 6749 5.2"),
    [REFUSAL_GRANT_TYPE_UNSUPPORTED] = JSON("unsupported_grant_type", "grant_type is not supported", "RFC 6749 5.2"),
    [REFUSAL_GRANT_TYPE_NOT_REGISTERED] =
        JSON("unauthorized_client", "grant_type is not registered for this client", "RFC 6749 5.2"),
    [REFUSAL_CLIENT_AUTH_MISSING] = CLIENT("no client authentication", "RFC 6749 3.2.1"),
    [REFUSAL_CLIENT_AUTH_TWICE] = JSON("invalid_request", "more than one client authentication", "RFC 6749 2.3"),
    [REFUSAL_CLIENT_AUTH_METHOD] = CLIENT("not the client authentication method that is registered", "RFC 6749 5.2"),
    [REFUSAL_CLIENT_AUTH_MALFORMED] = CLIENT("client authentication is malformed", "RFC 6749 2.3.1"),
    [REFUSAL_CLIENT_AUTH_TOO_OFTEN] = {"invalid_client", "too many wrong secrets from this address, wait",
                                       "RFC 6749 2.3.1", TELL_JSON, 429},
    [REFUSAL_CLIENT_TOO_OFTEN] = {"temporarily_unavailable", "too many requests of this client, wait", "RFC 6585 4",
                                  TELL_JSON, 429},
    [REFUSAL_CLIENT_AUTH_FAILED] = CLIENT("client authentication failed", "RFC 6749 5.2"),
    [REFUSAL_ASSERTION_ALG] = CLIENT("the client assertion is not signed with a registered algorithm", "OIDC Core 9"),
    [REFUSAL_ASSERTION_SUBJECT] = CLIENT("iss or sub of the client assertion is not the client_id", "RFC 7523 3"),
    [REFUSAL_ASSERTION_AUDIENCE] = CLIENT("aud of the client assertion is not this server", "RFC 7523 3"),
    [REFUSAL_ASSERTION_NO_END] = CLIENT("the client assertion has no exp", "RFC 7523 3"),
    [REFUSAL_ASSERTION_EXPIRED] = CLIENT("the client assertion has expired", "RFC 7523 3"),
    [REFUSAL_ASSERTION_TOO_LONG] = CLIENT("exp of the client assertion is too far ahead", "RFC 7523 3"),
    [REFUSAL_ASSERTION_EARLY] = CLIENT("nbf or iat of the client assertion is in the future", "RFC 7523 3"),
    [REFUSAL_ASSERTION_NO_JTI] = CLIENT("jti of the client assertion is missing or too long", "OIDC Core 9"),
    [REFUSAL_ASSERTION_REPLAYED] = CLIENT("the client assertion was used before", "RFC 7523 3"),
    [REFUSAL_CODE_MISSING] = JSON("invalid_request", "code or redirect_uri is missing", "RFC 6749 4.1.3"),
    [REFUSAL_CODE_INVALID] = JSON("invalid_grant", "the code is not valid", "RFC 6749 5.2"),
    [REFUSAL_CODE_EXPIRED] = JSON("invalid_grant", "the code has expired", "RFC 6749 4.1.2"),
    [REFUSAL_CODE_FORGOTTEN] =
        JSON("invalid_grant", "the code is older than the last outage of this server", "RFC 6749 4.1.2"),
    [REFUSAL_CODE_OTHER_CLIENT] = JSON("invalid_grant", "the code was issued to another client", "RFC 6749 5.2"),
    [REFUSAL_CODE_REDIRECT] =
        JSON("invalid_grant", "redirect_uri is not that of the authorization request", "RFC 6749 4.1.3"),
    [REFUSAL_CODE_REPLAYED] = JSON("invalid_grant", "the code was used before", "RFC 6749 4.1.2"),
    [REFUSAL_VERIFIER_MISSING] = JSON("invalid_grant", "code_verifier is missing", "RFC 7636 4.6"),
    [REFUSAL_VERIFIER_MALFORMED] = JSON("invalid_grant", "code_verifier is malformed", "RFC 7636 4.1"),
    [REFUSAL_VERIFIER_WRONG] = JSON("invalid_grant", "code_verifier does not fit the challenge", "RFC 7636 4.6"),
    [REFUSAL_VERIFIER_UNASKED] =
        JSON("invalid_grant", "code_verifier without a code_challenge before it", "RFC 9700 4.8.2"),
    [REFUSAL_SESSION_ENDED] = JSON("invalid_grant", "the session has ended", "RFC 6749 5.2"),
    [REFUSAL_SESSION_IDLE] = JSON("invalid_grant", "the resident has not been here for a while", "RFC 6749 5.2"),
    [REFUSAL_EVENTS_NOT_REGISTERED] =
        JSON("unauthorized_client", "events_poll is not registered for this client", "RFC 8936 4"),
    [REFUSAL_GRANT_ENDED] = JSON("invalid_grant", "the consent has ended", "RFC 6749 5.2"),
    [REFUSAL_GRANT_SUSPENDED] = JSON("invalid_grant", "the consent is suspended", "RFC 6749 5.2"),
    [REFUSAL_CLIENT_SCOPE] = JSON("invalid_scope", "no scope that a service may have for itself", "RFC 6749 4.4.2"),
    [REFUSAL_REFRESH_MISSING] = JSON("invalid_request", "refresh_token is missing", "RFC 6749 6"),
    [REFUSAL_REFRESH_INVALID] = JSON("invalid_grant", "the refresh token is not valid", "RFC 6749 5.2"),
    [REFUSAL_REFRESH_EXPIRED] = JSON("invalid_grant", "the refresh token has expired", "RFC 6749 5.2"),
    [REFUSAL_REFRESH_REPLAYED] = JSON("invalid_grant", "the refresh token was used before", "RFC 9700 4.14.2"),
    [REFUSAL_RESOURCE_NOT_GRANTED] =
        JSON("invalid_target", "resource is not what the login was asked for", "RFC 8707 2.2"),
    [REFUSAL_RESOURCE_SEVERAL] =
        JSON("invalid_target", "a token is for one resource server, name one resource", "RFC 8707 3"),
    [REFUSAL_RESOURCE_UNSAID] =
        JSON("invalid_target", "the login was asked for several resource servers, name one of them", "RFC 8707 2.2"),
    [REFUSAL_DETAILS_NOT_GRANTED] =
        JSON("invalid_authorization_details", "authorization_details exceeds what was granted", "RFC 9396 6"),
    [REFUSAL_DETAILS_SEVERAL] =
        JSON("invalid_authorization_details", "a token is for one resource server, name types of one", "RFC 9396 6"),
    [REFUSAL_DETAILS_NOT_ALONE] =
        JSON("invalid_authorization_details", "a type is not for a service by itself", "RFC 9396 6"),
    [REFUSAL_EXCHANGE_SUBJECT_MISSING] =
        JSON("invalid_request", "subject_token is missing or subject_token_type is not that of access tokens",
             "RFC 8693 2.1"),
    [REFUSAL_EXCHANGE_TYPE] =
        JSON("invalid_request", "only access tokens are exchanged, without actor_token", "RFC 8693 2.1"),
    [REFUSAL_EXCHANGE_SUBJECT] =
        JSON("invalid_request", "subject_token is not a living token of a resident that this client holds",
             "RFC 8693 2.2.2"),
    [REFUSAL_EXCHANGE_NO_CONSENT] =
        JSON("invalid_target", "the resident has not consented to that resource server", "RFC 8693 2.2.2"),
    [REFUSAL_EXCHANGE_TARGETS] =
        JSON("invalid_target", "a token is for one service, resource and audience name several", "RFC 8693 2.2.2"),
    [REFUSAL_EXCHANGE_SCOPE] =
        JSON("invalid_scope", "scope exceeds that of subject_token, or means nothing at that server", "RFC 8693 2.1"),
    [REFUSAL_RESOURCE_NOT_REGISTERED] =
        JSON("invalid_target", "resource or audience is missing or not registered for this client", "RFC 8707 2"),
    [REFUSAL_REFRESH_SCOPE] = JSON("invalid_scope", "scope exceeds what was granted", "RFC 6749 6"),

    [REFUSAL_TOKEN_MISSING] = JSON("invalid_request", "token is missing", "RFC 7009 2.1, RFC 7662 2.1"),
    [REFUSAL_CALLER_PUBLIC] = CLIENT("a client that only says its name is told nothing", "RFC 7662 2.1"),

    [REFUSAL_DPOP_TWICE] = PROOF("more than one DPoP header", "RFC 9449 4.3"),
    [REFUSAL_DPOP_MALFORMED] = PROOF("the DPoP proof is not a JWT with its public key", "RFC 9449 4.3"),
    [REFUSAL_DPOP_TYPE] = PROOF("typ of the DPoP proof is not dpop+jwt", "RFC 9449 4.3"),
    [REFUSAL_DPOP_ALG] = PROOF("the DPoP proof is signed with an algorithm that is not taken", "RFC 9449 4.3"),
    [REFUSAL_DPOP_SIGNATURE] = PROOF("the signature of the DPoP proof is wrong", "RFC 9449 4.3"),
    [REFUSAL_DPOP_METHOD] = PROOF("htm of the DPoP proof is not the method of the request", "RFC 9449 4.3"),
    [REFUSAL_DPOP_URL] = PROOF("htu of the DPoP proof is not the URL of the request", "RFC 9449 4.3"),
    [REFUSAL_DPOP_JTI] = PROOF("jti of the DPoP proof is missing or too long", "RFC 9449 4.2"),
    [REFUSAL_DPOP_TIME] = PROOF("iat of the DPoP proof is missing, too old or in the future", "RFC 9449 4.3"),
    [REFUSAL_DPOP_NONCE] = {"use_dpop_nonce", "the DPoP proof must have the nonce of the DPoP-Nonce header",
                            "RFC 9449 8", TELL_PROOF, 400},
    [REFUSAL_DPOP_TOKEN] = PROOF("ath of the DPoP proof is not the hash of the access token", "RFC 9449 4.3"),
    [REFUSAL_DPOP_KEY] = PROOF("the DPoP proof is not of the key of the access token", "RFC 9449 4.3"),
    [REFUSAL_DPOP_REPLAYED] = PROOF("the DPoP proof was used before", "RFC 9449 11.1"),
    [REFUSAL_DPOP_MISSING] = PROOF("a DPoP proof is required", "RFC 9449 5.2"),
    [REFUSAL_DPOP_BESIDE_CERTIFICATE] =
        JSON("invalid_request", "tokens of this client are bound to its certificate, not to a DPoP key", "RFC 7800 3"),
    [REFUSAL_CERTIFICATE_MISSING] = JSON(
        "invalid_request", "tokens of this client are bound to its TLS certificate, and there is none", "RFC 8705 3"),
    [REFUSAL_CODE_KEY] = JSON("invalid_grant", "the code is bound to another key", "RFC 9449 10"),
    [REFUSAL_REFRESH_KEY] = JSON("invalid_grant", "the refresh token is bound to another key", "RFC 9449 5"),

    /* RFC 6750 3.1: a request without any authentication is not told an error code. */
    [REFUSAL_BEARER_MISSING] = {NULL, "no access token", "RFC 6750 3.1", TELL_BEARER, 401},
    [REFUSAL_BEARER_TWICE] = {"invalid_request", "more than one access token", "RFC 6750 2", TELL_BEARER, 400},
    [REFUSAL_BEARER_MALFORMED] = {"invalid_request", "the access token is malformed", "RFC 6750 2.1", TELL_BEARER, 400},
    [REFUSAL_BEARER_INVALID] = {"invalid_token", "the access token is not valid or has expired", "RFC 6750 3.1",
                                TELL_BEARER, 401},
    [REFUSAL_BEARER_SCOPE] = {"insufficient_scope", "the access token is not for this", "RFC 6750 3.1", TELL_BEARER,
                              403},
    [REFUSAL_BEARER_BOUND] = {"invalid_token", "the access token is bound to a key and was shown as Bearer",
                              "RFC 9449 7.1", TELL_PROOF, 401},
    [REFUSAL_BEARER_CERTIFICATE] = {"invalid_token", "the access token is bound to another certificate", "RFC 8705 3",
                                    TELL_BEARER, 401},

    [REFUSAL_DECOUPLED_MISSING] = JSON("invalid_request", "device_code or auth_req_id is missing", "RFC 8628 3.4"),
    [REFUSAL_DECOUPLED_UNKNOWN] = JSON("invalid_grant", "the request is not known", "RFC 8628 3.5"),
    [REFUSAL_DECOUPLED_EXPIRED] = JSON("expired_token", "the request has expired, begin anew", "RFC 8628 3.5"),
    [REFUSAL_DECOUPLED_DENIED] = JSON("access_denied", "the resident said no", "RFC 8628 3.5"),
    [REFUSAL_DECOUPLED_SLOW_DOWN] = JSON("slow_down", "asked again too soon, wait five seconds more", "RFC 8628 3.5"),
    [REFUSAL_DECOUPLED_PENDING] = JSON("authorization_pending", "the resident has not decided yet", "RFC 8628 3.5"),
    [REFUSAL_DECOUPLED_USED] = JSON("invalid_grant", "the answer was fetched before", "RFC 8628 3.5"),
    [REFUSAL_CIBA_HINTS] =
        JSON("invalid_request", "exactly one of login_hint and id_token_hint is needed", "CIBA Core 1.0, 7.1"),
    [REFUSAL_CIBA_HINT_UNKNOWN] = JSON(
        "invalid_request", "login_hint_token is not offered, use login_hint or id_token_hint", "CIBA Core 1.0, 13"),
    [REFUSAL_CIBA_USER_UNKNOWN] =
        JSON("unknown_user_id", "the hint names no resident who can be asked", "CIBA Core 1.0, 13"),
    [REFUSAL_CIBA_DISABLED] = {"access_denied", "this resident cannot be asked", "CIBA Core 1.0, 13", TELL_JSON, 403},
    [REFUSAL_CIBA_TOO_MANY] = {"access_denied", "too many requests wait for this resident", "CIBA Core 1.0, 13",
                               TELL_JSON, 403},
    [REFUSAL_CIBA_NOTIFY_TOKEN] =
        JSON("invalid_request", "client_notification_token is missing or malformed", "CIBA Core 1.0, 7.1"),
    [REFUSAL_CIBA_BINDING] =
        JSON("invalid_binding_message", "binding_message must be at most 60 printable characters", "CIBA Core 1.0, 13"),
    [REFUSAL_CIBA_EXPIRY] = JSON("invalid_request", "requested_expiry is not a positive number", "CIBA Core 1.0, 7.1"),
    [REFUSAL_CIBA_SIGNED_REQUEST] =
        JSON("invalid_request", "signed requests are not offered here", "CIBA Core 1.0, 7.1.1"),

    [REFUSAL_INVITE_INVALID] = {"invalid_token", "the initial access token is not valid, used up or over", "RFC 7591 3",
                                TELL_BEARER, 401},
    [REFUSAL_REGISTRATION_TOKEN] = {"invalid_token", "the registration access token is not valid", "RFC 7592 2",
                                    TELL_BEARER, 401},
    /* Which member breaks which rule is told instead of these reasons. */
    [REFUSAL_REGISTER_REDIRECT] =
        JSON("invalid_redirect_uri", "a redirect address may not be registered", "RFC 7591 3.2.2"),
    [REFUSAL_REGISTER_METADATA] =
        JSON("invalid_client_metadata", "what is to be registered breaks a rule", "RFC 7591 3.2.2"),
    [REFUSAL_STATEMENT_INVALID] =
        JSON("invalid_software_statement", "the software statement is not one", "RFC 7591 2.3, 3.2.2"),
    [REFUSAL_STATEMENT_UNAPPROVED] = JSON("unapproved_software_statement",
                                          "whose software statement it is, is approved by nobody", "RFC 7591 3.2.2"),
};

const struct refusal_row *refusal_row(enum refusal r)
{
    INSIST(r > REFUSAL_NONE && r < REFUSAL_COUNT);
    return &rows[r];
}
