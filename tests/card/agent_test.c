/* The agent with a real smart card service and the virtual card: from the browser's request to the response. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

#include "base/clock.h"
#include "jpki/pki/verify.h"
#include "tests/lib/agent_rig.h"
#include "tests/lib/rig.h"

/* The service looks every 400 ms and takes a card that leaves and comes between two looks for none. */
enum { LOOK_MS = 700 };

/* The longest takes ten seconds: one that hangs is named, and the others still run. */
TestSuite(agent_card, .timeout = 150);

static struct rig *rig;
static struct agent_rig agent;

/* ---- set up ---- */

static void open_with(const struct rig_options *o, const char *script)
{
    struct agent_rig_options a = {.program = BUILD_DIR "/genkan-agent",
                                  .pinentry = SOURCE_DIR "/tests/lib/scripted_pinentry.sh",
                                  .script = script};
    struct rig_options r = *o;
    r.program = BUILD_DIR "/genkan-card";
    cr_assert(!rig_open(&rig, &r));
    a.socket = rig_socket(rig);
    cr_assert(!agent_rig_open(&agent, &a));
}

static void open_person(const char *folder, const char *script)
{
    char path[256];
    snprintf(path, sizeof path, BUILD_DIR "/testpki/%s", folder);
    const struct rig_options o = {.card_dir = path};
    open_with(&o, script);
}

static void open_hanako(const char *script)
{
    open_person("residents/hanako", script);
}

static void close_all(void)
{
    cr_expect_eq(agent_rig_close(&agent), 0);
    rig_close(rig);
}

static void tell_card(const char *command)
{
    cr_assert(!rig_ctl(rig, command, NULL, 0), "%s", command);
}

/* ---- one conversation ---- */

static struct proof_response end_at(const char *url)
{
    struct proof_response out = {0};
    enum err e = agent_rig_response(&agent, url, &out);
    cr_assert_eq(e, ERR_OK, "%s ended at %s; %s", err_name(e), url ? url : "nothing", agent_rig_log(&agent));
    return out;
}

static struct proof_response run(enum proof_purpose purpose)
{
    struct proof_request q = agent_rig_request(&agent, purpose);
    return end_at(agent_rig_walk(&agent, agent_rig_sign(&agent, &q), 20000));
}

static void ends_with(enum proof_purpose purpose, enum proof_error wanted)
{
    struct proof_response r = run(purpose);
    cr_expect_eq(r.error, wanted, "%s, wanted %s; %s", proof_error_name(r.error), proof_error_name(wanted),
                 agent_rig_log(&agent));
    cr_expect(r.error != PROOF_OK || r.auth.sig.n > 0);
}

static bool windows_say(const char *text)
{
    return strstr(agent_rig_windows(&agent), text) != NULL;
}

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* A page of the waiting browser that holds TEXT, within ten seconds. */
static const char *page_until(const char *path, const char *text)
{
    for (int64_t end = clock_steady_ms() + 10000; path && clock_steady_ms() < end; pause_ms(20)) {
        const char *answer = agent_rig_get(&agent, path, "");
        const char *refresh = answer_header_of(&agent, answer, "Refresh");
        path = refresh ? refresh + strlen("1; url=") : NULL;
        if (strstr(answer, text))
            return path;
    }
    cr_assert_fail("no page said %s; %s", text, agent_rig_log(&agent));
    return NULL;
}

static const char *begin(enum proof_purpose purpose)
{
    struct proof_request q = agent_rig_request(&agent, purpose);
    const char *path = agent_rig_begin(&agent, agent_rig_sign(&agent, &q));
    cr_assert(path, "%s", agent_rig_log(&agent));
    return path;
}

/* Nothing of the last PIN is left in the card: the last command chose the card manager, which has no PIN, and then
 * the power went. */
static void card_is_logged_out(void)
{
    char status[4096], trace[65536];
    cr_assert(!rig_ctl(rig, "status", status, sizeof status) && !rig_ctl(rig, "trace", trace, sizeof trace));
    const char *verified = strstr(status, "\"verified\":{");
    cr_expect(verified && strstr(verified, ":false") && !strstr(verified, ":true"), "%s", status);

    char *last = NULL, *end = NULL;
    for (char *at = trace; (at = strstr(at, "\"command\":\"")); at++)
        last = at;
    for (char *at = last; at && (at = strstr(at, "\"event\":\"power_off\"")); at++)
        end = at;
    cr_expect(last && view_starts(view_text(last), VIEW("\"command\":\"00a4040c08a000000151000000\"")), "%s", trace);
    cr_expect(end, "%s", trace);
}

/* ---- what should work ---- */

Test(agent_card, logs_in_and_the_server_side_believes_it)
{
    open_hanako("pin 1234\n");
    struct proof_request q = agent_rig_request(&agent, PROOF_LOGIN);
    const char *jws = agent_rig_sign(&agent, &q);
    struct proof_response r = end_at(agent_rig_walk(&agent, jws, 20000));
    cr_assert_eq(r.error, PROOF_OK, "%s", proof_error_name(r.error));
    cr_expect(view_equal(r.txn, q.txn) && !r.has_text && !r.sign.alg);

    uint8_t message[PROOF_MESSAGE_SIZE];
    struct trust *trust;
    struct revocation *revocation;
    struct verify_verdict verdict;
    char why[256] = "";
    const struct trust_config roots = {.kind = TRUST_TEST, .folder = BUILD_DIR "/testpki/trust"};
    cr_assert(!trust_open(&trust, &roots, why), "%s", why);
    const struct revocation_config crls = {.trust = trust, .crl_folder = BUILD_DIR "/testpki/crl"};
    cr_assert(!revocation_open(&revocation, &crls, why), "%s", why);
    proof_message(message, q.iss, q.nonce, view_text(jws));
    const struct verify_facts facts = {.der = r.auth.cert,
                                       .alg = r.auth.alg,
                                       .sig = r.auth.sig,
                                       .message = VIEW_ARRAY(message),
                                       .purpose = TRUST_AUTH,
                                       .now = clock_s(&clock_real)};
    cr_assert(!verify_proof(&verdict, &agent.arena, trust, revocation, &facts));
    cr_expect_eq(verdict.refusal, VERIFY_GOOD, "%s", verify_refusal_name(verdict.refusal));
    revocation_close(revocation);
    trust_close(trust);
    card_is_logged_out();
    close_all();
}

Test(agent_card, shows_in_the_window_for_whom_and_what_and_logs_no_pin)
{
    open_hanako("pin 1234\n");
    cr_assert_eq(run(PROOF_LOGIN).error, PROOF_OK);
    cr_expect(windows_say("施設予約") && windows_say("A市") && windows_say("47 さくら") && windows_say("id.example"));
    cr_expect(windows_say("あと3回") && windows_say("氏名・住所は送りません") && !windows_say("どのページから"));
    const char *log = agent_rig_log(&agent);
    cr_expect(strstr(log, "\"ended\"") && !strstr(log, "1234") && !strstr(log, "eyJ"), "%s", log);
    close_all();
}

/* Rule 2 of the agent: without a Referer nobody vouches for where it began, and the resident is told so. */
Test(agent_card, warns_in_the_window_of_a_start_from_an_unknown_page)
{
    open_hanako("pin 1234\npin 1234\n");
    struct proof_request q = agent_rig_request(&agent, PROOF_READ);
    const char *path = arena_printf(&agent.arena, "/v1/auth/%s", agent_rig_sign(&agent, &q));
    const char *answer = agent_rig_get(&agent, path, "");
    cr_assert_eq(answer_status_of(answer), 303, "%s", answer);
    struct proof_response r = end_at(agent_rig_follow(&agent, answer_header_of(&agent, answer, "Location"), 20000));
    cr_expect_eq(r.error, PROOF_OK, "%s", proof_error_name(r.error));
    const char *first = strstr(agent_rig_windows(&agent), "どのページから始まったか分かりません");
    cr_expect(first && strstr(first + 1, "どのページから始まったか分かりません"), "both windows say it");
    close_all();
}

Test(agent_card, needs_at_most_twelve_commands_for_a_login)
{
    char trace[65536];
    open_hanako("pin 1234\n");
    tell_card("forget");
    cr_assert_eq(run(PROOF_LOGIN).error, PROOF_OK);
    cr_assert(!rig_ctl(rig, "trace", trace, sizeof trace));
    const char *log = agent_rig_log(&agent), *at = strstr(log, "\"apdus\":");
    cr_assert(at);
    cr_expect_leq(strtol(at + 8, NULL, 10), 12, "%s\n%s", log, trace);
    close_all();
}

Test(agent_card, reads_the_four_items_with_the_second_pin)
{
    open_hanako("pin 1234\npin 1234\n");
    struct proof_response r = run(PROOF_READ);
    cr_assert_eq(r.error, PROOF_OK, "%s", proof_error_name(r.error));
    cr_assert(r.has_text);
    cr_expect(view_starts(r.text.name, VIEW("大阪")) && view_ends(r.text.name, VIEW("花子")));
    cr_expect(r.text.address.n > 0 && r.text.birthdate.n == 8 && r.text.gender.n == 1);
    cr_expect(windows_say("券面事項入力補助用") && windows_say("氏名・住所・生年月日・性別"));
    card_is_logged_out();
    close_all();
}

Test(agent_card, never_touches_the_file_of_the_individual_number)
{
    char trace[65536];
    open_hanako("pin 1234\npin 1234\n");
    cr_assert_eq(run(PROOF_READ).error, PROOF_OK);
    cr_assert(!rig_ctl(rig, "trace", trace, sizeof trace));
    const char *text_app = strcasestr(trace, "D392100031000101040");
    cr_assert(text_app, "%s", trace);
    cr_expect(!strcasestr(text_app, "00A4020C020001") && !strcasestr(text_app, "00 A4 02 0C 02 00 01"), "%s", trace);
    cr_expect(!strcasestr(text_app, "00B081") && !strcasestr(text_app, "00 B0 81"), "%s", trace);
    close_all();
}

Test(agent_card, takes_a_phone_whose_certificate_is_behind_the_pin)
{
    static const char *const phone[] = {"--label", "JPKIAPGPSETOKEN", NULL};
    const struct rig_options o = {.card_dir = BUILD_DIR "/testpki/residents/hanako", .extra = phone};
    open_with(&o, "pin 1234\npin 1234\n");
    ends_with(PROOF_LOGIN, PROOF_OK);
    struct proof_response r = run(PROOF_READ);
    cr_expect_eq(r.error, PROOF_UNSUPPORTED_CARD, "%s", proof_error_name(r.error));
    cr_expect_eq(r.part, PROOF_PART_TEXT, "it is the text that is not there");
    close_all();
}

Test(agent_card, takes_the_coming_card_with_its_other_algorithm)
{
    open_person("residents/nextgen", "pin 1234\n");
    struct proof_response r = run(PROOF_LOGIN);
    cr_assert_eq(r.error, PROOF_OK, "%s", proof_error_name(r.error));
    cr_expect(r.auth.alg == JWS_ES384 && r.auth.sig.n == 96);
    close_all();
}

Test(agent_card, is_not_misled_by_another_atr_or_by_long_lengths)
{
    static const char *const odd[] = {"--atr", "random", "--long-lengths", "--eof-6282", NULL};
    const struct rig_options o = {.card_dir = BUILD_DIR "/testpki/residents/overseas", .extra = odd};
    open_with(&o, "pin 1234\npin 1234\n");
    ends_with(PROOF_READ, PROOF_OK);
    close_all();
}

/* Trap 26: signatures in the air take seconds, and the first command after power-on may be lost. */
Test(agent_card, has_the_patience_that_a_card_in_the_air_needs)
{
    static const char *const air[] = {"--atr", "random", "--pace", "contactless", NULL};
    const struct rig_options o = {.card_dir = BUILD_DIR "/testpki/residents/hanako", .extra = air};
    open_with(&o, "pin 1234\n");
    ends_with(PROOF_LOGIN, PROOF_OK);
    close_all();
}

Test(agent_card, two_logins_one_after_the_other_work)
{
    open_hanako("pin 1234\npin 1234\n");
    ends_with(PROOF_LOGIN, PROOF_OK);
    ends_with(PROOF_REAUTH, PROOF_OK);
    cr_expect(windows_say("もう一度確かめます"));
    close_all();
}

/* ---- the PIN ---- */

Test(agent_card, a_wrong_pin_is_said_with_the_tries_left_and_asked_again)
{
    open_hanako("pin 9999\npin 1234\n");
    ends_with(PROOF_LOGIN, PROOF_OK);
    cr_expect(windows_say("SETERROR") && windows_say("あと2回まちがえると"));
    close_all();
}

Test(agent_card, what_is_not_four_digits_spends_no_try)
{
    open_hanako("pin 12345\npin \npin abcd\nlong\npin １２３４\n");
    ends_with(PROOF_LOGIN, PROOF_OK);
    cr_expect(windows_say("回数は減っていません") && !windows_say("あと2回"));
    close_all();
}

Test(agent_card, stops_before_the_last_try)
{
    open_hanako("pin 9999\npin 9998\ncancel\n");
    ends_with(PROOF_LOGIN, PROOF_PIN_LAST_TRY);
    cr_expect(windows_say("CONFIRM") && windows_say("あと1回だけ"));
    agent_rig_script(&agent, "cancel\n");
    ends_with(PROOF_LOGIN, PROOF_PIN_LAST_TRY);
    agent_rig_script(&agent, "ok\npin 1234\n");
    ends_with(PROOF_LOGIN, PROOF_OK);
    agent_rig_script(&agent, "pin 1234\n");
    ends_with(PROOF_LOGIN, PROOF_OK);
    close_all();
}

Test(agent_card, the_try_that_blocks_and_the_blocked_card_are_pin_blocked)
{
    open_hanako("pin 9999\npin 9998\nok\npin 9997\n");
    ends_with(PROOF_LOGIN, PROOF_PIN_BLOCKED);
    agent_rig_script(&agent, "pin 1234\n");
    ends_with(PROOF_LOGIN, PROOF_PIN_BLOCKED);
    close_all();
}

Test(agent_card, a_cancelled_window_spends_no_try)
{
    open_hanako("cancel\n");
    ends_with(PROOF_LOGIN, PROOF_USER_CANCELLED);
    agent_rig_script(&agent, "pin 1234\n");
    ends_with(PROOF_LOGIN, PROOF_OK);
    cr_expect(windows_say("あと3回") && !windows_say("あと2回"));
    close_all();
}

Test(agent_card, the_second_pin_can_be_cancelled_and_nothing_is_sent)
{
    open_hanako("pin 1234\ncancel\n");
    struct proof_response r = run(PROOF_READ);
    cr_expect(r.error == PROOF_USER_CANCELLED && !r.auth.cert.p && !r.has_text);
    card_is_logged_out();
    close_all();
}

Test(agent_card, a_window_that_cannot_open_is_a_page_and_not_a_guess)
{
    open_hanako("die\n");
    const char *path = begin(PROOF_LOGIN);
    const char *answer = "";
    for (int i = 0; i < 100 && path; i++) {
        answer = agent_rig_get(&agent, path, "");
        const char *refresh = answer_header_of(&agent, answer, "Refresh");
        path = refresh ? refresh + strlen("1; url=") : NULL;
    }
    cr_expect_eq(answer_status_of(answer), 500);
    cr_expect(strstr(answer, "暗証番号の窓を開けませんでした"), "%s", answer);
    close_all();
}

/* ---- reader and card ---- */

Test(agent_card, waits_for_reader_and_card_and_says_so)
{
    const struct rig_options o = {.card_dir = BUILD_DIR "/testpki/residents/hanako", .empty = true};
    open_with(&o, "pin 1234\n");
    rig_unplug(rig);
    const char *path = begin(PROOF_LOGIN);
    path = page_until(path, "カードリーダーをつないでください");
    cr_assert(!rig_plug(rig));
    path = page_until(path, "マイナンバーカードを置いてください");
    tell_card("insert");
    struct proof_response r = end_at(agent_rig_follow(&agent, path, 20000));
    cr_expect_eq(r.error, PROOF_OK, "%s", proof_error_name(r.error));
    close_all();
}

/* The service lives and has no reader. */
Test(agent_card, says_that_a_reader_is_wanted_when_the_service_has_none)
{
    const struct rig_options o = {.driver = RIG_DRIVER, .no_reader = true};
    open_with(&o, "");
    (void)page_until(begin(PROOF_LOGIN), "カードリーダーをつないでください");
    close_all();
    open_with(&o, "");
    struct proof_request q = agent_rig_request(&agent, PROOF_LOGIN);
    q.exp = q.iat + 8;
    struct proof_response r = end_at(agent_rig_walk(&agent, agent_rig_sign(&agent, &q), 20000));
    cr_expect_eq(r.error, PROOF_NO_READER, "%s", proof_error_name(r.error));
    close_all();
}

Test(agent_card, the_resident_can_stop_while_nothing_is_there)
{
    const struct rig_options o = {.card_dir = BUILD_DIR "/testpki/residents/hanako", .empty = true};
    open_with(&o, "pin 1234\n");
    const char *path = page_until(begin(PROOF_LOGIN), "マイナンバーカードを置いてください");
    char *id = arena_text(&agent.arena, view_bytes(path + strlen("/v1/wait/"), 43));
    const char *answer = agent_rig_get(&agent, arena_printf(&agent.arena, "/v1/stop/%s", id), "");
    cr_assert_eq(answer_status_of(answer), 303);
    struct proof_response r = end_at(agent_rig_follow(&agent, answer_header_of(&agent, answer, "Location"), 20000));
    cr_expect_eq(r.error, PROOF_USER_CANCELLED);
    close_all();
}

Test(agent_card, a_card_taken_away_while_the_window_is_open_closes_it)
{
    open_hanako("hang\n");
    const char *path = page_until(begin(PROOF_LOGIN), "暗証番号の窓を見てください");
    tell_card("remove");
    struct proof_response r = end_at(agent_rig_follow(&agent, path, 20000));
    cr_expect_eq(r.error, PROOF_CARD_REMOVED, "%s", proof_error_name(r.error));
    close_all();
}

Test(agent_card, a_reader_unplugged_while_the_window_is_open_closes_it)
{
    open_hanako("stubborn\n");
    const char *path = page_until(begin(PROOF_LOGIN), "暗証番号の窓を見てください");
    rig_unplug(rig);
    struct proof_response r = end_at(agent_rig_follow(&agent, path, 20000));
    cr_expect_eq(r.error, PROOF_NO_READER, "%s", proof_error_name(r.error));
    cr_assert(!rig_plug(rig));
    close_all();
}

/* How many commands the card sees in a whole conversation; the last one is the log-out. */
static int commands_of(enum proof_purpose purpose, const char *script)
{
    agent_rig_script(&agent, script);
    ends_with(purpose, PROOF_OK);
    const char *at = NULL, *log = agent_rig_log(&agent);
    while ((log = strstr(log, "\"apdus\":")))
        at = log += strlen("\"apdus\":");
    cr_assert(at);
    return (int)strtol(at, NULL, 10);
}

static void open_reader_to_pull(const char *script)
{
    const struct rig_options o = {.card_dir = BUILD_DIR "/testpki/residents/hanako", .driver = RIG_DRIVER};
    open_with(&o, script);
}

/* The service still has its name in the list, so it is the card that is missed. */
Test(agent_card, a_reader_whose_device_goes_while_the_window_is_open_closes_it)
{
    open_reader_to_pull("stubborn\n");
    const char *path = page_until(begin(PROOF_LOGIN), "暗証番号の窓を見てください");
    cr_assert(!rig_pull_reader(rig));
    struct proof_response r = end_at(agent_rig_follow(&agent, path, 20000));
    cr_expect_eq(r.error, PROOF_CARD_REMOVED, "%s", proof_error_name(r.error));
    close_all();
}

Test(agent_card, a_reader_whose_device_goes_at_any_command_is_no_reader)
{
    open_reader_to_pull("");
    int last = commands_of(PROOF_LOGIN, "pin 1234\n");
    for (int n = 3; n < last; n++) {
        agent_rig_script(&agent, "pin 1234\n");
        cr_assert(!rig_pull_reader_at(rig, n));
        struct proof_response r = run(PROOF_LOGIN);
        cr_expect_eq(r.error, PROOF_NO_READER, "at %d: %s", n, proof_error_name(r.error));
        cr_expect(!r.auth.cert.p, "at %d: half an answer", n);
        pause_ms(2 * LOOK_MS);
        cr_assert(!rig_push_reader(rig));
        pause_ms(2 * LOOK_MS);
    }
    agent_rig_script(&agent, "pin 1234\n");
    ends_with(PROOF_LOGIN, PROOF_OK);
    close_all();
}

Test(agent_card, the_end_of_the_transaction_closes_the_window)
{
    open_hanako("hang\n");
    struct proof_request q = agent_rig_request(&agent, PROOF_LOGIN);
    q.exp = q.iat + 12; /* five seconds are kept for the way back */
    struct proof_response r = end_at(agent_rig_walk(&agent, agent_rig_sign(&agent, &q), 20000));
    cr_expect_eq(r.error, PROOF_REQUEST_EXPIRED, "%s", proof_error_name(r.error));
    close_all();
}

Test(agent_card, nobody_puts_a_card_and_it_ends_as_no_card)
{
    const struct rig_options o = {.card_dir = BUILD_DIR "/testpki/residents/hanako", .empty = true};
    open_with(&o, "");
    struct proof_request q = agent_rig_request(&agent, PROOF_LOGIN);
    q.exp = q.iat + 11;
    struct proof_response r = end_at(agent_rig_walk(&agent, agent_rig_sign(&agent, &q), 20000));
    cr_expect_eq(r.error, PROOF_NO_CARD, "%s", proof_error_name(r.error));
    close_all();
}

Test(agent_card, a_card_of_another_kind_is_wrong_card_or_unsupported)
{
    static const char *const old[] = {"--label", "JPKIAPICCTOKEN", NULL};
    static const char *const strange[] = {"--label", "SOMETHINGNEW", NULL};
    struct rig_options o = {.card_dir = BUILD_DIR "/testpki/residents/hanako", .extra = old};
    open_with(&o, "pin 1234\n");
    ends_with(PROOF_LOGIN, PROOF_WRONG_CARD);
    close_all();
    o.extra = strange;
    open_with(&o, "pin 1234\n");
    ends_with(PROOF_LOGIN, PROOF_UNSUPPORTED_CARD);
    close_all();
}

Test(agent_card, a_card_without_our_application_is_wrong_card)
{
    open_hanako("pin 1234\n");
    tell_card("answer 1 6A82");
    ends_with(PROOF_LOGIN, PROOF_WRONG_CARD);
    close_all();
}

Test(agent_card, an_expired_certificate_is_said_before_any_pin)
{
    open_person("bad/expired", "pin 1234\n");
    ends_with(PROOF_LOGIN, PROOF_CERT_EXPIRED);
    cr_expect(!windows_say("GETPIN"));
    close_all();
}

static void card_comes_back(void)
{
    tell_card("remove-before 0");
    pause_ms(LOOK_MS);
    tell_card("insert");
    pause_ms(LOOK_MS);
}

static void pull_before(enum proof_purpose purpose, const char *script, int n, enum proof_error wanted)
{
    char command[32];
    agent_rig_script(&agent, script);
    snprintf(command, sizeof command, "remove-before %d", n);
    tell_card(command);
    const char *path = begin(purpose);
    bool before_anything = n <= 2;
    if (before_anything) { /* nothing was done yet: it simply waits for the card again */
        path = page_until(path, "マイナンバーカードを置いてください");
        pause_ms(LOOK_MS);
        tell_card("insert");
    }
    struct proof_response r = end_at(agent_rig_follow(&agent, path, 20000));
    cr_expect_eq(r.error, wanted, "at %d: %s", n, proof_error_name(r.error));
    cr_expect(r.error == PROOF_OK || (!r.auth.cert.p && !r.has_text), "at %d: half an answer", n);
    card_comes_back();
}

/* What was started is never finished with another card; once all is read, the card may go. */
static void pull_from(enum proof_purpose purpose, const char *script, int first)
{
    open_hanako("");
    int last = commands_of(purpose, script);
    cr_assert_gt(last, first);
    for (int n = first; n <= last + 1; n++)
        pull_before(purpose, script, n, n <= 2 || n >= last ? PROOF_OK : PROOF_CARD_REMOVED);
    close_all();
}

Test(agent_card, a_card_pulled_at_any_command_of_a_login_is_card_removed)
{
    pull_from(PROOF_LOGIN, "pin 1234\nhang\n", 1);
}

/* Up to the signature it is a login. */
Test(agent_card, a_card_pulled_at_any_command_of_a_reading_is_card_removed)
{
    pull_from(PROOF_READ, "pin 1234\npin 1234\nhang\n", 11);
}

Test(agent_card, ends_at_once_when_it_is_told_to_while_a_window_is_open)
{
    open_hanako("hang\n");
    (void)page_until(begin(PROOF_LOGIN), "暗証番号の窓を見てください");
    int64_t start = clock_steady_ms();
    cr_expect_eq(agent_rig_close(&agent), 0);
    cr_expect_lt(clock_steady_ms() - start, 4000);
    card_is_logged_out();
    rig_close(rig);
}

/* ---- other programs ---- */

/* Another program's handle on the card, and what it has selected. */
static SCARDHANDLE hold_card(SCARDCONTEXT *context, DWORD share)
{
    static const uint8_t select_text[] = {0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0x10,
                                          0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08};
    char readers[512] = "";
    DWORD size = sizeof readers, protocol;
    SCARDHANDLE card;
    uint8_t answer[16];
    DWORD n = sizeof answer;
    cr_assert_eq(SCardEstablishContext(SCARD_SCOPE_USER, NULL, NULL, context), SCARD_S_SUCCESS);
    cr_assert_eq(SCardListReaders(*context, NULL, readers, &size), SCARD_S_SUCCESS);
    cr_assert_eq(SCardConnect(*context, readers, share, SCARD_PROTOCOL_T1, &card, &protocol), SCARD_S_SUCCESS);
    cr_assert_eq(SCardTransmit(card, SCARD_PCI_T1, select_text, sizeof select_text, NULL, answer, &n), SCARD_S_SUCCESS);
    return card;
}

Test(agent_card, a_program_that_only_keeps_a_handle_is_shut_out_and_not_waited_for)
{
    SCARDCONTEXT context;
    open_hanako("pin 1234\n");
    SCARDHANDLE card = hold_card(&context, SCARD_SHARE_SHARED);
    ends_with(PROOF_LOGIN, PROOF_OK);
    card_is_logged_out();
    SCardDisconnect(card, SCARD_LEAVE_CARD);
    SCardReleaseContext(context);
    close_all();
}

Test(agent_card, nobody_gets_at_the_card_while_the_window_is_open)
{
    static const uint8_t command[] = {0x00, 0x84, 0x00, 0x00, 0x08};
    SCARDCONTEXT context;
    SCARDHANDLE card;
    DWORD protocol;
    char readers[512] = "";
    DWORD size = sizeof readers;
    open_hanako("hang\n");
    const char *path = page_until(begin(PROOF_LOGIN), "暗証番号の窓を見てください");
    cr_assert_eq(SCardEstablishContext(SCARD_SCOPE_USER, NULL, NULL, &context), SCARD_S_SUCCESS);
    cr_assert_eq(SCardListReaders(context, NULL, readers, &size), SCARD_S_SUCCESS);
    LONG rv = SCardConnect(context, readers, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1, &card, &protocol);
    cr_expect_eq(rv, SCARD_E_SHARING_VIOLATION);
    if (rv == SCARD_S_SUCCESS) {
        uint8_t answer[16];
        DWORD n = sizeof answer;
        cr_expect_neq(SCardTransmit(card, SCARD_PCI_T1, command, sizeof command, NULL, answer, &n), SCARD_S_SUCCESS);
    }
    SCardReleaseContext(context);
    tell_card("remove");
    (void)end_at(agent_rig_follow(&agent, path, 20000));
    close_all();
}

Test(agent_card, a_program_that_has_the_card_for_itself_is_waited_for)
{
    SCARDCONTEXT context;
    open_hanako("pin 1234\n");
    SCARDHANDLE card = hold_card(&context, SCARD_SHARE_EXCLUSIVE);
    const char *path = page_until(begin(PROOF_LOGIN), "ほかのプログラムがカードを使っています");
    SCardDisconnect(card, SCARD_LEAVE_CARD);
    SCardReleaseContext(context);
    struct proof_response r = end_at(agent_rig_follow(&agent, path, 20000));
    cr_expect_eq(r.error, PROOF_OK, "%s", proof_error_name(r.error));
    close_all();
}

Test(agent_card, a_program_that_never_lets_go_is_reader_busy)
{
    SCARDCONTEXT context;
    open_hanako("pin 1234\n");
    SCARDHANDLE card = hold_card(&context, SCARD_SHARE_EXCLUSIVE);
    const char *path = begin(PROOF_LOGIN);
    struct proof_response r = end_at(agent_rig_follow(&agent, path, 40000));
    cr_expect_eq(r.error, PROOF_READER_BUSY, "%s", proof_error_name(r.error));
    SCardDisconnect(card, SCARD_LEAVE_CARD);
    SCardReleaseContext(context);
    close_all();
}
