#include "idp/endpoints/card_proof.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "idp/endpoints/card_cookie.h"
#include "idp/endpoints/card_lock.h"
#include "idp/endpoints/flow.h"
#include "idp/rules/link.h"
#include "idp/state/limits.h"
#include "idp/tokens/keys.h"
#include "jpki/pki/pair.h"
#include "jpki/proof/challenge.h"
#include "sessions/card.h"
#include "sessions/resident.h"
#include "store/store.h"

/* Each step may set the problem; the next one is asked only if there is neither problem nor failure. */
typedef enum err step_fn(struct card_proof *p, struct visit *v);

/* --- which login is it? Only to know the way back: nothing is believed here ----------------------------------- */

static enum err find_way_back(struct card_proof *p, struct visit *v)
{
    struct view cookie = request_cookie(v->request, COOKIE_CARD);
    struct card_txn t;
    p->txn_name = card_call_txn(v->arena, p->fragment);
    enum err e = view_is(p->txn_name) ? card_txn_find(&t, v->db, v->arena, ident_of(p->txn_name)) : ERR_NOT_FOUND;
    if (e && e != ERR_NOT_FOUND)
        return e;
    p->way_back = e ? card_cookie_newest(cookie) : card_cookie_find(cookie, t.interaction);
    if (!view_is(p->way_back))
        return ERR_OK;
    e = interaction_find(&p->interaction, v->db, v->arena, ident_of(p->way_back));
    p->open = !e && interaction_check(&p->interaction, ident_of(visit_browser(v)), v->now) == INTERACTION_OPEN;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* --- cookie matches transaction; state and expiry; take ------------------------------------------------------- */

struct taking {
    struct card_txn txn;
    enum card_txn_verdict verdict;
    struct arena *arena;
    struct ident id, cookie;
    int64_t now;
};

static enum err take_job(struct db *db, void *ctx)
{
    struct taking *t = ctx;
    return card_txn_take(&t->txn, &t->verdict, db, t->arena, t->id, t->cookie, t->now);
}

static enum page_problem problem_of_taking(enum card_txn_verdict verdict)
{
    static const enum page_problem problems[] = {[CARD_TXN_GOOD] = PAGE_PROBLEMS,
                                                 [CARD_TXN_UNKNOWN] = PAGE_PROBLEM_RESPONSE_INVALID,
                                                 [CARD_TXN_OTHER_BROWSER] = PAGE_PROBLEM_OTHER_BROWSER,
                                                 [CARD_TXN_EXPIRED] = PAGE_PROBLEM_REQUEST_EXPIRED,
                                                 [CARD_TXN_USED] = PAGE_PROBLEM_USED};
    return problems[verdict];
}

static enum err take(struct card_proof *p, struct visit *v)
{
    struct view cookie = card_cookie_ticket(request_cookie(v->request, COOKIE_CARD));
    struct taking t = {.arena = v->arena, .id = ident_of(p->txn_name), .cookie = ident_of(cookie), .now = v->now};
    if (!view_is(p->txn_name)) {
        p->problem = PAGE_PROBLEM_RESPONSE_INVALID;
        return ERR_OK;
    }
    enum err e = store_write(v->op->store, take_job, &t);
    if (e)
        return e;
    p->problem = problem_of_taking(t.verdict);
    p->taken = t.verdict == CARD_TXN_GOOD;
    p->txn = t.txn;
    /* The cookie alone is not enough: the login that the transaction belongs to must be this browser's, and not over.
     */
    if (p->taken && !(p->open && ident_equal(p->txn.interaction, p->interaction.id)))
        p->problem = PAGE_PROBLEM_OTHER_BROWSER;
    return ERR_OK;
}

/* --- format and sizes ----------------------------------------------------------------------------------------- */

/* What is different about the signature's password and certificate has its own page, and so has a card without text. */
static enum page_problem problem_of_error(const struct proof_response *r)
{
    static const struct {
        enum proof_error error;
        enum page_problem problem;
    } of_sign[] = {{PROOF_PIN_BLOCKED, PAGE_PROBLEM_SIGN_PIN_BLOCKED},
                   {PROOF_PIN_LAST_TRY, PAGE_PROBLEM_SIGN_PIN_LAST_TRY},
                   {PROOF_CERT_EXPIRED, PAGE_PROBLEM_SIGN_CERT_EXPIRED},
                   {PROOF_UNSUPPORTED_CARD, PAGE_PROBLEM_SIGN_NONE}};
    enum page_problem problem;
    for (size_t i = 0; i < sizeof of_sign / sizeof *of_sign; i++)
        if (r->part == PROOF_PART_SIGN && r->error == of_sign[i].error)
            return of_sign[i].problem;
    if (r->part == PROOF_PART_TEXT && r->error == PROOF_UNSUPPORTED_CARD)
        return PAGE_PROBLEM_TEXT_NONE;
    return page_problem_of(&problem, view_text(proof_error_name(r->error))) ? problem : PAGE_PROBLEM_RESPONSE_INVALID;
}

/* protocol.md, "Response object": `sign` only and always for register, `text` only for read. Text that could not be
 * read has its own page. */
static enum page_problem problem_of_form(enum card_purpose purpose, const struct proof_response *r)
{
    bool has_sign = r->sign.alg != JWS_NONE_GIVEN;
    if (has_sign != (purpose == CARD_REGISTER) || (r->has_text && purpose != CARD_READ))
        return PAGE_PROBLEM_RESPONSE_INVALID;
    return purpose == CARD_READ && !r->has_text ? PAGE_PROBLEM_TEXT_UNREADABLE : PAGE_PROBLEMS;
}

static enum err read_response(struct card_proof *p, struct visit *v)
{
    const char *why;
    enum err e = proof_response_read_fragment(&p->response, v->arena, p->fragment, &why);
    if (e == ERR_SYNTAX || e == ERR_LIMIT)
        p->problem = PAGE_PROBLEM_RESPONSE_INVALID;
    else if (e)
        return e;
    else if (p->response.error != PROOF_OK)
        p->problem = problem_of_error(&p->response);
    else if (card_lock_is_spent(v, p->response.lock))
        p->problem = PAGE_PROBLEM_CARD_REMOVED; /* at a kiosk the card left before its login was done */
    else
        p->problem = problem_of_form(p->txn.purpose, &p->response);
    return ERR_OK;
}

/* --- rebuild M; certificate; signature; revocation ------------------------------------------------------------ */

/* The sign certificate ends with every change of name or address; what to do then is told on pages of its own. */
static enum page_problem problem_of_sign(enum page_problem problem)
{
    switch (problem) {
    case PAGE_PROBLEM_CERT_EXPIRED:
        return PAGE_PROBLEM_SIGN_CERT_EXPIRED;
    case PAGE_PROBLEM_CERT_REVOKED:
        return PAGE_PROBLEM_SIGN_CERT_REVOKED;
    case PAGE_PROBLEM_WRONG_CERT:
        return PAGE_PROBLEM_SIGN_WRONG_CERT;
    default:
        return problem;
    }
}

/* One row for each refusal, so that a new one cannot be forgotten. */
static enum page_problem problem_of_refusal(enum verify_refusal refusal)
{
    switch (refusal) {
    case VERIFY_GOOD:
        return PAGE_PROBLEMS;
    case VERIFY_EXPIRED:
    case VERIFY_ISSUER_EXPIRED: /* she can do nothing else about it: a new certificate at the counter */
        return PAGE_PROBLEM_CERT_EXPIRED;
    case VERIFY_NOT_YET_VALID:
        return PAGE_PROBLEM_CERT_NOT_YET;
    case VERIFY_REVOKED:
        return PAGE_PROBLEM_CERT_REVOKED;
    case VERIFY_REVOCATION_UNKNOWN:
        return PAGE_PROBLEM_REVOCATION_UNKNOWN;
    case VERIFY_CERT_SHA1:
    case VERIFY_CERT_ALGORITHM:
    case VERIFY_KEY_KIND:
    case VERIFY_KEY_SIZE:
        return PAGE_PROBLEM_UNSUPPORTED_CARD;
    case VERIFY_PROOF_ALGORITHM:
    case VERIFY_PROOF_SIGNATURE:
        return PAGE_PROBLEM_PROOF_INVALID;
    case VERIFY_CERT_TOO_BIG:
    case VERIFY_CERT_NOT_DER:
    case VERIFY_CERT_NOT_X509:
    case VERIFY_CERT_BAD_SERIAL:
    case VERIFY_CERT_BAD_EXTENSION:
    case VERIFY_CERT_DUPLICATE_EXTENSION:
    case VERIFY_CERT_UNKNOWN_CRITICAL:
    case VERIFY_ISSUER_UNKNOWN:
    case VERIFY_ISSUER_OTHER_HIERARCHY:
    case VERIFY_ISSUER_KEY_ID:
    case VERIFY_ISSUER_SIGNATURE:
    case VERIFY_KEY_USAGE:
    case VERIFY_EXT_KEY_USAGE:
    case VERIFY_POLICY:
    case VERIFY_IS_CA:
    case VERIFY_NO_VERDICT:
        break;
    }
    return PAGE_PROBLEM_WRONG_CERT;
}

enum page_problem card_proof_problem_of(enum trust_purpose purpose, enum verify_refusal refusal)
{
    enum page_problem problem = problem_of_refusal(refusal);
    return purpose == TRUST_SIGN ? problem_of_sign(problem) : problem;
}

static enum err verify(struct card_proof *p, struct visit *v, enum trust_purpose purpose,
                       const struct proof_signed *signed_by, struct verify_verdict *verdict)
{
    uint8_t message[PROOF_MESSAGE_SIZE];
    proof_message(message, v->op->issuer, p->txn.nonce, p->txn.request);
    struct verify_facts facts = {.der = signed_by->cert,
                                 .alg = signed_by->alg,
                                 .sig = signed_by->sig,
                                 .message = VIEW_ARRAY(message),
                                 .purpose = purpose,
                                 .now = v->now};
    enum err e = verify_proof(verdict, v->arena, v->op->trust, v->op->revocation, &facts);
    if (!e)
        p->problem = card_proof_problem_of(purpose, verdict->refusal);
    return e;
}

/* The signature was good: it is this card, whatever is to be said of it. Only then is it counted, so that nobody who
 * has but seen a certificate can keep its holder out. */
static bool has_proven(const struct verify_verdict *verdict)
{
    return verdict->refusal == VERIFY_GOOD || verdict->refusal == VERIFY_REVOKED ||
           verdict->refusal == VERIFY_REVOCATION_UNKNOWN;
}

static enum err verify_auth(struct card_proof *p, struct visit *v)
{
    enum err e = verify(p, v, TRUST_AUTH, &p->response.auth, &p->verdict);
    if (!e && has_proven(&p->verdict) &&
        !limits_take_of(v->op->limits, LIMIT_CARD_PROOFS, p->response.auth.cert, clock_steady_ms(), &p->retry_s))
        p->problem = PAGE_PROBLEM_TOO_OFTEN;
    return e;
}

static enum err verify_sign(struct card_proof *p, struct visit *v)
{
    if (p->txn.purpose != CARD_REGISTER)
        return ERR_OK;
    return verify(p, v, TRUST_SIGN, &p->response.sign, &p->sign_verdict);
}

/* Both keys signed this M; the certificates may still say that they cannot be of one card. */
static enum err check_pair(struct card_proof *p, struct visit *v)
{
    (void)v;
    if (p->txn.purpose != CARD_REGISTER)
        return ERR_OK;
    enum pair_answer answer = pair_decide(&p->verdict.cert, &p->sign_verdict.cert);
    if (answer != PAIR_FITS) {
        log_event(LOG_WARN, "card_pair_refused", LOG_STR("why", pair_answer_name(answer)));
        p->problem = PAGE_PROBLEM_TWO_CARDS;
    }
    return ERR_OK;
}

static enum err read_person(struct card_proof *p, struct visit *v)
{
    enum person_fault fault;
    if (p->txn.purpose != CARD_REGISTER)
        return ERR_OK;
    enum err e = person_read(&p->person, v->arena, &p->sign_verdict.cert, &fault);
    if (e != ERR_SYNTAX)
        return e;
    log_event(LOG_WARN, "card_person_refused", LOG_STR("why", person_fault_name(fault)));
    p->problem = PAGE_PROBLEM_TEXT_UNREADABLE;
    return ERR_OK;
}

/* --- whose card is it? ---------------------------------------------------------------------------------------- */

static enum err find_session(struct card_proof *p, struct visit *v)
{
    struct session live;
    enum err e = visit_session(v, &live);
    p->is_live = e == ERR_OK;
    if (!e || e == ERR_NOT_FOUND)
        e = visit_open_session(v, &p->session);
    p->has_session = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err load_owner(struct link_facts *f, const struct card_proof *p, struct visit *v)
{
    struct ident owner;
    struct card *cards;
    enum err e = resident_find_by_card(&owner, v->db, v->arena, VIEW_ARRAY(p->account));
    if (!e)
        f->of = ident_equal(owner, p->session.resident) ? LINK_OF_HER : LINK_OF_OTHER;
    else if (e != ERR_NOT_FOUND)
        return e;
    return card_list(&cards, &f->cards, v->db, v->arena, p->session.resident);
}

/* A new card for the resident whose old one was shown just before, in this very login. */
static enum err check_link(struct card_proof *p, struct visit *v)
{
    static const enum page_problem problems[] = {
        [LINK_GOOD] = PAGE_PROBLEMS,
        [LINK_NO_SESSION] = PAGE_PROBLEM_OTHER_RESIDENT,
        [LINK_OTHER_SESSION] = PAGE_PROBLEM_OTHER_RESIDENT,
        [LINK_STALE] = PAGE_PROBLEM_OTHER_RESIDENT,
        [LINK_TAKEN] = PAGE_PROBLEM_CARD_TAKEN,
        [LINK_HERS] = PAGE_PROBLEM_CARD_SAME,
        [LINK_TOO_MANY] = PAGE_PROBLEM_CARDS_TOO_MANY,
    };
    struct link_facts facts = {.has_session = p->is_live,
                               .same_session = p->is_live && ident_equal(p->interaction.session, p->session.id),
                               .auth_at = p->session.auth_at,
                               .began_at = p->txn.created_at,
                               .cards_max = CARDS_MAX};
    enum err e = p->is_live ? load_owner(&facts, p, v) : ERR_OK;
    if (e)
        return e;
    enum link_verdict verdict = link_decide(&facts);
    p->problem = problems[verdict];
    if (verdict != LINK_GOOD)
        log_event(LOG_WARN, "card_link_refused", LOG_STR("why", link_verdict_name(verdict)));
    return ERR_OK;
}

/* Reading, registering and showing the card again are about the resident who is logged in. */
static enum err check_resident(struct card_proof *p, struct visit *v)
{
    struct ident resident;
    hmac_sha256(p->account, keys_secret(v->keys, SECRET_ACCOUNT), p->verdict.account_input);
    enum err e = find_session(p, v);
    p->links = p->txn.purpose == CARD_REAUTH && flow_is_link(&p->interaction);
    if (!e && p->links)
        return check_link(p, v);
    bool bound =
        p->txn.purpose == CARD_READ || p->txn.purpose == CARD_REGISTER || (p->txn.purpose == CARD_REAUTH && p->is_live);
    if (e || !bound)
        return e;
    e = resident_find_by_card(&resident, v->db, v->arena, VIEW_ARRAY(p->account));
    if (e && e != ERR_NOT_FOUND)
        return e;
    if (e == ERR_NOT_FOUND || !p->is_live || !ident_equal(resident, p->session.resident))
        p->problem = PAGE_PROBLEM_OTHER_RESIDENT;
    return ERR_OK;
}

enum err card_proof_check(struct card_proof *p, struct visit *v, struct view fragment)
{
    static step_fn *const steps[] = {find_way_back, take,       read_response, verify_auth,
                                     verify_sign,   check_pair, read_person,   check_resident};
    *p = (struct card_proof){.fragment = fragment, .problem = PAGE_PROBLEMS};
    enum err e = ERR_OK;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !e && p->problem == PAGE_PROBLEMS; i++)
        e = steps[i](p, v);
    return e;
}
