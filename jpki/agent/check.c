#include "jpki/agent/check.h"

#include "base/clock.h"

enum { DAY_S = 86400, SOON_DAYS = 90, FAR_DAYS = 20 * 365 };

/* A report that is full has said enough. */
static void add(struct check_report *out, enum check_mark mark, enum desk_word is, enum desk_word todo,
                const struct view *with, size_t n)
{
    if (out->n == CHECK_LINES_MAX)
        return;
    struct check_line *line = &out->lines[out->n++];
    *line = (struct check_line){.mark = mark, .is = is, .todo = todo, .n = n};
    for (size_t i = 0; i < n; i++)
        line->with[i] = with[i].p ? with[i] : VIEW("?");
}

static void add_plain(struct check_report *out, enum check_mark mark, enum desk_word is, enum desk_word todo)
{
    add(out, mark, is, todo, NULL, 0);
}

static void add_one(struct check_report *out, enum check_mark mark, enum desk_word is, enum desk_word todo,
                    struct view with)
{
    add(out, mark, is, todo, &with, 1);
}

/* ---- readers ---- */

void check_reader(struct check_report *out, const struct check_reader_facts *f)
{
    static const enum desk_word words[] = {
        [CHECK_KIND_UNKNOWN] = D_READER,
        [CHECK_KIND_CONTACT] = D_READER_CONTACT,
        [CHECK_KIND_CONTACTLESS] = D_READER_CONTACTLESS,
    };
    if (!f->is_service) {
        add_plain(out, CHECK_PROBLEM, f->is_installed ? D_SERVICE_OFF : D_SERVICE_ABSENT, D_SERVICE_HOW);
        return;
    }
    add_plain(out, CHECK_OK, D_SERVICE_OK, D_NOTHING);
    for (size_t i = 0; i < f->n; i++)
        add_one(out, CHECK_OK, words[f->readers[i].kind], D_NOTHING, f->readers[i].name);
    if (f->n == 0 && f->has_others)
        add_one(out, CHECK_PROBLEM, D_READER_OTHERS, D_READER_OTHERS_HOW, f->wanted);
    else if (f->n == 0)
        add_plain(out, CHECK_PROBLEM, D_READER_NONE, D_READER_NONE_HOW);
}

/* ---- the card ---- */

static const struct {
    enum check_mark mark;
    enum desk_word is, todo;
} of_result[] = {
    [CARD_NO_READER] = {CHECK_NOTE, D_CARD_NONE, D_CARD_NONE_HOW},
    [CARD_READER_BUSY] = {CHECK_PROBLEM, D_CARD_BUSY, D_CARD_BUSY_HOW},
    [CARD_NO_CARD] = {CHECK_NOTE, D_CARD_NONE, D_CARD_NONE_HOW},
    [CARD_WRONG] = {CHECK_PROBLEM, D_CARD_WRONG, D_CARD_WRONG_HOW},
    [CARD_REMOVED] = {CHECK_NOTE, D_CARD_REMOVED, D_CARD_REMOVED_HOW},
    [CARD_MUTE] = {CHECK_PROBLEM, D_CARD_MUTE, D_CARD_MUTE_HOW},
    [CARD_UNSUPPORTED] = {CHECK_PROBLEM, D_CARD_UNKNOWN, D_CARD_UNKNOWN_HOW},
    [CARD_PIN_BLOCKED] = {CHECK_PROBLEM, D_PIN_BLOCKED, D_PIN_BLOCKED_HOW},
};

static void add_result(struct check_report *out, enum card_result r)
{
    bool known = (size_t)r < sizeof of_result / sizeof *of_result && of_result[r].is != D_NOTHING;
    if (!known)
        r = CARD_UNSUPPORTED;
    add_plain(out, of_result[r].mark, of_result[r].is, of_result[r].todo);
}

static void add_tries(struct check_report *out, const struct check_card_facts *f)
{
    if (f->asked) {
        add_result(out, f->asked);
        return;
    }
    enum check_mark mark = f->tries >= f->tries_max ? CHECK_OK : f->tries > 1 ? CHECK_NOTE : CHECK_PROBLEM;
    enum desk_word todo = mark == CHECK_OK ? D_NOTHING : mark == CHECK_NOTE ? D_TRIES_FEWER_HOW : D_TRIES_LAST_HOW;
    add_one(out, mark, D_TRIES, todo, view_text(arena_printf(out->arena, "%d", f->tries)));
}

static void add_dates(struct check_report *out, const struct check_card_facts *f)
{
    struct view until = view_text(clock_jst_date(out->arena, f->not_after));
    if (f->now < f->not_before)
        add_one(out, CHECK_PROBLEM, D_CERT_NOT_YET, D_CLOCK_HOW, view_text(clock_jst_date(out->arena, f->not_before)));
    else if (f->now > f->not_after)
        add_one(out, CHECK_PROBLEM, D_CERT_OVER, D_CERT_OVER_HOW, until);
    else if (f->not_after - f->now < (int64_t)SOON_DAYS * DAY_S)
        add_one(out, CHECK_NOTE, D_CERT_UNTIL, D_CERT_SOON_HOW, until);
    else
        add_one(out, CHECK_OK, D_CERT_UNTIL, D_NOTHING, until);
}

void check_card(struct check_report *out, const struct check_card_facts *f)
{
    if (f->connected) {
        add_result(out, f->connected);
        return;
    }
    add_plain(out, CHECK_OK, f->is_phone ? D_CARD_PHONE : D_CARD_PLASTIC, D_NOTHING);
    add_tries(out, f);
    if (f->is_hidden)
        add_plain(out, CHECK_NOTE, D_CERT_HIDDEN, D_NOTHING);
    else if (f->read)
        add_result(out, f->read);
    else if (f->has_dates)
        add_dates(out, f);
    else
        add_result(out, CARD_UNSUPPORTED);
}

/* ---- the clock ---- */

/* Without asking anybody: no file of ours was made in the future. */
void check_clock(struct check_report *out, const struct check_clock_facts *f)
{
    struct view now = view_text(clock_jst_date(out->arena, f->now));
    const struct view both[] = {now, view_text(clock_jst_date(out->arena, f->newest))};
    if (f->newest && f->now < f->newest - DAY_S)
        add(out, CHECK_PROBLEM, D_CLOCK_BEHIND, D_CLOCK_HOW, both, 2);
    else if (f->newest && f->now > f->newest + (int64_t)FAR_DAYS * DAY_S)
        add_one(out, CHECK_PROBLEM, D_CLOCK_AHEAD, D_CLOCK_HOW, now);
    else if (f->is_synced)
        add_one(out, CHECK_OK, D_CLOCK_SYNCED, D_NOTHING, now);
    else
        add_one(out, CHECK_NOTE, D_CLOCK_ALONE, D_CLOCK_ALONE_HOW, now);
}

/* ---- the port ---- */

void check_port(struct check_report *out, const struct check_port_facts *f)
{
    const struct view port = view_text(arena_printf(out->arena, "%u", (unsigned)f->port));
    const struct view program[] = {port, f->program, f->process}, user[] = {port, f->user};
    switch (f->state) {
    case CHECK_PORT_AGENT:
        add_one(out, CHECK_OK, D_PORT_AGENT, D_NOTHING, port);
        break;
    case CHECK_PORT_FREE:
        add_one(out, CHECK_NOTE, D_PORT_FREE, D_PORT_FREE_HOW, port);
        break;
    case CHECK_PORT_PROGRAM:
        add(out, CHECK_PROBLEM, D_PORT_PROGRAM, D_PORT_HOW, program, 3);
        break;
    case CHECK_PORT_USER:
        add(out, CHECK_PROBLEM, D_PORT_USER, D_PORT_HOW, user, 2);
        break;
    case CHECK_PORT_TAKEN:
        add_one(out, CHECK_PROBLEM, D_PORT_TAKEN, D_PORT_HOW, port);
        break;
    }
}

/* ---- issuers ---- */

void check_issuers(struct check_report *out, const struct check_issuer_facts *f)
{
    if (f->err == ERR_NOT_FOUND) {
        add_plain(out, CHECK_PROBLEM, D_ISSUERS_NONE, D_ISSUERS_NONE_HOW);
        return;
    }
    if (f->err) {
        add_one(out, CHECK_PROBLEM, D_ISSUERS_BAD, D_ISSUERS_BAD_HOW, view_text(f->problem));
        return;
    }
    for (size_t i = 0; i < f->all->n; i++) {
        const struct view with[] = {f->all->list[i].label, f->all->list[i].iss};
        add(out, CHECK_OK, D_ISSUER, D_NOTHING, with, 2);
    }
}

/* ---- the PIN window ---- */

static bool is_text_mode(struct view flavour)
{
    return view_equal_text(flavour, "curses") || view_equal_text(flavour, "tty") || view_equal_text(flavour, "dumb");
}

void check_window(struct check_report *out, const struct check_window_facts *f)
{
    const struct view with[] = {f->program, f->flavour};
    if (!f->flavour.p)
        add_one(out, CHECK_PROBLEM, D_WINDOW_ABSENT, D_WINDOW_ABSENT_HOW, f->program);
    else if (is_text_mode(f->flavour) && !f->has_terminal)
        add_one(out, CHECK_PROBLEM, D_WINDOW_TEXT, D_WINDOW_TEXT_HOW, f->program);
    else if (!is_text_mode(f->flavour) && !f->has_display && !f->has_terminal)
        add_one(out, CHECK_PROBLEM, D_WINDOW_NO_DISPLAY, D_WINDOW_NO_DISPLAY_HOW, f->flavour);
    else
        add(out, CHECK_OK, D_WINDOW, D_NOTHING, with, 2);
}

/* ---- as text ---- */

size_t check_problems(const struct check_report *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        n += r->lines[i].mark == CHECK_PROBLEM;
    return n;
}

void check_write(struct buf *out, const struct check_report *r, enum lang lang)
{
    static const enum desk_word marks[] = {D_MARK_OK, D_MARK_NOTE, D_MARK_PROBLEM};
    size_t problems = check_problems(r);
    const struct view number = view_text(arena_printf(r->arena, "%zu", problems));
    for (size_t i = 0; i < r->n; i++) {
        const struct check_line *line = &r->lines[i];
        buf_printf(out, "%s ", desk_word(lang, marks[line->mark]));
        desk_words_put(out, lang, line->is, line->with, line->n);
        if (line->todo != D_NOTHING)
            buf_printf(out, "\n          → %s", desk_word(lang, line->todo));
        buf_put_text(out, "\n");
    }
    desk_words_put(out, lang, problems ? D_SUM_BAD : D_SUM_GOOD, &number, problems ? 1 : 0);
    buf_put_text(out, "\n");
}
