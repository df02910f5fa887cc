/* What a request says about its browser, language and session. */
#include <criterion/criterion.h>

#include "base/log.h"
#include "idp/state/config.h"
#include "idp/state/visit.h"
#include "sessions/resident.h"
#include "sessions/session.h"
#include "store/store.h"
#include "tests/lib/box.h"
#include "tests/lib/key_folder.h"

#define BROWSER "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define SESSION "SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS"

enum { NOW = 1000000 };

static struct box box;
static struct clock_fake fake;
static struct config config;
static struct op *op;
static struct header headers[8];
static struct request request;
static struct answer answer;
static const struct form empty;

static void open_all(void)
{
    const char *why = "";

    log_set_level(LOG_ERROR);
    box_open_empty(&box);
    clock_fake_set(&fake, NOW * 1000LL);
    struct clock clock = clock_of_fake(&fake);
    config = (struct config){
        .issuer = "http://localhost:8080",
        .issuer_host = "localhost:8080",
        .data = arena_printf(&box.a, "%s/data", box.folder),
        .profile = {.keys = arena_printf(&box.a, "%s/data/keys", box.folder)},
        .workers = 1,
        .jpki = {.trust = CONFIG_TRUST_TEST, .roots = BUILD_DIR "/testpki/trust", .crl = BUILD_DIR "/testpki/crl"},
        .session = {.idle = 900, .absolute = 43200},
    };
    key_folder_make(&box.a, config.data, clock_s(&clock));
    cr_assert_eq(op_open(&op, &config, &clock, &box.a, &why), ERR_OK, "%s", why);
    request = (struct request){
        .method = METHOD_POST, .query = &empty, .form = &empty, .headers = headers, .id = "r", .arena = &box.a};
}

static void close_all(void)
{
    op_close(op);
    box_close(&box);
}

TestSuite(visit, .init = open_all, .fini = close_all);

static void sends(const char *name, const char *value)
{
    headers[request.n_headers++] = (struct header){view_text(name), view_text(value)};
}

static struct visit visit(void)
{
    struct visit v;

    answer_open(&answer, &box.a);
    visit_open(&v, op, &request, &answer);
    return v;
}

static bool is_own(struct view csrf)
{
    struct visit v = visit();
    bool own = visit_is_own_form(&v, view_is(csrf) ? csrf : visit_csrf(&v));

    visit_close(&v);
    return own;
}

/* --- forms ------------------------------------------------------------------------------------------------------ */

Test(visit, a_form_without_the_browsers_cookie_is_not_ours)
{
    cr_expect_not(is_own(VIEW("")));
    cr_expect_not(is_own(VIEW_NONE), "absent equals nothing, not even absent");
}

Test(visit, a_form_with_another_browsers_token_is_not_ours)
{
    struct visit v = visit();
    struct view other = visit_csrf_of(&v, VIEW("another"), IDENT_NONE);

    visit_close(&v);
    sends("Cookie", "__Host-browser=" BROWSER);
    cr_expect_not(is_own(other));
    cr_expect(is_own(VIEW_NONE));
}

Test(visit, a_form_from_another_site_is_not_ours)
{
    static const char *const origins[] = {
        "https://evil.example", "null", "http://localhost:8081", "", "http://localhost", "https://localhost:8080"};

    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++) {
        request.n_headers = 0;
        sends("Cookie", "__Host-browser=" BROWSER);
        sends("Origin", origins[i]);
        cr_expect_not(is_own(VIEW_NONE), "%s", origins[i]);
    }
    request.n_headers = 0;
    sends("Cookie", "__Host-browser=" BROWSER);
    sends("Origin", "http://localhost:8080");
    cr_expect(is_own(VIEW_NONE));
    sends("Origin", "http://localhost:8080");
    cr_expect_not(is_own(VIEW_NONE), "twice is one too many");
}

Test(visit, a_form_that_the_browser_calls_cross_site_is_not_ours)
{
    sends("Cookie", "__Host-browser=" BROWSER);
    sends("Sec-Fetch-Site", "cross-site");
    cr_expect_not(is_own(VIEW_NONE));
    headers[1].value = VIEW("same-site");
    cr_expect_not(is_own(VIEW_NONE));
    headers[1].value = VIEW("same-origin");
    cr_expect(is_own(VIEW_NONE));
}

/* --- the browser's cookie --------------------------------------------------------------------------------------- */

Test(visit, a_planted_browser_cookie_is_replaced)
{
    sends("Cookie", "__Host-browser=short");
    request.method = METHOD_GET;
    struct visit v = visit();
    struct view ticket = visit_mint_browser(&v);

    cr_expect_eq(ticket.n, 43);
    cr_expect_eq(answer.n_heads, 1, "a new one is set");
    visit_close(&v);
}

Test(visit, a_post_never_gives_a_browser_a_new_cookie)
{
    struct visit v = visit();

    cr_assert_eq(request.method, METHOD_POST);
    cr_expect_not(view_is(visit_mint_browser(&v)));
    cr_expect_eq(answer.n_heads, 0);
    visit_close(&v);
}

Test(visit, a_browser_keeps_its_cookie)
{
    sends("Cookie", "__Host-browser=" BROWSER);
    struct visit v = visit();

    cr_expect(view_equal_text(visit_mint_browser(&v), BROWSER));
    cr_expect_eq(answer.n_heads, 0);
    visit_close(&v);
}

/* --- language --------------------------------------------------------------------------------------------------- */

static bool is_english(const char *accept, const char *cookie)
{
    request.n_headers = 0;
    if (accept)
        sends("Accept-Language", accept);
    if (cookie)
        sends("Cookie", cookie);
    struct visit v = visit();
    visit_close(&v);
    return v.english;
}

Test(visit, speaks_japanese_unless_asked_otherwise)
{
    cr_expect_not(is_english(NULL, NULL));
    cr_expect_not(is_english("fr,de;q=0.5", NULL));
    cr_expect_not(is_english("ja,en;q=0.5", NULL));
    cr_expect(is_english("fr, en;q=0.8, ja;q=0.5", NULL));
    cr_expect(is_english("ja", "__Host-lang=en"), "what she chose counts more than what her browser sends");
    cr_expect_not(is_english("en", "__Host-lang=ja"));
    cr_expect_not(is_english("en", "__Host-lang=tlh"));
}

Test(visit, writes_large_letters_only_for_who_chose_them)
{
    static const char *const other[] = {"__Host-letters=normal", "__Host-letters=Large", "letters=large",
                                        "__Host-lang=large"};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        request.n_headers = 0;
        sends("Cookie", other[i]);
        cr_expect_not(visit_prefers_large(&request), "%s", other[i]);
    }
    request.n_headers = 0;
    sends("Cookie", "__Host-letters=large");
    struct visit v = visit();
    cr_expect(v.large);
    visit_close(&v);
}

/* --- the session ------------------------------------------------------------------------------------------------ */

static enum err mint_job(struct db *db, void *ctx)
{
    struct session *s = ctx;
    enum err e = resident_mint(&s->resident, db, NOW);

    return e ? e : session_mint(db, s);
}

static void log_in(void)
{
    struct session s = {.id = ident_of(VIEW(SESSION)),
                        .ticket = ident_of(VIEW(SESSION)),
                        .browser = ident_of(VIEW(BROWSER)),
                        .acr = VIEW("aal3"),
                        .amr = VIEW("sc pin"),
                        .auth_at = NOW,
                        .created_at = NOW,
                        .seen_at = NOW,
                        .expires_at = NOW + 43200};

    cr_assert_eq(store_write(op->store, mint_job, &s), ERR_OK);
}

static enum err session_with(const char *cookies)
{
    struct session s;

    request.n_headers = 0;
    sends("Cookie", cookies);
    struct visit v = visit();
    enum err e = visit_session(&v, &s);
    if (!e)
        e = visit_touch_session(&v, &s);
    visit_close(&v);
    return e;
}

#define BOTH "__Host-browser=" BROWSER "; __Host-session=" SESSION

Test(visit, a_session_cookie_without_its_browser_cookie_is_none)
{
    log_in();
    cr_expect_eq(session_with("__Host-session=" SESSION), ERR_NOT_FOUND);
    cr_expect_eq(session_with("__Host-browser=another; __Host-session=" SESSION), ERR_NOT_FOUND);
    cr_expect_eq(session_with("__Host-browser=" BROWSER "; __Host-session=guessed"), ERR_NOT_FOUND);
    cr_expect_eq(session_with(BOTH "; __Host-session=" SESSION), ERR_NOT_FOUND, "a second cookie may be planted");
    cr_expect_eq(session_with(BOTH), ERR_OK);
}

Test(visit, a_session_ends_after_fifteen_idle_minutes)
{
    log_in();
    clock_fake_add(&fake, 899 * 1000);
    cr_expect_eq(session_with(BOTH), ERR_OK, "and this was activity");
    clock_fake_add(&fake, 899 * 1000);
    cr_expect_eq(session_with(BOTH), ERR_OK);
    clock_fake_add(&fake, 900 * 1000);
    cr_expect_eq(session_with(BOTH), ERR_NOT_FOUND);
}

Test(visit, a_session_ends_after_twelve_hours_whatever_happens)
{
    log_in();
    for (int i = 0; i < 71; i++) {
        clock_fake_add(&fake, 600 * 1000);
        cr_assert_eq(session_with(BOTH), ERR_OK, "after %d minutes", 10 * (i + 1));
    }
    clock_fake_add(&fake, 600 * 1000);
    cr_expect_eq(session_with(BOTH), ERR_NOT_FOUND);
}

static enum err end_job(struct db *db, void *ctx)
{
    (void)ctx;
    return session_end(db, ident_of(VIEW(SESSION)), NOW);
}

static enum err open_session_with(const char *cookies)
{
    struct session s;

    request.n_headers = 0;
    sends("Cookie", cookies);
    struct visit v = visit();
    enum err e = visit_open_session(&v, &s);
    visit_close(&v);
    return e;
}

Test(visit, a_session_can_be_ended_when_it_is_idle_or_over_but_not_from_another_browser)
{
    log_in();
    clock_fake_add(&fake, 900 * 1000);
    cr_expect_eq(session_with(BOTH), ERR_NOT_FOUND);
    cr_expect_eq(open_session_with(BOTH), ERR_OK, "idle");
    clock_fake_add(&fake, 43200LL * 1000);
    cr_expect_eq(open_session_with(BOTH), ERR_OK, "over");
    cr_expect_eq(open_session_with("__Host-session=" SESSION), ERR_NOT_FOUND);
    cr_expect_eq(open_session_with("__Host-browser=another; __Host-session=" SESSION), ERR_NOT_FOUND);
    cr_assert_eq(store_write(op->store, end_job, NULL), ERR_OK);
    cr_expect_eq(open_session_with(BOTH), ERR_NOT_FOUND, "ended once");
}

static bool is_current(const char *cookies, struct view csrf)
{
    request.n_headers = 0;
    sends("Cookie", cookies);
    struct visit v = visit();
    bool is = visit_is_own_form(&v, csrf) && visit_is_current_form(&v, csrf);
    visit_close(&v);
    return is;
}

static struct view csrf_with(const char *cookies)
{
    request.n_headers = 0;
    sends("Cookie", cookies);
    struct visit v = visit();
    struct view csrf = visit_csrf(&v);
    visit_close(&v);
    return csrf;
}

Test(visit, a_form_is_of_the_session_it_was_shown_to)
{
    struct view before = csrf_with("__Host-browser=" BROWSER);

    cr_expect(is_current("__Host-browser=" BROWSER, before));
    log_in();
    struct view during = csrf_with(BOTH);
    cr_expect_not(is_current(BOTH, before), "a session began meanwhile");
    cr_expect(is_own(before), "which is no forgery");
    cr_expect(is_current(BOTH, during));
    clock_fake_add(&fake, 900 * 1000);
    cr_expect(is_current(BOTH, during), "an idle one is still the same");
    cr_assert_eq(store_write(op->store, end_job, NULL), ERR_OK);
    cr_expect_not(is_current(BOTH, during));
    cr_expect(is_current(BOTH, before));
    cr_expect_not(is_current("__Host-browser=another", before));
}
