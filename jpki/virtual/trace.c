#include "jpki/virtual/trace.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/json.h"

#define KEPT (8u << 20)

enum err trace_open(struct trace *t, const char *path)
{
    *t = (struct trace){.fd = -1};
    buf_open(&t->lines, NULL, KEPT);
    if (path)
        t->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return path && t->fd < 0 ? ERR_IO : ERR_OK;
}

void trace_close(struct trace *t)
{
    buf_close(&t->lines);
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
}

void trace_forget(struct trace *t)
{
    buf_close(&t->lines);
    buf_open(&t->lines, NULL, KEPT);
    t->commands = t->alarms = t->power_ons = 0;
}

static void begin(struct buf *b, struct json_out *o)
{
    buf_open(b, NULL, 1u << 20);
    json_out_open(o, b);
    json_begin(o);
    json_pair_int(o, "at", clock_ms(&clock_real));
}

static void end(struct trace *t, struct buf *b, struct json_out *o)
{
    struct view line;
    json_end(o);
    buf_put_byte(b, '\n');
    if (buf_done(b, &line) == ERR_OK) {
        if (t->lines.err == ERR_OK && t->lines.n + line.n <= KEPT)
            buf_put(&t->lines, line);
        if (t->fd >= 0 && write(t->fd, line.p, line.n) < 0)
            t->fd = -1; /* a full disk must not change what the card does */
    }
    buf_close(b);
}

void trace_event(struct trace *t, const char *event)
{
    struct buf b;
    struct json_out o;
    begin(&b, &o);
    json_pair_text(&o, "event", event);
    end(t, &b, &o);
}

void trace_alarm(struct trace *t, const char *what)
{
    struct buf b;
    struct json_out o;
    t->alarms++;
    t->alarms_ever++;
    begin(&b, &o);
    json_pair_text(&o, "alarm", what);
    end(t, &b, &o);
}

/* VERIFY, CHANGE REFERENCE DATA and JICSAP's CHANGE KEY carry PINs: only their header is shown. */
static bool holds_pin(struct view apdu)
{
    return apdu.n > 5 && (apdu.p[1] == 0x20 || apdu.p[1] == 0x24 || apdu.p[1] == 0x32);
}

void trace_command(struct trace *t, struct view apdu, struct view answer, int64_t microseconds, bool forced)
{
    struct buf b, hex;
    struct json_out o;
    struct view text;
    t->commands++;
    buf_open(&hex, NULL, 1u << 18);
    hex_put(&hex, holds_pin(apdu) ? view_part(apdu, 0, 4) : apdu);
    if (holds_pin(apdu))
        buf_put_text(&hex, "****");
    begin(&b, &o);
    json_pair_int(&o, "n", (int64_t)t->commands);
    if (buf_done(&hex, &text) == ERR_OK)
        json_pair(&o, "command", text);
    buf_close(&hex);
    buf_open(&hex, NULL, 16);
    hex_put(&hex, view_from(answer, answer.n < 2 ? 0 : answer.n - 2));
    if (buf_done(&hex, &text) == ERR_OK)
        json_pair(&o, "sw", text);
    json_pair_int(&o, "bytes", answer.n < 2 ? 0 : (int64_t)answer.n - 2);
    json_pair_int(&o, "us", microseconds);
    if (forced)
        json_pair_bool(&o, "forced", true);
    end(t, &b, &o);
    buf_close(&hex);
}
