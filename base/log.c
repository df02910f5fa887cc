#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "base/trace.h"

enum { LINE_MAX_SIZE = 8192 };

/* The two settings of the whole process; with what a thread works on (base/trace.h) the only state base keeps. */
static _Atomic int lowest_level = LOG_INFO;
static _Atomic int log_fd = 2;

void log_set_level(enum log_level lowest)
{
    atomic_store(&lowest_level, (int)lowest);
}

void log_set_fd(int fd)
{
    atomic_store(&log_fd, fd);
}

/* At most MOST bytes of V, whole characters only: half of one would spoil the line. */
static struct view cut(struct view v, size_t most)
{
    if (v.n <= most)
        return v;
    while (most > 0 && (v.p[most] & 0xC0) == 0x80)
        most--;
    return view_part(v, 0, most);
}

static void put_fields(struct json_out *o, const struct log_field *fields, size_t n, size_t most)
{
    for (size_t i = 0; i < n; i++) {
        if (!fields[i].key)
            continue;
        if (fields[i].kind == LOG_F_INT)
            json_pair_int(o, fields[i].key, fields[i].num);
        else if (!text_is_utf8(fields[i].text))
            json_pair_text(o, fields[i].key, "(not UTF-8)");
        else
            json_pair(o, fields[i].key, cut(fields[i].text, most));
    }
}

static void put_trace(struct json_out *o, const struct trace *t)
{
    if (!t)
        return;
    json_pair_text(o, t->run ? "run" : "request", t->span);
    json_pair_text(o, "cause", t->cause[0] ? t->cause : NULL);
    json_pair_text(o, "trace", t->trace);
}

struct event {
    enum log_level level;
    const char *name;
    const struct log_field *fields;
    size_t n;
};

/* One line with texts of at most MOST bytes. Absent if it is still too long. */
static struct view line_of(struct arena *a, const struct event *event, size_t most)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    struct buf b;
    struct json_out o;
    struct view line;
    buf_open(&b, a, LINE_MAX_SIZE);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair_text(&o, "at", clock_utc_text(a, clock_s(&clock_real)));
    json_pair_text(&o, "level", levels[event->level]);
    json_pair_text(&o, "event", event->name);
    put_trace(&o, trace_current());
    put_fields(&o, event->fields, event->n, most);
    json_end(&o);
    buf_put_byte(&b, '\n');
    return buf_done(&b, &line) == ERR_OK ? line : VIEW_NONE;
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
    if ((int)level < atomic_load(&lowest_level))
        return;
    struct arena a;
    struct view line = VIEW_NONE;
    arena_open(&a, 16 * LINE_MAX_SIZE);
    /* nobody may make an event disappear by feeding it texts that fill the line: then they are cut shorter, or left out
     */
    static const size_t lengths[] = {1024, 64, 0};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths && !line.p; i++)
        line = line_of(&a, &(struct event){level, event, fields, n}, lengths[i]);
    if (line.p) /* one write, so that lines of several threads do not mix */
        while (write(atomic_load(&log_fd), line.p, line.n) < 0 && errno == EINTR)
            ;
    arena_close(&a);
}
