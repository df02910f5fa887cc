/* What a screen reader says when the PIN window opens, before anything is typed. `session --aloud` runs it beside Orca,
 * whose log holds every sentence that would go to a voice. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "tests/access/seat.h"

#define GNOME "/usr/bin/pinentry-gnome3"

static struct seat seat;
static struct arena a;

static void open_seat(void)
{
    arena_open(&a, 256 << 20);
    seat_open(&seat, GNOME, NULL);
}

static void close_seat(void)
{
    seat_close(&seat);
    arena_close(&a);
}

TestSuite(spoken, .init = open_seat, .fini = close_seat, .timeout = 120);

/* Everything it has said from byte FROM of its log on: the texts behind "SPEECH OUTPUT: '", which may have several
 * lines. In the arena. */
static const char *said(size_t from, size_t *end)
{
    struct view log;
    const char *out = "", *path = getenv("ACCESS_SPEECH");
    cr_assert_not_null(path, "this runs beside a screen reader only");
    cr_assert_eq(file_read(&a, path, 64 << 20, &log), ERR_OK);
    *end = log.n;
    static const char begin[] = "SPEECH OUTPUT: '";
    const char *at = (const char *)log.p + from, *behind = (const char *)log.p + log.n, *to;
    while ((at = memmem(at, (size_t)(behind - at), begin, strlen(begin)))) {
        at += strlen(begin);
        to = memmem(at, (size_t)(behind - at), "'{", 2);
        if (!to)
            break;
        out = arena_printf(&a, "%s%.*s\n", out, (int)(to - at), at);
        at = to;
    }
    return out;
}

/* What it says of the window, up to the field. */
static const char *hear(size_t from)
{
    struct timespec t = {0, 100000000};
    size_t end;
    for (int64_t until = clock_steady_ms() + 30000; clock_steady_ms() < until; nanosleep(&t, NULL)) {
        const char *words = said(from, &end);
        if (strstr(words, "password text"))
            return words;
    }
    cr_assert_fail("the field was not spoken of: %s", said(from, &end));
    return NULL;
}

static void listen(struct view language, const char *title)
{
    size_t from;
    (void)said(0, &from);
    seat_begins(&seat, language);
    const char *words = hear(from), *at = strstr(words, title);
    cr_expect_not_null(at, "%s is not in: %s", title, words);
    for (const char *const *word = seat_words(language); *word && at; word++) {
        const char *found = strstr(at, *word);
        cr_expect_not_null(found, "%s was not said, or not in its place: %s", *word, words);
        at = found;
    }
    cr_expect(!at || strstr(at, "password text"), "then the field: %s", words);
}

Test(spoken, the_window_says_who_asks_and_how_many_tries_there_are_before_the_field)
{
    listen(VIEW("ja"), "マイナンバーカードの暗証番号");
}

Test(spoken, it_says_so_in_english)
{
    listen(VIEW("en"), "My Number Card PIN");
}
