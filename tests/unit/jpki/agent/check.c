/* The rules of `genkan-agent check`: facts -> marks and texts. */
#include "jpki/agent/check.h"

#include <criterion/criterion.h>

static struct arena arena;
static struct check_report report;

static void open_report(void)
{
    arena_open(&arena, (size_t)1 << 20);
    report = (struct check_report){.arena = &arena};
}

static void close_report(void)
{
    arena_close(&arena);
}

TestSuite(check, .init = open_report, .fini = close_report);

/* The last line is of MARK and IS; then the report is empty again. */
static void said(enum check_mark mark, enum desk_word is)
{
    cr_assert_gt(report.n, 0);
    const struct check_line *line = &report.lines[report.n - 1];
    cr_expect_eq(line->mark, mark, "%s", desk_word(LANG_EN, line->is));
    cr_expect_eq(line->is, is, "said %s, not %s", desk_word(LANG_EN, line->is), desk_word(LANG_EN, is));
    cr_expect(mark == CHECK_OK || line->todo != D_NOTHING || is == D_CERT_HIDDEN, "%s: and now?",
              desk_word(LANG_EN, is));
    report.n = 0;
}

static void reader(struct check_reader_facts f, enum check_mark mark, enum desk_word is)
{
    check_reader(&report, &f);
    said(mark, is);
}

Test(check, readers)
{
    reader((struct check_reader_facts){.is_installed = false}, CHECK_PROBLEM, D_SERVICE_ABSENT);
    reader((struct check_reader_facts){.is_installed = true}, CHECK_PROBLEM, D_SERVICE_OFF);
    reader((struct check_reader_facts){.is_service = true}, CHECK_PROBLEM, D_READER_NONE);
    reader((struct check_reader_facts){.is_service = true, .has_others = true, .wanted = VIEW("ACS")}, CHECK_PROBLEM,
           D_READER_OTHERS);
    struct check_reader_facts f = {.is_service = true, .n = 1, .readers[0] = {VIEW("ACS 1281"), CHECK_KIND_UNKNOWN}};
    reader(f, CHECK_OK, D_READER);
    f.readers[0].kind = CHECK_KIND_CONTACT;
    reader(f, CHECK_OK, D_READER_CONTACT);
    f.readers[0].kind = CHECK_KIND_CONTACTLESS;
    reader(f, CHECK_OK, D_READER_CONTACTLESS);
}

static void card(struct check_card_facts f, enum check_mark mark, enum desk_word is)
{
    check_card(&report, &f);
    said(mark, is);
}

Test(check, card_that_cannot_be_used)
{
    static const struct {
        enum card_result result;
        enum check_mark mark;
        enum desk_word is;
    } rows[] = {
        {CARD_NO_CARD, CHECK_NOTE, D_CARD_NONE},
        {CARD_READER_BUSY, CHECK_PROBLEM, D_CARD_BUSY},
        {CARD_WRONG, CHECK_PROBLEM, D_CARD_WRONG},
        {CARD_MUTE, CHECK_PROBLEM, D_CARD_MUTE},
        {CARD_REMOVED, CHECK_NOTE, D_CARD_REMOVED},
        {CARD_UNSUPPORTED, CHECK_PROBLEM, D_CARD_UNKNOWN},
        {CARD_FAILED, CHECK_PROBLEM, D_CARD_UNKNOWN},
        {CARD_PIN_WRONG, CHECK_PROBLEM, D_CARD_UNKNOWN},
        {(enum card_result)99, CHECK_PROBLEM, D_CARD_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        card((struct check_card_facts){.connected = rows[i].result}, rows[i].mark, rows[i].is);
        cr_expect_eq(report.n, 0);
    }
}

static const struct check_card_facts good = {.tries = 3,
                                             .tries_max = 3,
                                             .has_dates = true,
                                             .not_before = 1000000000,
                                             .not_after = 1900000000,
                                             .now = 1800000000};

static const struct check_line *second_of(struct check_card_facts f)
{
    report.n = 0;
    check_card(&report, &f);
    cr_assert_eq(report.n, 3);
    return &report.lines[1];
}

Test(check, tries_left)
{
    struct check_card_facts f = good;
    cr_expect_eq(second_of(f)->mark, CHECK_OK);
    f.tries = 2;
    cr_expect_eq(second_of(f)->mark, CHECK_NOTE);
    f.tries = 1;
    cr_expect_eq(second_of(f)->mark, CHECK_PROBLEM);
    cr_expect_eq(report.lines[1].todo, D_TRIES_LAST_HOW);
    f.asked = CARD_PIN_BLOCKED;
    cr_expect_eq(second_of(f)->is, D_PIN_BLOCKED);
    cr_expect_eq(report.lines[1].mark, CHECK_PROBLEM);
    f.asked = CARD_REMOVED;
    cr_expect_eq(second_of(f)->is, D_CARD_REMOVED);
}

Test(check, dates_of_the_certificate)
{
    struct check_card_facts f = good;
    card(f, CHECK_OK, D_CERT_UNTIL);
    f.now = good.not_after - 90 * 86400;
    card(f, CHECK_OK, D_CERT_UNTIL);
    f.now++;
    card(f, CHECK_NOTE, D_CERT_UNTIL);
    f.now = good.not_after + 1;
    card(f, CHECK_PROBLEM, D_CERT_OVER);
    f.now = good.not_before - 1;
    card(f, CHECK_PROBLEM, D_CERT_NOT_YET);
    f = good, f.has_dates = false;
    card(f, CHECK_PROBLEM, D_CARD_UNKNOWN);
    f = good, f.read = CARD_REMOVED;
    card(f, CHECK_NOTE, D_CARD_REMOVED);
    f = good, f.is_phone = f.is_hidden = true;
    card(f, CHECK_NOTE, D_CERT_HIDDEN);
}

static void clock_is(int64_t now, int64_t newest, bool synced, enum check_mark mark, enum desk_word is)
{
    check_clock(&report, &(struct check_clock_facts){now, newest, synced});
    said(mark, is);
}

Test(check, the_clock)
{
    const int64_t made = 1800000000, day = 86400;
    clock_is(made - day - 1, made, false, CHECK_PROBLEM, D_CLOCK_BEHIND);
    clock_is(made - day - 1, made, true, CHECK_PROBLEM, D_CLOCK_BEHIND);
    clock_is(made - day, made, false, CHECK_NOTE, D_CLOCK_ALONE);
    clock_is(made + day, made, true, CHECK_OK, D_CLOCK_SYNCED);
    clock_is(made + 7300 * day + 1, made, true, CHECK_PROBLEM, D_CLOCK_AHEAD);
    clock_is(1, 0, false, CHECK_NOTE, D_CLOCK_ALONE);
}

static void port(int state, enum check_mark mark, enum desk_word is)
{
    struct check_port_facts f = {.port = 23837, .program = VIEW("nc"), .process = VIEW("7"), .user = VIEW("taro")};
    f.state = state;
    check_port(&report, &f);
    said(mark, is);
}

Test(check, the_port)
{
    port(CHECK_PORT_PROGRAM, CHECK_PROBLEM, D_PORT_PROGRAM);
    port(CHECK_PORT_USER, CHECK_PROBLEM, D_PORT_USER);
    port(CHECK_PORT_TAKEN, CHECK_PROBLEM, D_PORT_TAKEN);
    port(CHECK_PORT_FREE, CHECK_NOTE, D_PORT_FREE);
    port(CHECK_PORT_AGENT, CHECK_OK, D_PORT_AGENT);
}

Test(check, issuers)
{
    static struct issuers all = {.n = 2,
                                 .list = {{.iss = VIEW("https://a.example"), .label = VIEW("A")},
                                          {.iss = VIEW("https://b.example"), .label = VIEW("B")}}};
    check_issuers(&report, &(struct check_issuer_facts){ERR_NOT_FOUND, "", &all});
    said(CHECK_PROBLEM, D_ISSUERS_NONE);
    check_issuers(&report, &(struct check_issuer_facts){ERR_CONFIG, "x.json: too long", &all});
    said(CHECK_PROBLEM, D_ISSUERS_BAD);
    check_issuers(&report, &(struct check_issuer_facts){ERR_OK, "", &all});
    cr_expect_eq(report.n, 2);
    said(CHECK_OK, D_ISSUER);
}

static void window(struct view flavour, bool display, bool terminal, enum check_mark mark, enum desk_word is)
{
    check_window(&report, &(struct check_window_facts){VIEW("/p"), flavour, display, terminal});
    said(mark, is);
}

Test(check, the_pin_window)
{
    window(VIEW_NONE, true, true, CHECK_PROBLEM, D_WINDOW_ABSENT);
    window(VIEW("curses"), true, false, CHECK_PROBLEM, D_WINDOW_TEXT);
    window(VIEW("tty"), false, false, CHECK_PROBLEM, D_WINDOW_TEXT);
    window(VIEW("qt:curses"), false, false, CHECK_PROBLEM, D_WINDOW_NO_DISPLAY);
    window(VIEW("qt:curses"), true, false, CHECK_OK, D_WINDOW);
    window(VIEW("gtk2:curses"), false, true, CHECK_OK, D_WINDOW);
    window(VIEW("curses"), false, true, CHECK_OK, D_WINDOW);
}

Test(check, writes_a_mark_a_text_and_what_to_do)
{
    struct buf b;
    const char *text;
    check_port(&report, &(struct check_port_facts){.port = 7, .state = CHECK_PORT_AGENT});
    check_issuers(&report, &(struct check_issuer_facts){ERR_CONFIG, "x.json: too long", NULL});
    cr_expect_eq(check_problems(&report), 1);
    buf_open(&b, &arena, 4096);
    check_write(&b, &report, LANG_JA);
    cr_assert(!buf_done_text(&b, &text));
    cr_expect(strstr(text, "［よし］ genkan-agent が動いています（ポート 7）\n"), "%s", text);
    cr_expect(strstr(text, "x.json: too long\n          → ") && strstr(text, "問題が1件"), "%s", text);
}

Test(check, stops_at_its_limit)
{
    for (int i = 0; i < CHECK_LINES_MAX + 5; i++)
        check_port(&report, &(struct check_port_facts){.port = 7, .state = CHECK_PORT_AGENT});
    cr_expect_eq(report.n, CHECK_LINES_MAX);
}
