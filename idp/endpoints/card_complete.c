/* POST /login/card/complete: a card's answer. Checks it (card_proof.h) and records one of: a login, values read from
 * the card, why it failed. */
#include "base/chance.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/url.h"
#include "idp/endpoints/card_cookie.h"
#include "idp/endpoints/card_lock.h"
#include "idp/endpoints/card_proof.h"
#include "idp/endpoints/card_values.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/show.h"
#include "idp/rules/acr.h"
#include "idp/rules/user_agent.h"
#include "idp/state/config.h"
#include "idp/state/event_tell.h"
#include "idp/state/logout.h"
#include "idp/state/network.h"
#include "idp/state/places.h"
#include "idp/state/renewal.h"
#include "idp/state/succession.h"
#include "idp/state/tally.h"
#include "idp/state/upkeep.h"
#include "jpki/proof/request.h"
#include "sessions/card.h"
#include "sessions/login.h"
#include "sessions/resident.h"
#include "store/store.h"

struct completing {
    const struct card_proof *proof;
    struct visit *visit;
    struct session session;       /* login */
    bool ended;                   /* ... ended an older session */
    bool disabled;                /* ... was refused: the operator has disabled her registration */
    struct succession succession; /* ... with a card that may be a renewed one */
    struct card_values values;    /* read, register */
    struct view reason;           /* failure */
};

/* --- recording ------------------------------------------------------------------------------------------------ */

/* The older session of this browser, if nobody has logged it out. */
static enum err find_older(struct completing *c, struct db *db, struct session *older, bool *has)
{
    const struct card_proof *p = c->proof;
    enum err e = p->has_session ? session_find(older, db, c->visit->arena, p->session.id) : ERR_NOT_FOUND;
    *has = !e && !older->ended_at;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* One browser has one session. When its resident shows the card again, it goes on under a new ticket; whoever else was
 * logged in is logged out everywhere. */
static enum err open_session(struct completing *c, struct db *db)
{
    const struct visit *v = c->visit;
    struct session older;
    struct logout l = logout_of(v, &older);
    bool has;
    enum err e = find_older(c, db, &older, &has);
    if (e)
        return e;
    bool goes_on = has && ident_equal(older.resident, c->session.resident) && v->now < older.expires_at;
    c->session.id = goes_on ? older.id : c->session.ticket;
    c->ended = has && !goes_on;
    if (goes_on)
        return session_renew(db, &c->session);
    if (c->ended)
        e = logout_job(db, &l);
    return e ? e : session_mint(db, &c->session);
}

/* Nothing else is recorded. In the transaction that would open the session, so that no login slips past the operator.
 */
static enum err refuse_disabled(struct completing *c, struct db *db)
{
    const struct card_proof *p = c->proof;
    struct view why = view_text(page_problem_name(PAGE_PROBLEM_ACCOUNT_DISABLED));
    enum err e = card_txn_record_result(db, p->txn.id, CARD_FAILED, why);
    return e ? e : interaction_record_problem(db, p->txn.interaction, why, c->visit->now);
}

static enum err login_job(struct db *db, void *ctx)
{
    struct completing *c = ctx;
    const struct card_txn *t = &c->proof->txn;
    const struct visit *v = c->visit;
    enum err e = succession_settle(db, &c->succession);
    if (!e)
        e = resident_of_card(&c->session.resident, NULL, db, v->arena, VIEW_ARRAY(c->proof->account), v->now);
    if (!e)
        e = succession_record(db, &c->succession);
    if (!e)
        e = resident_is_disabled(&c->disabled, db, v->arena, c->session.resident);
    if (!e && c->disabled)
        return refuse_disabled(c, db);
    if (!e)
        e = open_session(c, db);
    if (!e)
        e = login_record(db, &(struct login){.resident = c->session.resident,
                                             .session = c->session.id,
                                             .at = v->now,
                                             .agent = c->session.agent,
                                             .network = c->session.network});
    if (!e)
        e = interaction_record_login(db, t->interaction, c->session.id, v->now);
    return e ? e : card_txn_record_result(db, t->id, CARD_DONE, VIEW_NONE);
}

/* One more card for the resident of this login, which goes on as it was. */
static enum err link_job(struct db *db, void *ctx)
{
    struct completing *c = ctx;
    const struct card_proof *p = c->proof;
    int64_t now = c->visit->now;
    enum err e = resident_link_card(db, p->session.resident, VIEW_ARRAY(p->account), now);
    if (!e)
        e = event_tell_all(db, c->visit, p->session.resident,
                           (struct event_token){.kind = EVENT_CREDENTIAL_CHANGE, .change = "create"});
    if (!e)
        e = interaction_record_login(db, p->txn.interaction, p->session.id, now);
    return e ? e : card_txn_record_result(db, p->txn.id, CARD_DONE, VIEW_NONE);
}

/* What the card said, as far as it may be written down without asking her (card_values_decide). */
static enum err record_values(struct db *db, const struct visit *v, struct ident resident, struct card_values *values)
{
    struct profile_value *stored;
    size_t n;
    enum err e = profile_find(&stored, &n, db, v->arena, v->op->master, resident, NULL, 0);
    if (e)
        return e;
    card_values_decide(values, stored, n);
    for (size_t i = 0; i < values->n && !e; i++)
        e = profile_record(db, v->arena, v->op->master, resident, &values->values[i], v->now);
    for (size_t i = 0; i < values->n_erase && !e; i++)
        e = profile_erase(db, resident, values->erase[i], v->now);
    return e ? e : renewal_follow(db, v, resident);
}

/* The rest waits in the interaction for her word. */
static enum err hold_values(struct db *db, const struct visit *v, struct ident resident, struct ident interaction,
                            const struct card_values *values)
{
    struct view sealed;
    enum err e =
        profile_seal(&sealed, db, v->arena, v->op->master, resident, interaction, values->held, values->n_held);
    return e ? e : interaction_record_held(db, interaction, sealed, v->now);
}

static enum err values_job(struct db *db, void *ctx)
{
    struct completing *c = ctx;
    const struct card_txn *t = &c->proof->txn;
    struct ident resident = c->proof->session.resident;
    struct card_values values = c->values; /* a job may run twice */
    enum err e = record_values(db, c->visit, resident, &values);
    if (!e && values.n_held > 0)
        e = hold_values(db, c->visit, resident, t->interaction, &values);
    else if (!e)
        e = interaction_record_profile_offer(db, t->interaction, PROFILE_DONE, c->visit->now);
    return e ? e : card_txn_record_result(db, t->id, CARD_DONE, VIEW_NONE);
}

/* An answer that comes twice (Back, a double press) is no news to a login that goes on: /next shows where it is. */
static bool is_told(const struct card_proof *p)
{
    return p->open && p->problem != PAGE_PROBLEM_USED;
}

static enum err failure_job(struct db *db, void *ctx)
{
    struct completing *c = ctx;
    const struct card_proof *p = c->proof;
    enum err e = p->taken ? card_txn_record_result(db, p->txn.id, CARD_FAILED, c->reason) : ERR_OK;
    if (!e && is_told(p))
        e = interaction_record_problem(db, p->interaction.id, c->reason, c->visit->now);
    return e;
}

/* --- ways on -------------------------------------------------------------------------------------------------- */

static struct view path_of(struct visit *v, const char *path, const char *name, struct view value)
{
    struct buf b;
    struct view text = VIEW_NONE;
    buf_open(&b, v->arena, 512);
    buf_put_text(&b, path);
    url_add_param(&b, name, value);
    return buf_done(&b, &text) ? VIEW_NONE : text;
}

/* Back to the login, which shows what comes next; without one, to the page that only explains. */
static void go_on(struct visit *v, const struct card_call *call, const struct card_proof *p)
{
    struct view path = view_is(p->way_back)
                           ? path_of(v, "/next", "i", p->way_back)
                           : path_of(v, "/login/card/return", "problem", view_text(page_problem_name(p->problem)));
    if (!view_is(path))
        show_failure(v, ERR_MEMORY, "write the way on");
    else
        card_call_go(v, call, 200, path);
}

/* Of one card, after it has proved: RFC 6585 4. The script takes her to the page which says so. */
static void say_too_often(struct visit *v, const struct card_call *call, const struct card_proof *p)
{
    struct view path = path_of(v, "/login/card/return", "problem", view_text(page_problem_name(p->problem)));
    show_card_throttled(v, "card proofs of an account", p->retry_s);
    if (call->by_script && view_is(path))
        card_call_go(v, call, 429, path);
}

/* This login needs the cookie no more; another tab may. */
static void drop_card_cookie(struct visit *v, struct ident interaction)
{
    struct view rest = card_cookie_remove(v->arena, request_cookie(v->request, COOKIE_CARD), interaction);
    struct cookie kept = {COOKIE_CARD, rest, CARD_COOKIE_LIFE_S, SAME_SITE_LAX};
    struct cookie gone = {COOKIE_CARD, VIEW("gone"), 0, SAME_SITE_LAX};
    answer_cookie(v->answer, view_is(rest) ? &kept : &gone);
}

/* --- the endings ---------------------------------------------------------------------------------------- */

static void log_refusal(const struct card_proof *p)
{
    const struct verify_verdict *verdict = p->verdict.refusal == VERIFY_GOOD ? &p->sign_verdict : &p->verdict;
    bool judged = verdict->refusal != VERIFY_NO_VERDICT && verdict->refusal != VERIFY_GOOD;
    log_event(LOG_WARN, "card_refused", LOG_STR("problem", page_problem_name(p->problem)),
              LOG_STR("refusal", judged ? verify_refusal_name(verdict->refusal) : ""),
              LOG_STR("revocation", judged ? revocation_why_name(verdict->revocation.why) : ""));
}

static enum err refuse(struct completing *c)
{
    c->reason = view_text(page_problem_name(c->proof->problem));
    log_refusal(c->proof);
    if (!c->proof->taken && !is_told(c->proof))
        return ERR_OK;
    return store_write(c->visit->op->store, failure_job, c);
}

static enum err log_in(struct completing *c)
{
    struct visit *v = c->visit;
    struct view ticket = view_text(chance_ticket(v->arena));
    struct user_agent agent = user_agent_of_header(request_header(v->request, "User-Agent"));
    char number[SESSION_NUMBER_SIZE];
    c->session = (struct session){.ticket = ident_of(ticket),
                                  .browser = ident_of(visit_browser(v)),
                                  .card = card_id(VIEW_ARRAY(c->proof->account)),
                                  .acr = VIEW(ACR_CARD),
                                  .amr = VIEW("sc pin"),
                                  .agent = user_agent_words(v->arena, agent),
                                  .network = network_of(v),
                                  .place = places_find(v->op->places, v->arena, v->request->peer.address),
                                  .auth_at = v->now,
                                  .created_at = v->now,
                                  .seen_at = v->now,
                                  .expires_at = v->now + v->op->config->session.absolute};
    enum err e = view_is(ticket)
                     ? succession_ask(&c->succession, v, &c->proof->verdict.cert, VIEW_ARRAY(c->proof->account))
                     : ERR_MEMORY;
    if (!e)
        e = store_write(v->op->store, login_job, c);
    if (e)
        return e;
    succession_done(&c->succession);
    if (c->disabled) {
        log_event(LOG_WARN, "login_of_disabled_refused", LOG_INT("purpose", c->proof->txn.purpose));
        return ERR_OK;
    }
    session_number(number, c->session.id);
    log_event(LOG_INFO, "login", LOG_STR("login", number));
    if (c->ended)
        upkeep_wake(v->op->upkeep);
    visit_set_session_cookie(v, ticket);
    drop_card_cookie(v, c->proof->txn.interaction);
    return ERR_OK;
}

static enum err link_card(struct completing *c)
{
    struct visit *v = c->visit;
    enum err e = store_write(v->op->store, link_job, c);
    if (e)
        return e;
    drop_card_cookie(v, c->proof->txn.interaction);
    log_event(LOG_INFO, "card_linked", LOG_STR("by", "old_card"));
    return ERR_OK;
}

static enum err values_of_person(struct completing *c, struct view today)
{
    struct arena *a = c->visit->arena;
    struct profile_proof proof;
    enum err e = card_values_proof(&proof, a, &c->proof->sign_verdict.cert, c->visit->now);
    return e ? e : card_values_of_person(&c->values, a, &c->proof->person, &proof, today);
}

/* ERR_SYNTAX: what the card says cannot be used. */
static enum err keep_values(struct completing *c)
{
    struct visit *v = c->visit;
    const struct card_proof *p = c->proof;
    struct view today = view_text(clock_jst_date(v->arena, v->now));
    enum err e = !view_is(today) ? ERR_MEMORY
                 : p->txn.purpose == CARD_REGISTER
                     ? values_of_person(c, today)
                     : card_values_of_text(&c->values, v->arena, &p->response.text, today);
    if (!e)
        e = store_write(v->op->store, values_job, c);
    if (!e)
        drop_card_cookie(v, c->proof->txn.interaction);
    return e;
}

static enum err complete(struct completing *c, struct card_proof *p)
{
    if (p->problem != PAGE_PROBLEMS)
        return refuse(c);
    bool tells = p->txn.purpose == CARD_READ || p->txn.purpose == CARD_REGISTER;
    enum err e = p->links ? link_card(c) : tells ? keep_values(c) : log_in(c);
    if (e == ERR_SYNTAX) {
        p->problem = PAGE_PROBLEM_TEXT_UNREADABLE;
        return refuse(c);
    }
    if (!e && c->disabled) {
        p->problem = PAGE_PROBLEM_ACCOUNT_DISABLED;
        return ERR_OK;
    }
    if (!e)
        card_lock_set(c->visit, p->response.lock);
    if (!e)
        tally(c->visit->op, TALLY_LOGINS);
    if (!e)
        log_event(LOG_INFO, "card_done", LOG_INT("purpose", p->txn.purpose));
    return e;
}

void handle_card_complete(struct visit *v)
{
    struct card_call call;
    struct card_proof p;
    struct completing c = {.proof = &p, .visit = v};
    if (!card_call_read(&call, v))
        return;
    enum err e = card_proof_check(&p, v, call.fragment);
    if (!e)
        e = complete(&c, &p);
    if (e && e != ERR_CONFLICT) /* conflict: the login was finished in another tab; /next says so */
        show_failure(v, e, "complete a card transaction");
    else if (!e && p.problem == PAGE_PROBLEM_TOO_OFTEN)
        say_too_often(v, &call, &p);
    else
        go_on(v, &call, &p);
}
