/* genkan client try: a registered service, asked from outside: are its addresses there, do its keys fit, does it take a
 * log-out of ours and refuse a forged one? */
#include <stdio.h>

#include "base/chance.h"
#include "base/clock.h"
#include "http/url.h"
#include "idp/desk.h"
#include "idp/rules/client_jwks.h"
#include "idp/rules/client_policy.h"
#include "idp/rules/redirect_uri.h"
#include "idp/rules/trial.h"
#include "idp/state/clients.h"
#include "idp/state/outgoing.h"
#include "idp/state/sector.h"
#include "idp/tokens/event_token.h"
#include "idp/tokens/logout_token.h"
#include "store/store.h"

#define TOKEN_MAX     16384
#define PAGE_MAX      (1 << 20)   /* bytes of a page that is looked at */
#define ARENA_CEILING (256 << 20) /* a hundred addresses with such pages */

struct trying {
    struct desk *desk;
    const struct client *client;
    struct fetch *fetch;
    struct arena *a;
    struct view issuer;
    int bad;
};

/* --- saying ------------------------------------------------------------------------------------------------------- */

static void say(struct trying *t, const char *member, struct view what, struct trial_verdict verdict)
{
    static const char *const marks[] = {[TRIAL_GOOD] = "good", [TRIAL_NOTE] = "note", [TRIAL_BAD] = "BAD"};

    printf("%-4s  %s", marks[verdict.trial], member);
    if (view_is(what))
        printf(" %.*s", (int)what.n, (const char *)what.p);
    printf(": %s\n", verdict.words);
    t->bad += verdict.trial == TRIAL_BAD;
}

static void say_failure(struct trying *t, const char *member, struct view url, enum err e, const struct fetched *got)
{
    const char *words =
        arena_printf(t->a, "nothing came: %s", e != ERR_PERMISSION && got->trouble ? got->trouble : outgoing_words(e));

    say(t, member, url, (struct trial_verdict){TRIAL_BAD, words ? words : "nothing came"});
}

/* --- addresses ---------------------------------------------------------------------------------------------------- */

/* What a GET of URL brings; false: nothing, which was said. */
static bool get(struct trying *t, const char *member, struct view url, struct fetched *got)
{
    static const struct fetch_limits limits = {.body_max = PAGE_MAX};
    enum err e = fetch_get(t->fetch, t->a, url, &limits, got);

    if (e)
        say_failure(t, member, url, e, got);
    return !e;
}

static void try_address(struct trying *t, const char *member, struct view url, enum trial_probe probe)
{
    struct fetched got;
    struct url parts;

    if (!view_is(url) || !get(t, member, url, &got))
        return;
    say(t, member, url, trial_decide(probe, got.status));
    if (!url_read(&parts, url) && url_is_http(&parts))
        say(t, member, url, (struct trial_verdict){TRIAL_NOTE, "plain http is for development on one machine only"});
}

static void try_addresses(struct trying *t)
{
    const struct client *c = t->client;

    for (size_t i = 0; i < c->redirect_count; i++)
        if (c->native && !redirect_uri_is_claimed(c->redirect_uris[i]))
            say(t, "redirect_uris", c->redirect_uris[i],
                (struct trial_verdict){TRIAL_NOTE, "is on the resident's own device: nothing to open from here"});
        else
            try_address(t, "redirect_uris", c->redirect_uris[i], TRIAL_REDIRECT);
    for (size_t i = 0; i < c->logout_count; i++)
        try_address(t, "post_logout_redirect_uris", c->logout_uris[i], TRIAL_PAGE);
    try_address(t, "client_uri", c->client_uri, TRIAL_PAGE);
    try_address(t, "policy_uri", c->policy_uri, TRIAL_PAGE);
    try_address(t, "tos_uri", c->tos_uri, TRIAL_PAGE);
}

static enum err with_params(struct view *out, struct trying *t, struct view url, const char *const *pairs)
{
    struct buf b;

    buf_open(&b, t->a, TOKEN_MAX);
    buf_put(&b, url);
    for (size_t i = 0; pairs[i]; i += 2)
        url_add_param(&b, pairs[i], view_text(pairs[i + 1]));
    return buf_done(&b, out);
}

/* Front-Channel Logout 3: iss and sid, in a frame of a page of ours. */
static void try_frontchannel(struct trying *t)
{
    const char *const pairs[] = {"iss", t->desk->config->issuer, "sid", chance_id(t->a), NULL};
    struct view url;

    if (!view_is(t->client->frontchannel_uri))
        return;
    if (!with_params(&url, t, t->client->frontchannel_uri, pairs))
        try_address(t, "frontchannel_logout_uri", url, TRIAL_PAGE);
}

static void try_initiate(struct trying *t)
{
    const char *const pairs[] = {"iss", t->desk->config->issuer, NULL};
    char *endpoint = arena_printf(t->a, "%s/authorize", t->desk->config->issuer);
    struct fetched got;
    struct view url;

    if (!view_is(t->client->initiate_login_uri) || with_params(&url, t, t->client->initiate_login_uri, pairs))
        return;
    if (get(t, "initiate_login_uri", url, &got))
        say(t, "initiate_login_uri", url, trial_initiate(got.status, got.location, view_text(endpoint), t->client->id));
}

static void try_sector(struct trying *t)
{
    const struct sector_source source = sector_by_waiting(t->fetch);
    struct registration_fault fault = {"sector_identifier_uri", "could not be looked at"};

    if (!view_is(t->client->sector_uri))
        return;
    enum err e = sector_check(&source, t->a, t->client, &fault);
    say(t, "sector_identifier_uri", t->client->sector_uri,
        e ? (struct trial_verdict){TRIAL_BAD, fault.rule} : (struct trial_verdict){TRIAL_GOOD, "lists every address"});
}

/* --- keys --------------------------------------------------------------------------------------------------------- */

static void say_fit(struct trying *t, const char *what, bool fits)
{
    const char *words = arena_printf(t->a, fits ? "has a key for %s" : "has no key for %s", what);

    say(t, view_is(t->client->jwks) ? "jwks" : "jwks_uri", t->client->jwks_uri,
        (struct trial_verdict){fits ? TRIAL_GOOD : TRIAL_BAD, words ? words : what});
}

static bool fits_any(const struct trying *t, const struct json *jwks, enum jws_alg alg)
{
    static const char *const names[] = {"ES256", "RS256", "PS256", "EdDSA", "ES384"};

    if (alg != JWS_NONE_GIVEN)
        return client_jwks_fits(jwks, alg);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        enum jws_alg one = jws_alg_of(view_text(names[i]));
        if (client_policy_takes_alg(t->client->profile, one) && client_jwks_fits(jwks, one))
            return true;
    }
    return false;
}

static void try_algorithms(struct trying *t, const struct json *jwks)
{
    const struct client *c = t->client;
    const struct client_jwe all[] = {c->id_token_jwe, c->userinfo.jwe, c->introspection.jwe, c->authorization.jwe};

    if (c->auth_method == CLIENT_AUTH_PRIVATE_KEY_JWT)
        say_fit(t, "its client assertions", fits_any(t, jwks, c->auth_alg));
    if (c->require_request || c->request_alg != JWS_NONE_GIVEN)
        say_fit(t, "its request objects", fits_any(t, jwks, c->request_alg));
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (view_is(all[i].alg))
            say_fit(t, arena_printf(t->a, "encryption with %.*s", (int)all[i].alg.n, (const char *)all[i].alg.p),
                    client_jwks_encrypts(jwks, all[i].alg));
}

static void try_keys(struct trying *t)
{
    const struct client *c = t->client;
    struct view text = c->jwks;
    const char *why = "";
    struct fetched got;
    struct json *jwks;

    if (!view_is(c->jwks) && !view_is(c->jwks_uri))
        return;
    if (!view_is(text)) {
        if (!get(t, "jwks_uri", c->jwks_uri, &got))
            return;
        if (got.status != 200) {
            say(t, "jwks_uri", c->jwks_uri, (struct trial_verdict){TRIAL_BAD, "does not answer with 200"});
            return;
        }
        text = got.body;
    }
    enum err e = json_read(&jwks, t->a, text, &why);
    const char *fault = e ? why : client_jwks_fault(jwks);
    if (fault)
        say(t, "jwks_uri", c->jwks_uri, (struct trial_verdict){TRIAL_BAD, fault});
    else
        try_algorithms(t, jwks);
}

/* --- notices ------------------------------------------------------------------------------------------------------ */

/* TOKEN with another signature: one letter in its middle is another one. */
static enum err forge(struct view *out, struct arena *a, struct view token)
{
    char *copy = arena_text(a, token);

    if (!copy)
        return ERR_MEMORY;
    char *signature = strrchr(copy, '.') + 1, *middle = signature + strlen(signature) / 2;
    *middle = *middle == 'A' ? 'B' : 'A';
    *out = view_text(copy);
    return ERR_OK;
}

static void post(struct trying *t, const char *member, struct view url, const char *type, struct view body,
                 enum trial_probe probe)
{
    struct fetched got;
    enum err e = fetch_post(t->fetch, t->a, url, type, body, NULL, &got);

    if (e)
        say_failure(t, member, url, e, &got);
    else
        say(t, member, url, trial_decide(probe, got.status));
}

static enum err post_logout(struct trying *t, struct view token, enum trial_probe probe)
{
    struct view body;
    struct buf b;

    buf_open(&b, t->a, TOKEN_MAX);
    buf_put_text(&b, "logout_token=");
    url_put_encoded(&b, token);
    enum err e = buf_done(&b, &body);
    if (!e)
        post(t, "backchannel_logout_uri", t->client->backchannel_uri, "application/x-www-form-urlencoded", body, probe);
    return e;
}

/* Of nobody: the service has never seen this sub and sid. */
static enum err try_logout(struct trying *t)
{
    const struct client *c = t->client;
    const struct logout_token of = {.issuer = t->issuer,
                                    .client_id = c->id,
                                    .sub = view_text(chance_ticket(t->a)),
                                    .sid = view_text(chance_id(t->a)),
                                    .now = clock_s(&clock_real)};
    struct view token, forged;

    if (!view_is(c->backchannel_uri))
        return ERR_OK;
    enum err e = logout_token_mint(t->a, t->desk->keys, c->id_token_alg, &of, &token);
    if (e || (e = forge(&forged, t->a, token)) || (e = post_logout(t, token, TRIAL_LOGOUT)))
        return e;
    return post_logout(t, forged, TRIAL_LOGOUT_FORGED);
}

static enum err try_events(struct trying *t)
{
    static const char type[] = "application/secevent+jwt";
    const struct client *c = t->client;
    const struct event_token of = {.kind = EVENT_RESUMED,
                                   .issuer = t->issuer,
                                   .client_id = c->id,
                                   .sub = view_text(chance_ticket(t->a)),
                                   .jti = view_text(chance_id(t->a)),
                                   .by_operator = true,
                                   .at = clock_s(&clock_real)};
    struct view claims, token, forged;

    if (!view_is(c->events_uri))
        return ERR_OK;
    enum err e = event_token_claims(&claims, t->a, &of);
    if (e || (e = event_token_sign(t->a, t->desk->keys, c->id_token_alg, claims, &token)) ||
        (e = forge(&forged, t->a, token)))
        return e;
    post(t, "events_uri", c->events_uri, type, token, TRIAL_EVENT);
    post(t, "events_uri", c->events_uri, type, forged, TRIAL_EVENT_FORGED);
    return ERR_OK;
}

/* --- the registration itself -------------------------------------------------------------------------------------- */

static void say_lacks(struct trying *t)
{
    struct trial_lack lack;

    for (size_t i = 0; trial_lack(&lack, t->client, i); i++)
        say(t, lack.member, lack.field, lack.verdict);
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static int try_all(const struct command *self, struct trying *t)
{
    try_addresses(t);
    try_keys(t);
    try_sector(t);
    try_initiate(t);
    try_frontchannel(t);
    say_lacks(t);
    enum err e = try_logout(t);
    if (!e)
        e = try_events(t);
    if (e)
        return command_fail(self, COMMAND_FAILED, "%s", err_words(e));
    if (!view_is(t->client->backchannel_uri))
        say(t, "backchannel_logout_uri", VIEW_NONE,
            (struct trial_verdict){TRIAL_NOTE, "is not registered: the service is not told when a resident logs out"});
    return t->bad ? COMMAND_NO : COMMAND_DONE;
}

static int try_client(const struct command *self, struct desk *desk, const char *id)
{
    struct arena arena;
    struct trying t = {.desk = desk, .a = &arena, .issuer = view_text(desk->config->issuer)};
    struct clients *clients = NULL;
    struct db *db = store_borrow(desk->store);
    int code = COMMAND_FAILED;

    arena_open(&arena, ARENA_CEILING);
    enum err e = clients_open(&clients);

    if (!e)
        e = clients_find(clients, db, view_text(id), &t.client);
    if (!e)
        e = outgoing_open(&t.fetch, desk->config);
    if (e)
        command_fail(self, code, "%s", err_words(e));
    else if (!t.client)
        code = command_fail(self, COMMAND_NO, "there is no service %s", id);
    else
        code = try_all(self, &t);
    fetch_close(t.fetch);
    clients_close(clients);
    store_return(desk->store, db);
    arena_close(&arena);
    return code;
}

int command_client_try(const struct command *self, int argc, const char *const *argv)
{
    const char *config, *id = NULL;
    struct desk desk;
    int code = command_parse(self, argc, argv, NULL, 0, &config, &id, 1);

    if (code != -1)
        return code;
    if (!id)
        return command_fail(self, COMMAND_USAGE, "which service? see `genkan client list`");
    code = desk_open(&desk, self, config, DESK_LOOK);
    if (code == -1)
        code = try_client(self, &desk, id);
    desk_close(&desk);
    return code;
}
