/* The same table of status words, through the real pcscd: what the card says arrives as it was said. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <winscard.h>

#include "base/arena.h"
#include "base/hex.h"
#include "tests/lib/rig.h"
#include "tests/lib/status_rules.h"

static struct rig *rig;
static SCARDCONTEXT context;
static SCARDHANDLE card;
static struct arena a;

static void open_all(void)
{
    const struct rig_options o = {
        .card_dir = BUILD_DIR "/testpki/residents/hanako", .program = BUILD_DIR "/genkan-card", .may_alarm = true};
    char reader[128];
    DWORD protocol, n = sizeof reader;
    arena_open(&a, 1u << 20);
    cr_assert_eq(rig_open(&rig, &o), ERR_OK);
    cr_assert_eq(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context), SCARD_S_SUCCESS);
    cr_assert_eq(SCardListReaders(context, NULL, reader, &n), SCARD_S_SUCCESS);
    cr_assert_eq(SCardConnect(context, reader, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T1, &card, &protocol),
                 SCARD_S_SUCCESS);
}

static void close_all(void)
{
    SCardDisconnect(card, SCARD_UNPOWER_CARD);
    SCardReleaseContext(context);
    rig_close(rig);
    arena_close(&a);
}

TestSuite(status, .init = open_all, .fini = close_all);

static unsigned say(const char *hex)
{
    static uint8_t answer[4096];
    struct view apdu;
    DWORD n = sizeof answer;
    cr_assert_eq(hex_read(&a, view_text(hex), &apdu), ERR_OK, "%s", hex);
    LONG r = SCardTransmit(card, SCARD_PCI_T1, apdu.p, apdu.n, NULL, answer, &n);
    cr_assert(r == SCARD_S_SUCCESS && n >= 2, "%s: %s", hex, pcsc_stringify_error(r));
    return (unsigned)answer[n - 2] << 8 | answer[n - 1];
}

static void power(void)
{
    DWORD protocol;
    cr_assert_eq(SCardReconnect(card, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T1, SCARD_UNPOWER_CARD, &protocol),
                 SCARD_S_SUCCESS);
}

static void play(const char *commands)
{
    char one[512];
    while (*commands) {
        size_t n = strcspn(commands, "|");
        snprintf(one, sizeof one, "%.*s", (int)n, commands);
        if (strcmp(one, "power") == 0)
            power();
        else
            say(one);
        commands += n + (commands[n] == '|');
    }
}

Test(status, words_arrive_through_the_smart_card_service)
{
    size_t played = 0;
    for (size_t i = 0; i < status_rules_n; i++) {
        const struct status_rule *rule = &status_rules[i];
        if (rule->spends || rule->chip != CHIP_USUAL)
            continue;
        power();
        play(rule->before);
        cr_expect_eq(say(rule->say), rule->sw, "%s: %s after %s", rule->fact, rule->say, rule->before);
        played++;
    }
    cr_expect_gt(played, 70);
}

Test(status, words_that_no_card_was_seen_to_say_can_be_ordered)
{
    char order[32];
    for (size_t i = 0; i < status_words_n; i++) {
        if (!status_words[i].only_ordered)
            continue;
        snprintf(order, sizeof order, "answer 1 %04X", (unsigned)status_words[i].sw);
        cr_assert_eq(rig_ctl(rig, order, NULL, 0), ERR_OK);
        cr_expect_eq(say("00A4040C0AD392F000260100000001"), status_words[i].sw);
    }
}
