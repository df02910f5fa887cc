#include "tests/lib/service.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/base64.h"
#include "base/chance.h"
#include "base/hash.h"
#include "base/jws.h"
#include "http/url.h"

#define LOCAL "http://a-city.localhost:8081"

static const char A_CITY[] =
    "{\"client_name\":\"A市 施設予約\",\"client_name#en\":\"A City facility booking\","
    "\"profile\":\"muni\",\"organization\":{\"id\":\"a-city\",\"name\":\"A市\",\"name#en\":\"A City\","
    "\"address\":{\"country\":\"JP\",\"postal_code\":\"590-0078\",\"region\":\"大阪府\",\"locality\":\"A市\","
    "\"street_address\":\"本町1番1号\"},\"email\":\"koho@a-city.example\",\"phone_number\":\"072-233-1101\"},"
    "\"sector\":\"a-city\","
    "\"redirect_uris\":[\"http://a-city.localhost:8081/cb\"],"
    "\"post_logout_redirect_uris\":[\"http://a-city.localhost:8081/bye\"],"
    "\"backchannel_logout_uri\":\"http://127.0.0.1:%u/logout\",\"backchannel_logout_session_required\":true,"
    "\"events_uri\":\"http://127.0.0.1:%u/events\","
    "\"token_endpoint_auth_method\":\"client_secret_basic\",\"id_token_signed_response_alg\":\"RS256\","
    "\"grant_types\":[\"authorization_code\"],\"policy_uri\":\"http://a-city.localhost:8081/privacy\","
    "\"contacts\":[\"help@a-city.example\"],\"fields\":["
    "{\"id\":\"name\",\"required\":true,\"purpose\":\"予約者の確認\",\"purpose#en\":\"to know who books\","
    "\"purpose#ja-simple\":\"だれの 予約か 知る ため\",\"legal_basis\":\"条例第5条\",\"legal_basis#en\":\"By-law 5\","
    "\"retention\":\"P1Y\",\"storage_locations\":[{\"country\":\"JP\",\"name\":\"A市役所\",\"name#en\":\"A City "
    "Hall\"},"
    "{\"country\":\"US\"}],\"processing_locations\":[{\"country\":\"JP\"}],"
    "\"recipients\":[{\"name\":\"A市文化財団\",\"name#en\":\"A City Foundation\"}]},"
    "{\"id\":\"address\",\"required\":true,\"purpose\":\"市民料金\",\"purpose#en\":\"residents' price\"},"
    "{\"id\":\"age_over_65\",\"required\":false,\"purpose\":\"高齢者割引\",\"purpose#en\":\"senior discount\"},"
    "{\"id\":\"interests\",\"required\":false,\"purpose\":\"催しの案内\",\"purpose#en\":\"events\"}]}";

static const char B_CITY[] =
    "{\"client_name\":\"B市 施設予約\",\"client_name#en\":\"B City facility booking\","
    "\"profile\":\"muni\",\"organization\":{\"id\":\"b-city\",\"name\":\"B市\",\"name#en\":\"B "
    "City\"},\"sector\":\"b-city\","
    "\"redirect_uris\":[\"http://b-city.localhost:8082/cb\"],"
    "\"backchannel_logout_uri\":\"http://127.0.0.1:%u/logout\",\"backchannel_logout_session_required\":true,"
    "\"events_uri\":\"http://127.0.0.1:%u/events\","
    "\"token_endpoint_auth_method\":\"client_secret_post\",\"id_token_signed_response_alg\":\"ES256\","
    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],"
    "\"policy_uri\":\"http://b-city.localhost:8082/privacy\",\"contacts\":[\"help@b-city.example\"],\"fields\":["
    "{\"id\":\"name\",\"required\":true,\"purpose\":\"予約者の確認\",\"purpose#en\":\"to know who books\"},"
    "{\"id\":\"municipality\",\"required\":false,\"purpose\":\"市外料金\",\"purpose#en\":\"price\"}]}";

static const char DATA[] =
    "{\"client_name\":\"オープンデータ\",\"client_name#en\":\"Open data\","
    "\"organization\":{\"id\":\"pref\",\"name\":\"府\",\"name#en\":\"Prefecture\"},\"sector\":\"open-data\","
    "\"resource\":\"https://data.example/\",\"token_endpoint_auth_method\":\"client_secret_basic\","
    "\"grant_types\":[\"client_credentials\"],\"response_types\":[],\"policy_uri\":\"https://data.example/privacy\","
    "\"client_uri\":\"https://data.example/\",\"contacts\":[\"help@data.example\"]}";

/* --- its ear for back-channel log-outs -------------------------------------------------------------------------- */

static void hear_trace(struct service *s, const struct request *r)
{
    struct view parent = request_header(r, "traceparent"), state = request_header(r, "tracestate");
    snprintf(s->last_trace, sizeof s->last_trace, "%.*s", (int)parent.n, (const char *)parent.p);
    snprintf(s->last_trace_state, sizeof s->last_trace_state, "%.*s", (int)state.n, (const char *)state.p);
}

static void hear(void *ctx, const struct request *r, struct answer *answer)
{
    struct service *s = ctx;
    struct view token = form_get(r->form, "logout_token");
    snprintf(s->last_logout, sizeof s->last_logout, "%.*s", (int)token.n, (const char *)token.p);
    hear_trace(s, r);
    s->told++;
    answer_body(answer, 200, "text/plain", VIEW(""));
}

static void hear_event(void *ctx, const struct request *r, struct answer *answer)
{
    struct service *s = ctx;
    bool good = view_equal_text(r->content_type, "application/secevent+jwt");
    snprintf(s->last_event, sizeof s->last_event, "%.*s", (int)r->body.n, (const char *)r->body.p);
    hear_trace(s, r);
    s->events_told++;
    answer_body(answer, !good ? 415 : s->event_answer ? s->event_answer : 202, "text/plain", VIEW(""));
}

static void give_request(void *ctx, const struct request *r, struct answer *answer)
{
    struct service *s = ctx;
    hear_trace(s, r);
    s->requests_told++;
    if (s->request[0])
        answer_body(answer, 200, "application/oauth-authz-req+jwt", view_text(s->request));
    else
        answer_body(answer, 404, "text/plain", VIEW("none"));
}

static void hear_ping(void *ctx, const struct request *r, struct answer *answer)
{
    struct service *s = ctx;
    struct view authorization = request_header(r, "Authorization");
    bool good = view_equal_text(r->content_type, "application/json");
    snprintf(s->last_ping, sizeof s->last_ping, "%.*s", (int)r->body.n, (const char *)r->body.p);
    snprintf(s->last_ping_authorization, sizeof s->last_ping_authorization, "%.*s", (int)authorization.n,
             (const char *)authorization.p);
    s->pings++;
    answer_body(answer, good ? 204 : 415, "text/plain", VIEW(""));
}

static const struct route EAR[] = {{METHOD_GET, "/request", give_request, 0, 0},
                                   {METHOD_POST, "/logout", hear, 16384, 0},
                                   {METHOD_POST, "/events", hear_event, 16384, ROUTE_BODY},
                                   {METHOD_POST, "/ping", hear_ping, 16384, ROUTE_BODY}};

static uint16_t open_ear(struct service *s)
{
    static const char *const LISTEN[] = {"127.0.0.1:0"}, *const HOSTS[] = {"127.0.0.1"};
    struct server_config c = {.listen = LISTEN,
                              .n_listen = 1,
                              .hosts = HOSTS,
                              .n_hosts = 1,
                              .routes = EAR,
                              .n_routes = sizeof EAR / sizeof *EAR,
                              .ctx = s,
                              .workers = 1,
                              .slow_workers = 1};
    cr_assert_eq(server_open(&s->ear, &c), ERR_OK);
    return server_port(s->ear, 0);
}

/* FROM in TEXT becomes BY, everywhere. */
static const char *replaced(struct arena *a, const char *text, const char *from, const char *by)
{
    const char *out = "", *at;
    for (; (at = strstr(text, from)); text = at + strlen(from))
        out = arena_printf(a, "%s%.*s%s", out, (int)(at - text), text, by);
    return arena_printf(a, "%s%s", out, text);
}

static void open_service(struct service *s, const char *registration)
{
    provider_browser(s->provider, &s->channel);
    s->registration = replaced(&s->channel.a, registration, "%u", arena_printf(&s->channel.a, "%u", open_ear(s)));
    provider_add_client(s->provider, s->id, s->registration, s->secret);
}

void service_update(struct service *s, const char *text, const char *by)
{
    s->registration = replaced(&s->channel.a, s->registration, text, by);
    provider_update_client(s->provider, s->id, s->registration);
}

void service_open_a(struct service *s, struct provider *p)
{
    *s = (struct service){.provider = p,
                          .id = "a-city",
                          .secret = "the secret of A, 0123456789",
                          .redirect_uri = "http://a-city.localhost:8081/cb",
                          .scope = "openid name address age_over_65 interests"};
    open_service(s, A_CITY);
}

void service_open_b(struct service *s, struct provider *p)
{
    *s = (struct service){.provider = p,
                          .id = "b-city",
                          .secret = "the secret of B, 0123456789",
                          .redirect_uri = "http://b-city.localhost:8082/cb",
                          .post_auth = true,
                          .scope = "openid name municipality"};
    open_service(s, B_CITY);
}

void service_open_data(struct service *s, struct provider *p)
{
    *s = (struct service){.provider = p, .id = "data", .secret = "the secret of data, 0123456789"};
    open_service(s, DATA);
}

void service_take_key(struct service *s, enum jws_alg alg, const char *members)
{
    struct arena *a = &s->channel.a;
    const char *jwks;
    struct json_out o;
    struct buf b;

    cr_assert_eq(jws_key_make(&s->key, alg), ERR_OK);
    buf_open(&b, a, 8192);
    json_out_open(&o, &b);
    json_begin(&o);
    json_key(&o, "keys");
    json_begin_array(&o);
    jws_key_put_jwk(&o, s->key);
    json_end_array(&o);
    json_end(&o);
    cr_assert_eq(buf_done_text(&b, &jwks), ERR_OK);
    service_update(s, "\"sector\":",
                   arena_printf(a, "\"jwks\":%s%s%s,\"sector\":", jwks, members ? "," : "", members ? members : ""));
}

const char *service_sign(struct service *s, const char *typ, const char *claims)
{
    const char *text;
    struct buf b;

    buf_open(&b, &s->channel.a, 32768);
    cr_assert_eq(jws_sign(&b, s->key, typ, view_text(claims)), ERR_OK);
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    return text;
}

const char *service_request_address(struct service *s)
{
    return arena_printf(&s->channel.a, "http://127.0.0.1:%u/request", server_port(s->ear, 0));
}

void service_open(struct service *s, struct provider *p, const char *registration)
{
    s->provider = p;
    open_service(s, registration);
}

void service_close(struct service *s)
{
    jws_key_close(s->key);
    server_close(s->ear);
    browser_close(&s->channel);
}

/* --- the front channel ------------------------------------------------------------------------------------------ */

static struct arena *arena_of(struct service *s)
{
    return &s->channel.a;
}

static const char *encoded(struct service *s, const char *text)
{
    struct buf b;
    const char *out;
    buf_open(&b, arena_of(s), 65536);
    url_put_encoded(&b, view_text(text));
    cr_assert_eq(buf_done_text(&b, &out), ERR_OK);
    return out;
}

const char *service_request(struct service *s, const char *more)
{
    uint8_t challenge[SHA256_SIZE];
    struct arena *a = arena_of(s);
    s->state = chance_ticket(a);
    s->nonce = chance_ticket(a);
    s->verifier = chance_ticket(a);
    sha256(challenge, view_text(s->verifier));
    return arena_printf(a,
                        "response_type=code&client_id=%s&redirect_uri=%s&scope=%s&state=%s&nonce=%s&code_challenge=%s"
                        "&code_challenge_method=S256%s%s",
                        s->id, encoded(s, s->redirect_uri), encoded(s, s->scope), s->state, s->nonce,
                        base64url_text(a, VIEW_ARRAY(challenge)), more ? "&" : "", more ? more : "");
}

const char *service_begin(struct service *s, const char *more)
{
    return arena_printf(arena_of(s), PROVIDER_ISSUER "/authorize?%s", service_request(s, more));
}

const char *service_at(struct service *s, const char *request_uri)
{
    return arena_printf(arena_of(s), PROVIDER_ISSUER "/authorize?client_id=%s&request_uri=%s", s->id,
                        encoded(s, request_uri));
}

const char *service_receive(struct service *s, struct browser *b, const char **error)
{
    cr_assert(b->elsewhere, "still at %s (%s): %.*s", b->url, at_name(browser_at(b)), (int)b->body.n,
              (const char *)b->body.p);
    cr_assert(strncmp(b->url, s->redirect_uri, strlen(s->redirect_uri)) == 0, "sent to %s", b->url);
    const char *state = browser_param(b, b->url, "state"), *iss = browser_param(b, b->url, "iss");
    const char *code = browser_param(b, b->url, "code"), *wrong = browser_param(b, b->url, "error");
    cr_assert(state && strcmp(state, s->state) == 0, "state: %s", b->url);
    cr_assert(iss && strcmp(iss, PROVIDER_ISSUER) == 0, "RFC 9207 iss: %s", b->url);
    cr_assert(!code != !wrong, "code or error: %s", b->url);
    if (error)
        *error = wrong;
    else
        cr_assert_not_null(code, "%s", b->url);
    return code;
}

/* --- the back channel ------------------------------------------------------------------------------------------- */

static const struct json *get_json(struct service *s, struct view text)
{
    struct json *j;
    const char *why = "";
    enum err e = json_read(&j, arena_of(s), text, &why);
    cr_assert_eq(e, ERR_OK, "%s: %.*s", why, (int)text.n, (const char *)text.p);
    return j;
}

const struct json *service_published_keys(struct service *s)
{
    struct browser b;
    if (!s->jwks[0]) {
        provider_browser(s->provider, &b);
        cr_assert(browser_send(&b, "/jwks", NULL, NULL, VIEW_NONE) && b.status == 200);
        cr_assert_lt(b.body.n, sizeof s->jwks);
        memcpy(s->jwks, b.body.p, b.body.n);
        browser_close(&b);
    }
    return json_member(get_json(s, view_text(s->jwks)), "keys");
}

/* Verifies TOKEN with the published keys; its claims. TYP NULL: whatever it is. */
const struct json *service_verified(struct service *s, const char *token, const char *typ)
{
    struct jws jws;
    struct jws_key *key = NULL;
    const struct json *keys = service_published_keys(s);
    cr_assert_eq(jws_read(&jws, arena_of(s), view_text(token)), ERR_OK, "%s", token);
    for (size_t i = 0; i < json_count(keys) && !key; i++)
        if (view_equal(json_member_text(json_at(keys, i), "kid"), jws.kid))
            cr_assert_eq(jws_key_read_jwk(&key, json_at(keys, i)), ERR_OK);
    cr_assert_not_null(key, "no such key");
    cr_assert_eq(jws_verify(&jws, key), ERR_OK);
    jws_key_close(key);
    if (typ)
        cr_assert(view_equal_text(jws.typ, typ), "typ %.*s", (int)jws.typ.n, (const char *)jws.typ.p);
    const struct json *claims = get_json(s, jws.payload);
    cr_assert(view_equal_text(json_member_text(claims, "iss"), PROVIDER_ISSUER));
    return claims;
}

static const struct json *verified(struct service *s, const char *token)
{
    const struct json *claims = service_verified(s, token, NULL);
    cr_assert(view_equal_text(json_member_text(claims, "aud"), s->id));
    return claims;
}

const char *service_opened(struct service *s, const char *token)
{
    struct jwe jwe;
    struct view plain;
    cr_assert_not_null(token);
    cr_assert_eq(jwe_read(&jwe, arena_of(s), view_text(token)), ERR_OK, "%s", token);
    cr_assert(view_equal(jwe.kid, jwe_key_id(s->lock)));
    cr_assert_eq(jwe_decrypt(&plain, arena_of(s), &jwe, s->lock), ERR_OK);
    return arena_text(arena_of(s), plain);
}

const char *claim(struct service *s, const struct json *claims, const char *name)
{
    struct view v = json_member_text(claims, name);
    return view_is(v) ? arena_text(arena_of(s), v) : NULL;
}

const char *claim_words(struct service *s, const struct json *claims, const char *name)
{
    const struct json *list = json_member(claims, name);
    const char *words = json_is_array(list) ? "" : NULL;
    struct view v;
    for (size_t i = 0; words && i < json_count(list); i++)
        words = json_text(json_at(list, i), &v)
                    ? arena_printf(arena_of(s), "%s %.*s", words, (int)v.n, (const char *)v.p)
                    : NULL;
    return words;
}

static void read_tokens(struct service *s, struct tokens *t)
{
    const struct json *j = get_json(s, s->channel.body);
    t->error = claim(s, j, "error");
    t->access = claim(s, j, "access_token");
    t->refresh = claim(s, j, "refresh_token");
    t->id_token = claim(s, j, "id_token");
    t->scope = claim(s, j, "scope");
    t->type = claim(s, j, "token_type");
    cr_assert_eq(!t->error, t->status == 200, "%d %s", t->status, t->error);
    if (!t->id_token)
        return;
    t->claims = verified(s, s->lock ? service_opened(s, t->id_token) : t->id_token);
    t->sub = claim(s, t->claims, "sub");
    int64_t exp = json_member_int(t->claims, "exp", 0);
    cr_assert_gt(exp, provider_now(s->provider));
}

/* Its proof for this request, as a header; NULL: it has no key. */
static const char *proof_header(struct service *s, const char *method, const char *path, const char *access)
{
    struct arena *a = arena_of(s);
    struct proof_claims c = {.method = method,
                             .url = arena_printf(a, PROVIDER_ISSUER "%s", path),
                             .access = access,
                             .nonce = s->prover_nonce,
                             .iat = provider_now(s->provider)};
    return s->prover ? arena_printf(a, "DPoP: %s", prover_proof(s->prover, a, &c)) : NULL;
}

static void keep_nonce(struct service *s)
{
    static const char NAME[] = "DPoP-Nonce: ";
    const char *at = s->channel.headers ? strstr(s->channel.headers, NAME) : NULL;
    if (at) {
        at += sizeof NAME - 1;
        s->prover_nonce = arena_printf(arena_of(s), "%.*s", (int)strcspn(at, "\r\n"), at);
    }
}

/* FORM with what says who it is: as the service does that, in the form or in a header. */
static const char *with_credentials(struct service *s, const char *form, const char **header)
{
    struct arena *a = arena_of(s);
    const char *id = strstr(form, "client_id=") ? "" : arena_printf(a, "&client_id=%s", s->id);
    if (!s->secret)
        return arena_printf(a, "%s%s", form, id);
    if (s->post_auth)
        return arena_printf(a, "%s%s&client_secret=%s", form, id, encoded(s, s->secret));
    const char *pair = arena_printf(a, "%s:%s", encoded(s, s->id), encoded(s, s->secret));
    *header = arena_printf(a, "Authorization: Basic %s", base64_text(a, view_text(pair)));
    return form;
}

int service_call(struct service *s, const char *path, const char *form, const char *const *headers,
                 const struct json **answer)
{
    const char *lines[8] = {NULL}, *proof = proof_header(s, "POST", path, NULL), *header = NULL;
    size_t n = 0;
    form = with_credentials(s, form, &header);
    if (header)
        lines[n++] = header;
    if (proof)
        lines[n++] = proof;
    for (size_t i = 0; headers && headers[i]; i++)
        lines[n++] = headers[i];
    bool came = browser_send(&s->channel, path, lines, "application/x-www-form-urlencoded", view_text(form));
    keep_nonce(s);
    if (answer)
        *answer = came && s->channel.body.n ? get_json(s, s->channel.body) : NULL;
    return came ? s->channel.status : 0;
}

int service_post(struct service *s, const char *path, const char *form)
{
    return service_call(s, path, form, NULL, NULL);
}

struct tokens service_token_request(struct service *s, const char *form)
{
    struct tokens t = {.status = service_post(s, "/token", form)};
    if (t.status)
        read_tokens(s, &t);
    return t;
}

const char *service_push(struct service *s, const char *form, const char **error)
{
    int status = service_post(s, "/par", form);
    const struct json *j = get_json(s, s->channel.body);

    if (error)
        *error = claim(s, j, "error");
    else
        cr_assert_eq(status, 201, "/par: %d %.*s", status, (int)s->channel.body.n, (const char *)s->channel.body.p);
    return status == 201 ? claim(s, j, "request_uri") : NULL;
}

struct tokens service_redeem(struct service *s, const char *code)
{
    const char *form =
        arena_printf(arena_of(s), "grant_type=authorization_code&code=%s&redirect_uri=%s&code_verifier=%s",
                     encoded(s, code), encoded(s, s->redirect_uri), s->verifier);
    struct tokens t = service_token_request(s, form);
    if (t.status == 200)
        cr_assert_str_eq(claim(s, t.claims, "nonce"), s->nonce);
    return t;
}

struct tokens service_refresh(struct service *s, const char *refresh)
{
    return service_token_request(
        s, arena_printf(arena_of(s), "grant_type=refresh_token&refresh_token=%s", encoded(s, refresh)));
}

const struct json *service_userinfo(struct service *s, const char *access, int *status)
{
    const char *proof = proof_header(s, "GET", "/userinfo", access);
    const char *headers[] = {arena_printf(arena_of(s), "Authorization: %s %s", proof ? "DPoP" : "Bearer", access),
                             proof, NULL};
    bool came = browser_send(&s->channel, "/userinfo", headers, NULL, VIEW_NONE);
    keep_nonce(s);
    if (status)
        *status = s->channel.status;
    else
        cr_assert(came && s->channel.status == 200, "userinfo: %d %s", s->channel.status, s->channel.headers);
    return came && s->channel.status == 200 ? get_json(s, s->channel.body) : NULL;
}

bool service_may_quote(const struct service *s)
{
    static const char before[] = "\"request ", behind[] = " failed";
    const struct browser *b = &s->channel;
    const char *at = b->body.n ? memmem(b->body.p, b->body.n, before, sizeof before - 1) : NULL;
    size_t left = at ? b->body.n - (size_t)(at - (const char *)b->body.p) - (sizeof before - 1) : 0;

    at += at ? sizeof before - 1 : 0;
    return left > 16 + sizeof behind && strspn(at, "0123456789abcdef") == 16 &&
           memcmp(at + 16, behind, sizeof behind - 1) == 0;
}

const struct json *service_last_logout(struct service *s)
{
    return s->told ? verified(s, s->last_logout) : NULL;
}

const struct json *service_last_event(struct service *s)
{
    if (!s->events_told)
        return NULL;
    service_verified(s, s->last_event, "secevent+jwt");
    return verified(s, s->last_event);
}

void service_hears_of_cards(struct service *s)
{
    service_update(s, "\"contacts\"", "\"events_requested\":[\"credential-change\"],\"contacts\"");
}

const char *service_told_card_change(struct service *s, const char *sub)
{
    static const char type[] = "https://schemas.openid.net/secevent/caep/event-type/credential-change";
    const struct json *claims = service_last_event(s),
                      *event = claims ? json_member(json_member(claims, "events"), type) : NULL;

    if (!event)
        return NULL;
    cr_expect_str_eq(claim(s, json_member(claims, "sub_id"), "sub"), sub, "under the name it knows her by");
    cr_expect_str_eq(claim(s, event, "credential_type"), "x509");
    return claim(s, event, "change_type");
}
