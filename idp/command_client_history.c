/* genkan client history: what a service was registered with, and from when. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/json.h"
#include "consent/ask.h"
#include "idp/desk.h"
#include "idp/state/client_version.h"
#include "idp/state/registration.h"
#include "store/store.h"

static void put_json(struct buf *b, struct arena *a, const struct client_version *v)
{
    struct json_out o;
    json_out_open(&o, b);
    json_begin(&o);
    json_pair_int(&o, "version", v->number);
    json_pair_text(&o, "from", clock_utc_text(a, v->from_at));
    json_pair_text(&o, "terms", hex_text(a, VIEW_ARRAY(v->terms)));
    json_pair_text(&o, "sha256", hex_text(a, VIEW_ARRAY(v->digest)));
    json_pair(&o, "registration", v->registration);
    json_end(&o);
    buf_put_byte(b, '\n');
}

/* A registration of older days may not pass today's rules; its hashes stand all the same. */
static enum err put_line(struct buf *b, struct arena *a, struct view id, const struct client_version *v)
{
    struct registration_fault fault;
    struct client *client;
    enum err e = registration_read(&client, a, v->registration, id, &fault);
    if (e && e != ERR_SYNTAX)
        return e;
    buf_printf(b, "%7" PRId64 "  %-20s  ", v->number, clock_utc_text(a, v->from_at));
    hex_put(b, VIEW_ARRAY(v->terms));
    buf_put_text(b, "  ");
    for (size_t i = 0; !e && i < client->ask->n; i++)
        buf_printf(b, "%s%s%s", i ? " " : "", client->ask->items[i].field->id,
                   client->ask->items[i].required ? "!" : "");
    buf_put_byte(b, '\n');
    return ERR_OK;
}

static enum err print_one(struct view id, const struct client_version *v, bool json)
{
    struct arena a;
    struct buf b;
    const char *text;
    enum err e = ERR_OK;
    arena_open(&a, 1 << 20);
    buf_open(&b, &a, REGISTRATION_MAX * 8);
    if (json)
        put_json(&b, &a, v);
    else
        e = put_line(&b, &a, id, v);
    if (!e && !(e = buf_done_text(&b, &text)))
        fputs(text, stdout);
    arena_close(&a);
    return e;
}

static int print_all(const struct command *self, struct desk *d, struct view id, bool json)
{
    struct client_version *versions = NULL;
    size_t n = 0;
    struct db *db = store_borrow(d->store);
    enum err e = client_version_list(&versions, &n, db, &d->arena, id);
    store_return(d->store, db);
    if (!e && n == 0)
        return command_fail(self, COMMAND_NO, "there never was a service %.*s", (int)id.n, (const char *)id.p);
    if (!e && !json)
        printf("%7s  %-20s  %-64s  %s\n", "version", "from (UTC)", "terms", "fields (! required)");
    for (size_t i = 0; i < n && !e; i++)
        e = print_one(id, &versions[i], json);
    return e ? command_fail(self, COMMAND_FAILED, "%s", err_words(e)) : COMMAND_DONE;
}

int command_client_history(const struct command *self, int argc, const char *const *argv)
{
    const char *config, *id = NULL;
    bool json = false;
    const struct command_option options[] = {{"--json", NULL, &json}};
    struct desk desk;
    int code = command_parse(self, argc, argv, options, 1, &config, &id, 1);
    if (code != -1)
        return code;
    if (!id)
        return command_fail(self, COMMAND_USAGE, "which service? see `genkan client list`");
    code = desk_open(&desk, self, config, DESK_READ);
    if (code == -1)
        code = print_all(self, &desk, view_text(id), json);
    desk_close(&desk);
    return code;
}
