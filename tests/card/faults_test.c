/* The virtual card does what a test orders, seen from the other side: a PC/SC client of the real pcscd. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <winscard.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/view.h"
#include "tests/lib/rig.h"

#define PATIENCE_MS 5000

struct client {
    struct rig *rig;
    SCARDCONTEXT context;
    SCARDHANDLE card;
    char reader[128];
};

#define HANAKO BUILD_DIR "/testpki/residents/hanako"
#define TARO   BUILD_DIR "/testpki/residents/taro"

static void open_rig_as(struct client *c, struct rig_options o)
{
    o.program = BUILD_DIR "/genkan-card";
    o.card_dir = HANAKO;
    *c = (struct client){.rig = NULL};
    cr_assert_eq(rig_open(&c->rig, &o), ERR_OK);
    cr_assert_eq(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &c->context), SCARD_S_SUCCESS);
    DWORD n = sizeof c->reader;
    cr_assert_eq(SCardListReaders(c->context, NULL, c->reader, &n), SCARD_S_SUCCESS);
}

static void open_rig(struct client *c, bool empty)
{
    open_rig_as(c, (struct rig_options){.empty = empty});
}

static void close_rig(struct client *c)
{
    if (c->card)
        SCardDisconnect(c->card, SCARD_UNPOWER_CARD);
    SCardReleaseContext(c->context);
    rig_close(c->rig);
}

/* The status word, or 0 when the exchange failed. */
static unsigned say(struct client *c, struct view apdu)
{
    uint8_t answer[300];
    DWORD n = sizeof answer;
    LONG r = SCardTransmit(c->card, SCARD_PCI_T1, apdu.p, apdu.n, NULL, answer, &n);
    return r == SCARD_S_SUCCESS && n >= 2 ? (unsigned)answer[n - 2] << 8 | answer[n - 1] : 0;
}

#define SELECT VIEW("\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01")
#define TRIES  VIEW("\x00\x20\x00\x98")
#define VERIFY                                                                                                         \
    VIEW("\x00\x20\x00\x98\x04"                                                                                        \
         "1234")

/* Waits until the reader's state has (or lacks) BITS. */
static bool await_state_of(struct client *c, const char *reader, DWORD bits, bool wanted)
{
    SCARD_READERSTATE s = {.szReader = reader, .dwCurrentState = SCARD_STATE_UNAWARE};
    for (int64_t end = clock_steady_ms() + PATIENCE_MS; clock_steady_ms() < end;) {
        if (SCardGetStatusChange(c->context, 500, &s, 1) == SCARD_S_SUCCESS && ((s.dwEventState & bits) != 0) == wanted)
            return true;
        s.dwCurrentState = s.dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
    }
    return false;
}

static bool await_state(struct client *c, DWORD bits, bool wanted)
{
    return await_state_of(c, c->reader, bits, wanted);
}

static void connect_card(struct client *c)
{
    DWORD protocol;
    cr_expect(await_state(c, SCARD_STATE_PRESENT, true)); /* the service has not only powered it but knows it */
    LONG r = SCardConnect(c->context, c->reader, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T1, &c->card, &protocol);
    cr_assert_eq(r, SCARD_S_SUCCESS, "%s", pcsc_stringify_error(r));
}

Test(faults, a_card_pulled_before_a_command_is_gone_for_the_reader)
{
    struct client c;
    open_rig(&c, false);
    connect_card(&c);
    cr_expect_eq(say(&c, SELECT), 0x9000);
    cr_assert_eq(rig_ctl(c.rig, "remove-before 2", NULL, 0), ERR_OK);
    cr_expect_eq(say(&c, TRIES), 0x63C3);
    cr_expect_eq(say(&c, TRIES), 0);
    cr_expect(await_state(&c, SCARD_STATE_EMPTY, true));
    cr_assert_eq(rig_ctl(c.rig, "insert", NULL, 0), ERR_OK);
    cr_expect(await_state(&c, SCARD_STATE_PRESENT, true));
    SCardDisconnect(c.card, SCARD_LEAVE_CARD);
    connect_card(&c);
    cr_expect_eq(say(&c, TRIES), 0x6986);
    close_rig(&c);
}

Test(faults, a_status_word_can_be_ordered_for_one_command)
{
    struct client c;
    open_rig(&c, false);
    connect_card(&c);
    cr_assert_eq(rig_ctl(c.rig, "answer 2 6F00", NULL, 0), ERR_OK);
    cr_expect_eq(say(&c, SELECT), 0x9000);
    cr_expect_eq(say(&c, VERIFY), 0x6F00);
    cr_expect_eq(say(&c, VERIFY), 0x9000);
    char trace[4096];
    cr_assert_eq(rig_ctl(c.rig, "trace", trace, sizeof trace), ERR_OK);
    cr_expect(strstr(trace, "\"sw\":\"6f00\"") && strstr(trace, "\"forced\":true"));
    close_rig(&c);
}

Test(faults, an_answer_can_be_held_back)
{
    struct client c;
    open_rig(&c, false);
    connect_card(&c);
    cr_assert_eq(rig_ctl(c.rig, "delay 300", NULL, 0), ERR_OK);
    int64_t start = clock_steady_ms();
    cr_expect_eq(say(&c, SELECT), 0x9000);
    cr_expect_geq(clock_steady_ms() - start, 290);
    cr_assert_eq(rig_ctl(c.rig, "delay 0", NULL, 0), ERR_OK);
    close_rig(&c);
}

/* One card with --delay and --trace, and SELECT and VERIFY of it. */
static void speak_slowly(const char *trace)
{
    struct client c;
    const char *const extra[] = {"--delay", "300", "--trace", trace, NULL};
    open_rig_as(&c, (struct rig_options){.extra = extra});
    connect_card(&c);
    int64_t start = clock_steady_ms();
    cr_expect_eq(say(&c, SELECT), 0x9000);
    cr_expect_geq(clock_steady_ms() - start, 290);
    cr_expect_eq(say(&c, VERIFY), 0x9000);
    cr_expect_geq(clock_steady_ms() - start, 590);
    cr_assert_eq(rig_ctl(c.rig, "forget", NULL, 0), ERR_OK);
    close_rig(&c);
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    while ((text = strstr(text, part)))
        n++, text++;
    return n;
}

Test(faults, a_card_started_with_delay_and_trace_is_slow_and_leaves_a_file)
{
    struct arena a;
    struct view v;
    arena_open(&a, 1 << 20);
    const char *path = arena_printf(&a, "/tmp/genkan-trace-%d", (int)getpid());
    cr_assert_eq(file_write(path, VIEW("before\n"), 0600), ERR_OK);
    speak_slowly(path);
    cr_assert_eq(file_read(&a, path, 65536, &v), ERR_OK);
    const char *text = arena_text(&a, v);
    cr_expect(view_starts(v, VIEW("before\n")), "appended: %s", text);
    cr_expect_eq(count(text, "\"command\":\"00a4040c0ad392f000260100000001\""), 1, "%s", text);
    cr_expect_eq(count(text, "\"command\":\"00200098"), 1, "%s", text);
    cr_expect_eq(count(text, "31323334"), 0, "never a PIN: %s", text);
    cr_expect_geq(count(text, "\"sw\":\"9000\""), 2, "%s", text);
    unlink(path);
    arena_close(&a);
}

Test(faults, a_card_comes_into_an_empty_reader)
{
    struct client c;
    open_rig(&c, true);
    cr_expect(await_state(&c, SCARD_STATE_EMPTY, true));
    cr_assert_eq(rig_ctl(c.rig, "insert", NULL, 0), ERR_OK);
    cr_expect(await_state(&c, SCARD_STATE_PRESENT, true));
    connect_card(&c);
    cr_expect_eq(say(&c, SELECT), 0x9000);
    close_rig(&c);
}

Test(faults, the_reader_itself_can_be_unplugged_and_plugged_in)
{
    struct client c;
    open_rig(&c, false);
    rig_unplug(c.rig);
    SCARDCONTEXT none;
    cr_expect_neq(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &none), SCARD_S_SUCCESS);
    cr_assert_eq(rig_plug(c.rig), ERR_OK);
    SCardReleaseContext(c.context);
    cr_assert_eq(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &c.context), SCARD_S_SUCCESS);
    cr_expect(await_state(&c, SCARD_STATE_PRESENT, true));
    connect_card(&c);
    cr_expect_eq(say(&c, SELECT), 0x9000);
    close_rig(&c);
}

Test(faults, the_device_can_go_and_come_back_while_its_service_lives)
{
    struct client c;
    SCARDHANDLE card;
    DWORD protocol;
    open_rig_as(&c, (struct rig_options){.driver = RIG_DRIVER});
    connect_card(&c);
    cr_expect_eq(say(&c, SELECT), 0x9000);
    cr_assert_eq(rig_pull_reader(c.rig), ERR_OK);
    cr_expect(await_state(&c, SCARD_STATE_PRESENT, false));
    cr_expect_eq(say(&c, TRIES), 0);
    SCardDisconnect(c.card, SCARD_LEAVE_CARD);
    LONG r = SCardConnect(c.context, c.reader, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T1, &card, &protocol);
    cr_expect_eq(r, SCARD_E_READER_UNAVAILABLE, "%s", pcsc_stringify_error(r));
    cr_assert_eq(rig_push_reader(c.rig), ERR_OK);
    cr_expect(await_state(&c, SCARD_STATE_PRESENT, true));
    connect_card(&c);
    cr_expect_eq(say(&c, TRIES), 0x6986, "the card lost its power");
    close_rig(&c);
}

Test(faults, the_device_can_go_at_a_command)
{
    struct client c;
    uint8_t answer[300];
    DWORD n = sizeof answer;
    open_rig_as(&c, (struct rig_options){.driver = RIG_DRIVER});
    connect_card(&c);
    cr_assert_eq(rig_pull_reader_at(c.rig, 2), ERR_OK);
    cr_expect_eq(say(&c, SELECT), 0x9000);
    LONG r = SCardTransmit(c.card, SCARD_PCI_T1, TRIES.p, TRIES.n, NULL, answer, &n);
    cr_expect_eq(r, SCARD_E_READER_UNAVAILABLE, "%s", pcsc_stringify_error(r));
    close_rig(&c);
}

Test(faults, a_service_can_be_without_a_reader)
{
    struct rig *rig;
    SCARDCONTEXT context;
    char names[256];
    DWORD n = sizeof names;
    const struct rig_options o = {.program = BUILD_DIR "/genkan-card", .driver = RIG_DRIVER, .no_reader = true};
    cr_assert_eq(rig_open(&rig, &o), ERR_OK);
    cr_assert_eq(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context), SCARD_S_SUCCESS);
    LONG r = SCardListReaders(context, NULL, names, &n);
    cr_expect_eq(r, SCARD_E_NO_READERS_AVAILABLE, "%s", pcsc_stringify_error(r));
    SCardReleaseContext(context);
    rig_close(rig);
}

Test(faults, pins_are_forgotten_without_power_and_counters_are_not)
{
    struct client c;
    open_rig(&c, false);
    connect_card(&c);
    cr_expect_eq(say(&c, SELECT), 0x9000);
    cr_expect_eq(say(&c, VIEW("\x00\x20\x00\x98\x04"
                              "0000")),
                 0x63C2);
    cr_expect_eq(say(&c, VIEW("\x00\x20\x00\x9B\x06"
                              "ABC123")),
                 0x9000);
    SCardDisconnect(c.card, SCARD_UNPOWER_CARD);
    connect_card(&c);
    cr_expect_eq(say(&c, SELECT), 0x9000);
    cr_expect_eq(say(&c, TRIES), 0x63C2);
    cr_expect_eq(say(&c, VIEW("\x80\x2A\x00\x9A\x01x\x00")), 0x6982);
    close_rig(&c);
}

Test(faults, a_second_client_cannot_have_a_card_that_is_held_exclusively)
{
    struct client c;
    SCARDHANDLE second;
    DWORD protocol;
    open_rig(&c, false);
    connect_card(&c);
    cr_expect_eq(SCardConnect(c.context, c.reader, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T1, &second, &protocol),
                 SCARD_E_SHARING_VIOLATION);
    close_rig(&c);
}

/* The client library remembers its first socket for the process, so only one of them gets a client. */
Test(faults, two_rigs_do_not_meet)
{
    struct client one;
    struct rig *two;
    char status[1024];
    open_rig(&one, false);
    connect_card(&one);
    const struct rig_options o = {.card_dir = TARO, .program = BUILD_DIR "/genkan-card"};
    cr_assert_eq(rig_open(&two, &o), ERR_OK);
    cr_assert_eq(rig_ctl(two, "answer 1 6D00", NULL, 0), ERR_OK);
    cr_expect_eq(say(&one, SELECT), 0x9000);
    cr_assert_eq(rig_ctl(two, "remove", NULL, 0), ERR_OK);
    cr_expect_eq(say(&one, TRIES), 0x63C3);
    cr_assert_eq(rig_ctl(two, "status", status, sizeof status), ERR_OK);
    cr_expect(strstr(status, "\"commands\":0"));
    rig_close(two);
    close_rig(&one);
}

Test(faults, a_command_that_is_none_is_refused)
{
    struct client c;
    open_rig(&c, true);
    cr_expect_eq(rig_ctl(c.rig, "explode", NULL, 0), ERR_SYNTAX);
    cr_expect_eq(rig_ctl(c.rig, "answer 1", NULL, 0), ERR_SYNTAX);
    close_rig(&c);
}

/* --- two readers, two cards ------------------------------------------------------------------------------------- */

/* The second name of the list of readers. */
static const char *second_reader(const struct client *c)
{
    return c->reader + strlen(c->reader) + 1;
}

/* The first 32 bytes of the card's auth certificate, through the reader of that name. */
static void read_certificate(struct client *c, const char *reader, uint8_t out[32])
{
    SCARDHANDLE card;
    DWORD protocol, n;
    uint8_t answer[300];
    /* pcscd tells of a reader before it has seen the card in it. */
    cr_assert(await_state_of(c, reader, SCARD_STATE_PRESENT, true), "%s", reader);
    cr_assert_eq(SCardConnect(c->context, reader, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T1, &card, &protocol),
                 SCARD_S_SUCCESS, "%s", reader);
    n = sizeof answer;
    cr_assert_eq(SCardTransmit(card, SCARD_PCI_T1, SELECT.p, SELECT.n, NULL, answer, &n), SCARD_S_SUCCESS);
    n = sizeof answer;
    cr_assert_eq(SCardTransmit(card, SCARD_PCI_T1, VIEW("\x00\xB0\x8A\x00\x20").p, 5, NULL, answer, &n),
                 SCARD_S_SUCCESS);
    cr_assert_eq(n, 34);
    memcpy(out, answer, 32);
    SCardDisconnect(card, SCARD_UNPOWER_CARD);
}

static const struct rig_options taro = {.card_dir = TARO};

Test(cards, two_in_two_readers_of_one_service_are_two_cards)
{
    struct client c;
    uint8_t hers[32], his[32], hers_again[32];
    open_rig(&c, false);
    cr_assert_eq(rig_add_second(c.rig, &taro), ERR_OK);
    cr_assert(second_reader(&c)[0], "a second reader");
    read_certificate(&c, c.reader, hers);
    read_certificate(&c, second_reader(&c), his);
    read_certificate(&c, c.reader, hers_again);
    cr_expect_arr_eq(hers, hers_again, 32);
    cr_expect(memcmp(hers, his, 32) != 0);
    close_rig(&c);
}

Test(cards, each_keeps_its_own_counters_and_its_own_orders)
{
    struct client c;
    char status[1024];
    open_rig(&c, false);
    cr_assert_eq(rig_add_second(c.rig, &taro), ERR_OK);
    connect_card(&c);
    cr_expect_eq(say(&c, SELECT), 0x9000);
    cr_expect_eq(say(&c, VIEW("\x00\x20\x00\x98\x04"
                              "0000")),
                 0x63C2);
    cr_assert_eq(rig_ctl_second(c.rig, "status", status, sizeof status), ERR_OK);
    cr_expect(strstr(status, "\"auth\":3"), "%s", status);
    cr_assert_eq(rig_ctl(c.rig, "status", status, sizeof status), ERR_OK);
    cr_expect(strstr(status, "\"auth\":2"), "%s", status);
    cr_assert_eq(rig_ctl_second(c.rig, "remove", NULL, 0), ERR_OK);
    cr_expect_eq(say(&c, TRIES), 0x63C2, "the first card stays");
    close_rig(&c);
}

/* --- taps ------------------------------------------------------------------------------------------------------- */

static void atr_of(struct client *c, uint8_t out[MAX_ATR_SIZE], DWORD *n)
{
    DWORD state, protocol;
    *n = MAX_ATR_SIZE;
    cr_assert_eq(SCardStatus(c->card, NULL, NULL, &state, &protocol, out, n), SCARD_S_SUCCESS);
}

Test(taps, each_of_a_card_without_contacts_has_its_own_answer_to_reset)
{
    struct client c;
    uint8_t first[MAX_ATR_SIZE], second[MAX_ATR_SIZE];
    DWORD n, m;
    open_rig_as(&c, (struct rig_options){.extra = (const char *const[]){"--atr", "random", NULL}});
    connect_card(&c);
    atr_of(&c, first, &n);
    SCardDisconnect(c.card, SCARD_LEAVE_CARD);
    cr_assert_eq(rig_ctl(c.rig, "remove", NULL, 0), ERR_OK);
    cr_expect(await_state(&c, SCARD_STATE_EMPTY, true));
    cr_assert_eq(rig_ctl(c.rig, "insert", NULL, 0), ERR_OK);
    cr_expect(await_state(&c, SCARD_STATE_PRESENT, true));
    connect_card(&c);
    atr_of(&c, second, &m);
    cr_expect(n == 13 && m == 13 && memcmp(first, second, 13) != 0);
    cr_expect_eq(say(&c, SELECT), 0x9000, "the same card for whoever selects instead of looking at its ATR");
    close_rig(&c);
}

Test(taps, a_card_in_the_air_takes_its_time_to_sign)
{
    struct client c;
    open_rig_as(&c, (struct rig_options){.extra = (const char *const[]){"--pace", "contactless", NULL}});
    connect_card(&c);
    cr_expect_eq(say(&c, SELECT), 0x9000);
    cr_expect_eq(say(&c, VERIFY), 0x9000);
    int64_t start = clock_steady_ms();
    cr_expect_eq(say(&c, VIEW("\x80\x2A\x00\x97\x01x\x00")), 0x9000);
    cr_expect_geq(clock_steady_ms() - start, 1500);
    cr_assert_eq(rig_ctl(c.rig, "pace none", NULL, 0), ERR_OK);
    close_rig(&c);
}

Test(taps, the_first_command_after_power_on_may_fail_once)
{
    struct client c;
    open_rig_as(&c, (struct rig_options){.extra = (const char *const[]){"--first-6f00", NULL}});
    connect_card(&c);
    cr_expect_eq(say(&c, SELECT), 0x6F00);
    cr_expect_eq(say(&c, SELECT), 0x9000);
    SCardDisconnect(c.card, SCARD_UNPOWER_CARD);
    connect_card(&c);
    cr_expect_eq(say(&c, SELECT), 0x6F00);
    close_rig(&c);
}

/* A warm reset as another program may cause it: the PIN's effect stays (facts 1.4), or goes with --reset-forgets. */
static void expect_after_reset(const char *const *extra, unsigned sw)
{
    struct client c;
    DWORD protocol;
    open_rig_as(&c, (struct rig_options){.extra = extra});
    connect_card(&c);
    cr_expect_eq(say(&c, SELECT), 0x9000);
    cr_expect_eq(say(&c, VERIFY), 0x9000);
    cr_assert_eq(SCardReconnect(c.card, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T1, SCARD_RESET_CARD, &protocol),
                 SCARD_S_SUCCESS);
    cr_expect_eq(say(&c, VIEW("\x80\x2A\x00\x97\x01x\x00")), sw);
    close_rig(&c);
}

Test(taps, a_warm_reset_leaves_the_pin_open_and_power_off_does_not)
{
    expect_after_reset(NULL, 0x9000);
}

Test(taps, a_warm_reset_can_be_made_to_forget)
{
    expect_after_reset((const char *const[]){"--reset-forgets", NULL}, 0x6986);
}

/* --- the alarm -------------------------------------------------------------------------------------------------- */

static void touch_the_number(struct client *c)
{
    connect_card(c);
    cr_expect_eq(say(c, VIEW("\x00\xA4\x04\x0C\x0A\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08")), 0x9000);
    cr_expect_eq(say(c, VIEW("\x00\xA4\x02\x0C\x02\x00\x01")), 0x9000);
}

Test(alarm, ends_any_test_that_touched_the_individual_number, .signal = SIGABRT)
{
    struct client c;
    open_rig(&c, false);
    touch_the_number(&c);
    cr_assert_eq(rig_ctl(c.rig, "forget", NULL, 0), ERR_OK);
    close_rig(&c);
}

Test(alarm, is_in_the_trace)
{
    struct client c;
    char trace[8192];
    open_rig_as(&c, (struct rig_options){.may_alarm = true});
    touch_the_number(&c);
    cr_assert_eq(rig_ctl(c.rig, "trace", trace, sizeof trace), ERR_OK);
    cr_expect(strstr(trace, "\"alarm\":\"individual_number\""));
    close_rig(&c);
}
