/* A reader with keys, through the real smart card service: PC/SC part 10 as a driver sees it (tests/lib/keypad_ifd.c).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/lib/seat.h"

TestSuite(keypad_card, .timeout = 120);

static struct seat seat;
static char fingers[64];

/* WINDOWS: what she does in windows; KEYS: what she types on the reader. */
static void sit_down(const char *windows, const char *keys)
{
    const struct rig_options o = {.driver = RIG_DRIVER};
    snprintf(fingers, sizeof fingers, "/tmp/genkan-keys-%d", (int)getpid());
    cr_assert_eq(file_write(fingers, view_text(keys), 0600), ERR_OK);
    setenv("KEYPAD_SCRIPT", fingers, 1);
    seat_open(&seat, "residents/hanako", windows, &o);
}

static void get_up(void)
{
    static const char *const ends[] = {"", ".n", ".log"};
    seat_close(&seat);
    for (int i = 0; i < 3; i++) {
        char path[80];
        snprintf(path, sizeof path, "%s%s", fingers, ends[i]);
        unlink(path);
    }
}

/* What the driver was asked, in hexadecimal. */
static const char *asked(void)
{
    struct view v;
    const char *path = arena_printf(&seat.agent.arena, "%s.log", fingers);
    return file_read(&seat.agent.arena, path, 65536, &v) ? "" : arena_text(&seat.agent.arena, v);
}

static bool agent_saw(const char *text)
{
    return strstr(agent_rig_windows(&seat.agent), text) || strstr(agent_rig_log(&seat.agent), text);
}

Test(keypad_card, the_pin_is_typed_on_the_reader_and_no_program_sees_it)
{
    sit_down("ok\n", "1234\n");
    struct proof_response r = seat_run(&seat, PROOF_LOGIN);
    cr_expect(r.error == PROOF_OK && r.auth.sig.n == 256, "%s; %s", proof_error_name(r.error), asked());
    cr_expect(strstr(asked(), "0020009804FFFFFFFF"), "%s", asked());
    cr_expect(agent_saw("CONFIRM") && !agent_saw("GETPIN"));
    cr_expect(agent_saw("SETNOTOK "), "typing here is a choice of its own");
    get_up();
}

Test(keypad_card, both_secrets_of_a_registration_are_typed_there)
{
    sit_down("ok\nok\n", "1234\nABC123\n");
    struct proof_response r = seat_run(&seat, PROOF_REGISTER);
    cr_expect(r.error == PROOF_OK && r.sign.sig.n == 256, "%s; %s", proof_error_name(r.error), asked());
    cr_expect(strstr(asked(), "\n1E1E820000100602"), "six to sixteen, no block: %s", asked());
    get_up();
}

Test(keypad_card, typing_on_the_computer_is_her_own_choice)
{
    sit_down("other\npin 1234\n", "");
    cr_expect_eq(seat_run(&seat, PROOF_LOGIN).error, PROOF_OK);
    cr_expect_str_eq(asked(), "", "the keys were not asked");
    get_up();
}

Test(keypad_card, cancel_time_and_length_spend_no_try)
{
    sit_down("ok\nok\nok\n", "wait\n123\ncancel\n");
    cr_expect_eq(seat_run(&seat, PROOF_LOGIN).error, PROOF_USER_CANCELLED);
    cr_expect_eq(seat_status(&seat, "auth"), 3);
    cr_expect(agent_saw("カードリーダーで入力されませんでした") && agent_saw("数字4桁で入力してください"));
    get_up();
}

Test(keypad_card, wrong_ones_are_counted_and_the_last_is_protected)
{
    sit_down("ok\nok\ncancel\n", "9999\n9998\n1234\n");
    cr_expect_eq(seat_run(&seat, PROOF_LOGIN).error, PROOF_PIN_LAST_TRY);
    cr_expect_eq(seat_status(&seat, "auth"), 1);
    cr_expect(agent_saw("あと2回まちがえると"));
    get_up();
}

Test(keypad_card, a_card_taken_away_while_the_keys_are_awaited_is_card_removed)
{
    sit_down("ok\n", "pull\n");
    struct proof_response r = seat_run(&seat, PROOF_LOGIN);
    cr_expect(r.error == PROOF_CARD_REMOVED || r.error == PROOF_NO_READER, "%s", proof_error_name(r.error));
    cr_expect_eq(seat_status(&seat, "auth"), 3);
    get_up();
}
