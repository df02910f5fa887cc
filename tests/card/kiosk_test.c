/* A counter's terminal from end to end: the real agent in kiosk mode, the real smart card service and the virtual card,
 * a provider with a service. Taking the card ends the session of the browser, and the service is told. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "idp/tokens/keys.h"
#include "jpki/proof/issuer.h"
#include "tests/lib/agent_rig.h"
#include "tests/lib/rig.h"
#include "tests/lib/stage.h"

static struct rig *rig;
static struct agent_rig agent;
static struct stage stage;
static struct browser *browser = &stage.hanako.browser;

static const char *issuer_file(void)
{
    struct buf b;
    const char *text;
    const struct jws_key *keys[] = {keys_active(op_keys(stage.genkan.op), KEY_CARD, JWS_ES256)};
    buf_open(&b, &stage.genkan.a, PROOF_ISSUER_MAX);
    cr_assert(!proof_issuer_write(&b, VIEW(PROVIDER_ISSUER), VIEW("大阪府"), keys, 1));
    cr_assert(!buf_done_text(&b, &text));
    return text;
}

static void open_counter(const char *script)
{
    const struct rig_options r = {
        .program = BUILD_DIR "/genkan-card", .card_dir = BUILD_DIR "/testpki/residents/hanako", .driver = RIG_DRIVER};
    stage_open(&stage);
    clock_fake_set(&stage.genkan.clock, clock_ms(&clock_real));
    cr_assert(!rig_open(&rig, &r));
    const struct agent_rig_options a = {.program = BUILD_DIR "/genkan-agent",
                                        .pinentry = SOURCE_DIR "/tests/lib/scripted_pinentry.sh",
                                        .script = script,
                                        .socket = rig_socket(rig),
                                        .issuer = issuer_file(),
                                        .kiosk = true};
    cr_assert(!agent_rig_open(&agent, &a));
}

static void close_counter(void)
{
    cr_expect_eq(agent_rig_close(&agent), 0);
    rig_close(rig);
    stage_close(&stage);
}

/* The watch page follows itself until it is sent to the issuer, at most MS milliseconds. NULL: it was not. */
static const char *watched(const char *path, int ms)
{
    for (int64_t end = clock_steady_ms() + ms; path && clock_steady_ms() < end;) {
        const char *answer = agent_rig_get(&agent, path, "Sec-Fetch-Site: same-origin\r\n");
        if (answer_status_of(answer) == 303)
            return answer_header_of(&agent, answer, "Location");
        const char *refresh = answer_header_of(&agent, answer, "Refresh");
        path = refresh ? refresh + strlen("1; url=") : NULL;
    }
    return NULL;
}

/* A terminal has its watch page open all the time, and without one the agent begins no login. It believes that for five
 * seconds after the last look, which a login on a busy machine may take. */
static void watches(void)
{
    const char *answer = agent_rig_get(&agent, "/v1/kiosk", "Sec-Fetch-Site: none\r\n");
    if (answer_status_of(answer) == 303)
        cr_assert(browser_get(browser, answer_header_of(&agent, answer, "Location")));
    else
        cr_assert_eq(answer_status_of(answer), 200, "%s", answer);
}

/* On the start page: the real agent, the real card. */
static void uses_card(void)
{
    const char *jws = card_request_of(browser_link(browser, "/v1/auth/"));
    watches();
    const char *answer =
        agent_rig_get(&agent, arena_printf(&agent.arena, "/v1/auth/%s", jws), "Referer: " PROVIDER_ISSUER "/\r\n");
    cr_assert_eq(answer_status_of(answer), 303, "%s\n%s", answer, agent_rig_log(&agent));
    const char *url = agent_rig_follow(&agent, answer_header_of(&agent, answer, "Location"), 20000);
    cr_assert(url && strstr(url, "/login/card/return#"), "%s", agent_rig_log(&agent));
    cr_assert(resident_returns(&stage.hanako, strchr(url, '#') + 1));
}

/* From the service's link to its redirect URI: the card proves, then its text is read. */
static void logs_in(void)
{
    cr_assert(browser_get(browser, service_begin(&stage.a_city, NULL)));
    for (int i = 0; i < 2; i++) {
        cr_assert(resident_goes_to(&stage.hanako, AT_CARD_START), "%s", browser->url);
        uses_card();
    }
    cr_assert(resident_goes_to(&stage.hanako, AT_ELSEWHERE), "%s", browser->url);
    cr_assert_eq(service_redeem(&stage.a_city, service_receive(&stage.a_city, browser, NULL)).status, 200);
}

static bool is_logged_in(void)
{
    const char *error;
    cr_assert(browser_get(browser, service_begin(&stage.a_city, "prompt=none")));
    service_receive(&stage.a_city, browser, &error);
    return error == NULL;
}

/* Also a key comes that is not of this login, if the card was away for a moment before. */
static void is_logged_out_by_watching(void)
{
    bool is_out = false;
    for (int i = 0; i < 2 && !is_out; i++) {
        const char *url = watched("/v1/kiosk", 40000);
        cr_assert(url && browser_get(browser, url), "key %d: %s\n%.*s\n%s", i + 1, url ? url : "none",
                  (int)browser->body.n, (const char *)browser->body.p, agent_rig_log(&agent));
        cr_expect(strstr(browser->headers, "/v1/kiosk"), "the window watches again: %s", browser->url);
        is_out = browser_says(browser, "ログアウトしました");
    }
    cr_expect(is_out && !is_logged_in(), "%s", agent_rig_log(&agent));
}

Test(kiosk_card, taking_the_card_ends_the_session_and_the_service_is_told, .timeout = 120)
{
    open_counter("pin 1234\npin 1234\npin 1234\n");
    logs_in();
    cr_expect_null(watched("/v1/kiosk/0", 11000), "nobody is sent away while the card is there");
    cr_assert(is_logged_in());

    cr_assert(!rig_ctl(rig, "remove", NULL, 0));
    const char *url = watched("/v1/kiosk", 30000);
    cr_assert(url && strstr(url, PROVIDER_ISSUER "/logout/card?key=") == url, "%s", agent_rig_log(&agent));
    cr_assert(browser_get(browser, url));
    cr_expect(browser_says(browser, "ログアウトしました"), "%s", browser->url);
    cr_expect_not(is_logged_in());
    cr_expect_eq(provider_deliver(&stage.genkan), 1);

    const char *log = agent_rig_log(&agent);
    cr_expect(strstr(log, "\"why\":\"card left\"") && !strstr(log, strstr(url, "key=") + 4), "%s", log);
    close_counter();
}

Test(kiosk_card, the_end_of_the_smart_card_service_does_the_same, .timeout = 120)
{
    open_counter("pin 1234\npin 1234\npin 1234\n");
    logs_in();
    rig_unplug(rig);
    is_logged_out_by_watching();
    close_counter();
}

Test(kiosk_card, a_reader_that_goes_while_its_service_lives_does_the_same, .timeout = 120)
{
    open_counter("pin 1234\npin 1234\npin 1234\n");
    logs_in();
    cr_assert(!rig_pull_reader(rig));
    is_logged_out_by_watching();
    close_counter();
}

static void logs_in_with_the_card_gone_for_a_moment(void)
{
    cr_assert(browser_get(browser, service_begin(&stage.a_city, NULL)));
    cr_assert(resident_goes_to(&stage.hanako, AT_CARD_START));
    uses_card();
    cr_assert(resident_goes_to(&stage.hanako, AT_CARD_START), "%s", browser->url);
    cr_assert(!rig_ctl(rig, "remove", NULL, 0));
    for (int i = 0; i < 600 && !strstr(agent_rig_log(&agent), "kiosk_logout"); i++)
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    cr_assert(!rig_ctl(rig, "insert", NULL, 0));
    uses_card();
    cr_assert(resident_goes_to(&stage.hanako, AT_ELSEWHERE), "%s", browser->url);
}

/* The first key is of a login that was not finished with it, and is given out before the second. */
Test(kiosk_card, taking_it_for_good_ends_the_login_for_which_it_was_put_back, .timeout = 120)
{
    open_counter("pin 1234\npin 1234\npin 1234\n");
    logs_in_with_the_card_gone_for_a_moment();
    cr_assert(!rig_ctl(rig, "remove", NULL, 0));
    is_logged_out_by_watching();
    close_counter();
}
