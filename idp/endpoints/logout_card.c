/* GET /logout/card?key=...: the card was taken out of a kiosk's reader, says its agent, by way of the kiosk's browser
 * (docs/decisions/kiosk.md). The login has brought a lock, which this browser keeps in a cookie; the key that opens it
 * ends the session without a question. */
#include "base/base64.h"
#include "base/hash.h"
#include "base/secret.h"
#include "idp/endpoints/card_lock.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/logged_out.h"
#include "idp/endpoints/show.h"
#include "idp/rules/logout.h"
#include "idp/state/config.h"

#define READ_S 8 /* time to read the page before the kiosk's watch page comes back */

/* The page stays for a while, then the window watches the next card. */
static void go_back_to_watching(struct visit *v, int after_s)
{
    const char *refresh =
        arena_printf(v->arena, "%d; url=http://127.0.0.1:%u/v1/kiosk", after_s, v->op->config->agent.port);
    if (refresh)
        answer_header_text(v->answer, "Refresh", refresh);
}

static void end(struct visit *v, struct session *session)
{
    struct logged_out ended;
    enum err e = logged_out_end(&ended, v, session, LOGGED_OUT_HERE, "card taken");
    if (e) {
        show_failure(v, e, "log out at a kiosk");
        return;
    }
    for (size_t i = 0; i < ended.n_framed; i++) /* no frame of this window has their cookies: one array holds all */
        ended.untold[ended.n_untold++] = ended.framed[i];
    struct page_logged_out facts = {.was_logged_in = session != NULL,
                                    .card_taken = true,
                                    .told = ended.told,
                                    .n_told = ended.n_told,
                                    .untold = ended.untold,
                                    .n_untold = ended.n_untold};
    show_card_taken(v, &facts);
    go_back_to_watching(v, READ_S);
}

/* A card that was put back at once: its first key comes when the login of its second one is done, whose key will come
 * only to a window that watches. */
static void ask(struct visit *v)
{
    if (!card_lock_is_there(v)) {
        visit_redirect(v, VIEW("/end_session"));
        return;
    }
    show_logout_confirm_at_kiosk(v);
    go_back_to_watching(v, 1);
}

void handle_logout_card(struct visit *v)
{
    struct view lock = card_lock_of_key(v->arena, visit_param(v, "key"));
    struct session session;
    enum err e = visit_open_session(v, &session);
    if (e && e != ERR_NOT_FOUND) {
        show_failure(v, e, "find the session of a kiosk");
        return;
    }
    const struct logout_card_facts facts = {.has_session = e == ERR_OK, .key_fits = card_lock_fits(v, lock)};
    if (logout_card_decide(&facts) == LOGOUT_ASK) {
        ask(v);
        return;
    }
    card_lock_spend(v, lock);
    end(v, facts.has_session ? &session : NULL);
}
