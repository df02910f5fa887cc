#include "webui/page.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "webui/assets.h"
#include "webui/page_def.h"

#define PAGES_MEMORY 16777216

/* One language's pages, compiled together. */
struct edition {
    struct arena arena;
    struct template *templates[PAGE_IDS];
};

struct shelf {
    pthread_mutex_t lock;                           /* held by who compiles */
    _Atomic(struct edition *) editions[PAGE_LANGS]; /* NULL: nobody has asked for that language yet */
};

struct pages {
    struct shelf *shelf;
};

const char page_content_type[] = "text/html; charset=utf-8";

const char *const page_lang_names[] = {"ja", "en", "ja-simple", NULL};
const char *const page_letters_names[] = {"normal", "large", NULL};
const char *const page_source_names[] = {"card_signed", "card_read", "upstream", "resident", NULL};
const char *const page_reason_names[] = {"new",    "field",    "terms",     "value",  "expired", "withdrawn",
                                         "once",   "required", "suspended", "detail", "each",    "asked",
                                         "create", "merge",    "replace",   NULL};
const char *const page_closed_names[] = {"no", "minor", "suspended", NULL};
const char *const page_state_names[] = {"live", "suspended", "stopped", "withdrawn", "expired", NULL};
const char *const page_duration_names[] = {"once", "year", "until_withdrawn", NULL};
const char *const page_purpose_names[] = {"login", "reauth", "read", "register", NULL};

const char *const page_rule_names[] = {"none",  "size",   "people", "relation", "year",
                                       "month", "future", "email",  "phone",    NULL};

static const struct page_def defs[PAGE_IDS] = {
    [PAGE_LOGIN] = {"login.xhtml", page_login_facts},
    [PAGE_PROFILE_OFFER] = {"profile_offer.xhtml", page_profile_offer_facts},
    [PAGE_PROFILE_HELD] = {"profile_held.xhtml", page_profile_held_facts},
    [PAGE_CONFIRM] = {"confirm.xhtml", page_confirm_facts},
    [PAGE_CONSENT] = {"consent.xhtml", page_consent_facts},
    [PAGE_FORM_POST] = {"form_post.xhtml", page_form_post_facts},
    [PAGE_CARD_START] = {"card_start.xhtml", page_card_start_facts},
    [PAGE_CARD_RETURN] = {"card_return.xhtml", page_card_return_facts},
    [PAGE_CARD_PROBLEM] = {"card_problem.xhtml", page_card_problem_facts},
    [PAGE_ERROR] = {"error.xhtml", page_error_facts},
    [PAGE_LOGOUT_CONFIRM] = {"logout_confirm.xhtml", page_logout_confirm_facts},
    [PAGE_LOGGED_OUT] = {"logged_out.xhtml", page_logged_out_facts},
    [PAGE_HOME] = {"home.xhtml", page_home_facts},
    [PAGE_INTERESTS] = {"interests.xhtml", page_interests_facts},
    [PAGE_SERVICES] = {"services.xhtml", page_services_facts},
    [PAGE_SERVICE] = {"service.xhtml", page_service_facts},
    [PAGE_SERVICE_CHANGE] = {"service_change.xhtml", page_service_change_facts},
    [PAGE_HISTORY] = {"history.xhtml", page_history_facts},
    [PAGE_RECEIPT] = {"receipt.xhtml", page_receipt_facts},
    [PAGE_HOUSEHOLD] = {"household.xhtml", page_household_facts},
    [PAGE_CONTACT] = {"contact.xhtml", page_contact_facts},
    [PAGE_ME] = {"me.xhtml", page_me_facts},
    [PAGE_CARDS] = {"cards.xhtml", page_cards_facts},
    [PAGE_SESSIONS] = {"sessions.xhtml", page_sessions_facts},
    [PAGE_LEAVE] = {"leave.xhtml", page_leave_facts},
    [PAGE_LEFT] = {"left.xhtml", page_left_facts},
    [PAGE_DEVICE] = {"device.xhtml", page_device_facts},
    [PAGE_DECOUPLED] = {"decoupled.xhtml", page_decoupled_facts},
    [PAGE_DECOUPLED_DONE] = {"decoupled_done.xhtml", page_decoupled_done_facts},
    [PAGE_COUNTER] = {"counter.xhtml", page_counter_facts},
    [PAGE_AUDIT_JOIN] = {"audit_join.xhtml", page_audit_join_facts},
    [PAGE_AUDIT] = {"audit.xhtml", page_audit_facts},
    [PAGE_AUDIT_IDENTITY] = {"audit_identity.xhtml", page_audit_identity_facts},
    [PAGE_STATISTICS] = {"statistics.xhtml", page_statistics_facts},
};

/* form-action is left out on purpose: Chromium applies it to the redirects behind a form too, and those lead to the
 * services and to the agent. The forms themselves can only lead to paths of our own (webui/template.h); but the one of
 * PAGE_POSTS_ELSEWHERE, whose answerer adds it. */
const char *page_csp(enum page_kind kind)
{
    if (kind == PAGE_ASKS)
        return "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
               "base-uri 'none'; frame-ancestors 'none'";
    return "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; base-uri 'none'; "
           "frame-ancestors 'none'";
}

/* Nothing goes to others. Not "no-referrer": with it browsers send "Origin: null" with our own forms too (Fetch,
 * "append a request Origin header"), and the form check could not tell them from foreign ones. */
const char *page_referrer_policy(enum page_kind kind)
{
    return kind == PAGE_LINKS_AGENT || kind == PAGE_POSTS_ELSEWHERE ? "origin" : "same-origin";
}

const struct page_def *page_def(enum page_id id)
{
    return &defs[id];
}

static bool find_file(const char *name, struct view *bytes)
{
    for (size_t i = 0; i < webui_pages_count; i++) {
        if (strcmp(webui_pages[i].name, name) == 0) {
            *bytes = webui_pages[i].bytes;
            return true;
        }
    }
    return false;
}

static bool find_part(void *ctx, struct view name, struct view *xhtml)
{
    char file[64] = "part_";
    (void)ctx;
    if (!view_is(name) || name.n > sizeof file - sizeof "part_.xhtml")
        return false;
    memcpy(file + 5, name.p, name.n);
    memcpy(file + 5 + name.n, ".xhtml", sizeof ".xhtml");
    return find_file(file, xhtml);
}

static bool find_asset(void *ctx, struct arena *a, struct view name, struct view *address)
{
    (void)ctx;
    *address = view_text(asset_address(a, name));
    return view_is(*address);
}

struct template_env page_env(enum page_id id, const struct words *words, void (*used)(void *, struct view), void *ctx)
{
    return (struct template_env){
        .facts = defs[id].facts, .words = words, .part = find_part, .asset = find_asset, .used = used, .ctx = ctx};
}

static enum err read_words(struct words **out, struct arena *a, const char *name, const char **why)
{
    for (size_t i = 0; i < webui_words_count; i++)
        if (strcmp(webui_words[i].name, name) == 0)
            return words_read(out, a, webui_words[i].bytes, why);
    return ERR_NOT_FOUND;
}

enum err page_words(struct words **out, struct arena *a, enum page_lang lang, const char **why)
{
    struct words *easy;
    enum err e = read_words(out, a, lang == PAGE_EN ? "words_en.txt" : "words_ja.txt", why);
    if (e || lang != PAGE_EASY)
        return e;
    e = read_words(&easy, a, "words_easy.txt", why);
    return e ? e : words_lay_over(*out, easy, a, why);
}

static enum err read_page(struct edition *ed, enum page_id id, enum page_lang lang, const struct words *words,
                          struct template_docs *docs, const char **why)
{
    struct template_env env = page_env(id, words, NULL, NULL);
    env.docs = docs;
    struct view xhtml;
    if (!find_file(defs[id].file, &xhtml)) {
        *why = defs[id].file;
        return ERR_NOT_FOUND;
    }
    enum err e = template_read(&ed->templates[id], &ed->arena, xhtml, &env, why);
    if (e)
        *why =
            arena_printf(&ed->arena, "%s (%s): %s", defs[id].file, page_lang_names[lang], *why ? *why : err_words(e));
    return e;
}

/* Words are needed while pages are read; the pages keep what they use of them. */
static enum err read_pages(struct edition *ed, enum page_lang lang, struct template_docs *docs, const char **why)
{
    struct words *words;
    struct arena passing;
    arena_open(&passing, PAGES_MEMORY);
    enum err e = page_words(&words, &passing, lang, why);
    if (e && *why)
        *why = arena_text(&ed->arena, view_text(*why));
    for (enum page_id id = 0; id < PAGE_IDS && !e; id++)
        e = read_page(ed, id, lang, words, docs, why);
    arena_close(&passing);
    return e;
}

static void edition_close(struct edition *ed)
{
    if (!ed)
        return;
    arena_close(&ed->arena);
    free(ed);
}

static enum err edition_open(struct edition **out, enum page_lang lang)
{
    const char *why = NULL;
    struct template_docs *docs;
    struct edition *ed = calloc(1, sizeof *ed);
    enum err e = ed ? template_docs_open(&docs) : ERR_MEMORY;
    if (e) {
        free(ed);
        return e;
    }
    arena_open(&ed->arena, PAGES_MEMORY);
    e = read_pages(ed, lang, docs, &why);
    template_docs_close(docs);
    if (e) {
        log_event(LOG_ERROR, "pages_unreadable", LOG_STR("why", why ? why : ""), LOG_STR("error", err_name(e)));
        edition_close(ed);
        return e;
    }
    malloc_trim(0); /* what libxml2 and the words took goes back to the system */
    *out = ed;
    return ERR_OK;
}

/* --- opening ----------------------------------------------------------------------------------------------------- */

enum err pages_open(struct pages **out)
{
    struct pages *p = calloc(1, sizeof *p);
    struct shelf *shelf = calloc(1, sizeof *shelf);
    if (!p || !shelf) {
        free(p);
        free(shelf);
        return ERR_MEMORY;
    }
    INSIST(pthread_mutex_init(&shelf->lock, NULL) == 0);
    p->shelf = shelf;
    *out = p;
    return ERR_OK;
}

void pages_close(struct pages *p)
{
    if (!p)
        return;
    for (enum page_lang lang = 0; lang < PAGE_LANGS; lang++)
        edition_close(atomic_load(&p->shelf->editions[lang]));
    pthread_mutex_destroy(&p->shelf->lock);
    free(p->shelf);
    free(p);
}

static const struct edition *edition_of(const struct shelf *shelf, enum page_lang lang)
{
    return atomic_load_explicit(&shelf->editions[lang], memory_order_acquire);
}

enum err pages_need(const struct pages *p, enum page_lang lang)
{
    enum err e = ERR_OK;
    struct shelf *shelf = p->shelf;
    struct edition *ed = NULL;
    if (edition_of(shelf, lang))
        return ERR_OK;
    INSIST(pthread_mutex_lock(&shelf->lock) == 0);
    if (!edition_of(shelf, lang) && !(e = edition_open(&ed, lang)))
        atomic_store_explicit(&shelf->editions[lang], ed, memory_order_release);
    INSIST(pthread_mutex_unlock(&shelf->lock) == 0);
    return e;
}

void page_put(struct buf *out, const struct pages *pages, enum page_id id, const struct page_frame *frame)
{
    enum err e = pages_need(pages, frame->lang);
    if (e)
        out->err = out->err ? out->err : e;
    else
        template_put(out, edition_of(pages->shelf, frame->lang)->templates[id], frame);
}
