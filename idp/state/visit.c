#include "idp/state/visit.h"

#include "base/base64.h"
#include "base/chance.h"
#include "base/hash.h"
#include "base/secret.h"
#include "base/text.h"
#include "http/url.h"
#include "idp/state/config.h"
#include "idp/tokens/keys.h"
#include "sessions/session.h"
#include "store/store.h"

#define ISSUER_MAX 300 /* bytes of an origin (idp/state/config.c) */
#define URL_MAX    (ISSUER_MAX + VISIT_TARGET_MAX)
#define WORDS_MAX  196608 /* a form at its longest, with three bytes for each */

static void put_word(struct buf *b, struct view word)
{
    if (word.n && b->n)
        buf_put_byte(b, ' ');
    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] == ' ')
            buf_put_text(b, "%20");
        else
            buf_put_byte(b, word.p[i]);
}

enum err visit_words(struct view *out, const struct visit *v, const char *name)
{
    struct view value;
    size_t at = 0;
    struct buf b;

    *out = VIEW_NONE;
    buf_open(&b, v->arena, WORDS_MAX);
    while (form_each(visit_form(v), name, &at, &value))
        put_word(&b, value);
    return b.n == 0 ? b.err : buf_done(&b, out);
}

void visit_redirect(struct visit *v, struct view path)
{
    struct buf b;
    struct view url = VIEW_NONE;

    buf_open(&b, v->arena, URL_MAX);
    buf_put(&b, v->op->issuer);
    buf_put(&b, path);
    if (buf_done(&b, &url) != ERR_OK)
        v->answer->broken = true;
    else
        answer_redirect(v->answer, 303, url);
}

void visit_redirect_next(struct visit *v, struct view interaction)
{
    struct buf b;
    struct view path = VIEW_NONE;

    buf_open(&b, v->arena, URL_MAX);
    buf_put_text(&b, "/next");
    url_add_param(&b, "i", interaction);
    if (buf_done(&b, &path) != ERR_OK)
        v->answer->broken = true;
    else
        visit_redirect(v, path);
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static enum err settle(void *store)
{
    return store_settle(store);
}

void visit_settle(struct visit *v)
{
    answer_hold(v->answer, settle, v->op->store);
}

enum err visit_write(struct visit *v, enum err (*job)(struct db *db, void *ctx), void *ctx)
{
    enum err e = store_write_soon(v->op->store, job, ctx);

    if (!e)
        visit_settle(v);
    return e;
}

/* --- the browser ------------------------------------------------------------------------------------------------- */

struct view visit_browser(const struct visit *v)
{
    return request_cookie(v->request, COOKIE_BROWSER);
}

struct view visit_mint_browser(struct visit *v)
{
    struct view ticket = visit_browser(v);

    /* Only what we could have made ourselves: 32 bytes in base64url. */
    if (view_is(ticket) && ticket.n == 43)
        return ticket;
    if (v->request->method == METHOD_POST)
        return VIEW_NONE;
    ticket = view_text(chance_ticket(v->arena));
    if (view_is(ticket))
        answer_cookie(v->answer, &(struct cookie){COOKIE_BROWSER, ticket, COOKIE_SESSION, SAME_SITE_LAX});
    return ticket;
}

static const char *mac_of(const struct visit *v, struct view text)
{
    uint8_t mac[SHA256_SIZE];

    hmac_sha256(mac, keys_secret(v->keys, SECRET_CSRF), text);
    return base64url_text(v->arena, VIEW_ARRAY(mac));
}

struct view visit_csrf_of(const struct visit *v, struct view browser, struct ident session)
{
    const char *id = base64url_text(v->arena, VIEW_ARRAY(session.b));

    if (!view_is(browser) || !id)
        return VIEW_NONE;
    const char *text = arena_printf(v->arena, "%s.%.*s", id, (int)browser.n, (const char *)browser.p);
    if (!text)
        return VIEW_NONE;
    const char *own = mac_of(v, browser), *current = mac_of(v, view_text(text));
    return own && current ? view_text(arena_printf(v->arena, "%s.%s", own, current)) : VIEW_NONE;
}

struct view visit_csrf(const struct visit *v)
{
    struct session s;
    enum err e = visit_open_session(v, &s);

    if (e && e != ERR_NOT_FOUND)
        return VIEW_NONE;
    return visit_csrf_of(v, visit_browser(v), e ? IDENT_NONE : s.id);
}

bool visit_is_current_form(const struct visit *v, struct view csrf)
{
    return secret_equal(csrf, visit_csrf(v));
}

bool visit_is_own_form(const struct visit *v, struct view csrf)
{
    const struct request *r = v->request;
    struct view origin = request_header(r, "Origin"), site = request_header(r, "Sec-Fetch-Site");

    if (request_header_count(r, "Origin") > 0 && !url_is_of_origin(origin, v->op->issuer))
        return false;
    if (request_header_count(r, "Sec-Fetch-Site") > 0 && !view_equal_text(site, "same-origin"))
        return false;
    struct view own = VIEW_NONE, browser = visit_browser(v);
    return view_is(browser) && view_next(&csrf, '.', &own) && secret_equal(own, view_text(mac_of(v, browser)));
}

/* --- the session ------------------------------------------------------------------------------------------------- */

static enum err find_session(const struct visit *v, struct session *out, enum session_state *state, struct view client,
                             bool *opened)
{
    struct view ticket = request_cookie(v->request, COOKIE_SESSION_NAME), browser = visit_browser(v);

    if (!view_is(ticket) || !view_is(browser))
        return ERR_NOT_FOUND;
    enum err e = opened ? session_find_for(out, opened, v->db, v->arena, ident_of(ticket), client)
                        : session_find_by_ticket(out, v->db, v->arena, ident_of(ticket));
    if (!e)
        *state = session_check(out, ident_of(browser), v->op->config->session.idle, v->now);
    return e;
}

enum err visit_session_for(const struct visit *v, struct session *out, struct view client, bool *opened)
{
    enum session_state state = SESSION_ENDED;
    enum err e = find_session(v, out, &state, client, opened);

    if (!e && state == SESSION_LIVE)
        return ERR_OK;
    if (opened)
        *opened = false; /* one that is over has opened nothing */
    return e ? e : ERR_NOT_FOUND;
}

enum err visit_session(const struct visit *v, struct session *out)
{
    return visit_session_for(v, out, VIEW_NONE, NULL);
}

enum err visit_open_session(const struct visit *v, struct session *out)
{
    enum session_state state = SESSION_ENDED;
    enum err e = find_session(v, out, &state, VIEW_NONE, NULL);

    return e ? e : state == SESSION_OTHER_BROWSER || state == SESSION_ENDED ? ERR_NOT_FOUND : ERR_OK;
}

struct touching {
    struct ident id;
    int64_t now;
};

static enum err touch_job(struct db *db, void *ctx)
{
    const struct touching *t = ctx;

    return session_touch(db, t->id, t->now);
}

enum err visit_touch_session(const struct visit *v, const struct session *s)
{
    struct touching t = {s->id, v->now};

    return session_is_due(s, v->now) ? store_write(v->op->store, touch_job, &t) : ERR_OK;
}

void visit_set_session_cookie(struct visit *v, struct view ticket)
{
    answer_cookie(v->answer, &(struct cookie){COOKIE_SESSION_NAME, ticket, COOKIE_SESSION, SAME_SITE_LAX});
}

/* Clear Site Data 3.1: "cache" alone. It clears what the browser keeps of our origin, in Chromium whole pages for Back,
 * too. "cookies" would reach the services beside us (3.1: of the registrable domain), "storage" has nothing of ours. */
static void forget_pages(struct visit *v)
{
    answer_header_text(v->answer, "Clear-Site-Data", "\"cache\"");
}

void visit_forget_ended(struct visit *v)
{
    if (view_is(request_cookie(v->request, COOKIE_SESSION_NAME)))
        forget_pages(v);
}

void visit_drop_session_cookie(struct visit *v)
{
    forget_pages(v);
    answer_cookie(v->answer, &(struct cookie){COOKIE_SESSION_NAME, VIEW("gone"), 0, SAME_SITE_LAX});
}

/* --- opening ----------------------------------------------------------------------------------------------------- */

/* The first of ja and en in Accept-Language (RFC 9110 12.5.4); weights are not compared, browsers send them in order.
 */
static bool prefers_english(struct view header)
{
    struct view piece;

    while (view_next(&header, ',', &piece)) {
        while (piece.n && piece.p[0] == ' ')
            piece = view_from(piece, 1);
        if (view_starts(piece, VIEW("ja")))
            return false;
        if (view_starts(piece, VIEW("en")))
            return true;
    }
    return false;
}

bool visit_prefers_english(const struct request *r)
{
    struct view chosen = request_cookie(r, COOKIE_LANG);

    return view_is(chosen) ? view_equal_text(chosen, "en") : prefers_english(request_header(r, "Accept-Language"));
}

bool visit_prefers_easy(const struct request *r)
{
    return view_equal_text(request_cookie(r, COOKIE_LANG), "ja-simple");
}

bool visit_prefers_large(const struct request *r)
{
    return view_equal_text(request_cookie(r, COOKIE_LETTERS), "large");
}

void visit_open(struct visit *v, const struct op *op, const struct request *request, struct answer *answer)
{
    *v = (struct visit){.op = op, .keys = op_keys(op), .request = request, .answer = answer, .arena = request->arena};
    v->now_ms = clock_ms(&op->clock);
    v->now = v->now_ms / 1000;
    v->language_chosen = view_is(request_cookie(request, COOKIE_LANG));
    v->english = visit_prefers_english(request);
    v->easy = visit_prefers_easy(request);
    v->large = visit_prefers_large(request);
    v->db = store_borrow(op->store);
}

void visit_close(struct visit *v)
{
    store_return(v->op->store, v->db);
    v->db = NULL;
}
