/* GET /.well-known/openid-configuration (OIDC Discovery 3, RFC 8414): complete, and true. */
#include "idp/endpoints/discovery.h"

#include "base/json.h"
#include "base/log.h"
#include "consent/field.h"
#include "idp/endpoints/endpoints.h"
#include "idp/rules/acr.h"
#include "idp/rules/response_mode.h"
#include "idp/rules/verified_claims.h"
#include "idp/state/clients.h"
#include "idp/state/config.h"
#include "store/store.h"

#define BODY_MAX 16384

struct writer {
    const struct op *op;
    struct arena *arena;
    struct json_out o;
};

static void put_url(struct writer *w, const char *key, const char *path)
{
    char *url = arena_printf(w->arena, "%.*s%s", (int)w->op->issuer.n, (const char *)w->op->issuer.p, path);

    json_pair_text(&w->o, key, url ? url : "");
}

static void put_list(struct writer *w, const char *key, const char *const *values)
{
    json_key(&w->o, key);
    json_begin_array(&w->o);
    for (size_t i = 0; values[i]; i++)
        json_put_text(&w->o, view_text(values[i]));
    json_end_array(&w->o);
}

static void put_fields(struct writer *w, const char *key, const char *const *before)
{
    json_key(&w->o, key);
    json_begin_array(&w->o);
    for (size_t i = 0; before[i]; i++)
        json_put_text(&w->o, view_text(before[i]));
    for (size_t i = 0; i < field_count(); i++)
        json_put_text(&w->o, view_text(field_at(i)->id));
    json_end_array(&w->o);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void put_endpoints(struct writer *w)
{
    json_pair(&w->o, "issuer", w->op->issuer);
    put_url(w, "authorization_endpoint", "/authorize");
    put_url(w, "pushed_authorization_request_endpoint", "/par");
    put_url(w, "token_endpoint", "/token");
    put_url(w, "device_authorization_endpoint", "/device_authorization");
    put_url(w, "backchannel_authentication_endpoint", "/bc-authorize");
    put_url(w, "grant_management_endpoint", "/grants");
    put_url(w, "userinfo_endpoint", "/userinfo");
    put_url(w, "revocation_endpoint", "/revoke");
    put_url(w, "introspection_endpoint", "/introspect");
    put_url(w, "jwks_uri", "/jwks");
    put_url(w, "end_session_endpoint", "/end_session");
    put_url(w, "registration_endpoint", "/register");
}

/* What our keys sign (idp/tokens/keys.h). */
static const char *const our_algs[] = {"RS256", "ES256", "PS256", "EdDSA", NULL};

/* What we encrypt to services (base/jwe.h, base/content.h). */
static const char *const key_algs[] = {"RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW", NULL};
static const char *const content_algs[] = {"A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM", NULL};

/* Do certificates of clients reach us, in TLS of ours or handed on by a proxy? */
static bool has_certificates(const struct config *c)
{
    return c->mtls.n_listen > 0 || c->proxy.client_certificate;
}

static void put_methods(struct writer *w, const char *key, bool anybody)
{
    const char *const methods[] = {"client_secret_basic", "client_secret_post", "private_key_jwt", NULL};

    json_key(&w->o, key);
    json_begin_array(&w->o);
    for (size_t i = 0; methods[i]; i++)
        json_put_text(&w->o, view_text(methods[i]));
    if (has_certificates(w->op->config)) {
        json_put_text(&w->o, VIEW("tls_client_auth"));
        json_put_text(&w->o, VIEW("self_signed_tls_client_auth"));
    }
    if (anybody)
        json_put_text(&w->o, VIEW("none"));
    json_end_array(&w->o);
}

/* Every endpoint of the back channel asks the same (idp/state/caller.h), but that a client which only says its name is
 * told nothing about tokens. */
static void put_client_auth(struct writer *w)
{
    static const char *const algs[] = {"ES256", "ES384", "PS256", "EdDSA", "Ed25519", "RS256", NULL};

    put_methods(w, "token_endpoint_auth_methods_supported", true);
    put_list(w, "token_endpoint_auth_signing_alg_values_supported", algs);
    put_methods(w, "revocation_endpoint_auth_methods_supported", true);
    put_list(w, "revocation_endpoint_auth_signing_alg_values_supported", algs);
    put_methods(w, "introspection_endpoint_auth_methods_supported", false);
    put_list(w, "introspection_endpoint_auth_signing_alg_values_supported", algs);
    put_list(w, "introspection_signing_alg_values_supported", our_algs); /* RFC 9701 7 */
    put_list(w, "dpop_signing_alg_values_supported", algs);              /* RFC 9449 5.1 */
}

static void put_encryption(struct writer *w)
{
    put_list(w, "request_object_encryption_alg_values_supported", key_algs);
    put_list(w, "request_object_encryption_enc_values_supported", content_algs);
    put_list(w, "id_token_encryption_alg_values_supported", key_algs);
    put_list(w, "id_token_encryption_enc_values_supported", content_algs);
    put_list(w, "userinfo_signing_alg_values_supported", our_algs);
    put_list(w, "userinfo_encryption_alg_values_supported", key_algs);
    put_list(w, "userinfo_encryption_enc_values_supported", content_algs);
    put_list(w, "introspection_encryption_alg_values_supported", key_algs); /* RFC 9701 7 */
    put_list(w, "introspection_encryption_enc_values_supported", content_algs);
    put_list(w, "authorization_encryption_alg_values_supported", key_algs); /* JARM 4 */
    put_list(w, "authorization_encryption_enc_values_supported", content_algs);
}

static void put_protocol(struct writer *w)
{
    put_list(w, "response_types_supported", LIST("code"));
    put_list(w, "response_modes_supported", response_mode_names);
    put_list(w, "authorization_signing_alg_values_supported", our_algs); /* JARM 4 */
    put_list(w, "grant_types_supported",
             LIST("authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code",
                  "urn:openid:params:grant-type:ciba", "client_credentials",
                  "urn:ietf:params:oauth:grant-type:token-exchange"));
    put_list(w, "backchannel_token_delivery_modes_supported", LIST("poll", "ping"));
    put_list(w, "grant_management_actions_supported", LIST("query", "revoke", "create", "merge", "replace"));
    json_pair_bool(&w->o, "grant_management_action_required", false);
    json_pair_bool(&w->o, "backchannel_user_code_parameter_supported", false);
    put_list(w, "subject_types_supported", LIST("pairwise"));
    put_list(w, "id_token_signing_alg_values_supported", our_algs);
    put_encryption(w);
    put_client_auth(w);
    put_list(w, "code_challenge_methods_supported", LIST("S256"));
    put_list(w, "prompt_values_supported", LIST("none", "login", "consent", "select_account"));
    put_list(w, "acr_values_supported", LIST(ACR_CARD));
    put_list(w, "ui_locales_supported", LIST("ja", "en"));
    json_pair_bool(&w->o, "authorization_response_iss_parameter_supported", true);
    json_pair_bool(&w->o, "claims_parameter_supported", true);
    json_pair_bool(&w->o, "request_parameter_supported", true);
    json_pair_bool(&w->o, "request_uri_parameter_supported", true);
    json_pair_bool(&w->o, "require_request_uri_registration", true);
    put_list(w, "request_object_signing_alg_values_supported", LIST("RS256", "ES256", "ES384", "PS256", "EdDSA"));
    json_pair_bool(&w->o, "backchannel_logout_supported", true);
    json_pair_bool(&w->o, "backchannel_logout_session_supported", true);
    json_pair_bool(&w->o, "frontchannel_logout_supported", true);
    json_pair_bool(&w->o, "frontchannel_logout_session_supported", true);
}

static void put_claims(struct writer *w)
{
    /* address and email are fields and standard scopes (OIDC Core 5.4) at once. */
    put_fields(
        w, "scopes_supported",
        LIST("openid", "profile", "phone", "offline_access", "grant_management_query", "grant_management_revoke"));
    put_list(w, "claim_types_supported", LIST("normal"));
    put_fields(w, "claims_supported",
               LIST("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid",
                    "email_verified", "phone_number_verified", "sources", "verified_claims"));
    /* docs/decisions/identity-assurance.md: of everything there is one writing, that of the card. */
    put_list(w, "claims_locales_supported", LIST("ja"));
}

/* Identity Assurance 1.0, 8; the first member is of its drafts, whose clients look for it. */
static void put_assurance(struct writer *w)
{
    json_pair_bool(&w->o, "verified_claims_supported", true);
    json_key(&w->o, "trust_frameworks_supported");
    json_begin_array(&w->o);
    json_put_text(&w->o, view_text(arena_printf(w->arena, "%.*s%s", (int)w->op->issuer.n, (const char *)w->op->issuer.p,
                                                VERIFIED_TRUST_FRAMEWORK)));
    json_end_array(&w->o);
    put_list(w, "evidence_supported", LIST("electronic_signature"));
    json_key(&w->o, "claims_in_verified_claims_supported");
    json_begin_array(&w->o);
    for (size_t i = 0; i < field_count(); i++)
        if (verified_claims_has(field_at(i)))
            json_put_text(&w->o, view_text(field_at(i)->claim));
    json_end_array(&w->o);
}

/* RFC 8705 3.3 and 5: the endpoints where certificates are asked for, if they have a name of their own. */
static void put_mtls(struct writer *w)
{
    static const char *const endpoints[][2] = {{"token_endpoint", "/token"},
                                               {"pushed_authorization_request_endpoint", "/par"},
                                               {"revocation_endpoint", "/revoke"},
                                               {"introspection_endpoint", "/introspect"},
                                               {"userinfo_endpoint", "/userinfo"},
                                               {"device_authorization_endpoint", "/device_authorization"},
                                               {"backchannel_authentication_endpoint", "/bc-authorize"}};
    const struct config *c = w->op->config;

    if (!has_certificates(c))
        return;
    json_pair_bool(&w->o, "tls_client_certificate_bound_access_tokens", true);
    if (!c->mtls.origin)
        return;
    json_key(&w->o, "mtls_endpoint_aliases");
    json_begin(&w->o);
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        char *url = arena_printf(w->arena, "%s%s", c->mtls.origin, endpoints[i][1]);
        json_pair_text(&w->o, endpoints[i][0], url ? url : "");
    }
    json_end(&w->o);
}

enum err discovery_write(struct view *out, struct arena *arena, const struct op *op)
{
    struct writer w = {.op = op, .arena = arena};
    struct buf b;

    buf_open(&b, arena, BODY_MAX);
    json_out_open(&w.o, &b);
    json_begin(&w.o);
    put_endpoints(&w);
    put_protocol(&w);
    put_mtls(&w);
    put_claims(&w);
    put_assurance(&w);
    json_end(&w.o);
    return buf_done(&b, out);
}

/* Types come and go with their servers: changes are looked for as often as by every other endpoint. What cannot be
 * looked at stays as it was. */
static void follow(const struct op *op)
{
    const struct client *nobody;

    if (!clients_is_due(op->clients))
        return;
    struct db *db = store_borrow(op->store);
    if (clients_find(op->clients, db, VIEW_NONE, &nobody))
        log_event(LOG_WARN, "metadata_not_followed", LOG_STR("of", "authorization_details"));
    store_return(op->store, db);
}

void handle_discovery(const struct op *op, struct answer *a)
{
    INSIST(view_is(op->discovery)); /* written when this began to serve */
    follow(op);
    answer_body(a, 200, "application/json", clients_document(op->clients, op->discovery)); /* RFC 9396 10 */
    answer_cache(a, "public, max-age=3600");
    answer_keep(a);
}
