/* The real PIN windows as the accessibility bus has them: everything that is to be known is there, the field is known
 * for a password and has the focus, and the window can be used without seeing it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/access/seat.h"

static struct seat seat;

static void close_seat(void)
{
    seat_close(&seat);
}

TestSuite(window_access, .fini = close_seat, .timeout = 120);

/* What access_reader prints; its exit status is 0. In the seat's arena. */
static const char *reader(const char *what, const char *more)
{
    static char out[8192];
    char command[512];
    snprintf(command, sizeof command, "%s/tests/access/access_reader %s '%s'", BUILD_DIR, what, more);
    FILE *f = popen(command, "r");
    cr_assert_not_null(f);
    size_t n = fread(out, 1, sizeof out - 1, f);
    out[n] = '\0';
    int status = pclose(f);
    cr_assert_eq(status, 0, "access_reader %s %s: %d; %s", what, more, status, agent_rig_log(&seat.agent));
    return out;
}

static void expect_line(const char *tree, const char *line)
{
    cr_expect_not_null(strstr(tree, line), "\"%s\" is not in\n%s", line, tree);
}

struct wanted {
    struct view language;
    const char *title, *prompt, *ok, *cancel;
};

static const struct wanted ja = {VIEW("ja"), "マイナンバーカードの暗証番号", "利用者証明用 暗証番号：", "確定", "中止"};
static const struct wanted en = {VIEW("en"), "My Number Card PIN", "Authentication PIN:", "OK", "Cancel"};

static void expect_window(const struct wanted *w, const char *kind)
{
    char line[200];
    const char *tree = reader("look", ""), *at = tree;
    snprintf(line, sizeof line, "%s\t%s\t", kind, w->title);
    cr_expect(strncmp(tree, line, strlen(line)) == 0, "it does not begin with %s:\n%s", line, tree);
    for (const char *const *word = seat_words(w->language); *word; word++) {
        const char *found = strstr(at, *word);
        cr_expect_not_null(found, "%s is not there, or not in its place:\n%s", *word, tree);
        at = found ? found : at;
    }
    expect_line(tree, "password text\t\tfocused\n");
    snprintf(line, sizeof line, "label\t%s\t", w->prompt);
    expect_line(tree, line);
    snprintf(line, sizeof line, "push button\t%s\t", w->ok);
    expect_line(tree, line);
    snprintf(line, sizeof line, "push button\t%s\t", w->cancel);
    expect_line(tree, line);
}

/* Several times: a window that comes to the bus only sometimes is none. */
static void use(const char *pinentry, const char *kind, const struct wanted *w)
{
    seat_open(&seat, pinentry, NULL);
    for (int i = 0; i < 3; i++) {
        seat_begins(&seat, w->language);
        expect_window(w, kind);
        reader("type", "1234");
        reader("press", w->ok);
        cr_expect_eq(seat_ends(&seat), PROOF_OK, "%s", agent_rig_log(&seat.agent));
        reader("gone", "");
    }
}

static void cancel(const char *pinentry, const struct wanted *w)
{
    seat_open(&seat, pinentry, NULL);
    seat_begins(&seat, w->language);
    reader("press", w->cancel);
    cr_expect_eq(seat_ends(&seat), PROOF_USER_CANCELLED);
}

#define GNOME "/usr/bin/pinentry-gnome3"
#define GTK   "/usr/bin/pinentry-gtk-2"

Test(window_access, of_gnome_is_a_dialog_that_says_everything)
{
    use(GNOME, "dialog", &ja);
}

Test(window_access, of_gnome_says_it_in_english)
{
    use(GNOME, "dialog", &en);
}

Test(window_access, of_gnome_can_be_cancelled)
{
    cancel(GNOME, &ja);
}

Test(window_access, of_gtk_has_everything)
{
    use(GTK, "frame", &ja);
}

Test(window_access, of_gtk_has_it_in_english)
{
    use(GTK, "frame", &en);
}

Test(window_access, of_gtk_can_be_cancelled)
{
    cancel(GTK, &en);
}
