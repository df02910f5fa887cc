/* Our keys for encryption: made once, changed, and good for what was encrypted to the last ones. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "idp/tokens/keys.h"
#include "tests/lib/box.h"
#include "tests/lib/key_folder.h"

enum { NOW = 1000000 };

static struct box box;
static char folder[80];

static void make(void)
{
    box_open_empty(&box);
    snprintf(folder, sizeof folder, "%s/keys", box.folder);
    key_folder_copy(&box.a, folder, NOW);
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(locks, .init = make, .fini = close_box);

static struct locks *open_locks(void)
{
    struct locks *l;

    cr_assert_eq(locks_open(&l, folder), ERR_OK);
    return l;
}

static size_t count(const struct locks *l, bool retired)
{
    size_t n = 0;

    for (size_t i = 0; i < locks_count(l); i++)
        n += locks_at(l, i)->retired == retired;
    return n;
}

static const char *path_of(const char *name)
{
    return arena_printf(&box.a, "%s/%s", folder, name);
}

Test(locks, that_cannot_be_used_are_refused)
{
    static const char *const lists[] = {
        "",
        "[]x",
        "{\"locks\":[{}]}",
        "{\"locks\":[{\"alg\":\"ECDH-ES\",\"kid\":\"../../../../../../../../../../../../../etc/"
        "p\",\"retired\":false,\"since\":1}]}",
        "{\"locks\":[{\"alg\":\"RSA1_5\",\"kid\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"retired\":false,"
        "\"since\":1}]}",
        "{\"locks\":[{\"alg\":\"ECDH-ES\",\"kid\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"retired\":false,"
        "\"since\":1}]}"};
    struct locks *l;
    struct keys *k;

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        cr_assert_eq(file_write(path_of("locks.json"), view_text(lists[i]), 0600), ERR_OK);
        cr_expect_eq(locks_open(&l, folder), ERR_CONFIG, "%s", lists[i]);
        cr_expect_eq(keys_open(&k, folder, NULL), ERR_CONFIG);
    }
    cr_assert_eq(file_write(path_of("locks.json"), VIEW("{\"locks\":[]}"), 0644), ERR_OK);
    cr_expect_eq(locks_open(&l, folder), ERR_PERMISSION);
}

Test(locks, are_one_of_each_kind_and_are_found_by_their_name)
{
    struct locks *l = open_locks();
    const struct jwe_key *rsa = locks_find(l, VIEW_NONE, JWE_RSA_OAEP_256), *ec = locks_find(l, VIEW_NONE, JWE_ECDH_ES);

    cr_assert(rsa && ec);
    cr_expect_eq(locks_count(l), 2);
    cr_expect_eq(locks_find(l, jwe_key_id(rsa), JWE_RSA_OAEP_256), rsa);
    cr_expect_eq(locks_find(l, jwe_key_id(ec), JWE_ECDH_ES_A256KW), ec);
    cr_expect_null(locks_find(l, jwe_key_id(rsa), JWE_ECDH_ES), "another kind");
    cr_expect_null(locks_find(l, VIEW("x"), JWE_ECDH_ES), "a name of nobody");
    cr_expect_null(locks_find(NULL, VIEW_NONE, JWE_ECDH_ES));
    locks_close(l);
}

Test(locks, of_an_older_folder_are_made)
{
    struct keys *k;

    cr_assert_eq(unlink(path_of("locks.json")), 0);
    cr_assert_eq(keys_open(&k, folder, NULL), ERR_OK);
    cr_expect_null(keys_locks(k));
    keys_close(k);
    cr_assert_eq(keys_complete(folder, NOW), ERR_OK);
    struct locks *l = open_locks();
    cr_expect_eq(count(l, false), 2);
    locks_close(l);
}

static bool is_published(const char *kid)
{
    struct keys *k;
    struct buf b;
    const char *text;

    cr_assert_eq(keys_open(&k, folder, NULL), ERR_OK);
    buf_open(&b, &box.a, 65536);
    keys_put_jwks(&b, k, KEY_TOKEN, NOW);
    keys_close(k);
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    return strstr(text, kid) != NULL;
}

Test(locks, that_were_changed_are_no_longer_published_and_open_for_two_days_more)
{
    struct locks *l = open_locks();
    struct view old = jwe_key_id(locks_find(l, VIEW_NONE, JWE_ECDH_ES));
    const char *kid = arena_text(&box.a, old), *pem = path_of(arena_printf(&box.a, "%s.pem", kid));
    locks_close(l);

    cr_expect(is_published(kid));
    cr_assert_eq(keys_rotate_locks(folder, NOW), ERR_OK);
    cr_expect_not(is_published(kid));
    l = open_locks();
    cr_expect(count(l, false) == 2 && count(l, true) == 2);
    cr_expect_not_null(locks_find(l, view_text(kid), JWE_ECDH_ES));
    cr_expect_not(view_equal_text(jwe_key_id(locks_find(l, VIEW_NONE, JWE_ECDH_ES)), kid), "the new one is used");
    locks_close(l);

    cr_assert_eq(keys_rotate_locks(folder, NOW + LOCK_RETIRE_S - 1), ERR_OK);
    cr_expect_eq(access(pem, F_OK), 0);
    cr_assert_eq(keys_rotate_locks(folder, NOW + LOCK_RETIRE_S), ERR_OK);
    cr_expect_neq(access(pem, F_OK), 0, "over");
    l = open_locks();
    cr_expect_null(locks_find(l, view_text(kid), JWE_ECDH_ES));
    locks_close(l);
}
