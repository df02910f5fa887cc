#include <criterion/criterion.h>

#include "jpki/virtual/control.h"
#include "jpki/virtual/trace.h"
#include "jpki/virtual/vpcd.h"

static struct vpcd_in *in_with(const char *bytes, size_t n)
{
    static struct vpcd_in in;
    size_t room;
    in.from = in.to = 0;
    memcpy(vpcd_room(&in, &room), bytes, n);
    vpcd_add(&in, n);
    return &in;
}

Test(vpcd, knows_the_control_codes_from_commands)
{
    struct view v;
    struct vpcd_in *in = in_with("\0\1\0\0\1\1\0\1\2\0\1\4\0\4\0\xA4\0\0", 18);
    cr_expect_eq(vpcd_next(in, &v), VPCD_POWER_OFF);
    cr_expect_eq(vpcd_next(in, &v), VPCD_POWER_ON);
    cr_expect_eq(vpcd_next(in, &v), VPCD_RESET);
    cr_expect_eq(vpcd_next(in, &v), VPCD_GIVE_ATR);
    cr_expect_eq(vpcd_next(in, &v), VPCD_COMMAND);
    cr_expect_eq(v.n, 4);
    cr_expect_eq(vpcd_next(in, &v), VPCD_MORE);
}

/* Trap 25. */
Test(vpcd, takes_one_byte_for_a_control_code_and_never_for_a_command)
{
    for (unsigned code = 0; code < 256; code++) {
        const char bytes[3] = {0, 1, (char)code};
        struct view v;
        cr_expect_neq(vpcd_next(in_with(bytes, 3), &v), VPCD_COMMAND, "%02X", code);
    }
}

Test(vpcd, waits_for_the_rest_of_a_message)
{
    struct view v;
    size_t room;
    struct vpcd_in *in = in_with("\0\4\0\xA4", 4);
    cr_expect_eq(vpcd_next(in, &v), VPCD_MORE);
    memcpy(vpcd_room(in, &room), "\0", 1);
    vpcd_add(in, 1);
    cr_expect_eq(vpcd_next(in, &v), VPCD_MORE, "one byte is still missing");
    memcpy(vpcd_room(in, &room), "\0", 1);
    vpcd_add(in, 1);
    cr_expect_eq(vpcd_next(in, &v), VPCD_COMMAND);
    cr_expect_arr_eq(v.p, "\0\xA4\0\0", 4);
    cr_expect_eq(vpcd_next(in, &v), VPCD_MORE);
}

Test(vpcd, passes_over_empty_and_unknown_messages)
{
    struct view v;
    struct vpcd_in *in = in_with("\0\0\0\1\3\0\1\xFF\0\1\4", 11);
    cr_expect_eq(vpcd_next(in, &v), VPCD_GIVE_ATR);
    cr_expect_eq(vpcd_next(in, &v), VPCD_MORE);
}

Test(vpcd, has_room_for_the_longest_message)
{
    static char longest[2 + 65535] = {'\xFF', '\xFF'};
    struct view v;
    size_t room;
    struct vpcd_in *in = in_with(longest, sizeof longest);
    cr_expect_eq(vpcd_next(in, &v), VPCD_COMMAND);
    cr_expect_eq(v.n, 65535);
    vpcd_room(in, &room);
    cr_expect_geq(room, sizeof longest);
}

Test(vpcd, does_not_answer_more_than_its_length_can_say)
{
    static uint8_t big[65536];
    cr_expect_eq(vpcd_send(-1, VIEW_ARRAY(big)), ERR_LIMIT);
}

Test(control, refuses_what_is_no_command)
{
    static const char *const bad[] = {"",
                                      "jump",
                                      "insert now",
                                      "remove-before",
                                      "remove-before x",
                                      "remove-before -1",
                                      "answer 1",
                                      "answer 1 69",
                                      "answer 1 69825",
                                      "answer 1 zzzz",
                                      "answer 6982",
                                      "delay",
                                      "delay 600001",
                                      "delay 1 2",
                                      "pace",
                                      "pace slow",
                                      "pace contact 1",
                                      "Insert"};
    struct control_command c;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_eq(control_read(&c, view_text(bad[i])), ERR_SYNTAX, "%s", bad[i]);
}

Test(control, reads_every_command)
{
    static const struct {
        const char *line;
        enum control_verb verb;
        unsigned n;
        uint16_t sw;
    } good[] = {{"insert", CONTROL_INSERT, 0, 0},
                {"remove", CONTROL_REMOVE, 0, 0},
                {"remove-before 3", CONTROL_REMOVE_BEFORE, 3, 0},
                {"answer 12 69a5", CONTROL_ANSWER, 12, 0x69A5},
                {"delay 500", CONTROL_DELAY, 500, 0},
                {"status", CONTROL_STATUS, 0, 0},
                {"trace", CONTROL_TRACE, 0, 0},
                {"forget", CONTROL_FORGET, 0, 0},
                {"pace contactless", CONTROL_PACE, 0, 0}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct control_command c;
        cr_expect_eq(control_read(&c, view_text(good[i].line)), ERR_OK, "%s", good[i].line);
        cr_expect(c.verb == good[i].verb && c.n == good[i].n && c.sw == good[i].sw, "%s", good[i].line);
    }
}

static bool lines_have(struct trace *t, const char *what)
{
    struct view v;
    cr_assert_eq(buf_done(&t->lines, &v), ERR_OK);
    return v.n && memmem(v.p, v.n, what, strlen(what));
}

Test(trace, never_shows_a_pin)
{
    struct trace t;
    cr_assert_eq(trace_open(&t, NULL), ERR_OK);
    trace_command(&t,
                  VIEW("\x00\x20\x00\x80\x04"
                       "1234"),
                  VIEW("\x90\x00"), 1, false);
    trace_command(&t,
                  VIEW("\x00\x24\x01\x80\x04"
                       "5678"),
                  VIEW("\x90\x00"), 1, false);
    cr_expect(lines_have(&t, "\"00200080****\""));
    cr_expect(lines_have(&t, "\"00240180****\""));
    cr_expect_not(lines_have(&t, "31323334"));
    cr_expect_not(lines_have(&t, "35363738"));
    trace_command(&t, VIEW("\x00\x20\x00\x80"), VIEW("\x63\xC3"), 1, false);
    cr_expect(lines_have(&t, "\"command\":\"00200080\",\"sw\":\"63c3\",\"bytes\":0"));
    trace_command(&t,
                  VIEW("\x80\x32\x00\x80\x04"
                       "8765"),
                  VIEW("\x90\x00"), 1, false);
    cr_expect(lines_have(&t, "\"80320080****\""));
    cr_expect_not(lines_have(&t, "38373635"));
    cr_expect_eq(t.commands, 4);
    trace_close(&t);
}

Test(trace, shows_how_much_was_answered_and_not_what)
{
    struct trace t;
    cr_assert_eq(trace_open(&t, NULL), ERR_OK);
    trace_command(&t, VIEW("\x00\xB0\x82\x00\x00"), VIEW("secret\x90\x00"), 1, true);
    cr_expect(lines_have(&t, "\"sw\":\"9000\",\"bytes\":6"));
    cr_expect(lines_have(&t, "\"forced\":true"));
    cr_expect_not(lines_have(&t, "736563"));
    trace_forget(&t);
    cr_expect_eq(t.commands, 0);
    trace_alarm(&t, "individual_number");
    cr_expect(lines_have(&t, "\"alarm\":\"individual_number\""));
    trace_forget(&t);
    cr_expect_eq(t.alarms, 0);
    cr_expect_eq(t.alarms_ever, 1, "an alarm cannot be forgotten");
    trace_close(&t);
}
