/* genkan auditor invite, list, remove: whom the operator lets look into the ledger. */
#include <inttypes.h>
#include <stdio.h>

#include "base/base64.h"
#include "base/chance.h"
#include "base/clock.h"
#include "consent/auditor.h"
#include "idp/desk.h"

struct inviting {
    struct desk *desk;
    struct view name, code;
    struct ident id;
};

static enum err invite_job(struct db *db, void *ctx)
{
    struct inviting *i = ctx;
    return auditor_invite(&i->id, i->desk->ledger, &i->desk->arena, db, i->name, i->code, clock_ms(&clock_real));
}

static int invite(const struct command *self, struct desk *desk, const char *name)
{
    struct inviting i = {.desk = desk, .name = view_text(name), .code = view_text(chance_id(&desk->arena))};
    enum err err = view_is(i.code) ? store_write(desk->store, invite_job, &i) : ERR_MEMORY;
    if (err == ERR_SYNTAX)
        return command_fail(self, COMMAND_USAGE, "NAME must be 1 to %d characters without control characters",
                            AUDITOR_NAME_MAX);
    if (err)
        return command_fail(self, COMMAND_FAILED, "%s", err_words(err));
    printf("Hand this code to %s and to nobody else. It is good once, for 7 days:\n\n    %s\n\n"
           "She logs in with her card at %s/audit/join and enters it there.\n",
           name, (const char *)i.code.p, desk->config->issuer);
    return COMMAND_DONE;
}

int command_auditor_invite(const struct command *self, int argc, const char *const *argv)
{
    const char *config, *name = NULL;
    struct desk desk;
    int code = command_parse(self, argc, argv, NULL, 0, &config, &name, 1);
    if (code == -1 && !name)
        code = command_fail(self, COMMAND_USAGE, "NAME of the auditor is missing");
    if (code != -1)
        return code;
    code = desk_open(&desk, self, config, DESK_WRITE);
    if (code == -1)
        code = invite(self, &desk, name);
    desk_close(&desk);
    return code;
}

/* --- list --------------------------------------------------------------------------------------------------------- */

static const char *state_of(const struct auditor *a, int64_t now)
{
    return a->removed_at           ? "removed"
           : ident_is(a->resident) ? "auditor"
           : now < a->code_until   ? "invited"
                                   : "not joined in time";
}

static int list(const struct command *self, struct desk *desk)
{
    struct auditor *all;
    size_t n;
    int64_t now = clock_s(&clock_real);
    struct db *db = store_borrow(desk->store);
    enum err err = auditor_list(&all, &n, &desk->arena, db);
    store_return(desk->store, db);
    if (err)
        return command_fail(self, COMMAND_FAILED, "%s", err_words(err));
    for (size_t i = 0; i < n; i++)
        printf("%s  %-18s  %s  %.*s\n", base64url_text(&desk->arena, ident_view(&all[i].id)), state_of(&all[i], now),
               clock_jst_date(&desk->arena, all[i].joined_at ? all[i].joined_at : all[i].invited_at),
               (int)all[i].name.n, (const char *)all[i].name.p);
    return COMMAND_DONE;
}

int command_auditor_list(const struct command *self, int argc, const char *const *argv)
{
    const char *config;
    struct desk desk;
    int code = command_parse(self, argc, argv, NULL, 0, &config, NULL, 0);
    if (code != -1)
        return code;
    code = desk_open(&desk, self, config, DESK_READ);
    if (code == -1)
        code = list(self, &desk);
    desk_close(&desk);
    return code;
}

/* --- remove ------------------------------------------------------------------------------------------------------- */

struct removing {
    struct desk *desk;
    struct ident id;
};

static enum err remove_job(struct db *db, void *ctx)
{
    struct removing *r = ctx;
    return auditor_remove(r->desk->ledger, &r->desk->arena, db, r->id, clock_ms(&clock_real));
}

static int take_away(const struct command *self, struct desk *desk, const char *id)
{
    struct removing r = {.desk = desk};
    struct view bytes;
    enum err err = base64url_read(&desk->arena, view_text(id), &bytes);
    r.id = err ? IDENT_NONE : ident_read(bytes);
    err = ident_is(r.id) ? store_write(desk->store, remove_job, &r) : ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND)
        return command_fail(self, COMMAND_NO, "there is no auditor %s; see `genkan auditor list`", id);
    return err ? command_fail(self, COMMAND_FAILED, "%s", err_words(err)) : COMMAND_DONE;
}

int command_auditor_remove(const struct command *self, int argc, const char *const *argv)
{
    const char *config, *id = NULL;
    struct desk desk;
    int code = command_parse(self, argc, argv, NULL, 0, &config, &id, 1);
    if (code == -1 && !id)
        code = command_fail(self, COMMAND_USAGE, "ID of the auditor is missing; see `genkan auditor list`");
    if (code != -1)
        return code;
    code = desk_open(&desk, self, config, DESK_WRITE);
    if (code == -1)
        code = take_away(self, &desk, id);
    desk_close(&desk);
    if (code == COMMAND_DONE)
        printf("%s: no auditor any more\n", id);
    return code;
}
