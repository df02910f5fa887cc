/* genkan resident show, disable, enable: one resident's registration, by what an operator knows her by. Never her name.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/hex.h"
#include "consent/auditor.h"
#include "consent/grant.h"
#include "idp/desk.h"
#include "idp/state/account.h"
#include "idp/state/clients.h"
#include "sessions/card.h"
#include "sessions/resident.h"
#include "sessions/session.h"
#include "store/store.h"

/* What the command line says of her: one of the three. */
struct naming {
    const char *pseudonym;         /* as the ledger's events have it */
    const char *login;             /* "3fa9-12c0", as her pages and the log have it */
    const char *service, *subject; /* as a service knows her */
};

struct work {
    const struct command *self;
    struct desk *desk;
    struct db *db;
    struct clients *clients;
    struct ident resident;
};

/* --- who is meant ------------------------------------------------------------------------------------------------- */

static bool is_one(const struct naming *n)
{
    return (n->pseudonym != NULL) + (n->login != NULL) + (n->service && n->subject) == 1 && !n->service == !n->subject;
}

static enum err find_by_login(struct work *w, const char *number)
{
    struct view text = view_text(number), bytes;
    if (text.n != SESSION_NUMBER_SIZE - 1 || text.p[4] != '-')
        return ERR_SYNTAX;
    const char *hex = arena_printf(&w->desk->arena, "%.4s%s", number, number + 5);
    enum err e = hex ? hex_read(&w->desk->arena, view_text(hex), &bytes) : ERR_MEMORY;
    return e ? e : resident_find_by_login(&w->resident, w->db, bytes);
}

static enum err find(struct work *w, const struct naming *n)
{
    if (n->login)
        return find_by_login(w, n->login);
    if (n->service)
        return grant_find_resident(&w->resident, &w->desk->arena, w->db, view_text(n->service), view_text(n->subject));
    return identity_resident(&w->resident, w->desk->ledger, w->db, view_text(n->pseudonym));
}

/* --- show --------------------------------------------------------------------------------------------------------- */

static void print_consents(struct work *w, const struct grant *grants, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("consent    %.*s\n", (int)grants[i].who.client.n, (const char *)grants[i].who.client.p);
    (void)w;
}

static int show(struct work *w)
{
    struct arena *a = &w->desk->arena;
    int64_t now = clock_s(&clock_real);
    struct session *sessions;
    struct grant *grants;
    struct card *cards;
    struct standing s;
    uint8_t pseudonym[32];
    size_t n_sessions, n_grants, n_cards;
    enum err e = resident_find_standing(&s, w->db, a, w->resident);
    if (!e)
        e = card_list(&cards, &n_cards, w->db, a, w->resident);
    if (!e)
        e = session_list(&sessions, &n_sessions, w->db, a, w->resident, now);
    if (!e)
        e = grant_list(a, w->db, w->resident, now, &grants, &n_grants);
    if (e)
        return command_fail(w->self, COMMAND_FAILED, "%s", err_words(e));
    ledger_pseudonym(pseudonym, w->desk->ledger, w->resident);
    printf("resident   %s\nsince      %s\n", base64url_text(a, VIEW_ARRAY(pseudonym)), clock_utc_text(a, s.created_at));
    if (s.disabled_at)
        printf("disabled   %s, %.*s\n", clock_utc_text(a, s.disabled_at), (int)s.reason.n, (const char *)s.reason.p);
    printf("cards      %zu\nlogins     %zu\n", n_cards, n_sessions);
    print_consents(w, grants, n_grants);
    return COMMAND_DONE;
}

/* --- disable, enable ---------------------------------------------------------------------------------------------- */

static int change(struct work *w, bool enable, enum account_reason reason)
{
    int64_t at_ms = clock_ms(&clock_real);
    struct account_change c = {.logins = {.issuer = view_text(w->desk->config->issuer),
                                          .keys = w->desk->keys,
                                          .clients = w->clients,
                                          .arena = &w->desk->arena,
                                          .db = w->db,
                                          .now = at_ms / 1000,
                                          .resident = w->resident},
                               .ledger = w->desk->ledger,
                               .enable = enable,
                               .reason = reason,
                               .via = "command",
                               .at_ms = at_ms};
    enum err e = store_write(w->desk->store, account_change_job, &c);
    if (e)
        return command_fail(w->self, COMMAND_FAILED, "%s", err_words(e));
    if (c.verdict == ACCOUNT_UNKNOWN)
        return command_fail(w->self, COMMAND_NO, "there is no such resident");
    if (c.verdict == ACCOUNT_ALREADY)
        return command_fail(w->self, COMMAND_NO, "%s", enable ? "it is not disabled" : "it is disabled already");
    if (enable)
        printf("enabled\n");
    else
        printf("disabled, %zu logins ended\n", c.logins.ended);
    return COMMAND_DONE;
}

/* --- the commands ------------------------------------------------------------------------------------------------- */

enum what { SHOW, DISABLE, ENABLE };

static int act(struct work *w, const struct naming *n, enum what what, enum account_reason reason)
{
    w->db = store_borrow(w->desk->store);
    enum err e = clients_open(&w->clients);
    if (!e)
        e = find(w, n);
    int code = e == ERR_NOT_FOUND  ? command_fail(w->self, COMMAND_NO, "there is no such resident")
               : e == ERR_CONFLICT ? command_fail(w->self, COMMAND_NO, "this number is of several residents' logins")
               : e == ERR_SYNTAX   ? command_fail(w->self, COMMAND_USAGE, "that names no resident")
               : e                 ? command_fail(w->self, COMMAND_FAILED, "%s", err_words(e))
               : what == SHOW      ? show(w)
                                   : change(w, what == ENABLE, reason);
    clients_close(w->clients);
    store_return(w->desk->store, w->db);
    return code;
}

static int run(const struct command *self, int argc, const char *const *argv, enum what what)
{
    struct naming n = {NULL, NULL, NULL, NULL};
    const char *config, *why = NULL;
    const struct command_option options[] = {{"--login", &n.login, NULL},
                                             {"--service", &n.service, NULL},
                                             {"--subject", &n.subject, NULL},
                                             {"--reason", &why, NULL}};
    enum account_reason reason = ACCOUNT_OTHER;
    struct desk desk;
    struct work w = {.self = self, .desk = &desk};
    int code = command_parse(self, argc, argv, options, what == DISABLE ? 4 : 3, &config, &n.pseudonym, 1);
    if (code != -1)
        return code;
    if (!is_one(&n))
        return command_fail(self, COMMAND_USAGE,
                            "which resident? PSEUDONYM, --login NUMBER, or --service ID --subject SUB");
    if (what == DISABLE && !account_reason_of(&reason, view_text(why)))
        return command_fail(self, COMMAND_USAGE, "--reason must be hijacking, bulk-account, request, order or other");
    code = desk_open(&desk, self, config, DESK_WRITE);
    if (code == -1)
        code = act(&w, &n, what, reason);
    desk_close(&desk);
    return code;
}

int command_resident_show(const struct command *self, int argc, const char *const *argv)
{
    return run(self, argc, argv, SHOW);
}

int command_resident_disable(const struct command *self, int argc, const char *const *argv)
{
    return run(self, argc, argv, DISABLE);
}

int command_resident_enable(const struct command *self, int argc, const char *const *argv)
{
    return run(self, argc, argv, ENABLE);
}
