/* The PIN window in a terminal, as a Braille line or a speaking terminal gets it: the text comes in its order, and the
 * PIN does not. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/access/seat.h"

static struct seat seat;
static int master = -1, slave = -1;
static char heard[65536];
static size_t n_heard;

static void open_terminal(const char *pinentry)
{
    char name[64];
    const struct winsize size = {.ws_row = 40, .ws_col = 160};
    cr_assert_eq(openpty(&master, &slave, name, NULL, &size), 0);
    setenv("TERM", "xterm", 1);
    setenv("LC_CTYPE", "C.UTF-8", 1);
    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
    seat_open(&seat, pinentry, name);
}

static void close_terminal(void)
{
    seat_close(&seat);
    close(master);
    close(slave);
}

TestSuite(terminal, .fini = close_terminal, .timeout = 120);

/* Escape sequences are for eyes. */
static void put(const char *p, size_t n)
{
    static enum { TEXT, ESCAPE, SEQUENCE } state;
    for (size_t i = 0; i < n && n_heard + 1 < sizeof heard; i++) {
        char c = p[i];
        if (state == ESCAPE)
            state = c == '[' ? SEQUENCE : TEXT;
        else if (state == SEQUENCE)
            state = c >= '@' && c <= '~' ? TEXT : SEQUENCE;
        else if (c == '\033')
            state = ESCAPE;
        else
            heard[n_heard++] = c;
    }
    heard[n_heard] = '\0';
}

/* Until TEXT has come, ten seconds at most. */
static void listen_for(const char *text)
{
    char bytes[4096];
    struct pollfd p = {.fd = master, .events = POLLIN};
    for (int64_t until = clock_steady_ms() + 10000; !strstr(heard, text) && clock_steady_ms() < until;) {
        ssize_t n = poll(&p, 1, 100) > 0 ? read(master, bytes, sizeof bytes) : 0;
        put(bytes, n > 0 ? (size_t)n : 0);
    }
    cr_assert_not_null(strstr(heard, text), "%s did not come: %s", text, heard);
}

static void say(const char *keys)
{
    cr_assert_eq(write(master, keys, strlen(keys)), (ssize_t)strlen(keys));
}

static void expect_in_order(struct view language, const char *prompt)
{
    const char *at = heard;
    for (const char *const *word = seat_words(language); *word; word++) {
        const char *found = strstr(at, *word);
        cr_expect_not_null(found, "%s is not there, or not in its place: %s", *word, heard);
        at = found ? found : at;
    }
    cr_expect_not_null(strstr(at, prompt), "then %s: %s", prompt, heard);
}

static void log_in(const char *pinentry, struct view language, const char *prompt)
{
    open_terminal(pinentry);
    seat_begins(&seat, language);
    listen_for(prompt);
    expect_in_order(language, prompt);
    say("1234\r");
    cr_expect_eq(seat_ends(&seat), PROOF_OK, "%s\n%s", agent_rig_log(&seat.agent), heard);
    cr_expect_null(strstr(heard, "1234"), "the PIN was shown: %s", heard);
}

#define TTY    "/usr/bin/pinentry-tty"
#define CURSES "/usr/bin/pinentry-curses"

Test(terminal, line_by_line_it_says_everything_before_it_asks)
{
    log_in(TTY, VIEW("ja"), "利用者証明用 暗証番号：");
}

Test(terminal, line_by_line_it_does_so_in_english)
{
    log_in(TTY, VIEW("en"), "Authentication PIN:");
}

Test(terminal, in_a_frame_it_says_everything_before_it_asks)
{
    log_in(CURSES, VIEW("ja"), "利用者証明用 暗証番号：");
}

Test(terminal, in_a_frame_it_does_so_in_english)
{
    log_in(CURSES, VIEW("en"), "Authentication PIN:");
}
