/* The window against a scripted pinentry. */
#include "jpki/agent/window.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

static char script[64];
static struct pinentry program = {.program = SOURCE_DIR "/tests/lib/scripted_pinentry.sh", .ttytype = "xterm"};
static const struct window_text text = {
    .title = "題", .description = "一行目\n100%", .prompt = "P", .ok = "O", .cancel = "C"};

static bool always(void *ctx)
{
    (void)ctx;
    return true;
}

static bool for_a_moment(void *ctx)
{
    return clock_steady_ms() < *(const int64_t *)ctx;
}

static void remove_script(void)
{
    static const char *const ends[] = {"", ".n", ".log"};
    for (int i = 0; i < 3; i++) {
        char path[80];
        snprintf(path, sizeof path, "%s%s", script, ends[i]);
        unlink(path);
    }
}

static void set_script(const char *s)
{
    snprintf(script, sizeof script, "/tmp/genkan-window-%d", (int)getpid());
    remove_script();
    cr_assert(!file_write(script, view_text(s), 0600));
    setenv("PINENTRY_SCRIPT", script, 1);
    signal(SIGPIPE, SIG_IGN);
}

TestSuite(window, .fini = remove_script);

static enum window_answer ask(const char *s, struct pin *pin)
{
    struct window w = pinentry_window(&program);
    const struct window_watch watch = {always, NULL};
    set_script(s);
    return w.ask_pin(w.ctx, &text, &watch, pin);
}

Test(window, gives_what_was_typed)
{
    struct pin pin;
    cr_assert_eq(ask("pin 1234\n", &pin), WINDOW_OK);
    cr_expect(pin.n == 4 && memcmp(pin.b, "1234", 4) == 0);
    cr_assert_eq(ask("pin 12%2534\n", &pin), WINDOW_OK);
    cr_expect(pin.n == 5 && memcmp(pin.b, "12%34", 5) == 0);
}

Test(window, tells_the_texts_escaped)
{
    struct pin pin;
    struct arena a;
    struct view log;
    arena_open(&a, 65536);
    cr_assert_eq(ask("pin 1234\n", &pin), WINDOW_OK);
    cr_assert(!file_read(&a, arena_printf(&a, "%s.log", script), 65536, &log));
    const char *said = arena_text(&a, log);
    cr_expect(strstr(said, "SETTITLE 題\n") && strstr(said, "SETDESC 一行目%0A100%25\n") && strstr(said, "SETOK O\n"));
    cr_expect(!strstr(said, "SETERROR"));
    arena_close(&a);
}

Test(window, what_is_too_long_stays_too_long)
{
    struct pin pin;
    cr_assert_eq(ask("long\n", &pin), WINDOW_OK);
    cr_expect_eq(pin.n, PIN_ROOM);
}

Test(window, cancel_is_cancel_and_leaves_nothing)
{
    struct pin pin;
    memset(&pin, 7, sizeof pin);
    cr_expect_eq(ask("cancel\n", &pin), WINDOW_CANCELLED);
    cr_expect_eq(pin.n, 0);
    cr_expect_eq(pin.b[0], 0);
}

Test(window, a_program_that_fails_is_not_a_cancel)
{
    struct pin pin;
    cr_expect_eq(ask("die\n", &pin), WINDOW_FAILED);
    cr_expect_eq(ask("garbage\n", &pin), WINDOW_FAILED);
    struct pinentry none = {.program = "/nonexistent/pinentry"}, mute = {.program = "/bin/true"};
    const struct window_watch watch = {always, NULL};
    struct window w = pinentry_window(&none);
    cr_expect_eq(w.ask_pin(w.ctx, &text, &watch, &pin), WINDOW_FAILED);
    w = pinentry_window(&mute);
    cr_expect_eq(w.ask_pin(w.ctx, &text, &watch, &pin), WINDOW_FAILED);
}

static void closes(const char *s)
{
    struct pin pin;
    struct window w = pinentry_window(&program);
    int64_t until = clock_steady_ms() + 300;
    const struct window_watch watch = {for_a_moment, &until};
    set_script(s);
    cr_expect_eq(w.ask_pin(w.ctx, &text, &watch, &pin), WINDOW_STOPPED);
    cr_expect_lt(clock_steady_ms(), until + 5000);
    cr_expect(waitpid(-1, NULL, WNOHANG) <= 0, "nothing of it is left behind");
}

Test(window, is_closed_when_the_watch_says_so)
{
    closes("hang\n");
}

Test(window, is_closed_even_when_it_does_not_want_to)
{
    closes("stubborn\n");
}

Test(window, confirms)
{
    struct window w = pinentry_window(&program);
    const struct window_watch watch = {always, NULL};
    set_script("ok\ncancel\n");
    cr_expect_eq(w.confirm(w.ctx, &text, &watch), WINDOW_OK);
    cr_expect_eq(w.confirm(w.ctx, &text, &watch), WINDOW_CANCELLED);
}

Test(window, large_letters_are_asked_of_the_toolkit)
{
    struct pin pin;
    struct window w = pinentry_window(&program);
    struct window_text big = text;
    const struct window_watch watch = {always, NULL};
    big.large = true;
    set_script("pin 1234\n");
    cr_expect_eq(w.ask_pin(w.ctx, &big, &watch, &pin), WINDOW_OK);
}

/* What the agent has open (the card's connection, the browser's) is none of pinentry's. */
Test(window, nothing_open_here_is_open_there)
{
    static const char wrapper[] =
        "#!/bin/sh\nls /proc/$$/fd > \"$PINENTRY_SCRIPT.n.fds\"\nexec " SOURCE_DIR "/tests/lib/scripted_pinentry.sh\n";
    struct pin pin;
    struct arena a;
    struct view fds;
    char path[80], list[80];
    arena_open(&a, 65536);
    cr_assert_eq(dup2(STDOUT_FILENO, 77), 77);
    for (int large = 0; large < 2; large++) {
        struct pinentry wrapped = program;
        snprintf(path, sizeof path, "/tmp/genkan-window-%d.sh", (int)getpid());
        cr_assert(!file_write(path, view_text(wrapper), 0700));
        wrapped.program = path;
        wrapped.large = large;
        struct window w = pinentry_window(&wrapped);
        set_script("pin 1234\n");
        cr_assert_eq(w.ask_pin(w.ctx, &text, &(struct window_watch){always, NULL}, &pin), WINDOW_OK);
        snprintf(list, sizeof list, "%s.n.fds", script);
        cr_assert(!file_read(&a, list, 65536, &fds));
        cr_expect(view_starts(fds, VIEW("0\n1\n")), "%.*s", (int)fds.n, (const char *)fds.p);
        cr_expect(!strstr(arena_text(&a, fds), "77\n"), "%.*s", (int)fds.n, (const char *)fds.p);
        unlink(list);
        unlink(path);
    }
    arena_close(&a);
}

Test(window, escapes_and_bounds)
{
    char out[8];
    cr_assert(!assuan_escape(out, sizeof out, "a%\n"));
    cr_expect_str_eq(out, "a%25%0A");
    cr_expect_eq(assuan_escape(out, sizeof out, "a%\nb"), ERR_LIMIT);
    cr_assert(!assuan_escape(out, sizeof out, ""));
    cr_expect_str_eq(out, "");
}

/* What a window's program finds in its environment when LARGE is asked for by the request, or always. */
static const char *environment(struct arena *a, bool by_request, bool always_large)
{
    char path[80], marker[96];
    struct view log;
    struct pin pin;
    snprintf(path, sizeof path, "/tmp/genkan-window-%d.sh", (int)getpid());
    snprintf(marker, sizeof marker, "%s.out", path);
    const char *program_text = arena_printf(a, "#!/bin/sh\n{ env; cat \"$GTK2_RC_FILES\"; } >%s 2>/dev/null\nexec %s\n",
                                            marker, program.program);
    cr_assert(!file_write(path, view_text(program_text), 0700));
    struct pinentry p = {.program = path, .large = always_large};
    struct window w = pinentry_window(&p);
    struct window_text t = text;
    const struct window_watch watch = {always, NULL};
    t.large = by_request;
    set_script("pin 1234\n");
    cr_assert_eq(w.ask_pin(w.ctx, &t, &watch, &pin), WINDOW_OK);
    cr_assert(!file_read(a, marker, 65536, &log));
    unlink(path);
    unlink(marker);
    return arena_text(a, log);
}

Test(window, large_letters_reach_every_toolkit_and_come_only_when_asked_for)
{
    struct arena a;
    arena_open(&a, 1 << 20);
    const char *plain = environment(&a, false, false);
    cr_expect(!strstr(plain, "QT_SCALE_FACTOR") && !strstr(plain, "GTK2_RC_FILES"), "%s", plain);
    for (int i = 0; i < 2; i++) {
        const char *large = environment(&a, i == 0, i == 1);
        cr_expect(strstr(large, "QT_SCALE_FACTOR=1.6\n") && strstr(large, "GDK_DPI_SCALE=1.6\n"), "%s", large);
        cr_expect(strstr(large, "\ngtk-font-name = \"Sans 18\"\n"), "%s", large);
    }
    arena_close(&a);
}

static enum window_answer confirm_with(const char *s, const char *other)
{
    struct window w = pinentry_window(&program);
    const struct window_watch watch = {always, NULL};
    struct window_text three = text;
    three.other = other;
    set_script(s);
    return w.confirm(w.ctx, &three, &watch);
}

Test(window, a_third_button_is_told_apart_from_no_only_where_there_is_one)
{
    cr_expect_eq(confirm_with("other\n", "X"), WINDOW_OTHER);
    cr_expect_eq(confirm_with("cancel\n", "X"), WINDOW_CANCELLED);
    cr_expect_eq(confirm_with("ok\n", "X"), WINDOW_OK);
    cr_expect_eq(confirm_with("other\n", NULL), WINDOW_CANCELLED);
}
