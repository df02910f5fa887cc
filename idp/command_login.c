/* genkan login disowned: of which logins residents said "this was not me". */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "idp/desk.h"
#include "sessions/login.h"
#include "sessions/session.h"
#include "store/store.h"

#define DISOWNED_MAX 1000

static struct view or_dash(struct view v)
{
    return view_is(v) ? v : VIEW("-");
}

static void put_json(struct buf *b, struct arena *a, const struct login *l, const char *number)
{
    struct json_out o;
    json_out_open(&o, b);
    json_begin(&o);
    json_pair_text(&o, "login", number);
    json_pair_text(&o, "at", clock_utc_text(a, l->at));
    json_pair_text(&o, "disowned_at", clock_utc_text(a, l->disowned_at));
    json_pair(&o, "agent", l->agent);
    json_end(&o);
    buf_put_byte(b, '\n');
}

static enum err print_one(struct arena *a, const struct login *l, bool json)
{
    char number[SESSION_NUMBER_SIZE];
    struct buf b;
    const char *text;
    session_number(number, l->session);
    buf_open(&b, a, 1024);
    if (json) {
        put_json(&b, a, l, number);
    } else {
        struct view agent = or_dash(l->agent);
        buf_printf(&b, "%s  %-20s  %-20s  %.*s\n", number, clock_utc_text(a, l->at), clock_utc_text(a, l->disowned_at),
                   (int)agent.n, (const char *)agent.p);
    }
    enum err e = buf_done_text(&b, &text);
    if (!e)
        fputs(text, stdout);
    return e;
}

static int print_all(const struct command *self, struct desk *d, bool json)
{
    struct login *logins;
    size_t n;
    struct db *db = store_borrow(d->store);
    enum err e = login_list_disowned(&logins, &n, db, &d->arena, DISOWNED_MAX);
    store_return(d->store, db);
    if (!e && n && !json)
        printf("%-9s  %-20s  %-20s  %s\n", "login", "at (UTC)", "disowned (UTC)", "made with");
    for (size_t i = 0; i < n && !e; i++)
        e = print_one(&d->arena, &logins[i], json);
    return e ? command_fail(self, COMMAND_FAILED, "%s", err_words(e)) : COMMAND_DONE;
}

int command_login_disowned(const struct command *self, int argc, const char *const *argv)
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
