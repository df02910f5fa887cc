#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "idp/tokens/keys.h"
#include "tests/lib/box.h"
#include "tests/lib/key_folder.h"

enum { NOW = 1000000 };

static struct box box;
static char folder[80];

static void open_box(void)
{
    box_open_empty(&box);
    snprintf(folder, sizeof folder, "%s/keys", box.folder);
}

static void make(void)
{
    open_box();
    key_folder_copy(&box.a, folder, NOW);
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(keys, .init = make, .fini = close_box);
TestSuite(keys_of_nobody, .init = open_box, .fini = close_box);

static struct keys *open_keys(void)
{
    const char *why = "";
    struct keys *k;

    cr_assert_eq(keys_open(&k, folder, &why), ERR_OK, "%s", why);
    return k;
}

static const char *path_of(const char *name)
{
    static char path[200];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static enum err open_fails(const char **why)
{
    struct keys *k = NULL;
    enum err e = keys_open(&k, folder, why);

    cr_expect_null(k);
    return e;
}

Test(keys_of_nobody, are_not_found)
{
    const char *why;

    cr_expect_eq(open_fails(&why), ERR_NOT_FOUND);
}

Test(keys_of_nobody, cannot_be_rotated)
{
    cr_expect_eq(keys_rotate(folder, KEY_TOKEN, JWS_ES256, NOW), ERR_NOT_FOUND);
}

Test(keys, are_refused_when_others_may_read_any_of_the_files)
{
    const char *const names[] = {"keys.json", "lasting.secret", "passing.secret"};
    const char *why = "";

    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(chmod(path_of(names[i]), 0640), 0);
        cr_expect_eq(open_fails(&why), ERR_PERMISSION, "%s", names[i]);
        cr_assert_eq(chmod(path_of(names[i]), 0600), 0);
    }
    struct keys *k = open_keys();
    char pem[100];
    snprintf(pem, sizeof pem, "%s.pem", jws_key_id(keys_at(k, 0)->key));
    keys_close(k);
    cr_assert_eq(chmod(path_of(pem), 0604), 0);
    cr_expect_eq(open_fails(&why), ERR_PERMISSION);
    cr_expect(strstr(why, "0600"), "%s", why);
}

Test(keys, are_refused_when_a_file_is_missing)
{
    const char *why = "";

    cr_assert_eq(unlink(path_of("lasting.secret")), 0);
    cr_expect_eq(open_fails(&why), ERR_CONFIG, "without it every resident would get a new sub");
}

Test(keys, are_refused_when_a_secret_is_short)
{
    const char *why = "";

    cr_assert_eq(file_write(path_of("passing.secret"), VIEW("short"), 0600), ERR_OK);
    cr_expect_eq(open_fails(&why), ERR_CONFIG);
}

Test(keys, are_refused_when_the_list_is_strange)
{
    static const char *const lists[] = {
        "",
        "{}",
        "[]",
        "{\"keys\":[{}]}",
        "{\"keys\":[{\"alg\":\"ES256\",\"kid\":\"../../etc/x\",\"use\":\"token\",\"state\":\"active\",\"since\":1}]}",
        "{\"keys\":[{\"alg\":\"ES256\",\"kid\":\"a\",\"use\":\"other\",\"state\":\"active\",\"since\":1}]}",
        "{\"keys\":[{\"alg\":\"HS256\",\"kid\":\"a\",\"use\":\"token\",\"state\":\"active\",\"since\":1}]}"};
    const char *why;

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        cr_assert_eq(file_write(path_of("keys.json"), view_text(lists[i]), 0600), ERR_OK);
        cr_expect_neq(open_fails(&why), ERR_OK, "%s", lists[i]);
    }
}

Test(keys, are_refused_when_a_file_holds_another_key_than_its_name_says)
{
    struct keys *k = open_keys();
    struct view pem;
    char from[100], to[100];
    const char *why;

    snprintf(from, sizeof from, "%s.pem", jws_key_id(keys_at(k, 0)->key));
    snprintf(to, sizeof to, "%s.pem", jws_key_id(keys_at(k, 1)->key));
    keys_close(k);
    cr_assert_eq(file_read_secret(&box.a, path_of(from), 65536, &pem), ERR_OK);
    cr_assert_eq(file_write(path_of(to), pem, 0600), ERR_OK);
    cr_expect_eq(open_fails(&why), ERR_CONFIG);
}

Test(keys, are_never_made_over_others)
{
    cr_expect_eq(keys_make(folder, NOW), ERR_CONFLICT);
}

Test(keys_of_nobody, are_files_that_only_their_owner_may_read)
{
    cr_assert_eq(keys_make(folder, NOW), ERR_OK);
    char **names;
    size_t n;
    struct stat s;

    cr_assert_eq(file_list(&box.a, folder, "", &names, &n), ERR_OK);
    cr_expect_eq(n, 16, "ten keys, two locks, their lists, two secrets");
    for (size_t i = 0; i < n; i++) {
        cr_assert_eq(stat(path_of(names[i]), &s), 0);
        cr_expect_eq(s.st_mode & 0777, 0600, "%s", names[i]);
    }
    cr_assert_eq(stat(folder, &s), 0);
    cr_expect_eq(s.st_mode & 0777, 0700);
}

static size_t count(const struct keys *k, enum key_use use, enum jws_alg alg, enum key_state state)
{
    size_t n = 0;

    for (size_t i = 0; i < keys_count(k); i++) {
        const struct key_row *row = keys_at(k, i);
        n += row->use == use && jws_key_alg(row->key) == alg && row->state == state;
    }
    return n;
}

Test(keys, begin_with_one_that_signs_and_one_that_comes_next)
{
    struct keys *k = open_keys();

    cr_expect_eq(count(k, KEY_TOKEN, JWS_RS256, KEY_ACTIVE), 1);
    cr_expect_eq(count(k, KEY_TOKEN, JWS_RS256, KEY_NEXT), 1);
    cr_expect_eq(count(k, KEY_TOKEN, JWS_ES256, KEY_ACTIVE), 1);
    cr_expect_eq(count(k, KEY_TOKEN, JWS_ES256, KEY_NEXT), 1);
    cr_expect_eq(count(k, KEY_TOKEN, JWS_PS256, KEY_ACTIVE), 1);
    cr_expect_eq(count(k, KEY_TOKEN, JWS_PS256, KEY_NEXT), 1);
    cr_expect_eq(count(k, KEY_TOKEN, JWS_EDDSA, KEY_ACTIVE), 1);
    cr_expect_eq(count(k, KEY_TOKEN, JWS_EDDSA, KEY_NEXT), 1);
    cr_expect_eq(count(k, KEY_CARD, JWS_ES256, KEY_ACTIVE), 1);
    cr_expect_null(keys_active(k, KEY_CARD, JWS_RS256));
    keys_close(k);
}

static struct view jwks(const struct keys *k, enum key_use use, int64_t now)
{
    struct view text;
    struct buf b;

    buf_open(&b, &box.a, 65536);
    keys_put_jwks(&b, k, use, now);
    cr_assert_eq(buf_done(&b, &text), ERR_OK);
    return text;
}

static bool is_published(const struct keys *k, const char *kid, int64_t now)
{
    struct json *j;

    cr_assert_eq(json_read(&j, &box.a, jwks(k, KEY_TOKEN, now), NULL), ERR_OK);
    const struct json *list = json_member(j, "keys");
    for (size_t i = 0; i < json_count(list); i++)
        if (view_equal_text(json_member_text(json_at(list, i), "kid"), kid))
            return true;
    return false;
}

Test(keys, publish_no_private_part_and_no_key_of_card_requests)
{
    struct keys *k = open_keys();
    const char *card = jws_key_id(keys_active(k, KEY_CARD, JWS_ES256));
    struct json *j;

    cr_assert_eq(json_read(&j, &box.a, jwks(k, KEY_TOKEN, NOW), NULL), ERR_OK);
    const struct json *list = json_member(j, "keys");
    cr_expect_eq(json_count(list), 10, "eight for tokens, two for encryption");
    for (size_t i = 0; i < json_count(list); i++) {
        cr_expect_null(json_member(json_at(list, i), "d"));
        cr_expect_null(json_member(json_at(list, i), "p"));
        cr_expect(view_equal_text(json_member_text(json_at(list, i), "use"), i < 8 ? "sig" : "enc"));
    }
    cr_expect_not(is_published(k, card, NOW));
    cr_expect_null(keys_find(k, KEY_TOKEN, view_text(card)), "a card request is no token");
    keys_close(k);
}

/* RFC 8725 3.1 */
Test(keys, serve_one_algorithm_each)
{
    struct keys *k = open_keys();

    for (size_t i = 0; i < keys_count(k); i++)
        for (size_t j = 0; j < i; j++)
            cr_expect_str_neq(jws_key_thumbprint(keys_at(k, i)->key), jws_key_thumbprint(keys_at(k, j)->key));
    keys_close(k);
}

/* As a folder of before: without the keys of ALG. */
static void forget(const char *alg)
{
    struct view text;
    const char *row, *end;

    cr_assert_eq(file_read_secret(&box.a, path_of("keys.json"), 65536, &text), ERR_OK);
    char *list = arena_text(&box.a, text);
    while ((row = strstr(list, arena_printf(&box.a, "{\"alg\":\"%s\"", alg)))) {
        end = strchr(row, '}') + 1;
        end += *end == ',';
        memmove((char *)(uintptr_t)row, end, strlen(end) + 1);
    }
    size_t n = strlen(list);
    if (n > 3 && list[n - 3] == ',')
        memmove(list + n - 3, list + n - 2, 3);
    cr_assert_eq(file_write(path_of("keys.json"), view_text(list), 0600), ERR_OK);
}

Test(keys, of_an_older_folder_are_completed_and_nothing_of_it_is_lost)
{
    forget("PS256");
    forget("EdDSA");
    struct keys *before = open_keys(), *after;
    cr_assert_eq(keys_count(before), 6);
    cr_expect_null(keys_active(before, KEY_TOKEN, JWS_PS256));

    cr_assert_eq(keys_complete(folder, NOW + 5), ERR_OK);
    after = open_keys();
    cr_expect_eq(keys_count(after), 10);
    for (size_t i = 0; i < keys_count(before); i++) {
        cr_expect_str_eq(jws_key_id(keys_at(before, i)->key), jws_key_id(keys_at(after, i)->key));
        cr_expect_eq(keys_at(before, i)->since, keys_at(after, i)->since);
    }
    cr_expect_eq(count(after, KEY_TOKEN, JWS_EDDSA, KEY_NEXT), 1);
    cr_expect_eq(keys_next_since(after, KEY_TOKEN, JWS_PS256), NOW + 5);
    keys_close(before);
    keys_close(after);

    struct view once, twice;
    cr_assert_eq(file_read_secret(&box.a, path_of("keys.json"), 65536, &once), ERR_OK);
    cr_assert_eq(keys_complete(folder, NOW + 6), ERR_OK);
    cr_assert_eq(file_read_secret(&box.a, path_of("keys.json"), 65536, &twice), ERR_OK);
    cr_expect(view_equal(once, twice), "once is enough");
}

Test(keys, that_every_folder_has_are_not_made_up_when_they_are_lost)
{
    const char *why = "";

    forget("RS256");
    cr_expect_eq(open_fails(&why), ERR_CONFIG);
    cr_expect_eq(keys_complete(folder, NOW), ERR_CONFIG,
                 "services know the lost ones, nobody may replace them quietly");
}

Test(keys_of_nobody, are_not_completed)
{
    cr_expect_eq(keys_complete(folder, NOW), ERR_NOT_FOUND);
}

Test(keys, rotate_to_the_one_that_was_published_before)
{
    struct keys *before = open_keys(), *after;
    const char *old = jws_key_id(keys_active(before, KEY_TOKEN, JWS_ES256)), *next = NULL;

    for (size_t i = 0; i < keys_count(before); i++)
        if (keys_at(before, i)->state == KEY_NEXT && keys_at(before, i)->use == KEY_TOKEN &&
            jws_key_alg(keys_at(before, i)->key) == JWS_ES256)
            next = jws_key_id(keys_at(before, i)->key);
    cr_assert_not_null(next);
    cr_expect(is_published(before, next, NOW), "published before it signs");

    cr_assert_eq(keys_rotate(folder, KEY_TOKEN, JWS_ES256, NOW + KEY_KNOWN_S), ERR_OK);
    after = open_keys();
    cr_expect_str_eq(jws_key_id(keys_active(after, KEY_TOKEN, JWS_ES256)), next);
    cr_expect_eq(count(after, KEY_TOKEN, JWS_ES256, KEY_RETIRED), 1);
    cr_expect_eq(count(after, KEY_TOKEN, JWS_ES256, KEY_NEXT), 1);
    cr_expect_eq(count(after, KEY_TOKEN, JWS_RS256, KEY_RETIRED), 0, "other algorithms are left alone");
    cr_expect(is_published(after, old, NOW + KEY_KNOWN_S), "what it signed still lives");
    cr_expect(is_published(after, old, NOW + KEY_KNOWN_S + KEY_RETIRE_S - 1));
    cr_expect_not(is_published(after, old, NOW + KEY_KNOWN_S + KEY_RETIRE_S), "and is dead now");
    keys_close(before);
    keys_close(after);
}

Test(keys, that_services_may_not_know_yet_do_not_sign)
{
    cr_expect_eq(keys_rotate(folder, KEY_TOKEN, JWS_ES256, NOW + KEY_KNOWN_S - 1), ERR_CONFLICT);
    cr_expect_eq(keys_rotate(folder, KEY_TOKEN, JWS_ES256, NOW - 1), ERR_CONFLICT, "nor with a clock set back");
    cr_assert_eq(keys_rotate(folder, KEY_TOKEN, JWS_ES256, NOW + KEY_KNOWN_S), ERR_OK);
    cr_expect_eq(keys_rotate(folder, KEY_TOKEN, JWS_ES256, NOW + KEY_KNOWN_S + 60), ERR_CONFLICT, "the same day");
    cr_expect_eq(keys_rotate(folder, KEY_TOKEN, JWS_RS256, NOW + KEY_KNOWN_S + 60), ERR_OK, "another kind");

    struct keys *k = open_keys();
    cr_expect_eq(count(k, KEY_TOKEN, JWS_ES256, KEY_RETIRED), 1, "what was refused changed nothing");
    cr_expect_eq(keys_next_since(k, KEY_TOKEN, JWS_ES256), NOW + KEY_KNOWN_S);
    cr_expect_eq(keys_next_since(k, KEY_CARD, JWS_RS256), 0);
    keys_close(k);
    cr_expect_eq(keys_rotate_at_once(folder, KEY_TOKEN, JWS_ES256, NOW + KEY_KNOWN_S + 60), ERR_OK);
}

Test(keys, delete_retired_ones_when_they_are_over)
{
    struct keys *k = open_keys();
    char old[100];

    snprintf(old, sizeof old, "%s.pem", jws_key_id(keys_active(k, KEY_TOKEN, JWS_ES256)));
    keys_close(k);
    cr_assert_eq(keys_rotate_at_once(folder, KEY_TOKEN, JWS_ES256, NOW), ERR_OK);
    cr_assert_eq(access(path_of(old), F_OK), 0);
    cr_assert_eq(keys_rotate(folder, KEY_TOKEN, JWS_ES256, NOW + KEY_RETIRE_S), ERR_OK);
    cr_expect_neq(access(path_of(old), F_OK), 0);
    k = open_keys();
    cr_expect_eq(count(k, KEY_TOKEN, JWS_ES256, KEY_RETIRED), 1);
    keys_close(k);
}

Test(keys, say_when_the_published_set_changes_by_itself)
{
    struct keys *k = open_keys();
    cr_expect_eq(keys_jwks_until(k, KEY_TOKEN, NOW), INT64_MAX);
    keys_close(k);
    cr_assert_eq(keys_rotate_at_once(folder, KEY_TOKEN, JWS_ES256, NOW + 10), ERR_OK);
    cr_assert_eq(keys_rotate_at_once(folder, KEY_TOKEN, JWS_ES256, NOW + 20), ERR_OK);
    k = open_keys();
    cr_expect_eq(keys_jwks_until(k, KEY_TOKEN, NOW + 30), NOW + 10 + KEY_RETIRE_S, "when the first one is over");
    cr_expect_eq(keys_jwks_until(k, KEY_TOKEN, NOW + 10 + KEY_RETIRE_S), NOW + 20 + KEY_RETIRE_S);
    cr_expect_eq(keys_jwks_until(k, KEY_TOKEN, NOW + 20 + KEY_RETIRE_S), INT64_MAX);
    cr_expect_eq(keys_jwks_until(k, KEY_CARD, NOW + 30), INT64_MAX, "of its own use only");
    keys_close(k);
}

Test(keys, keep_their_secrets_over_a_rotation_and_have_a_different_one_for_each_use)
{
    struct keys *a = open_keys(), *b;

    cr_assert_eq(keys_rotate_at_once(folder, KEY_CARD, JWS_ES256, NOW), ERR_OK);
    b = open_keys();
    for (enum key_secret i = 0; i < SECRET_COUNT; i++) {
        cr_expect(view_equal(keys_secret(a, i), keys_secret(b, i)));
        for (enum key_secret j = 0; j < i; j++)
            cr_expect_not(view_equal(keys_secret(a, i), keys_secret(a, j)));
    }
    keys_close(a);
    keys_close(b);
}
