#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "certs/residents.h"
#include "jpki/virtual/persona.h"
#include "jpki/virtual/pins.h"

static const struct view issued[PIN_COUNT] = {
    [PIN_AUTH] = {(const uint8_t *)"1234", 4}, [PIN_SIGN] = {(const uint8_t *)"ABC123", 6}};

static char *temporary(void)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/pins-test-%d.json", (int)getpid());
    unlink(path);
    return path;
}

Test(pins, remembers_wrong_tries_in_its_file)
{
    struct pins p;
    const char *path = temporary();
    cr_assert_eq(pins_open(&p, issued, path), ERR_OK);
    cr_expect_eq(pins_compare(&p, PIN_AUTH, VIEW("0000")), PIN_WRONG);
    pins_close(&p);
    cr_assert_eq(pins_open(&p, issued, path), ERR_OK);
    cr_expect_eq(p.all[PIN_AUTH].left, 2);
    cr_expect_eq(p.all[PIN_SIGN].left, 5);
    cr_expect_eq(pins_compare(&p, PIN_AUTH, VIEW("1234")), PIN_RIGHT);
    pins_close(&p);
    cr_assert_eq(pins_open(&p, issued, path), ERR_OK);
    cr_expect_eq(p.all[PIN_AUTH].left, 3);
    pins_close(&p);
    unlink(path);
}

Test(pins, keeps_a_changed_value_over_a_restart_and_the_file_to_its_owner)
{
    struct pins p;
    struct stat st;
    const char *path = temporary();
    cr_assert_eq(pins_open(&p, issued, path), ERR_OK);
    cr_expect_eq(pins_change(&p, PIN_AUTH, VIEW("5678")), PIN_RIGHT);
    pins_close(&p);
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
    cr_assert_eq(pins_open(&p, issued, path), ERR_OK);
    cr_expect_eq(pins_compare(&p, PIN_AUTH, VIEW("1234")), PIN_WRONG);
    cr_expect_eq(pins_compare(&p, PIN_AUTH, VIEW("5678")), PIN_RIGHT);
    pins_close(&p);
    unlink(path);
}

Test(pins, does_not_say_right_or_wrong_when_it_cannot_remember)
{
    struct pins p;
    cr_assert_eq(pins_open(&p, issued, "/nonexistent/state.json"), ERR_OK);
    cr_expect_eq(pins_compare(&p, PIN_AUTH, VIEW("0000")), PIN_NOT_SAVED);
    pins_close(&p);
}

Test(pins, writes_nothing_when_nothing_changed)
{
    struct pins p;
    cr_assert_eq(pins_open(&p, issued, "/nonexistent/state.json"), ERR_OK);
    cr_expect_eq(pins_compare(&p, PIN_AUTH, VIEW("1234")), PIN_RIGHT);
    pins_close(&p);
}

Test(pins, never_matches_a_reference_without_value)
{
    struct pins p;
    cr_assert_eq(pins_open(&p, issued, NULL), ERR_OK);
    cr_expect_eq(pins_compare(&p, PIN_TEXT, VIEW("")), PIN_WRONG);
    cr_expect_eq(pins_compare(&p, PIN_TEXT, VIEW("0000")), PIN_WRONG);
    cr_expect_eq(pins_compare(&p, PIN_TEXT_SHUT, VIEW("0000")), PIN_BLOCKED);
    pins_close(&p);
}

Test(pins, refuses_a_state_file_that_is_none)
{
    static const char *const bad[] = {"",
                                      "{}",
                                      "{\"v\":2,\"left\":{}}",
                                      "{\"v\":1,\"left\":{\"auth\":4}}",
                                      "{\"v\":1,\"left\":{\"auth\":-1}}",
                                      "{\"v\":1,\"left\":[]}",
                                      "{\"v\":1,\"left\":{}"};
    const char *path = temporary();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct pins p;
        cr_assert_eq(file_write(path, view_text(bad[i]), 0600), ERR_OK);
        cr_expect_eq(pins_open(&p, issued, path), ERR_SYNTAX, "%s", bad[i]);
    }
    unlink(path);
}

Test(pins, allows_only_values_of_the_right_form)
{
    static const struct {
        enum pin_id id;
        const char *value;
        bool allowed;
    } table[] = {{PIN_AUTH, "1234", true},
                 {PIN_AUTH, "123", false},
                 {PIN_AUTH, "12345", false},
                 {PIN_AUTH, "12a4", false},
                 {PIN_SIGN, "ABC123", true},
                 {PIN_SIGN, "ABC12", false},
                 {PIN_SIGN, "abc123", false},
                 {PIN_SIGN, "123456", false},
                 {PIN_SIGN, "ABCDEF", false},
                 {PIN_SIGN, "ABCDEF0123456789", true},
                 {PIN_SIGN, "ABCDEF01234567890", false},
                 {PIN_TEXT, "0000", true}};
    bool length;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        cr_expect_eq(pins_allow(table[i].id, view_text(table[i].value), &length), table[i].allowed, "%s",
                     table[i].value);
}

Test(persona, writes_a_birth_date_in_its_era)
{
    static const struct {
        const char *date, *era;
    } table[] = {{"19560314", "3310314"}, {"19800217", "3550217"}, {"19890107", "3640107"}, {"19890108", "4010108"},
                 {"20190430", "4310430"}, {"20190501", "5010501"}, {"19261224", "2151224"}, {"19120729", "1450729"},
                 {"19560000", "0000000"}, {"00000000", "0000000"}, {"1956031", "0000000"},  {"19560300", "0000000"}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char out[8];
        persona_era(out, view_text(table[i].date));
        cr_expect_str_eq(out, table[i].era, "%s", table[i].date);
    }
}

/* Facts 4.4 and 3.1: the era digit of the sign certificate and the era of number B are the same day's. */
Test(persona, of_every_resident_is_born_in_the_era_that_the_certificate_says)
{
    static struct residents people;
    residents_open(&people);
    cr_expect_geq(people.n, 20);
    for (size_t i = 0; i < people.n; i++) {
        const struct person_card *who = &people.all[i];
        char era[8];
        persona_era(era, view_text(who->birthdate));
        if (era[0] != '0')
            cr_expect_eq(era[0], who->era, "%s", who->folder);
        else
            cr_expect(strstr(who->birthdate, "00"), "%s has a full date of no era", who->folder);
    }
    residents_close(&people);
}

Test(persona, names_the_file_that_is_missing)
{
    struct persona p;
    const char *what;
    cr_expect_eq(persona_open(&p, "/nonexistent", NULL, &what), ERR_NOT_FOUND);
    cr_expect_str_eq(what, "auth.der");
}
