/* genkan notice list, retry, drop: what services have not heard yet, and what was given up. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "idp/desk.h"
#include "sessions/notice.h"
#include "store/store.h"

#define LIST_MAX 1000

static const char *channel_name(enum notice_channel c)
{
    static const char *const names[] = {"?", "log-out", "event", "ping", "fetched event"};
    return (size_t)c < sizeof names / sizeof *names ? names[c] : "?";
}

/* --- list --------------------------------------------------------------------------------------------------------- */

static void put_json(struct buf *b, struct arena *a, const struct notice *n)
{
    struct json_out o;
    json_out_open(&o, b);
    json_begin(&o);
    json_pair_int(&o, "notice", n->id);
    json_pair_text(&o, "channel", channel_name(n->channel));
    json_pair(&o, "client", n->client);
    json_pair_text(&o, "since", clock_utc_text(a, n->created_at));
    json_pair_int(&o, "tries", n->tries);
    if (n->given_up_at)
        json_pair_text(&o, "given_up_at", clock_utc_text(a, n->given_up_at));
    json_pair(&o, "why", n->why);
    json_pair(&o, "cause", n->cause);
    json_end(&o);
    buf_put_byte(b, '\n');
}

static enum err print_one(struct arena *a, const struct notice *n, bool json)
{
    struct buf b;
    const char *text;
    buf_open(&b, a, 2048);
    if (json)
        put_json(&b, a, n);
    else
        buf_printf(&b, "%8" PRId64 "  %-13s  %-20.*s  %s  %5d  %s%.*s\n", n->id, channel_name(n->channel),
                   (int)n->client.n, (const char *)n->client.p, clock_utc_text(a, n->created_at), n->tries,
                   n->given_up_at ? "given up: " : "waits", (int)n->why.n, n->why.n ? (const char *)n->why.p : "");
    enum err e = buf_done_text(&b, &text);
    if (!e)
        fputs(text, stdout);
    return e;
}

static int print_all(const struct command *self, struct desk *d, bool json)
{
    struct notice *notices;
    size_t n;
    struct db *db = store_borrow(d->store);
    enum err e = notice_list(&notices, &n, db, &d->arena, LIST_MAX);
    store_return(d->store, db);
    if (!e && n && !json)
        printf("%8s  %-13s  %-20s  %-20s  %5s  %s\n", "notice", "what", "service", "since (UTC)", "tries", "state");
    for (size_t i = 0; i < n && !e; i++)
        e = print_one(&d->arena, &notices[i], json);
    return e ? command_fail(self, COMMAND_FAILED, "%s", err_words(e)) : COMMAND_DONE;
}

int command_notice_list(const struct command *self, int argc, const char *const *argv)
{
    const char *config;
    bool json = false;
    const struct command_option options[] = {{"--json", NULL, &json}};
    struct desk desk;
    int code = command_parse(self, argc, argv, options, 1, &config, NULL, 0);
    if (code != -1)
        return code;
    code = desk_open(&desk, self, config, DESK_READ);
    if (code == -1)
        code = print_all(self, &desk, json);
    desk_close(&desk);
    return code;
}

/* --- retry, drop -------------------------------------------------------------------------------------------------- */

struct changing {
    int64_t id; /* 0: all of CLIENT */
    struct view client;
    bool drops;
    size_t done;
};

static enum err change_job(struct db *db, void *ctx)
{
    struct changing *c = ctx;
    return c->drops ? notice_drop(&c->done, db, c->id, c->client)
                    : notice_retry(&c->done, db, c->id, c->client, clock_s(&clock_real));
}

static int change(const struct command *self, int argc, const char *const *argv, bool drops)
{
    const char *config, *id = NULL, *service = NULL;
    const struct command_option options[] = {{"--service", &service, NULL}};
    struct changing c = {.drops = drops};
    struct desk desk;
    int code = command_parse(self, argc, argv, options, 1, &config, &id, 1);
    if (code != -1)
        return code;
    if (!id == !service || (id && (!text_to_int(view_text(id), &c.id) || c.id == 0)))
        return command_fail(self, COMMAND_USAGE, "which notice? a number of `genkan notice list`, or --service ID");
    c.client = view_text(service);
    code = desk_open(&desk, self, config, DESK_WRITE);
    if (code == -1) {
        enum err e = store_write(desk.store, change_job, &c);
        code = e         ? command_fail(self, COMMAND_FAILED, "%s", err_words(e))
               : c.done  ? COMMAND_DONE
               : service ? command_fail(self, COMMAND_NO, "nothing waits for %s", service)
                         : command_fail(self, COMMAND_NO, "there is no notice %s", id);
    }
    desk_close(&desk);
    if (code == COMMAND_DONE)
        printf("%s: %zu\n", drops ? "dropped" : "to be tried again", c.done);
    return code;
}

int command_notice_retry(const struct command *self, int argc, const char *const *argv)
{
    return change(self, argc, argv, false);
}

int command_notice_drop(const struct command *self, int argc, const char *const *argv)
{
    return change(self, argc, argv, true);
}
