#include "idp/endpoints/flow.h"

#include "base/chance.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "consent/grant_scope.h"
#include "consent/minor.h"
#include "idp/endpoints/managed.h"
#include "idp/endpoints/offers.h"
#include "idp/endpoints/response.h"
#include "idp/endpoints/show.h"
#include "idp/state/clients.h"
#include "idp/state/limits.h"
#include "idp/state/profile.h"
#include "idp/state/tally.h"
#include "idp/tokens/code.h"
#include "idp/tokens/subject.h"
#include "sessions/pushed.h"
#include "store/store.h"

/* --- for no service ---------------------------------------------------------------------------------------------- */

/* What stands for the service on pages and in the agent's window. */
static const struct client *own_client(const struct visit *v)
{
    static const struct ask nothing = {.n = 0};
    struct client *c = arena_alloc(v->arena, sizeof *c);

    if (c)
        *c = (struct client){.id = VIEW("genkan"),
                             .name = {VIEW("玄関（Genkan）"), VIEW("Genkan")},
                             .org_name = {v->op->host, v->op->host},
                             .host = v->op->host,
                             .ask = &nothing};
    return c;
}

/* The request that an interaction of our own remembers its aim by. */
static const char *const aim_requests[] = {[FLOW_LOGIN] = "{}",
                                           [FLOW_UPDATE] = "{\"update\":true}",
                                           [FLOW_LEAVE] = "{\"leave\":true}",
                                           [FLOW_CARDS] = "{\"cards\":true}",
                                           [FLOW_LINK] = "{\"link\":true}"};

static enum flow_aim aim_of(const struct interaction *i)
{
    for (enum flow_aim aim = FLOW_LOGIN; aim <= FLOW_LINK; aim++)
        if (view_equal_text(i->request, aim_requests[aim]))
            return aim;
    return FLOW_LOGIN;
}

bool flow_is_link(const struct interaction *i)
{
    return i->client.n == 0 && aim_of(i) == FLOW_LINK;
}

struct beginning_own {
    struct interaction interaction;
    enum flow_aim aim;
};

static enum err begin_own_job(struct db *db, void *ctx)
{
    const struct beginning_own *b = ctx;
    const struct interaction *i = &b->interaction;
    enum err e = interaction_mint(db, i);

    if (!e && b->aim == FLOW_LINK) /* of this login and no other */
        e = interaction_record_session(db, i->id, i->session, i->created_at);
    if (e || b->aim == FLOW_UPDATE)
        return e;
    return interaction_record_profile_offer(db, i->id, PROFILE_SKIPPED, i->created_at);
}

void flow_begin_own(struct visit *v, enum flow_aim aim, const struct session *session)
{
    struct view ticket = view_text(chance_ticket(v->arena));
    struct beginning_own b = {.interaction = {.id = ident_of(ticket),
                                              .browser = ident_of(visit_browser(v)),
                                              .client = INTERACTION_OWN,
                                              .request = view_text(aim_requests[aim]),
                                              .session = session ? session->id : IDENT_NONE,
                                              .created_at = v->now,
                                              .expires_at = v->now + INTERACTION_LIFE_S},
                              .aim = aim};
    int64_t retry_s;

    if (!limits_take(v->op->limits, LIMIT_INTERACTIONS, v->request->peer.address, clock_steady_ms(), &retry_s)) {
        show_throttled(v, "interactions", retry_s);
        return;
    }
    enum err e = view_is(ticket) ? store_write(v->op->store, begin_own_job, &b) : ERR_MEMORY;
    if (e)
        show_failure(v, e, "begin an interaction of our own");
    else
        visit_redirect_next(v, ticket);
}

/* --- loading ----------------------------------------------------------------------------------------------------- */

static enum err load_session(struct visit *v, struct flow *f, bool *opened_before)
{
    struct session *s = arena_alloc(v->arena, sizeof *s);

    if (!s)
        return ERR_MEMORY;
    enum err e = f->own ? visit_session(v, s) : visit_session_for(v, s, f->client->id, opened_before);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    f->session = s;
    if (f->own)
        return ERR_OK;
    f->sub = view_text(subject_sub(v->arena, v->keys, f->client->sector, s->resident));
    return view_is(f->sub) ? ERR_OK : ERR_MEMORY;
}

static enum err load_grant(struct visit *v, struct flow *f)
{
    struct grant *g = arena_alloc(v->arena, sizeof *g);

    if (!g)
        return ERR_MEMORY;
    enum err e = grant_find_for_login(g, v->arena, v->db, f->session->resident, f->client->id);
    if (!e)
        f->grant = g;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static bool is_of_interaction(const struct flow *f, struct ident id)
{
    return f->interaction && ident_equal(f->interaction->session, id);
}

static bool reached_here(const struct flow *f)
{
    return f->interaction && f->grant && ident_equal(f->interaction->grant, f->grant->id);
}

static void decide_consent(struct visit *v, struct flow *f)
{
    struct grant_facts facts = {.ask = &f->asked,
                                .grant = f->grant,
                                .profile = &f->profile,
                                .now = v->now,
                                /* RFC 8252 8.6: "as if no previous request had been approved" */
                                .prompt_consent = (f->request.prompt & PROMPT_CONSENT) || f->request.grant_action ||
                                                  client_is_unproven(f->client, f->request.redirect_uri),
                                .reached_here = reached_here(f),
                                .details = f->details};

    f->consent = grant_decide(&facts);
}

/* --- the facts of step_decide ------------------------------------------------------------------------------------ */

static enum step_hint hint_of(const struct flow *f)
{
    if (!view_is(f->request.hint_sub) || !f->session)
        return HINT_NONE;
    return view_equal(f->request.hint_sub, f->sub) ? HINT_SAME : HINT_OTHER;
}

/* Is something asked that only the card can tell, of a resident whose card was never read? Having the name means that
 * it was read; what is still missing then is not on the card (a sex that is not stated). */
static bool lacks_card_fields(const struct flow *f)
{
    const struct field *name = field_find(VIEW("name"));
    bool asked = false;

    for (size_t i = 0; i < f->asked.n; i++)
        asked = asked || field_is_of_card(f->asked.items[i].field);
    return asked && !field_stored(&f->profile, name);
}

static void add_session_facts(struct step_facts *facts, const struct visit *v, const struct flow *f)
{
    const struct interaction *i = f->interaction;
    bool of_interaction = is_of_interaction(f, f->session->id);

    facts->has_session = true;
    facts->login_at = f->session->auth_at;
    facts->hint = hint_of(f);
    facts->login_here = of_interaction && i->login_at > 0;
    facts->confirmed_here = of_interaction && i->login_at == 0;
    facts->card_fields_missing = lacks_card_fields(f);
    facts->consent_silent = f->consent.reason == GRANT_SILENT;
    facts->grant_unfit = !f->own && managed_is_unfit(v, f);
}

static enum step_offer offer_of(const struct interaction *i)
{
    static const enum step_offer offers[] = {[PROFILE_NOT_OFFERED] = OFFER_OPEN,
                                             [PROFILE_SKIPPED] = OFFER_SKIPPED,
                                             [PROFILE_DONE] = OFFER_DONE,
                                             [PROFILE_HELD] = OFFER_HELD};

    return i ? offers[i->profile_offer] : OFFER_OPEN;
}

static bool lacks_type(const struct flow *f)
{
    for (size_t i = 0; i < f->details.n; i++)
        if (!details_offer_of(&f->offers, f->details.items[i].type))
            return true;
    return false;
}

static void decide_step(struct visit *v, struct flow *f, bool opened_before)
{
    const struct interaction *i = f->interaction;
    struct step_facts facts = {
        .own = f->own,
        .prompt = f->request.prompt,
        .max_age = f->request.max_age,
        .acr = acr_decide(f->request.acr_values, f->request.acr_essential, f->session ? f->session->acr : VIEW_NONE),
        .now = v->now,
        .opened_before = opened_before,
        .other_wanted = i && i->want_login,
        .refused = i && view_is(i->refusal) ? REFUSAL_CANCELLED : REFUSAL_NONE,
        .offer = offer_of(i)};

    if (f->session)
        add_session_facts(&facts, v, f);
    f->verdict = step_decide(&facts);
    if (lacks_type(f)) /* its server, or the operator, took it back while she was logging in (RFC 9396 5) */
        f->verdict = (struct step_verdict){STEP_REFUSE, REFUSAL_DETAILS_TYPE_UNKNOWN};
}

static enum err put_detail(struct detail *out, struct visit *v, const struct flow *f, const struct json *object)
{
    struct view type = json_member_text(object, "type");
    const struct details_offer *offer = details_offer_of(&f->offers, type);
    struct buf b;

    *out = (struct detail){.type = type};
    if (offer) {
        memcpy(out->meaning, offer->type->meaning, sizeof out->meaning);
        out->every_time = offer->type->every_time;
        out->optional = details_is_optional(f->client, type);
    }
    buf_open(&b, v->arena, DETAILS_BYTES_MAX);
    json_put_canonical(&b, object);
    return buf_done(&b, &out->json);
}

/* With the types as they are registered now: one that has gone since is refused (decide_step). */
static enum err load_details(struct visit *v, struct flow *f)
{
    struct detail *items;
    struct json *j;
    enum err e = json_read(&j, v->arena, f->request.details, NULL);

    if (e || (e = offers_find(&f->offers, v, j, NULL)))
        return e;
    f->objects = j;
    f->details.n = json_count(j);
    items = arena_array(v->arena, f->details.n, sizeof *items);
    f->details.items = items;
    e = items ? ERR_OK : ERR_MEMORY;
    for (size_t i = 0; i < f->details.n && !e; i++)
        e = put_detail(&items[i], v, f, json_at(j, i));
    return e;
}

/* Our own text: that it cannot be read is damage. */
static enum err load_wish(struct visit *v, struct flow *f)
{
    enum err e = claims_request_read(&f->claims, v->arena, f->request.claims);

    f->wish = wish_of(f->request.claims, f->request.details);
    ask_requested(&f->asked, f->client->ask, f->request.scope,
                  claims_place_fields(&f->claims.userinfo) | claims_place_fields(&f->claims.id_token));
    if (!e && view_is(f->request.details))
        e = load_details(v, f);
    return e == ERR_SYNTAX ? ERR_STORE : e;
}

static enum err load_all(struct visit *v, struct flow *f, bool *opened_before)
{
    enum err e = load_session(v, f, opened_before);

    if (!e)
        e = load_wish(v, f);
    if (e || !f->session)
        return e;
    if (f->own)
        return profile_load(&f->profile, v, f->session->resident, &f->asked);
    if ((e = load_grant(v, f)))
        return e;
    /* without an interaction no page is shown: nobody needs the values, and nothing is opened */
    return f->interaction ? profile_load(&f->profile, v, f->session->resident, &f->asked)
                          : profile_load_outline(&f->profile, v, f->session->resident, &f->asked);
}

/* Session, grant and profile of one moment. */
static enum err load_together(struct visit *v, struct flow *f, bool *opened_before)
{
    enum err e = db_begin_read(v->db);

    if (e)
        return e;
    e = load_all(v, f, opened_before);
    db_end_read(v->db);
    return e;
}

/* RFC 9396 7: a code, and whatever comes of it, is for what she granted and no more. */
static enum err narrow_details(struct visit *v, struct flow *f)
{
    enum err e = details_granted(&f->request.details, v->arena, &f->details, f->grant, v->now);

    f->wish = wish_of(f->request.claims, f->request.details);
    return e;
}

enum err flow_decide(struct visit *v, struct flow *f)
{
    bool opened_before = false;
    struct db *own = v->db;

    f->seen_ms = clock_steady_ms();
    v->db = store_look(v->op->store, own);
    enum err e = load_together(v, f, &opened_before);
    store_look_done(v->op->store, v->db);
    v->db = own;
    if (e)
        return e;
    if (f->session) {
        if (!f->own)
            decide_consent(v, f);
        e = visit_touch_session(v, f->session);
    }
    decide_step(v, f, opened_before);
    if (!e && f->verdict.step == STEP_CODE && f->details.n)
        e = narrow_details(v, f);
    return e;
}

/* --- an interaction ---------------------------------------------------------------------------------------------- */

static enum err load_interaction(struct visit *v, struct view ticket, struct flow *f)
{
    struct interaction *i = arena_alloc(v->arena, sizeof *i);

    if (!i)
        return ERR_MEMORY;
    enum err e = interaction_find(i, v->db, v->arena, ident_of(ticket));
    if (e)
        return e;
    if (interaction_check(i, ident_of(visit_browser(v)), v->now) != INTERACTION_OPEN)
        return ERR_NOT_FOUND;
    f->interaction = i;
    f->pushed = i->pushed;
    if (i->client.n == 0) {
        f->own = true;
        f->aim = aim_of(i);
        f->request = (struct authz_request){.max_age = -1, .prompt = f->aim >= FLOW_LEAVE ? PROMPT_LOGIN : 0};
        f->client = own_client(v);
        return f->client ? ERR_OK : ERR_MEMORY;
    }
    if ((e = authz_read(&f->request, v->arena, i->request)))
        return e == ERR_SYNTAX ? ERR_STORE : e;
    e = clients_find(v->op->clients, v->db, i->client, &f->client);
    return !e && !f->client ? ERR_NOT_FOUND : e;
}

bool flow_open(struct visit *v, struct view i, struct flow *f)
{
    *f = (struct flow){.id = i};
    enum err e = view_is(i) ? load_interaction(v, i, f) : ERR_NOT_FOUND;

    if (!e) {
        if (f->request.language_asked && !v->language_chosen)
            v->english = f->request.english;
        e = flow_decide(v, f);
    }
    if (e == ERR_NOT_FOUND)
        show_error(v, 400, PAGE_ERROR_EXPIRED);
    else if (e)
        show_failure(v, e, "load the interaction");
    return !e;
}

bool flow_open_form(struct visit *v, struct view i, struct view csrf, struct flow *out)
{
    if (!visit_is_own_form(v, csrf)) {
        log_event(LOG_WARN, "form_refused", LOG_TEXT("path", v->request->path));
        show_error(v, 403, PAGE_ERROR_FORM);
        return false;
    }
    if (!flow_open(v, i, out))
        return false;
    if (visit_is_current_form(v, csrf))
        return true;
    log_event(LOG_INFO, "form_of_another_session", LOG_TEXT("path", v->request->path));
    visit_redirect_next(v, i);
    return false;
}

/* Only a code carries the wish on. */
static bool has_wish(const struct flow *f)
{
    return ident_is(f->wish.id) && f->verdict.step == STEP_CODE;
}

enum err flow_must_record(bool *must, struct visit *v, const struct flow *f)
{
    bool fresh = false;

    *must = ident_is(f->pushed);
    if (*must || !has_wish(f))
        return ERR_OK;
    enum err e = wish_is_fresh(&fresh, v->db, v->arena, f->wish.id, v->now);
    *must = !fresh;
    return e;
}

enum err flow_record_answer(struct db *db, const struct flow *f, int64_t now)
{
    enum err e = ident_is(f->pushed) ? pushed_take(db, f->pushed, now) : ERR_OK;

    return e || !has_wish(f) ? e : wish_keep(db, &f->wish, now);
}

enum link_verdict flow_link_verdict(const struct visit *v, const struct flow *f)
{
    struct link_facts facts = {.has_session = f->session != NULL, .began_at = v->now};

    if (f->session) {
        facts.same_session = is_of_interaction(f, f->session->id);
        facts.auth_at = f->session->auth_at;
    }
    return link_decide_begin(&facts);
}

enum err flow_is_minor(struct visit *v, const struct flow *f, bool *minor)
{
    const struct ask birthdate = {.items = {{.field = field_find(VIEW("birthdate"))}}, .n = 1};
    struct field_profile profile;
    enum err e = profile_load(&profile, v, f->session->resident, &birthdate);

    *minor = e || minor_is(&profile);
    return e;
}

struct ledger_parties flow_parties(const struct flow *f)
{
    return (struct ledger_parties){f->session->resident, f->client->id, f->client->org_id,
                                   f->client->sector,    f->sub,        f->session->id};
}

/* --- answers to the service -------------------------------------------------------------------------------------- */

static enum err mint_code(struct visit *v, const struct flow *f, struct view *text)
{
    struct code code = {
        .client_id = f->client->id,
        .sub = f->sub,
        .sid = view_text(subject_sid(v->arena, v->keys, f->session->id, f->client->id)),
        .nonce = f->request.nonce,
        .challenge = f->request.challenge,
        .session = f->session->id,
        .grant = f->grant ? f->grant->id : IDENT_NONE,
        .epoch = store_epoch(v->op->store),
        .wish = f->wish.id,
        .resource = f->request.resource,
        .minted_at = v->now,
        .login = {f->session->acr, f->session->amr, f->session->auth_at, f->session->expires_at, f->seen_ms},
        .offline = authz_is_offline(&f->request, f->client),
        .claims = f->grant && f->grant->claim_until,
    };

    if (!view_is(code.sid))
        return ERR_MEMORY;
    if (view_is(f->request.dpop_jkt) && !cnf_read(&code.cnf, CNF_JKT, f->request.dpop_jkt))
        return ERR_STORE; /* it was looked at before it was kept */
    enum err e = grant_scope(&code.scope, v->arena, f->request.scope, &f->asked, f->grant);
    if (e)
        return e;
    sha256(code.redirect_hash, f->request.redirect_uri);
    return code_mint(v->arena, v->keys, &code, text);
}

void flow_answer_code(struct visit *v, const struct flow *f)
{
    struct view code;
    enum err e = mint_code(v, f, &code);

    if (e) {
        show_failure(v, e, "mint a code");
        return;
    }
    response_answer(v, f->client, &f->request, &(struct response_param){"code", code}, 1);
}

void flow_answer_refusal(struct visit *v, const struct flow *f, enum refusal r)
{
    const struct refusal_row *row = refusal_row(r);
    const struct response_param params[] = {{"error", view_text(row->error)},
                                            {"error_description", view_text(row->reason)}};

    tally_refusal(v->op, r);
    log_event(LOG_INFO, "authorization_refused", LOG_TEXT("client", f->client->id), LOG_STR("error", row->error),
              LOG_STR("reason", row->reason));
    response_answer(v, f->client, &f->request, params, sizeof params / sizeof *params);
}
