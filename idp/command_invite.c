/* genkan client invite, invites, uninvite: who may register a service over the network, and as what. */
#include <inttypes.h>
#include <stdio.h>

#include "base/chance.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "consent/ledger.h"
#include "idp/desk.h"
#include "idp/state/invites.h"
#include "idp/state/registration.h"
#include "store/store.h"

struct inviting {
    struct desk *desk;
    struct invite invite;
    uint8_t token[SHA256_SIZE];
    int64_t now_ms;
    struct arena file; /* holds the terms */
};

static enum err append_event(struct db *db, const struct inviting *i, const char *act)
{
    const struct ledger_event e = {.type = LEDGER_OPERATOR, .at = i->now_ms, .via = "command", .act = act};

    return ledger_append(i->desk->ledger, db, &e, NULL);
}

/* --- invite ------------------------------------------------------------------------------------------------------- */

static enum err invite_job(struct db *db, void *ctx)
{
    const struct inviting *i = ctx;
    enum err e = invites_record(db, &i->invite, i->token);

    return e ? e : append_event(db, i, "client invite");
}

static int read_terms(const struct command *self, struct inviting *i, const char *path)
{
    struct registration_fault fault;
    enum err e = file_read(&i->file, path, REGISTRATION_MAX, &i->invite.terms);

    if (e)
        return command_unreadable(self, path, e);
    e = invites_check_terms(&i->file, i->invite.terms, &fault);
    if (e == ERR_SYNTAX)
        return command_fail(self, COMMAND_CONFIG, "%s: %s %s", path, fault.member, fault.rule);
    return e ? command_fail(self, COMMAND_FAILED, "%s: %s", path, err_words(e)) : -1;
}

static bool read_number(int64_t *out, const char *text, int64_t otherwise, int64_t most)
{
    *out = otherwise;
    return !text || (text_to_int(view_text(text), out) && *out >= 1 && *out <= most);
}

static int record(const struct command *self, struct inviting *i)
{
    char *token = chance_ticket(&i->desk->arena);

    if (!token)
        return command_fail(self, COMMAND_FAILED, "not enough memory");
    sha256(i->token, view_text(token));
    enum err e = store_write(i->desk->store, invite_job, i);
    if (e == ERR_CONFLICT)
        return command_fail(self, COMMAND_NO, "there is an invitation %.*s already", (int)i->invite.id.n,
                            (const char *)i->invite.id.p);
    if (e)
        return command_fail(self, COMMAND_FAILED, "%s", err_words(e));
    printf("invitation:           %.*s\ninitial_access_token: %s\ngood until:           %s\n", (int)i->invite.id.n,
           (const char *)i->invite.id.p, token, clock_utc_text(&i->desk->arena, i->invite.expires_at));
    return COMMAND_DONE;
}

static int invite(const struct command *self, struct inviting *i, struct desk *desk, const char *config,
                  const char *path, const char *id)
{
    int code = read_terms(self, i, path);

    if (code != -1)
        return code;
    i->desk = desk;
    code = desk_open(desk, self, config, DESK_WRITE);
    if (code != -1)
        return code;
    i->invite.id = view_text(id ? id : chance_id(&desk->arena));
    return view_is(i->invite.id) ? record(self, i) : command_fail(self, COMMAND_FAILED, "not enough memory");
}

int command_client_invite(const struct command *self, int argc, const char *const *argv)
{
    const char *config, *id = NULL, *uses = NULL, *days = NULL, *path = NULL;
    const struct command_option options[] = {{"--id", &id, NULL}, {"--uses", &uses, NULL}, {"--days", &days, NULL}};
    struct inviting i = {.now_ms = clock_ms(&clock_real)};
    struct desk desk;
    int64_t good_days = 0;
    int code = command_parse(self, argc, argv, options, 3, &config, &path, 1);

    if (code != -1)
        return code;
    if (!path)
        return command_fail(self, COMMAND_USAGE, "which terms? see --help");
    if (!read_number(&i.invite.uses, uses, 1, INVITE_USES_MAX))
        return command_fail(self, COMMAND_USAGE, "--uses must be 1 to %d", INVITE_USES_MAX);
    if (!read_number(&good_days, days, 7, INVITE_DAYS_MAX))
        return command_fail(self, COMMAND_USAGE, "--days must be 1 to %d", INVITE_DAYS_MAX);
    if (id && (strlen(id) > 64 || !text_is_visible(view_text(id))))
        return command_fail(self, COMMAND_USAGE, "--id must be at most 64 printable characters without spaces");
    i.invite.created_at = i.now_ms / 1000;
    i.invite.expires_at = i.invite.created_at + good_days * 86400;
    arena_open(&i.file, 4 << 20);
    code = invite(self, &i, &desk, config, path, id);
    if (i.desk)
        desk_close(&desk);
    arena_close(&i.file);
    return code;
}

/* --- invites ------------------------------------------------------------------------------------------------------ */

static enum err print_row(void *ctx, const struct invite *i)
{
    struct desk *desk = ctx;

    printf("%-24.*s %5" PRId64 "  %-20s  %s\n", (int)i->id.n, (const char *)i->id.p, i->uses,
           clock_utc_text(&desk->arena, i->expires_at), i->revoked_at ? "revoked" : "");
    return ERR_OK;
}

int command_client_invites(const struct command *self, int argc, const char *const *argv)
{
    const char *config;
    struct desk desk;
    int code = command_parse(self, argc, argv, NULL, 0, &config, NULL, 0);

    if (code != -1)
        return code;
    code = desk_open(&desk, self, config, DESK_READ);
    if (code == -1) {
        printf("%-24s %5s  %-20s\n", "invitation", "uses", "good until");
        struct db *db = store_borrow(desk.store);
        enum err e = invites_each(db, print_row, &desk);
        store_return(desk.store, db);
        code = e ? command_fail(self, COMMAND_FAILED, "%s", err_words(e)) : COMMAND_DONE;
    }
    desk_close(&desk);
    return code;
}

/* --- uninvite ----------------------------------------------------------------------------------------------------- */

static enum err uninvite_job(struct db *db, void *ctx)
{
    const struct inviting *i = ctx;
    enum err e = invites_revoke(db, i->invite.id, i->now_ms / 1000);

    return e ? e : append_event(db, i, "client uninvite");
}

int command_client_uninvite(const struct command *self, int argc, const char *const *argv)
{
    const char *config, *id = NULL;
    struct desk desk;
    int code = command_parse(self, argc, argv, NULL, 0, &config, &id, 1);

    if (code != -1)
        return code;
    if (!id)
        return command_fail(self, COMMAND_USAGE, "which invitation? see `genkan client invites`");
    code = desk_open(&desk, self, config, DESK_WRITE);
    if (code == -1) {
        struct inviting i = {.desk = &desk, .invite = {.id = view_text(id)}, .now_ms = clock_ms(&clock_real)};
        enum err e = store_write(desk.store, uninvite_job, &i);
        if (e == ERR_NOT_FOUND)
            code = command_fail(self, COMMAND_NO, "there is no invitation %s that could be revoked", id);
        else
            code = e ? command_fail(self, COMMAND_FAILED, "%s", err_words(e)) : COMMAND_DONE;
    }
    desk_close(&desk);
    if (code == COMMAND_DONE)
        printf("%s: revoked; services that registered with it stay\n", id);
    return code;
}
