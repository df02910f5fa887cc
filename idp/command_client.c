#include <stdio.h>

#include "base/base64.h"
#include "base/chance.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/secret.h"
#include "consent/ask.h"
#include "consent/ledger.h"
#include "idp/desk.h"
#include "idp/rules/client_policy.h"
#include "idp/state/clients.h"
#include "idp/state/outgoing.h"
#include "idp/state/registration.h"
#include "idp/state/sector.h"
#include "idp/state/self_registered.h"

/* What an operator does to a service, in one transaction with its ledger event. */
struct change {
    struct desk *desk;
    const struct client *client;
    struct view registration;
    uint8_t hash[SHA256_SIZE];
    struct view secret_hash; /* SHA-256, or empty: its method of authentication has none; absent: as it is */
    int64_t now_ms;
    struct arena file; /* holds REGISTRATION */
    const char *path;
    struct registration_fault fault; /* what another service has already; member NULL: nothing */
};

static enum err append_event(struct db *db, const struct change *c, const char *act)
{
    struct ledger_event e = {.type = LEDGER_OPERATOR,
                             .at = c->now_ms,
                             .who = {.client = c->client->id, .org = c->client->org_id, .sector = c->client->sector},
                             .terms = c->client->ask ? VIEW_ARRAY(c->client->ask->hash) : VIEW_NONE,
                             .via = "command",
                             .act = act};
    for (size_t i = 0; c->client->ask && i < c->client->ask->n; i++)
        e.fields[e.n_fields++] = c->client->ask->items[i].field;
    return ledger_append(c->desk->ledger, db, &e, NULL);
}

/* --- add -------------------------------------------------------------------------------------------------------- */

static enum err add_job(struct db *db, void *ctx)
{
    struct change *c = ctx;
    const uint8_t *hash = c->secret_hash.n ? c->hash : NULL;
    enum err err = clients_check_rivals(&c->fault, db, &c->desk->arena, c->client);
    if (err || c->fault.member)
        return err;
    err = clients_record(db, c->client->id, c->registration, hash, c->now_ms / 1000);
    return err ? err : append_event(db, c, "client add");
}

/* OIDC Core 8.1: the document at sector_identifier_uri is looked at before the service is registered. */
static int check_sector(struct change *c, const struct command *self, const char *path)
{
    struct registration_fault fault = {NULL, NULL};
    struct fetch *fetch;
    enum err err = outgoing_open(&fetch, c->desk->config);
    if (!err) {
        const struct sector_source source = sector_by_waiting(fetch);
        err = sector_check(&source, &c->desk->arena, c->client, &fault);
        fetch_close(fetch);
    }
    if (err == ERR_SYNTAX)
        return command_fail(self, COMMAND_NO, "%s: %s %s", path, fault.member, fault.rule);
    return err ? command_fail(self, COMMAND_FAILED, "%s: %s", path, err_words(err)) : -1;
}

static int read_registration(struct change *c, const struct command *self, const char *path, const char *id)
{
    struct arena *a = &c->desk->arena;
    struct registration_fault fault = {0};
    struct client *client;
    enum err err = registration_read(&client, a, c->registration, view_text(id), &fault);
    if (err == ERR_SYNTAX)
        return command_fail(self, COMMAND_CONFIG, "%s: %s %s", path, fault.member, fault.rule);
    if (err)
        return command_fail(self, COMMAND_FAILED, "%s: %s", path, err_words(err));
    if (id && !view_equal_text(client->id, id))
        return command_fail(self, COMMAND_CONFIG, "%s: client_id is not the one of --id", path);
    c->client = client;
    c->path = path;
    return check_sector(c, self, path);
}

/* SECRET NULL: there is none. */
static void print_secret(const struct client *client, const char *secret, bool json)
{
    struct buf b;
    struct json_out o;
    const char *text;
    if (!json) {
        printf("client_id:     %.*s\n", (int)client->id.n, (const char *)client->id.p);
        if (secret)
            printf("client_secret: %s\n", secret);
        return;
    }
    buf_open(&b, NULL, 4096);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair(&o, "client_id", client->id);
    if (secret)
        json_pair_text(&o, "client_secret", secret);
    json_end(&o);
    if (buf_done_text(&b, &text) == ERR_OK)
        puts(text);
    buf_close(&b);
}

/* A new secret, if the method of authentication has one. */
static enum err make_secret(char **out, struct change *c)
{
    *out = NULL;
    c->secret_hash = VIEW("");
    if (!client_policy_has_secret(c->client->auth_method))
        return ERR_OK;
    *out = chance_ticket(&c->desk->arena);
    if (!*out)
        return ERR_MEMORY;
    sha256(c->hash, view_text(*out));
    c->secret_hash = VIEW_ARRAY(c->hash);
    return ERR_OK;
}

static int fail_as_rival(const struct command *self, const struct change *c)
{
    return command_fail(self, COMMAND_NO, "%s: %s: %s", c->path, c->fault.member, c->fault.rule);
}

static int add(const struct command *self, struct change *c, bool json)
{
    char *secret = NULL;
    enum err err = make_secret(&secret, c);
    if (!err)
        err = store_write(c->desk->store, add_job, c);
    if (!err && c->fault.member)
        return fail_as_rival(self, c);
    if (err == ERR_CONFLICT)
        return command_fail(self, COMMAND_NO, "%.*s is registered already; `genkan client update` changes it",
                            (int)c->client->id.n, (const char *)c->client->id.p);
    if (err == ERR_LIMIT)
        return command_fail(self, COMMAND_NO, "there are %d services already, and no more may be registered",
                            CLIENTS_MAX);
    if (err)
        return command_fail(self, COMMAND_FAILED, "%s", err_words(err));
    print_secret(c->client, secret, json);
    return COMMAND_DONE;
}

/* The file is read before the process may become another user, who perhaps could not. */
static int read_file(struct arena *a, const struct command *self, const char *path, struct view *out)
{
    enum err err = file_read(a, path, REGISTRATION_MAX, out);
    return err ? command_unreadable(self, path, err) : -1;
}

/* FILE of the command line, read and checked, with the desk open to write. */
static int open_change(struct change *c, struct desk *desk, const struct command *self, const char *config,
                       const char *path, const char *id)
{
    int code = read_file(&c->file, self, path, &c->registration);
    if (code != -1)
        return code;
    c->desk = desk;
    code = desk_open(desk, self, config, DESK_WRITE);
    return code == -1 ? read_registration(c, self, path, id) : code;
}

static void close_change(struct change *c)
{
    if (c->desk)
        desk_close(c->desk);
    arena_close(&c->file);
}

int command_client_add(const struct command *self, int argc, const char *const *argv)
{
    const char *config, *id = NULL, *path = NULL;
    bool json = false;
    const struct command_option options[] = {{"--id", &id, NULL}, {"--json", NULL, &json}};
    struct change c = {.now_ms = clock_ms(&clock_real)};
    struct desk desk;
    int code = command_parse(self, argc, argv, options, 2, &config, &path, 1);
    if (code != -1)
        return code;
    if (!path)
        return command_fail(self, COMMAND_USAGE, "which registration file? see --help");
    arena_open(&c.file, REGISTRATION_MAX * 2);
    code = open_change(&c, &desk, self, config, path, id);
    if (code == -1)
        code = add(self, &c, json);
    close_change(&c);
    return code;
}

/* --- update ----------------------------------------------------------------------------------------------------- */

static enum err update_job(struct db *db, void *ctx)
{
    struct change *c = ctx;
    enum err err = clients_check_rivals(&c->fault, db, &c->desk->arena, c->client);
    if (err || c->fault.member)
        return err;
    err = clients_update(db, c->client->id, c->registration, c->secret_hash, c->now_ms / 1000);
    if (!err) /* it is the operator's from now on: nobody undoes over the network what was decided here */
        err = self_registered_remove(db, c->client->id);
    return err ? err : append_event(db, c, "client update");
}

/* A secret that is there stays while the method needs one; *SECRET: a new one was made. */
static enum err renew_secret(char **secret, struct change *c)
{
    bool has = false;
    struct db *db = store_borrow(c->desk->store);
    enum err err = clients_has_secret(&has, db, c->client->id);
    store_return(c->desk->store, db);
    *secret = NULL;
    if (err || (has && client_policy_has_secret(c->client->auth_method)))
        return err;
    return make_secret(secret, c);
}

static int update(const struct command *self, struct change *c)
{
    char *secret = NULL;
    enum err err = renew_secret(&secret, c);
    if (!err)
        err = store_write(c->desk->store, update_job, c);
    if (err == ERR_NOT_FOUND)
        return command_fail(self, COMMAND_NO, "there is no service %.*s", (int)c->client->id.n,
                            (const char *)c->client->id.p);
    if (err)
        return command_fail(self, COMMAND_FAILED, "%s", err_words(err));
    if (c->fault.member)
        return fail_as_rival(self, c);
    if (secret)
        print_secret(c->client, secret, false);
    printf("%.*s: this registration counts from now on\n", (int)c->client->id.n, (const char *)c->client->id.p);
    return COMMAND_DONE;
}

int command_client_update(const struct command *self, int argc, const char *const *argv)
{
    const char *config, *path = NULL;
    struct change c = {.now_ms = clock_ms(&clock_real)};
    struct desk desk;
    int code = command_parse(self, argc, argv, NULL, 0, &config, &path, 1);
    if (code != -1)
        return code;
    if (!path)
        return command_fail(self, COMMAND_USAGE, "which registration file? see --help");
    arena_open(&c.file, REGISTRATION_MAX * 2);
    code = open_change(&c, &desk, self, config, path, NULL);
    if (code == -1)
        code = update(self, &c);
    close_change(&c);
    return code;
}

/* --- list ------------------------------------------------------------------------------------------------------- */

static void put_fields(struct buf *b, const struct ask *ask)
{
    for (size_t i = 0; ask && i < ask->n; i++)
        buf_printf(b, "%s%s%s", i ? " " : "", ask->items[i].field->id, ask->items[i].required ? "!" : "");
}

static enum err list_text(void *ctx, const struct client *c)
{
    struct buf b;
    const char *fields = "";
    (void)ctx;
    buf_open(&b, NULL, 4096);
    put_fields(&b, c->ask);
    enum err err = buf_done_text(&b, &fields);
    if (!err)
        printf("%-20.*s %-14.*s %-10.*s %-6s %s\n", (int)c->id.n, (const char *)c->id.p, (int)c->org_id.n,
               (const char *)c->org_id.p, (int)c->sector.n, (const char *)c->sector.p, jws_alg_name(c->id_token_alg),
               fields);
    buf_close(&b);
    return err;
}

static void put_json_fields(struct json_out *o, const struct ask *ask)
{
    json_key(o, "fields");
    json_begin_array(o);
    for (size_t i = 0; ask && i < ask->n; i++) {
        json_begin(o);
        json_pair_text(o, "id", ask->items[i].field->id);
        json_pair_bool(o, "required", ask->items[i].required);
        json_pair(o, "purpose", ask->items[i].purpose_ja);
        json_pair(o, "purpose#en", ask->items[i].purpose_en);
        json_end(o);
    }
    json_end_array(o);
}

static enum err list_json(void *ctx, const struct client *c)
{
    struct buf b;
    struct json_out o;
    const char *text;
    (void)ctx;
    buf_open(&b, NULL, REGISTRATION_MAX * 2);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair(&o, "client_id", c->id);
    json_pair(&o, "client_name", c->name.ja);
    json_pair(&o, "organization", c->org_id);
    json_pair(&o, "sector", c->sector);
    put_json_fields(&o, c->ask);
    json_end(&o);
    enum err err = buf_done_text(&b, &text);
    if (!err)
        puts(text);
    buf_close(&b);
    return err;
}

int command_client_list(const struct command *self, int argc, const char *const *argv)
{
    const char *config;
    bool json = false;
    const struct command_option options[] = {{"--json", NULL, &json}};
    struct desk desk;
    int code = command_parse(self, argc, argv, options, 1, &config, NULL, 0);
    if (code != -1)
        return code;
    code = desk_open(&desk, self, config, DESK_READ);
    if (code == -1) {
        if (!json)
            printf("%-20s %-14s %-10s %-6s %s\n", "service", "organisation", "sector", "alg", "fields (! required)");
        struct db *db = store_borrow(desk.store);
        enum err err = clients_each(db, &desk.arena, json ? list_json : list_text, NULL);
        store_return(desk.store, db);
        code = err ? command_fail(self, COMMAND_FAILED, "%s", err_words(err)) : COMMAND_DONE;
    }
    desk_close(&desk);
    return code;
}

/* --- remove ----------------------------------------------------------------------------------------------------- */

static enum err remove_job(struct db *db, void *ctx)
{
    struct change *c = ctx;
    enum err err = clients_remove(db, c->client->id, c->now_ms / 1000);
    return err ? err : append_event(db, c, "client remove");
}

int command_client_remove(const struct command *self, int argc, const char *const *argv)
{
    const char *config, *id = NULL;
    struct desk desk;
    int code = command_parse(self, argc, argv, NULL, 0, &config, &id, 1);
    if (code != -1)
        return code;
    if (!id)
        return command_fail(self, COMMAND_USAGE, "which service? see `genkan client list`");
    code = desk_open(&desk, self, config, DESK_WRITE);
    if (code == -1) {
        const struct client client = {.id = view_text(id)};
        struct change c = {.desk = &desk, .client = &client, .now_ms = clock_ms(&clock_real)};
        enum err err = store_write(desk.store, remove_job, &c);
        if (err == ERR_NOT_FOUND)
            code = command_fail(self, COMMAND_NO, "there is no service %s", id);
        else
            code = err ? command_fail(self, COMMAND_FAILED, "%s", err_words(err)) : COMMAND_DONE;
    }
    desk_close(&desk);
    if (code == COMMAND_DONE)
        printf("%s: removed; consents and ledger stay\n", id);
    return code;
}
