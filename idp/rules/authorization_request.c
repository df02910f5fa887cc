#include "idp/rules/authorization_request.h"

#include "base/text.h"
#include "idp/rules/claims_request.h"
#include "idp/rules/grant_management.h"
#include "idp/rules/pkce.h"
#include "idp/rules/redirect_uri.h"
#include "idp/rules/resource.h"
#include "sessions/cnf.h"

#define STATE_MAX 2048
#define NONCE_MAX 512
#define SCOPE_MAX 1024

const char *authz_too_long(struct view state, struct view nonce, struct view scope)
{
    return state.n > STATE_MAX ? "state" : nonce.n > NONCE_MAX ? "nonce" : scope.n > SCOPE_MAX ? "scope" : NULL;
}

/* RFC 6749 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ), separated by single spaces. */
static bool is_scope(struct view scope)
{
    struct view piece;

    if (scope.n == 0 || scope.n > SCOPE_MAX || !text_is_printable(scope))
        return false;
    if (view_index(scope, '"') != scope.n || view_index(scope, '\\') != scope.n)
        return false;
    while (view_next(&scope, ' ', &piece))
        if (piece.n == 0)
            return false;
    return true;
}

static enum refusal scope_decide(struct view scope)
{
    if (!view_is(scope))
        return REFUSAL_SCOPE_MISSING;
    if (!is_scope(scope))
        return REFUSAL_SCOPE_MALFORMED;
    return text_has_word(scope, VIEW("openid")) ? REFUSAL_NONE : REFUSAL_SCOPE_NO_OPENID;
}

static unsigned prompt_of(struct view word)
{
    static const struct {
        const char *name;
        unsigned bit;
    } table[] = {
        {"none", PROMPT_NONE}, {"login", PROMPT_LOGIN}, {"consent", PROMPT_CONSENT}, {"select_account", PROMPT_SELECT}};

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (view_equal_text(word, table[i].name))
            return table[i].bit;
    return 0;
}

static enum refusal prompt_decide(struct view prompt, unsigned *out)
{
    struct view word;

    while (text_next_word(&prompt, &word)) {
        unsigned bit = prompt_of(word);
        if (!bit)
            return REFUSAL_PROMPT_UNKNOWN;
        *out |= bit;
    }
    /* OIDC Core 3.1.2.1: "If this parameter contains none with any other value, an error is returned." */
    if ((*out & PROMPT_NONE) && *out != PROMPT_NONE)
        return REFUSAL_PROMPT_NONE_WITH_OTHERS;
    return REFUSAL_NONE;
}

/* OIDC Registration 2: what is registered counts where the request says nothing. */
static enum refusal max_age_decide(struct view max_age, int64_t otherwise, int64_t *out)
{
    *out = otherwise;
    if (!view_is(max_age))
        return REFUSAL_NONE;
    return text_to_int(max_age, out) ? REFUSAL_NONE : REFUSAL_MAX_AGE_MALFORMED;
}

static enum refusal pkce_decide(const struct authz_params *p, const struct client *client)
{
    if (!view_is(p->code_challenge)) {
        if (view_is(p->code_challenge_method) || client->require_pkce)
            return REFUSAL_PKCE_MISSING;
        return REFUSAL_NONE;
    }
    /* RFC 7636 4.3: absent means "plain", which is not offered. */
    if (!view_equal_text(p->code_challenge_method, "S256"))
        return REFUSAL_PKCE_METHOD;
    return pkce_is_challenge(p->code_challenge) ? REFUSAL_NONE : REFUSAL_PKCE_MALFORMED;
}

bool authz_language(struct view locales, bool *english)
{
    struct view word;

    while (text_next_word(&locales, &word)) {
        struct view language = view_part(word, 0, view_index(word, '-'));
        *english = view_equal_text(language, "en");
        if (*english || view_equal_text(language, "ja"))
            return true;
    }
    return false;
}

/* RFC 8252 7.1: a program is started with an address; nothing can be posted to it. The error comes by query. */
static bool is_form_for_nobody(const struct authz_params *p, struct authz_request *r)
{
    if (response_mode_way(r->mode) != RESPONSE_FORM_POST || !redirect_uri_is_private(p->redirect_uri))
        return false;
    r->mode = RESPONSE_QUERY;
    return true;
}

static enum refusal form_decide(const struct authz_params *p, struct authz_request *r)
{
    /* First, so that every other error comes in the mode that was asked for. */
    if (!response_mode_read(&r->mode, p->response_mode) || is_form_for_nobody(p, r))
        return REFUSAL_RESPONSE_MODE_UNSUPPORTED;
    /* RFC 6749 appendix A.5: state = 1*VSCHAR. */
    if (view_is(p->state) && (p->state.n > STATE_MAX || !text_is_printable(p->state)))
        return REFUSAL_STATE_MALFORMED;
    if (view_is(p->registration))
        return REFUSAL_REGISTRATION_UNSUPPORTED;
    if (!view_is(p->response_type))
        return REFUSAL_RESPONSE_TYPE_MISSING;
    if (!view_equal_text(p->response_type, "code"))
        return REFUSAL_RESPONSE_TYPE_UNSUPPORTED;
    return view_is(p->nonce) && p->nonce.n > NONCE_MAX ? REFUSAL_NONCE_MALFORMED : REFUSAL_NONE;
}

static enum refusal binding_decide(struct view jkt)
{
    struct cnf cnf;

    return !view_is(jkt) || cnf_read(&cnf, CNF_JKT, jkt) ? REFUSAL_NONE : REFUSAL_JKT_MALFORMED;
}

static enum refusal params_decide(const struct authz_params *p, const struct client *client, struct authz_request *r)
{
    enum refusal no;

    if (client->require_par && !p->pushed)
        return REFUSAL_PAR_REQUIRED;
    if (client->require_request && !p->signed_object)
        return REFUSAL_OBJECT_REQUIRED;
    if ((no = form_decide(p, r)) || (no = scope_decide(p->scope)) || (no = pkce_decide(p, client)) ||
        (no = prompt_decide(p->prompt, &r->prompt)) || (no = resource_ask_decide(p->resource, client)) ||
        (no = binding_decide(p->dpop_jkt)))
        return no;
    if ((no = grant_request_decide(&r->grant_action, p->grant_action, p->grant_id, client)))
        return no;
    r->grant_id = p->grant_id;
    return max_age_decide(p->max_age, client->default_max_age, &r->max_age);
}

struct authz_verdict authz_decide(const struct authz_params *p, const struct client *client, struct authz_request *r)
{
    *r = (struct authz_request){.client_id = p->client_id, .max_age = -1};
    if (!view_is(p->client_id))
        return (struct authz_verdict){REFUSAL_CLIENT_MISSING};
    if (!client)
        return (struct authz_verdict){REFUSAL_CLIENT_UNKNOWN};
    if (!view_is(p->redirect_uri))
        return (struct authz_verdict){REFUSAL_REDIRECT_MISSING};
    if (!client_has_redirect(client, p->redirect_uri))
        return (struct authz_verdict){REFUSAL_REDIRECT_UNKNOWN};
    r->redirect_uri = p->redirect_uri;
    /* A malformed state is not sent back: it could be anything. */
    if (view_is(p->state) && p->state.n <= STATE_MAX && text_is_printable(p->state))
        r->state = p->state;
    r->scope = p->scope;
    r->nonce = p->nonce;
    r->challenge = p->code_challenge;
    r->acr_values = view_is(p->acr_values) ? p->acr_values : client->default_acr;
    r->resource = p->resource;
    r->dpop_jkt = p->dpop_jkt;
    r->language_asked = authz_language(p->ui_locales, &r->english);
    return (struct authz_verdict){params_decide(p, client, r)};
}

/* 5.5.1: "value" of sub is another way of saying for whom it is; both must say the same. */
static bool takes_sub(struct authz_request *r, struct view sub)
{
    if (view_is(sub) && view_is(r->hint_sub) && !view_equal(sub, r->hint_sub))
        return false;
    r->hint_sub = view_is(sub) ? sub : r->hint_sub;
    return true;
}

/* 5.5.1.1: acr in claims and acr_values ask for the same thing; the former can insist, and then it alone counts. */
static enum err take_acr(struct authz_request *r, struct arena *a, const struct claims_request *c)
{
    if (!view_is(c->acr))
        return ERR_OK;
    if (c->acr_essential || !view_is(r->acr_values)) {
        r->acr_values = c->acr;
        r->acr_essential = c->acr_essential;
        return ERR_OK;
    }
    r->acr_values = view_text(arena_printf(a, "%.*s %.*s", (int)r->acr_values.n, (const char *)r->acr_values.p,
                                           (int)c->acr.n, (const char *)c->acr.p));
    return view_is(r->acr_values) ? ERR_OK : ERR_MEMORY;
}

enum err authz_decide_claims(struct authz_request *r, struct arena *a, struct view claims, enum refusal *refusal)
{
    struct claims_request c;
    enum err e = claims_request_read(&c, a, claims);

    *refusal = REFUSAL_NONE;
    if (!e)
        e = claims_request_keep(&r->claims, a, &c);
    if (e == ERR_SYNTAX)
        *refusal = REFUSAL_CLAIMS_MALFORMED;
    else if (!e && !takes_sub(r, c.sub))
        *refusal = REFUSAL_CLAIMS_SUBJECT;
    if (*refusal)
        return ERR_OK;
    return e ? e : take_acr(r, a, &c);
}

enum refusal authz_decoupled_decide(const struct authz_params *p, const struct client *client, struct authz_request *r)
{
    enum refusal no;

    *r = (struct authz_request){.client_id = client->id,
                                .scope = p->scope,
                                .acr_values = p->acr_values,
                                .resource = p->resource,
                                .max_age = client->default_max_age};
    if ((no = scope_decide(p->scope)) || (no = resource_ask_decide(p->resource, client)))
        return no;
    r->grant_id = p->grant_id;
    return grant_request_decide(&r->grant_action, p->grant_action, p->grant_id, client);
}

bool authz_is_offline(const struct authz_request *r, const struct client *client)
{
    /* OIDC Core 11: offline_access without prompt=consent "MUST be ignored". */
    return client->may_refresh && (r->prompt & PROMPT_CONSENT) && text_has_word(r->scope, VIEW("offline_access"));
}

void authz_write(struct buf *out, const struct authz_request *r)
{
    struct json_out o;

    json_out_open(&o, out);
    json_begin(&o);
    json_pair_bool(&o, "acr_essential", r->acr_essential);
    json_pair(&o, "acr_values", r->acr_values);
    json_pair(&o, "challenge", r->challenge);
    json_pair(&o, "claims", r->claims);
    json_pair(&o, "client_id", r->client_id);
    json_pair(&o, "decoupled", r->decoupled);
    json_pair(&o, "details", r->details);
    json_pair(&o, "dpop_jkt", r->dpop_jkt);
    json_pair_bool(&o, "english", r->english);
    json_pair_int(&o, "grant_action", r->grant_action);
    json_pair(&o, "grant_id", r->grant_id);
    json_pair(&o, "hint_sub", r->hint_sub);
    json_pair_bool(&o, "language_asked", r->language_asked);
    json_pair_int(&o, "max_age", r->max_age);
    json_pair_int(&o, "mode", r->mode);
    json_pair(&o, "nonce", r->nonce);
    json_pair_int(&o, "prompt", r->prompt);
    json_pair(&o, "redirect_uri", r->redirect_uri);
    json_pair(&o, "resource", r->resource);
    json_pair(&o, "scope", r->scope);
    json_pair(&o, "state", r->state);
    json_end(&o);
}

enum err authz_read(struct authz_request *out, struct arena *arena, struct view text)
{
    struct json *j;
    enum err e = json_read(&j, arena, text, NULL);

    if (e)
        return e;
    int64_t mode = json_member_int(j, "mode", RESPONSE_QUERY);
    int64_t action = json_member_int(j, "grant_action", GRANT_ACTION_NONE);
    if (mode < 0 || mode >= RESPONSE_MODES || action < 0 || action > GRANT_REPLACE)
        return ERR_SYNTAX;
    *out = (struct authz_request){
        .client_id = json_member_text(j, "client_id"),
        .redirect_uri = json_member_text(j, "redirect_uri"),
        .scope = json_member_text(j, "scope"),
        .state = json_member_text(j, "state"),
        .nonce = json_member_text(j, "nonce"),
        .challenge = json_member_text(j, "challenge"),
        .acr_values = json_member_text(j, "acr_values"),
        .acr_essential = json_member_bool(j, "acr_essential", false),
        .claims = json_member_text(j, "claims"),
        .details = json_member_text(j, "details"),
        .resource = json_member_text(j, "resource"),
        .dpop_jkt = json_member_text(j, "dpop_jkt"),
        .grant_action = (enum grant_action)action,
        .grant_id = json_member_text(j, "grant_id"),
        .hint_sub = json_member_text(j, "hint_sub"),
        .decoupled = json_member_text(j, "decoupled"),
        .prompt = (unsigned)json_member_int(j, "prompt", 0),
        .max_age = json_member_int(j, "max_age", -1),
        .mode = (enum response_mode)mode,
        .english = json_member_bool(j, "english", false),
        .language_asked = json_member_bool(j, "language_asked", false),
    };
    /* One that another device asked has no redirect address. */
    return view_is(out->client_id) && view_is(out->scope) ? ERR_OK : ERR_SYNTAX;
}
