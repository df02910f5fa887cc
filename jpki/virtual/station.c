#include "jpki/virtual/station.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "jpki/virtual/control.h"

#define LOOK_FOR_READER_MS 50

static int64_t microseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- the link -------------------------------------------------------------------------------------------------- */

static void unlink_reader(struct station *s, const char *event)
{
    if (s->link < 0)
        return;
    close(s->link);
    s->link = -1;
    s->pending = false;
    applet_power_off(s->applet);
    trace_event(s->trace, event);
}

static void remove_card(struct station *s)
{
    s->inserted = false;
    s->remove_before = 0;
    unlink_reader(s, "removed");
}

static void look_for_reader(struct station *s)
{
    if (!s->inserted || s->link >= 0 || clock_steady_ms() < s->try_again_ms)
        return;
    s->try_again_ms = clock_steady_ms() + LOOK_FOR_READER_MS;
    if (vpcd_connect(&s->link, s->port) != ERR_OK) {
        s->link = -1;
        return;
    }
    s->in.from = s->in.to = 0;
    if (s->new_atr) {
        atr_make_tap(s->tap);
        s->applet->options.atr = VIEW_ARRAY(s->tap);
    }
    trace_event(s->trace, "inserted");
}

static void send_to_reader(struct station *s, struct view v)
{
    if (s->link >= 0 && vpcd_send(s->link, v) != ERR_OK)
        unlink_reader(s, "reader_gone");
}

/* --- commands -------------------------------------------------------------------------------------------------- */

/* Counts an order down; true when its command is here. */
static bool is_now(unsigned *countdown)
{
    return *countdown && --*countdown == 0;
}

static void send_answer(struct station *s)
{
    struct view v;
    s->pending = false;
    if (buf_done(&s->answer, &v) == ERR_OK)
        send_to_reader(s, v);
    else
        unlink_reader(s, "answer_lost");
    wipe(s->answer.p, s->answer.n);
}

static void reopen(struct buf *b)
{
    buf_close(b);
    buf_open(b, NULL, APPLET_ANSWER_MAX + 2);
}

static void on_command(struct station *s, struct view apdu)
{
    if (is_now(&s->remove_before)) {
        remove_card(s);
        return;
    }
    int64_t start = microseconds();
    bool forced = is_now(&s->answer_at);
    struct view answer;
    reopen(&s->answer);
    if (forced)
        buf_put_u16(&s->answer, s->answer_sw);
    else
        applet_command(s->applet, apdu, &s->answer);
    if (buf_done(&s->answer, &answer) == ERR_OK)
        trace_command(s->trace, apdu, answer, microseconds() - start, forced);
    unsigned hold = s->delay_ms + (s->answer.err == ERR_OK ? pace_ms(s->pace, apdu, answer) : 0);
    s->pending = true;
    s->due_ms = clock_steady_ms() + hold;
    if (hold == 0)
        send_answer(s);
}

static void on_message(struct station *s, enum vpcd_event event, struct view command)
{
    switch (event) {
    case VPCD_POWER_OFF:
        applet_power_off(s->applet);
        trace_event(s->trace, "power_off");
        break;
    case VPCD_POWER_ON:
        applet_power_off(s->applet);
        s->trace->power_ons++;
        trace_event(s->trace, "power_on");
        break;
    case VPCD_RESET:
        applet_reset(s->applet);
        trace_event(s->trace, "reset");
        break;
    case VPCD_GIVE_ATR:
        send_to_reader(s, s->applet->options.atr);
        break;
    case VPCD_COMMAND:
        on_command(s, command);
        break;
    case VPCD_MORE:
        break;
    }
}

static void on_link(struct station *s)
{
    struct view command;
    if (vpcd_receive(s->link, &s->in) != ERR_OK) {
        unlink_reader(s, "reader_gone");
        return;
    }
    for (;;) {
        enum vpcd_event event = vpcd_next(&s->in, &command);
        if (event == VPCD_MORE || s->link < 0)
            return;
        on_message(s, event, command);
    }
}

/* --- control --------------------------------------------------------------------------------------------------- */

static void put_status(const struct station *s, struct buf *out)
{
    struct json_out o;
    json_out_open(&o, out);
    json_begin(&o);
    json_pair_int(&o, "alarms", (int64_t)s->trace->alarms);
    json_pair_int(&o, "alarms_ever", (int64_t)s->trace->alarms_ever);
    json_pair_text(&o, "app", s->applet->app ? s->applet->app->name : "");
    json_pair_int(&o, "commands", (int64_t)s->trace->commands);
    json_pair_bool(&o, "connected", s->link >= 0);
    json_pair_bool(&o, "inserted", s->inserted);
    json_key(&o, "left");
    json_begin(&o);
    for (int id = 0; id < PIN_COUNT; id++)
        json_pair_int(&o, pin_name((enum pin_id)id), s->applet->pins->all[id].left);
    json_end(&o);
    json_pair_int(&o, "power_ons", (int64_t)s->trace->power_ons);
    json_key(&o, "verified");
    json_begin(&o);
    for (int id = 0; id < PIN_COUNT; id++)
        json_pair_bool(&o, pin_name((enum pin_id)id), (s->applet->verified & 1u << id) != 0);
    json_end(&o);
    json_end(&o);
    buf_put_byte(out, '\n');
}

static void put_trace(const struct station *s, struct buf *out)
{
    struct view lines;
    if (buf_done(&s->trace->lines, &lines) == ERR_OK)
        buf_put(out, lines);
}

static void obey(struct station *s, const struct control_command *c, struct buf *out)
{
    switch (c->verb) {
    case CONTROL_STATUS:
        put_status(s, out);
        return;
    case CONTROL_TRACE:
        put_trace(s, out);
        return;
    case CONTROL_INSERT:
        s->inserted = true;
        s->try_again_ms = 0;
        break;
    case CONTROL_REMOVE:
        remove_card(s);
        break;
    case CONTROL_REMOVE_BEFORE:
        s->remove_before = c->n;
        break;
    case CONTROL_ANSWER:
        s->answer_at = c->n;
        s->answer_sw = c->sw;
        break;
    case CONTROL_DELAY:
        s->delay_ms = c->n;
        break;
    case CONTROL_PACE:
        s->pace = c->pace;
        break;
    case CONTROL_FORGET:
        trace_forget(s->trace);
        break;
    }
    buf_put_text(out, "ok\n");
}

static struct view receive_line(int fd, char *line, size_t size)
{
    struct timeval patience = {.tv_sec = 1};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    size_t n = 0;
    while (n < size && !memchr(line, '\n', n)) {
        ssize_t got = recv(fd, line + n, size - n, 0);
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    return view_part(view_bytes(line, n), 0, view_index(view_bytes(line, n), '\n'));
}

static void send_all(int fd, struct view v)
{
    while (v.n) {
        ssize_t n = send(fd, v.p, v.n, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        v = view_from(v, (size_t)n);
    }
}

static void on_control(struct station *s)
{
    char line[256];
    int fd = accept4(s->control, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct control_command c;
    struct buf out;
    struct view answer;
    buf_open(&out, NULL, 16u << 20);
    if (control_read(&c, receive_line(fd, line, sizeof line)) == ERR_OK)
        obey(s, &c, &out);
    else
        buf_put_text(&out, "error: not a command\n");
    if (buf_done(&out, &answer) == ERR_OK)
        send_all(fd, answer);
    buf_close(&out);
    close(fd);
}

/* --- the loop -------------------------------------------------------------------------------------------------- */

static int patience_ms(const struct station *s)
{
    int64_t until = s->pending ? s->due_ms : s->inserted && s->link < 0 ? s->try_again_ms : -1;
    if (until < 0)
        return -1;
    int64_t left = until - clock_steady_ms();
    return left < 0 ? 0 : (int)left;
}

enum err station_run(struct station *s)
{
    s->link = -1;
    buf_open(&s->answer, NULL, APPLET_ANSWER_MAX + 2);
    for (;;) {
        look_for_reader(s);
        if (s->pending && clock_steady_ms() >= s->due_ms)
            send_answer(s);
        /* while an answer is held back the reader has nothing new to say; its going away is noticed when it is sent */
        struct pollfd polled[3] = {{.fd = s->signals, .events = POLLIN},
                                   {.fd = s->control, .events = POLLIN},
                                   {.fd = s->pending ? -1 : s->link, .events = POLLIN}};
        if (poll(polled, 3, patience_ms(s)) < 0 && errno != EINTR)
            return ERR_IO;
        if (polled[0].revents)
            break;
        if (polled[2].revents)
            on_link(s);
        if (polled[1].revents)
            on_control(s);
    }
    unlink_reader(s, "removed");
    buf_close(&s->answer);
    return ERR_OK;
}
