/* visit: one request being answered, with what its handler needs. Every endpoint is `void handle_x(struct visit *)`. */
#ifndef IDP_STATE_VISIT_H
#define IDP_STATE_VISIT_H

#include "http/answer.h"
#include "http/request.h"
#include "idp/rules/refusal.h"
#include "idp/state/op.h"
#include "sessions/once.h"
#include "store/ident.h"

struct db;      /* store/row.h */
struct session; /* sessions/session.h */

#define COOKIE_BROWSER      "__Host-browser"
#define COOKIE_SESSION_NAME "__Host-session"
#define COOKIE_CARD         "__Host-card"
#define COOKIE_LOCK         "__Host-lock"
#define COOKIE_LANG         "__Host-lang"
#define COOKIE_LETTERS      "__Host-letters"

/* What a redirect to ourselves may be long, in bytes; a browser that follows it sends a request line of at most 8 KiB.
 * More than that is refused with 413. */
#define VISIT_TARGET_MAX 7000

/* Noted to be used up (idp/state/spent.h). */
#define SPENT_MAX 2
struct spent {
    struct once once[SPENT_MAX];
    enum refusal replayed[SPENT_MAX]; /* if it came before */
    size_t n;
    bool later; /* with what the request writes */
};

struct visit {
    const struct op *op;
    const struct keys *keys;
    const struct request *request;
    struct answer *answer;
    struct arena *arena;
    struct db *db; /* this request's reading connection */
    int64_t now;   /* unix seconds */
    int64_t now_ms;
    bool english; /* pages in English, otherwise in Japanese */
    bool easy;    /* in easy Japanese, where there is some */
    bool large;   /* in large letters, as is the PIN window of the agent */
    struct spent spent;
    bool language_chosen; /* the resident chose it (cookie): ui_locales does not change it */
};

/* Begins a visit: borrows a reading connection, which visit_close gives back. */
void visit_open(struct visit *v, const struct op *op, const struct request *request, struct answer *answer);
void visit_close(struct visit *v);

/* The language of this browser: the cookie, else Accept-Language; Japanese when neither says anything. */
bool visit_prefers_english(const struct request *r);
/* Easy Japanese is only ever chosen, with the cookie. */
bool visit_prefers_easy(const struct request *r);
/* So are large letters. */
bool visit_prefers_large(const struct request *r);

/* The parameters: the query (GET) or the form (POST). */
static inline const struct form *visit_form(const struct visit *v)
{
    return v->request->method == METHOD_POST ? v->request->form : v->request->query;
}

/* One of them; absent when not sent. */
static inline struct view visit_param(const struct visit *v, const char *name)
{
    return form_get(visit_form(v), name);
}

/* The values of a parameter that may be sent several times, as words separated by single spaces, in the order sent:
 * for addresses, which have no space; one that has gets %20 instead, and is another. *OUT is absent when none was sent.
 */
enum err visit_words(struct view *out, const struct visit *v, const char *name) MUST_CHECK;

/* Writes like store_write, but does not wait for the disk: the answer of this visit is kept back until all of it is
 * durable, and becomes a 503 if that fails. For the last write of a handler that then only answers. */
enum err visit_write(struct visit *v, enum err (*job)(struct db *db, void *ctx), void *ctx) MUST_CHECK;
/* The second half of it: what this visit wrote with store_write_soon is durable before its answer leaves. */
void visit_settle(struct visit *v);

/* 303 to PATH (of our own, may have a query), at most VISIT_TARGET_MAX bytes. */
void visit_redirect(struct visit *v, struct view path);

/* 303 to /next?i=INTERACTION. */
void visit_redirect_next(struct visit *v, struct view interaction);

/* The browser's ticket (the value of __Host-browser), absent if it has none. visit_mint_browser makes one and sets the
 * cookie when there is none; absent when out of memory, and in answer to a POST: a cross-site POST comes without
 * cookies, and a new ticket would take the place of the one the resident's session is bound to. */
struct view visit_browser(const struct visit *v);
struct view visit_mint_browser(struct visit *v);

/* The token of this browser's forms: HMAC(csrf key, browser ticket) "." HMAC(csrf key, session id "." browser ticket),
 * in base64url, with the session that visit_open_session finds, or none; absent when the browser has no ticket. */
struct view visit_csrf(const struct visit *v);
struct view visit_csrf_of(const struct visit *v, struct view browser, struct ident session);

/* Was this POST sent by a form of ours? Origin, if sent, is the issuer's, Sec-Fetch-Site, if sent, is same-origin, and
 * the parameter "csrf" fits the browser. CSRF is that parameter. */
bool visit_is_own_form(const struct visit *v, struct view csrf);

/* And was the form shown to the session that is there now? Not if somebody logged in or out in another tab meanwhile.
 * Ask it after loading the session that the form is to count for. */
bool visit_is_current_form(const struct visit *v, struct view csrf);

/* The live session of this browser (idle 15 min, at most 12 h). ERR_NOT_FOUND: none alive. ERR_STORE and the like:
 * could not look, which is never "none". */
enum err visit_session(const struct visit *v, struct session *out) MUST_CHECK;
/* The same, and *OPENED: has CLIENT received that login? With OPENED (may be NULL) it is what session_find_for gives.
 */
enum err visit_session_for(const struct visit *v, struct session *out, struct view client, bool *opened) MUST_CHECK;

/* The one of this browser that was not logged out, alive or not (idle, past its end). For ending it, never for trusting
 * it: its services may still be told. Errors as above. */
enum err visit_open_session(const struct visit *v, struct session *out) MUST_CHECK;

/* Writes the activity down, at most once a minute. */
enum err visit_touch_session(const struct visit *v, const struct session *s) MUST_CHECK;

void visit_set_session_cookie(struct visit *v, struct view ticket);
/* Its session ends with this answer: the browser forgets the cookie and the pages it keeps. */
void visit_drop_session_cookie(struct visit *v);
/* No session is alive: if the browser has the cookie of one, that one has ended without its knowing, and it is told to
 * forget the pages it keeps. Not the cookie: services of one that is only idle may still be told (visit_open_session),
 * and an answer that comes late must not take away the cookie of a new login. */
void visit_forget_ended(struct visit *v);

#endif
