/* Registering, several cards, and what others do to card and service, through the real smart card service. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <winscard.h>

#include "base/file.h"
#include "jpki/pki/pair.h"
#include "jpki/pki/person.h"
#include "jpki/pki/verify.h"
#include "tests/lib/seat.h"

TestSuite(readers_card, .timeout = 120);

static struct seat seat;

/* The service looks every 400 ms and takes a card that leaves and comes between two looks for none. */
enum { LOOK_MS = 700 };

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static void expect_error(const struct proof_response *r, enum proof_error wanted)
{
    cr_expect_eq(r->error, wanted, "%s, wanted %s; %s", proof_error_name(r->error), proof_error_name(wanted),
                 agent_rig_log(&seat.agent));
}

/* No counter has moved. */
static void no_try_was_spent(void)
{
    cr_expect_eq(seat_status(&seat, "auth"), 3);
    cr_expect_eq(seat_status(&seat, "sign"), 5);
    cr_expect_eq(seat_status(&seat, "text"), 3);
}

/* ---- registering ---- */

static enum verify_refusal judge(const struct proof_request *q, const char *jws, const struct proof_signed *by,
                                 enum trust_purpose purpose, struct verify_verdict *verdict)
{
    struct trust *trust;
    struct revocation *revocation;
    uint8_t message[PROOF_MESSAGE_SIZE];
    char why[256] = "";
    const struct trust_config roots = {.kind = TRUST_TEST, .folder = BUILD_DIR "/testpki/trust"};
    cr_assert(!trust_open(&trust, &roots, why), "%s", why);
    const struct revocation_config lists = {.trust = trust, .crl_folder = BUILD_DIR "/testpki/crl"};
    cr_assert(!revocation_open(&revocation, &lists, why), "%s", why);
    proof_message(message, q->iss, q->nonce, view_text(jws));
    const struct verify_facts facts = {by->cert, by->alg, by->sig, VIEW_ARRAY(message), purpose, q->iat};
    cr_assert(!verify_proof(verdict, &seat.agent.arena, trust, revocation, &facts));
    revocation_close(revocation);
    trust_close(trust);
    return verdict->refusal;
}

Test(readers_card, registers_with_both_keys_and_the_server_side_believes_it)
{
    struct verify_verdict auth, sign;
    struct person person;
    enum person_fault fault;
    seat_open(&seat, "residents/hanako", "pin 1234\npin abc123\n", NULL);
    struct proof_request q = agent_rig_request(&seat.agent, PROOF_REGISTER);
    const char *jws = agent_rig_sign(&seat.agent, &q);
    struct proof_response r = seat_follow(&seat, agent_rig_begin(&seat.agent, jws), 30000);
    expect_error(&r, PROOF_OK);
    cr_expect_eq(judge(&q, jws, &r.auth, TRUST_AUTH, &auth), VERIFY_GOOD);
    cr_expect_eq(judge(&q, jws, &r.sign, TRUST_SIGN, &sign), VERIFY_GOOD);
    cr_expect_eq(pair_decide(&auth.cert, &sign.cert), PAIR_FITS);
    cr_assert_eq(person_read(&person, &seat.agent.arena, &sign.cert, &fault), ERR_OK);
    cr_expect(person.name.n > 0 && person.address.n > 0);
    const char *windows = agent_rig_windows(&seat.agent);
    cr_expect(strstr(windows, "署名用") && strstr(windows, "あと5回"), "%s", windows);
    cr_expect_null(strstr(agent_rig_log(&seat.agent), "123"), "no PIN and no password in the log");
    no_try_was_spent();
    seat_close(&seat);
}

Test(readers_card, a_blocked_password_is_told_and_login_goes_on)
{
    seat_open(&seat, "residents/hanako",
              "pin 1234\npin X11111\npin X11112\npin X11113\npin X11114\nok\npin X11115\npin 1234\npin 1234\n", NULL);
    struct proof_response r = seat_run(&seat, PROOF_REGISTER);
    expect_error(&r, PROOF_PIN_BLOCKED);
    cr_expect_eq(r.part, PROOF_PART_SIGN);
    r = seat_run(&seat, PROOF_REGISTER);
    expect_error(&r, PROOF_PIN_BLOCKED);
    cr_expect_eq(seat_status(&seat, "sign"), 0);
    r = seat_run(&seat, PROOF_LOGIN);
    expect_error(&r, PROOF_OK);
    seat_close(&seat);
}

/* ---- a sample of what the sweep does in process (unit: conversation) ---- */

Test(readers_card, faults_in_the_middle_of_a_registration_end_defined_and_spend_nothing)
{
    static const char *const orders[] = {"answer 3 6F00",  "answer 10 6982", "answer 12 6581",   "answer 14 6A88",
                                         "answer 16 6400", "answer 18 6985", "remove-before 13", "remove-before 17"};
    seat_open(&seat, "residents/hanako", "", NULL);
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        agent_rig_script(&seat.agent, "pin 1234\npin ABC123\n");
        seat_tell(&seat, orders[i]);
        struct proof_response r = seat_run(&seat, PROOF_REGISTER);
        cr_expect(r.error < PROOF_ERROR_COUNT, "%s", orders[i]);
        cr_expect(r.error != PROOF_OK || r.sign.sig.n == 256, "%s", orders[i]);
        no_try_was_spent();
        seat_tell(&seat, "remove-before 0");
        pause_ms(LOOK_MS);
        seat_tell(&seat, "insert");
        pause_ms(LOOK_MS);
    }
    seat_close(&seat);
}

Test(readers_card, the_first_command_after_power_on_may_fail_once)
{
    static const char *const first[] = {"--first-6f00", NULL};
    const struct rig_options o = {.extra = first};
    seat_open(&seat, "residents/hanako", "pin 1234\n", &o);
    struct proof_response r = seat_run(&seat, PROOF_LOGIN);
    expect_error(&r, PROOF_OK);
    seat_tell(&seat, "answer 2 6F00"); /* and again on the second try: not asked a third time */
    agent_rig_script(&seat.agent, "pin 1234\n");
    r = seat_run(&seat, PROOF_LOGIN);
    expect_error(&r, PROOF_UNSUPPORTED_CARD);
    seat_close(&seat);
}

/* ---- slow cards ---- */

Test(readers_card, five_seconds_a_command_are_waited_for)
{
    seat_open(&seat, "residents/hanako", "later 1234\n", NULL);
    const char *path = seat_begin(&seat, PROOF_LOGIN);
    seat_await(&seat, &path, "暗証番号の窓を見てください");
    seat_tell(&seat, "delay 5000"); /* VERIFY, the signature, the log-out */
    seat_window_goes_on(&seat);
    struct proof_response r = seat_follow(&seat, path, 60000);
    expect_error(&r, PROOF_OK);
    seat_close(&seat);
}

Test(readers_card, a_card_in_the_air_registers_too)
{
    static const char *const air[] = {"--atr", "contactless", "--pace", "contactless", NULL};
    const struct rig_options o = {.extra = air};
    seat_open(&seat, "residents/hanako", "pin 1234\npin ABC123\n", &o);
    struct proof_response r = seat_run(&seat, PROOF_REGISTER);
    expect_error(&r, PROOF_OK);
    seat_close(&seat);
}

/* ---- several cards ---- */

static void add_taro(bool empty)
{
    const struct rig_options o = {
        .card_dir = BUILD_DIR "/testpki/residents/taro", .program = BUILD_DIR "/genkan-card", .empty = empty};
    cr_assert(!rig_add_second(seat.rig, &o));
}

static bool is_card_of(const struct proof_response *r, const char *who)
{
    struct view cert;
    const char *path = arena_printf(&seat.agent.arena, BUILD_DIR "/testpki/residents/%s/auth.der", who);
    cr_assert_eq(file_read(&seat.agent.arena, path, 8192, &cert), ERR_OK);
    return view_equal(r->auth.cert, cert);
}

/* The link of the Nth choice on PAGE. */
static const char *choice(const char *page, int nth)
{
    const char *at = page;
    for (int i = 0; i < nth && at; i++)
        at = strstr(at + 1, "href=\"/v1/choose/");
    cr_assert(at && at != page, "%s", page);
    at += strlen("href=\"");
    return arena_text(&seat.agent.arena, view_bytes(at, strcspn(at, "\"")));
}

Test(readers_card, of_two_cards_she_says_which)
{
    static const char *const owners[] = {"hanako", "taro"};
    seat_open(&seat, "residents/hanako", "pin 1234\npin 1234\n", NULL);
    add_taro(false);
    for (int i = 0; i < 2; i++) {
        const char *path = seat_begin(&seat, PROOF_LOGIN);
        const char *page = seat_await(&seat, &path, "/v1/choose/");
        cr_expect(strstr(page, "1.") && strstr(page, "2.") && strstr(page, "Virtual PCD"), "%s", page);
        const char *answer = agent_rig_get(&seat.agent, choice(page, i + 1), "");
        cr_assert_eq(answer_status_of(answer), 303);
        struct proof_response r = seat_follow(&seat, answer_header_of(&seat.agent, answer, "Location"), 30000);
        expect_error(&r, PROOF_OK);
        cr_expect(is_card_of(&r, owners[i]), "choice %d is %s's card", i + 1, owners[i]);
    }
    no_try_was_spent();
    seat_close(&seat);
}

Test(readers_card, taking_one_of_two_away_is_her_word_too)
{
    seat_open(&seat, "residents/hanako", "pin 1234\n", NULL);
    add_taro(false);
    const char *path = seat_begin(&seat, PROOF_LOGIN);
    seat_await(&seat, &path, "/v1/choose/");
    seat_tell(&seat, "remove");
    struct proof_response r = seat_follow(&seat, path, 30000);
    expect_error(&r, PROOF_OK);
    cr_expect(is_card_of(&r, "taro"));
    seat_close(&seat);
}

Test(readers_card, an_empty_reader_beside_asks_nothing)
{
    seat_open(&seat, "residents/hanako", "pin 1234\n", NULL);
    add_taro(true);
    struct proof_response r = seat_run(&seat, PROOF_LOGIN);
    expect_error(&r, PROOF_OK);
    cr_expect(is_card_of(&r, "hanako"));
    seat_close(&seat);
}

/* ---- others ---- */

#define SELECT VIEW("\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01")
#define VERIFY                                                                                                         \
    VIEW("\x00\x20\x00\x98\x04"                                                                                        \
         "1234")

struct other {
    SCARDCONTEXT context;
    SCARDHANDLE card;
    LONG result;
};

static void other_comes(struct other *o, DWORD share)
{
    char reader[128];
    DWORD n = sizeof reader, protocol;
    cr_assert_eq(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &o->context), SCARD_S_SUCCESS);
    cr_assert_eq(SCardListReaders(o->context, NULL, reader, &n), SCARD_S_SUCCESS);
    cr_assert_eq(SCardConnect(o->context, reader, share, SCARD_PROTOCOL_T1, &o->card, &protocol), SCARD_S_SUCCESS);
}

static void other_says(struct other *o, struct view command)
{
    uint8_t answer[300];
    DWORD n = sizeof answer;
    cr_assert_eq(SCardTransmit(o->card, SCARD_PCI_T1, command.p, command.n, NULL, answer, &n), SCARD_S_SUCCESS);
    cr_expect(n == 2 && answer[0] == 0x90, "%02X%02X", answer[0], answer[1]);
}

static void other_goes(struct other *o)
{
    SCardDisconnect(o->card, SCARD_LEAVE_CARD);
    SCardReleaseContext(o->context);
}

Test(readers_card, a_pin_that_another_program_has_shown_is_not_used)
{
    struct other other;
    seat_open(&seat, "residents/hanako", "cancel\npin 1234\n", NULL);
    other_comes(&other, SCARD_SHARE_SHARED);
    other_says(&other, SELECT);
    other_says(&other, VERIFY);
    struct proof_response r = seat_run(&seat, PROOF_LOGIN);
    expect_error(&r, PROOF_USER_CANCELLED);
    cr_expect(!r.auth.sig.p, "nothing is signed without her");
    other_goes(&other);
    r = seat_run(&seat, PROOF_LOGIN);
    expect_error(&r, PROOF_OK);
    seat_close(&seat);
}

/* The service's client waits until nobody holds the card. */
static void *reset(void *ctx)
{
    struct other *o = ctx;
    DWORD protocol;
    o->result = SCardReconnect(o->card, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1, SCARD_RESET_CARD, &protocol);
    return NULL;
}

Test(readers_card, another_program_cannot_reset_the_card_under_us)
{
    struct other other;
    pthread_t thread;
    seat_open(&seat, "residents/hanako", "later 1234\n", NULL);
    other_comes(&other, SCARD_SHARE_SHARED);
    const char *path = seat_begin(&seat, PROOF_LOGIN);
    seat_await(&seat, &path, "暗証番号の窓を見てください");
    cr_assert_eq(pthread_create(&thread, NULL, reset, &other), 0);
    pause_ms(300); /* it knocks while the PIN is verified and the card signs */
    seat_window_goes_on(&seat);
    struct proof_response r = seat_follow(&seat, path, 30000);
    expect_error(&r, PROOF_OK);
    pthread_join(thread, NULL);
    cr_expect(other.result == SCARD_S_SUCCESS || other.result == SCARD_W_RESET_CARD, "it had its turn afterwards: %s",
              pcsc_stringify_error(other.result));
    other_goes(&other);
    seat_close(&seat);
}

Test(readers_card, the_service_goes_and_comes_back_and_the_next_login_works)
{
    seat_open(&seat, "residents/hanako", "hang\npin 1234\n", NULL);
    const char *path = seat_begin(&seat, PROOF_LOGIN);
    seat_await(&seat, &path, "暗証番号の窓を見てください");
    rig_unplug(seat.rig);
    struct proof_response r = seat_follow(&seat, path, 30000);
    cr_expect(r.error == PROOF_NO_READER || r.error == PROOF_CARD_REMOVED, "%s", proof_error_name(r.error));
    cr_assert(!rig_plug(seat.rig));
    r = seat_run(&seat, PROOF_LOGIN);
    expect_error(&r, PROOF_OK);
    no_try_was_spent();
    seat_close(&seat);
}

Test(readers_card, a_service_that_comes_while_she_waits_is_found)
{
    seat_open(&seat, "residents/hanako", "pin 1234\n", NULL);
    rig_unplug(seat.rig);
    const char *path = seat_begin(&seat, PROOF_LOGIN);
    seat_await(&seat, &path, "カードリーダーをつないでください");
    cr_assert(!rig_plug(seat.rig));
    struct proof_response r = seat_follow(&seat, path, 30000);
    expect_error(&r, PROOF_OK);
    seat_close(&seat);
}
