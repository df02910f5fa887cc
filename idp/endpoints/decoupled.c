#include "idp/endpoints/decoupled.h"

#include "base/chance.h"
#include "base/hex.h"
#include "base/log.h"
#include "consent/grant_scope.h"
#include "idp/endpoints/people.h"
#include "idp/endpoints/show.h"
#include "idp/state/clients.h"
#include "idp/state/upkeep.h"
#include "sessions/notice.h"
#include "store/store.h"

#define REQUEST_MAX 32768

/* --- pages ------------------------------------------------------------------------------------------------------- */

void decoupled_show(struct visit *v, const struct decoupled *d, struct view binding, struct view code)
{
    const struct client *client;
    struct buf b;
    enum err e = clients_find(v->op->clients, v->db, d->client, &client);

    if (e) {
        show_failure(v, e, "load the client");
        return;
    }
    if (!client) { /* the service was removed meanwhile */
        decoupled_show_done(v, NULL, PAGE_OUTCOME_OVER);
        return;
    }
    struct page_decoupled facts = {.frame = people_frame(v, VIEW_NONE),
                                   .service = people_service(v, client),
                                   .counter = d->kind == DECOUPLED_COUNTER,
                                   .binding = binding,
                                   .code = code};
    people_open(&b, v);
    page_decoupled(&b, v->op->pages, &facts);
    people_answer(v, 200, PAGE_PLAIN, &b);
}

void decoupled_show_done(struct visit *v, const struct client *client, enum page_outcome outcome)
{
    struct page_decoupled_done facts = {.frame = people_frame(v, VIEW_NONE), .outcome = outcome};
    struct buf b;

    if (client)
        facts.service = people_service(v, client);
    facts.frame.here = VIEW_NONE;
    people_open(&b, v);
    page_decoupled_done(&b, v->op->pages, &facts);
    people_answer(v, outcome == PAGE_OUTCOME_OVER ? 410 : 200, PAGE_PLAIN, &b);
}

/* --- the beginning ----------------------------------------------------------------------------------------------- */

struct beginning {
    struct interaction interaction;
    struct ident decoupled;
    enum decoupled_kind kind;
};

static enum err begin_job(struct db *db, void *ctx)
{
    const struct beginning *b = ctx;
    const struct interaction *i = &b->interaction;
    enum err e = b->kind == DECOUPLED_DEVICE ? decoupled_take_code(db, b->decoupled, i->created_at) : ERR_OK;

    if (!e)
        e = interaction_mint(db, i);
    if (!e && ident_is(i->session))
        e = interaction_record_session(db, i->id, i->session, i->created_at);
    return e;
}

/* The stored request, with the mark that leads back to D. */
static enum err mark_request(struct view *out, struct visit *v, const struct decoupled *d)
{
    struct authz_request request;
    struct buf b;
    enum err e = authz_read(&request, v->arena, d->request);

    if (e)
        return e == ERR_SYNTAX ? ERR_STORE : e;
    request.decoupled = view_text(hex_text(v->arena, ident_view(&d->id)));
    buf_open(&b, v->arena, REQUEST_MAX);
    authz_write(&b, &request);
    return buf_done(&b, out);
}

void decoupled_begin(struct visit *v, const struct decoupled *d, const struct session *session)
{
    struct view ticket = view_text(chance_ticket(v->arena)), browser = visit_browser(v);
    struct beginning b = {.interaction = {.id = ident_of(ticket),
                                          .browser = ident_of(browser),
                                          .client = d->client,
                                          .session = session ? session->id : IDENT_NONE,
                                          .created_at = v->now,
                                          .expires_at = v->now + INTERACTION_LIFE_S},
                          .decoupled = d->id,
                          .kind = d->kind};
    enum err e = view_is(ticket) && view_is(browser) ? mark_request(&b.interaction.request, v, d) : ERR_MEMORY;

    if (!e)
        e = store_write(v->op->store, begin_job, &b);
    if (e == ERR_CONFLICT)
        decoupled_show_done(v, NULL, PAGE_OUTCOME_OVER);
    else if (e)
        show_failure(v, e, "begin what another device asked");
    else
        visit_redirect_next(v, ticket);
}

/* --- the end ----------------------------------------------------------------------------------------------------- */

struct ending {
    struct arena *arena;
    struct decoupled decided;
    struct ident interaction; /* IDENT_NONE: none had begun */
    bool allowed;
    int64_t now;
};

static enum err record(struct db *db, const struct ending *n)
{
    if (!n->allowed)
        return decoupled_refuse(db, n->decided.id, n->now);
    /* The device is one of the services of this login: a log-out ends it and tells it. */
    enum err e = session_add_service(db, n->decided.session, n->decided.client, n->now);
    return e ? e : decoupled_allow(db, &n->decided, n->now);
}

/* CIBA Core 1.0, 10.2: told of either decision, in the transaction that makes it. */
static enum err add_ping(struct db *db, const struct ending *n)
{
    struct decoupled d;
    enum err e = decoupled_find(&d, db, n->arena, n->decided.id);

    if (e || !view_is(d.notify))
        return e;
    struct notice ping = {
        .channel = NOTICE_PING, .client = d.client, .sub = VIEW(""), .event = d.notify, .created_at = n->now};
    return notice_add(db, &ping);
}

static enum err end_job(struct db *db, void *ctx)
{
    const struct ending *n = ctx;
    enum err e = ident_is(n->interaction) ? interaction_take(db, n->interaction, n->now) : ERR_OK;

    if (!e)
        e = record(db, n);
    return e ? e : add_ping(db, n);
}

static void end(struct visit *v, const struct ending *n, const struct client *client)
{
    struct ending job = *n;
    enum err e = store_write(v->op->store, end_job, &job);

    if (e && e != ERR_CONFLICT) {
        show_failure(v, e, "write down what was decided");
        return;
    }
    upkeep_wake(v->op->upkeep);
    log_event(LOG_INFO, "decoupled_decided", LOG_TEXT("client", n->decided.client),
              LOG_STR("outcome", e            ? "over"
                                 : n->allowed ? "allowed"
                                              : "refused"));
    decoupled_show_done(v, client, e ? PAGE_OUTCOME_OVER : n->allowed ? PAGE_OUTCOME_ALLOWED : PAGE_OUTCOME_REFUSED);
}

void decoupled_refuse_now(struct visit *v, const struct decoupled *d)
{
    struct ending n = {.arena = v->arena, .decided = *d, .now = v->now};
    const struct client *client = NULL;
    enum err e = clients_find(v->op->clients, v->db, d->client, &client);

    if (e)
        show_failure(v, e, "load the client");
    else
        end(v, &n, client);
}

static enum err write_allowed(struct decoupled *out, struct visit *v, const struct flow *f)
{
    struct buf b;

    out->resident = f->session->resident;
    out->session = f->session->id;
    out->grant = f->grant ? f->grant->id : IDENT_NONE;
    buf_open(&b, v->arena, REQUEST_MAX);
    authz_write(&b, &f->request);
    enum err e = buf_done(&b, &out->request);
    return e ? e : grant_scope(&out->scope, v->arena, f->request.scope, &f->asked, f->grant);
}

void decoupled_answer(struct visit *v, const struct flow *f)
{
    struct ending n = {
        .arena = v->arena, .interaction = f->interaction->id, .allowed = f->verdict.step == STEP_CODE, .now = v->now};
    struct view id;
    enum err e = hex_read(v->arena, f->request.decoupled, &id);

    n.decided = (struct decoupled){.id = e ? IDENT_NONE : ident_read(id), .client = f->client->id};
    if (!e && n.allowed)
        e = write_allowed(&n.decided, v, f);
    if (e)
        show_failure(v, e, "read what another device asked");
    else
        end(v, &n, f->client);
}
