/* `genkan-agent check` with a real smart card service and the virtual card. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/lib/agent_rig.h"
#include "tests/lib/rig.h"

static struct rig *rig;

static void open_rig(const struct rig_options *o)
{
    struct rig_options r = *o;
    r.program = BUILD_DIR "/genkan-card";
    cr_assert(!rig_open(&rig, &r));
}

/* What it says in English, and its exit status. */
static int check(char *out, size_t size, const char *options)
{
    char command[512];
    snprintf(command, sizeof command,
             "PCSCLITE_CSOCK_NAME=%s %s/genkan-agent check --lang en --pinentry /usr/bin/pinentry-curses --ttyname "
             "/dev/null %s 2>&1",
             rig_socket(rig), BUILD_DIR, options);
    FILE *f = popen(command, "r");
    cr_assert(f);
    size_t n = fread(out, 1, size - 1, f);
    out[n] = 0;
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void says(const char *text, const char *wanted)
{
    cr_expect(strstr(text, wanted), "%s\nlacks: %s", text, wanted);
}

Test(check_card, tells_card_tries_and_dates_and_spends_nothing)
{
    char text[8192], trace[65536], status[4096];
    const struct rig_options o = {.card_dir = BUILD_DIR "/testpki/residents/hanako"};
    open_rig(&o);
    cr_assert(!rig_ctl(rig, "forget", NULL, 0));
    cr_expect_eq(check(text, sizeof text, ""), 1); /* no issuer */
    says(text, "[ok]      Reader: Virtual PCD 00 00 (contact)");
    says(text, "[ok]      Card: My Number Card\n");
    says(text, "[ok]      Authentication PIN: 3 tries left");
    says(text, "[ok]      Authentication certificate: good until ");
    says(text, "[problem] No issuer has been added yet");
    says(text, "[ok]      PIN window: /usr/bin/pinentry-curses (curses)");
    cr_assert(!rig_ctl(rig, "trace", trace, sizeof trace));
    cr_expect(!strstr(trace, "alarm"), "%s", trace);
    cr_assert(!rig_ctl(rig, "status", status, sizeof status));
    cr_expect(strstr(status, "\"auth\":3"), "%s", status);
    rig_close(rig);
}

Test(check_card, needs_no_card_and_says_what_a_foreign_one_is)
{
    char text[8192];
    const struct rig_options o = {.card_dir = BUILD_DIR "/testpki/residents/hanako", .empty = true};
    open_rig(&o);
    (void)check(text, sizeof text, "");
    says(text, "[note]    There is no card on the reader");
    (void)check(text, sizeof text, "--reader NoSuchReader");
    says(text, "[problem] No reader has “NoSuchReader” in its name");
    rig_close(rig);
    static const char *const label[] = {"--label", "JPKIAPICCTOKEN", NULL};
    const struct rig_options old = {.card_dir = BUILD_DIR "/testpki/residents/hanako", .extra = label};
    open_rig(&old);
    (void)check(text, sizeof text, "");
    says(text, "[problem] The card is no My Number Card");
    rig_close(rig);
}

Test(check_card, tells_a_service_without_a_reader_from_no_service)
{
    char text[8192];
    const struct rig_options o = {.driver = RIG_DRIVER, .no_reader = true};
    open_rig(&o);
    (void)check(text, sizeof text, "");
    says(text, "[ok]      The smart card service (pcscd) answers");
    says(text, "[problem] No reader was found");
    cr_expect(!strstr(text, "no card on the reader"), "%s", text);
    rig_unplug(rig);
    (void)check(text, sizeof text, "");
    says(text, "[problem] The smart card service (pcscd) does not answer");
    rig_close(rig);
}

Test(check_card, knows_a_running_agent_and_finds_nothing_wrong)
{
    char text[8192], options[256];
    struct agent_rig agent;
    const struct rig_options o = {.card_dir = BUILD_DIR "/testpki/residents/hanako"};
    open_rig(&o);
    const struct agent_rig_options a = {.program = BUILD_DIR "/genkan-agent",
                                        .pinentry = SOURCE_DIR "/tests/lib/scripted_pinentry.sh",
                                        .socket = rig_socket(rig)};
    cr_assert(!agent_rig_open(&agent, &a));
    snprintf(options, sizeof options, "--port %u --issuers %s", (unsigned)agent.port, agent.folder);
    cr_expect_eq(check(text, sizeof text, options), 0, "%s", text);
    says(text, "[ok]      genkan-agent is running (port ");
    says(text, "[ok]      Issuer: 試験の玄関 (https://id.example)");
    says(text, "No problem was found.");
    cr_expect_eq(agent_rig_close(&agent), 0);
    rig_close(rig);
}
