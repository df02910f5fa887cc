/* genkan grant suspend, genkan grant resume: the operator stops what consents let out. */
#include <inttypes.h>
#include <stdio.h>

#include "base/base64.h"
#include "base/clock.h"
#include "idp/desk.h"
#include "idp/state/clients.h"
#include "idp/state/consent_change.h"
#include "store/store.h"

enum { BATCH = 100, BATCH_CEILING = 4 << 20 };

struct stopping {
    const struct command *self;
    struct desk *desk;
    struct arena arena; /* of one transaction */
    enum consent_act act;
    struct clients *clients;
    const struct client *client; /* who is told; NULL: nobody */
    struct ident one;            /* IDENT_NONE: all of SERVICE */
    struct view service;
    struct ident after; /* ids up to here are done */
    size_t found, done;
    int64_t total;
};

static enum err change(struct db *db, struct stopping *s, struct ident id)
{
    struct consent_change c = {.act = s->act,
                               .ledger = s->desk->ledger,
                               .arena = &s->arena,
                               .issuer = view_text(s->desk->config->issuer),
                               .client = s->client,
                               .who = {.id = id, .via = "command", .at_ms = clock_ms(&clock_real)}};
    enum err e = consent_change_job(db, &c);
    s->done += !e;
    return e;
}

static enum err one_job(struct db *db, void *ctx)
{
    struct stopping *s = ctx;
    s->done = 0;
    return change(db, s, s->one);
}

/* --- all of a service ------------------------------------------------------------------------------------------- */

struct ids {
    struct ident id[BATCH];
    size_t n;
};

static enum err keep_id(void *ctx, const struct row *row)
{
    struct ids *ids = ctx;
    if (ids->n < BATCH)
        ids->id[ids->n++] = row_ident(row, 0);
    return ERR_OK;
}

/* Suspended ones of residents are suspended by the operator too; only the operator's are resumed. */
static enum err batch_job(struct db *db, void *ctx)
{
    static const char RUNNING[] = "SELECT id FROM consent WHERE client = $1 AND id > $2 AND ended_at IS NULL "
                                  "AND stopped < 2 ORDER BY id LIMIT 100";
    static const char STOPPED[] = "SELECT id FROM consent WHERE client = $1 AND id > $2 AND ended_at IS NULL "
                                  "AND stopped = 2 ORDER BY id LIMIT 100";
    struct stopping *s = ctx;
    struct ids ids = {.n = 0};
    s->done = 0;
    enum err e = s->act == CONSENT_SUSPEND
                     ? db_each(db, RUNNING, VALUES(V_TEXT(s->service), V_BLOB(ident_view(&s->after))), keep_id, &ids)
                     : db_each(db, STOPPED, VALUES(V_TEXT(s->service), V_BLOB(ident_view(&s->after))), keep_id, &ids);
    s->found = ids.n;
    for (size_t i = 0; i < ids.n && !e; i++) {
        e = change(db, s, ids.id[i]);
        if (e == ERR_NOT_FOUND) /* ran out, and nobody has swept it yet */
            e = ERR_OK;
    }
    if (!e && ids.n)
        s->after = ids.id[ids.n - 1];
    return e;
}

static enum err stop_service(struct stopping *s)
{
    enum err e = ERR_OK;
    do {
        arena_reset(&s->arena);
        e = store_write(s->desk->store, batch_job, s);
        s->total += e ? 0 : (int64_t)s->done;
    } while (!e && s->found == BATCH);
    return e;
}

/* --- the command ------------------------------------------------------------------------------------------------ */

static enum err find_client(struct stopping *s)
{
    struct grant g;
    struct db *db = store_borrow(s->desk->store);
    enum err e = ERR_OK;
    if (ident_is(s->one)) {
        e = grant_find_by_id(&g, &s->desk->arena, db, s->one);
        s->service = e ? VIEW_NONE : g.who.client;
    }
    if (!e)
        e = clients_find(s->clients, db, s->service, &s->client);
    store_return(s->desk->store, db);
    return e;
}

static int report(const struct stopping *s, enum err e)
{
    const char *what = s->act == CONSENT_SUSPEND ? "suspended" : "resumed";
    if (e == ERR_NOT_FOUND)
        return command_fail(s->self, COMMAND_NO, "there is no such consent, or it has ended");
    if (e == ERR_CONFLICT)
        return command_fail(s->self, COMMAND_NO, "%s",
                            s->act == CONSENT_SUSPEND ? "it is suspended already" : "it is not suspended");
    if (e)
        return command_fail(s->self, COMMAND_FAILED, "%s", err_words(e));
    printf("%" PRId64 " %s\n", s->total, what);
    return COMMAND_DONE;
}

static int stop(struct stopping *s)
{
    arena_open(&s->arena, BATCH_CEILING);
    enum err e = clients_open(&s->clients);
    if (!e)
        e = find_client(s);
    if (!e && ident_is(s->one)) {
        e = store_write(s->desk->store, one_job, s);
        s->total = 1;
    } else if (!e) {
        e = stop_service(s);
    }
    int code = report(s, e);
    clients_close(s->clients);
    arena_close(&s->arena);
    return code;
}

static bool read_grant(struct ident *out, struct arena *a, const char *text)
{
    struct view bytes;
    if (base64url_read(a, view_text(text), &bytes) || bytes.n != sizeof out->b)
        return false;
    *out = ident_read(bytes);
    return ident_is(*out);
}

static int run(const struct command *self, enum consent_act act, int argc, const char *const *argv)
{
    const char *config, *service = NULL, *grant = NULL;
    const struct command_option options[] = {{"--service", &service, NULL}};
    struct desk desk;
    struct stopping s = {.self = self, .desk = &desk, .act = act};
    int code = command_parse(self, argc, argv, options, 1, &config, &grant, 1);
    if (code != -1)
        return code;
    if (!grant == !service)
        return command_fail(self, COMMAND_USAGE, "which consent? one GRANT, or --service ID");
    code = desk_open(&desk, self, config, DESK_WRITE);
    s.service = view_text(service);
    if (code == -1 && grant && !read_grant(&s.one, &desk.arena, grant))
        code = command_fail(self, COMMAND_USAGE, "%s is no number of a consent", grant);
    if (code == -1)
        code = stop(&s);
    desk_close(&desk);
    return code;
}

int command_grant_suspend(const struct command *self, int argc, const char *const *argv)
{
    return run(self, CONSENT_SUSPEND, argc, argv);
}

int command_grant_resume(const struct command *self, int argc, const char *const *argv)
{
    return run(self, CONSENT_RESUME, argc, argv);
}
