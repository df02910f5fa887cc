/* GET, POST /end_session (OIDC RP-Initiated Logout 1.0). */
#include "http/url.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/logged_out.h"
#include "idp/endpoints/show.h"
#include "idp/rules/authorization_request.h"
#include "idp/rules/logout.h"
#include "idp/state/clients.h"
#include "idp/tokens/id_token.h"
#include "idp/tokens/subject.h"

#define LOCATION_MAX 8192

struct logout_call {
    struct view hint, client_id, redirect_uri, state;
    struct session session;
    bool has_session;
    const struct client *client; /* by a good hint; otherwise NULL */
    struct logout_facts facts;
    enum logged_out_where where;
};

/* --- reading ---------------------------------------------------------------------------------------------------- */

static bool is_own_form(const struct visit *v)
{
    return v->request->method == METHOD_POST && view_is(visit_param(v, "do"));
}

/* A service may POST (section 2); no Lax cookie comes with that, so the same is asked for again with GET. */
static void redirect_to_get(struct visit *v)
{
    static const char *const names[] = {"id_token_hint", "client_id", "post_logout_redirect_uri", "state",
                                        "ui_locales"};
    struct view path = VIEW_NONE;
    struct buf b;

    buf_open(&b, v->arena, VISIT_TARGET_MAX);
    buf_put_text(&b, "/end_session");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        url_add_param(&b, names[i], visit_param(v, names[i]));
    if (buf_done(&b, &path))
        show_too_long(v);
    else
        visit_redirect(v, path);
}

static enum err read_hint(struct visit *v, struct logout_call *c)
{
    struct id_token hint;

    if (!view_is(c->hint))
        return ERR_OK;
    c->facts.hint = LOGOUT_HINT_BAD;
    enum err e = id_token_read(v->arena, v->keys, v->op->issuer, c->hint, &hint);
    if (e)
        return e == ERR_SYNTAX || e == ERR_MISMATCH ? ERR_OK : e;
    if (view_is(c->client_id) && !view_equal(c->client_id, hint.client_id))
        return ERR_OK;
    if ((e = clients_find(v->op->clients, v->db, hint.client_id, &c->client)) || !c->client)
        return e;
    c->facts.hint = LOGOUT_HINT_SAME;
    if (!c->has_session)
        return ERR_OK;
    char *sid = subject_sid(v->arena, v->keys, c->session.id, hint.client_id);
    if (!view_equal_text(hint.sid, sid ? sid : ""))
        c->facts.hint = LOGOUT_HINT_OTHER;
    return sid ? ERR_OK : ERR_MEMORY;
}

static void read_form(const struct visit *v, struct logout_call *c)
{
    struct view csrf = visit_param(v, "csrf");

    if (!is_own_form(v) || !visit_is_own_form(v, csrf) || !visit_is_current_form(v, csrf))
        return;
    bool everywhere = view_equal_text(visit_param(v, "do"), "everywhere");
    c->where = everywhere ? LOGGED_OUT_EVERYWHERE : LOGGED_OUT_HERE;
    c->facts.confirmed = everywhere || view_equal_text(visit_param(v, "do"), "logout");
    c->facts.declined = !c->facts.confirmed;
}

static enum err read_call(struct visit *v, struct logout_call *c)
{
    *c = (struct logout_call){.hint = visit_param(v, "id_token_hint"),
                              .client_id = visit_param(v, "client_id"),
                              .redirect_uri = visit_param(v, "post_logout_redirect_uri"),
                              .state = visit_param(v, "state")};
    enum err e = visit_open_session(v, &c->session); /* an idle one, too: its services have not heard of it */
    if (e && e != ERR_NOT_FOUND)
        return e;
    c->has_session = c->facts.has_session = !e;
    if ((e = read_hint(v, c)))
        return e;
    c->facts.redirect_asked = view_is(c->redirect_uri);
    c->facts.redirect_listed = c->client && client_has_logout_redirect(c->client, c->redirect_uri);
    read_form(v, c);
    return ERR_OK;
}

/* --- doing ------------------------------------------------------------------------------------------------------ */

static void ask(struct visit *v, const struct logout_call *c)
{
    const struct page_hidden hidden[] = {{VIEW("id_token_hint"), c->hint},
                                         {VIEW("client_id"), c->client_id},
                                         {VIEW("post_logout_redirect_uri"), c->redirect_uri},
                                         {VIEW("state"), c->state}};
    struct page_hidden *sent = arena_array(v->arena, 4, sizeof *sent);
    size_t n = 0;

    for (size_t i = 0; sent && i < 4; i++)
        if (view_is(hidden[i].value))
            sent[n++] = hidden[i];
    struct view name = VIEW_NONE;
    if (c->client)
        name = v->english ? c->client->name.en : c->client->name.ja;
    show_logout_confirm(v, name, sent, n);
}

/* Where she goes then; absent when it is too long. */
static struct view way_back(struct visit *v, const struct logout_call *c)
{
    struct view url = VIEW_NONE;
    struct buf b;

    buf_open(&b, v->arena, LOCATION_MAX);
    buf_put(&b, c->redirect_uri);
    url_add_param(&b, "state", c->state);
    return buf_done(&b, &url) ? VIEW_NONE : url;
}

static void go_back(struct visit *v, const struct logout_call *c, const struct logged_out *ended)
{
    struct view url = way_back(v, c);

    if (!view_is(url))
        show_error(v, 413, PAGE_ERROR_TOO_LARGE);
    else if (ended->n_frames == 0)
        answer_redirect(v->answer, 303, url);
    else
        logged_out_show(v, ended, c->has_session, url, v->english ? c->client->name.en : c->client->name.ja);
}

static void end(struct visit *v, struct logout_call *c, bool redirect)
{
    struct logged_out ended;
    enum err e =
        logged_out_end(&ended, v, c->has_session ? &c->session : NULL, c->where, c->client ? "service" : "resident");

    if (e)
        show_failure(v, e, "log out");
    else if (redirect)
        go_back(v, c, &ended);
    else
        logged_out_show(v, &ended, c->has_session, VIEW_NONE, VIEW_NONE);
}

void handle_end_session(struct visit *v)
{
    struct logout_call c;
    bool english;

    if (v->request->method == METHOD_POST && !is_own_form(v)) {
        redirect_to_get(v);
        return;
    }
    if (!v->language_chosen && authz_language(visit_param(v, "ui_locales"), &english))
        v->english = english;
    enum err e = read_call(v, &c);
    if (e) {
        show_failure(v, e, "read the log-out request");
        return;
    }
    struct logout_verdict verdict = logout_decide(&c.facts);
    if (verdict.step == LOGOUT_ASK)
        ask(v, &c);
    else if (verdict.step == LOGOUT_STAY)
        visit_redirect(v, VIEW("/"));
    else
        end(v, &c, verdict.redirect);
}
