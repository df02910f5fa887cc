#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>

#include "idp/state/key_document.h"
#include "tests/lib/box.h"
#include "tests/lib/key_folder.h"

enum { NOW = 1000000, READERS = 8 };

static struct box box;
static struct keys *keys;
static struct key_document *document;

static void open_box(void)
{
    char folder[80];
    const char *why = "";

    box_open_empty(&box);
    snprintf(folder, sizeof folder, "%s/keys", box.folder);
    key_folder_copy(&box.a, folder, NOW);
    cr_assert_eq(keys_rotate_at_once(folder, KEY_TOKEN, JWS_ES256, NOW), ERR_OK);
    cr_assert_eq(keys_open(&keys, folder, &why), ERR_OK, "%s", why);
    cr_assert_eq(key_document_open(&document, keys), ERR_OK);
}

static void close_box(void)
{
    key_document_close(document);
    keys_close(keys);
    box_close(&box);
}

TestSuite(key_document, .init = open_box, .fini = close_box);

static struct view written_anew(int64_t now)
{
    struct buf b;
    struct view text;

    buf_open(&b, &box.a, 65536);
    keys_put_jwks(&b, keys, KEY_TOKEN, now);
    cr_assert_eq(buf_done(&b, &text), ERR_OK);
    return text;
}

Test(key_document, loses_a_retired_key_the_second_it_is_over)
{
    struct view last = key_document_at(document, NOW + KEY_RETIRE_S - 1),
                next = key_document_at(document, NOW + KEY_RETIRE_S);

    cr_expect_lt(next.n, last.n);
    cr_expect(view_equal(last, written_anew(NOW + KEY_RETIRE_S - 1)));
    cr_expect(view_equal(next, written_anew(NOW + KEY_RETIRE_S)));
}

Test(key_document, is_the_very_same_as_long_as_nothing_changes)
{
    struct view first = key_document_at(document, NOW);

    cr_expect(view_equal(first, written_anew(NOW)));
    cr_expect_eq(key_document_at(document, NOW + 1).p, first.p);
    cr_expect_eq(key_document_at(document, NOW + KEY_RETIRE_S - 1).p, first.p);
}

Test(key_document, of_before_stays_for_those_who_are_sending_it)
{
    struct view first = key_document_at(document, NOW);
    const char *copy = arena_text(&box.a, first);
    struct view second = key_document_at(document, NOW + KEY_RETIRE_S);

    cr_expect_neq(second.p, first.p);
    cr_expect(view_equal_text(first, copy));
    cr_expect_eq(key_document_at(document, NOW + 5).p, first.p, "also when the clock is set back");
    cr_expect(view_equal(key_document_at(document, NOW - 5), written_anew(NOW - 5)));
}

static void *read_it(void *out)
{
    *(struct view *)out = key_document_at(document, NOW);
    return NULL;
}

Test(key_document, is_written_once_for_many)
{
    pthread_t threads[READERS];
    struct view got[READERS];

    for (int i = 0; i < READERS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, read_it, &got[i]), 0);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < READERS; i++)
        cr_expect(view_is(got[i]) && got[i].p == got[0].p);
}
