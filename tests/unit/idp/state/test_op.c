#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "idp/state/config.h"
#include "idp/state/op.h"
#include "idp/state/places.h"
#include "idp/tokens/keys.h"
#include "store/store.h"
#include "tests/lib/atlas.h"
#include "tests/lib/box.h"

static struct box box;
static struct config config;

static void open_box(void)
{
    log_set_level(LOG_ERROR);
    box_open_empty(&box);
    config = (struct config){
        .issuer = "http://localhost:8080",
        .issuer_host = "localhost:8080",
        .data = arena_printf(&box.a, "%s/data", box.folder),
        .profile = {.keys = arena_printf(&box.a, "%s/data/keys", box.folder)},
        .workers = 1,
        .jpki = {.trust = CONFIG_TRUST_TEST, .roots = BUILD_DIR "/testpki/trust", .crl = BUILD_DIR "/testpki/crl"},
        .session = {.idle = 900, .absolute = 43200},
    };
}

static void close_box(void)
{
    box_close(&box);
}

TestSuite(op, .init = open_box, .fini = close_box);

static enum err try_open(const char **why)
{
    struct op *op;
    enum err e = op_open(&op, &config, &clock_real, &box.a, why);

    op_close(op);
    return e;
}

static void expect_refused(enum err expected, const char *part)
{
    const char *why = NULL;
    enum err e = try_open(&why);

    cr_expect_eq(e, expected, "%s", err_name(e));
    cr_expect(why && strstr(why, part), "says \"%s\", not \"%s\"", why ? why : "nothing", part);
}

static void open_once(void)
{
    const char *why = "";

    cr_assert_eq(try_open(&why), ERR_OK, "%s", why);
}

static const char *in_data(const char *name)
{
    return arena_printf(&box.a, "%s/%s", config.data, name);
}

Test(op, refuses_the_test_roots_when_the_world_can_reach_the_issuer)
{
    config.issuer = "https://genkan.example";
    config.issuer_host = "genkan.example";
    expect_refused(ERR_CONFIG, "localhost");
}

Test(op, whoever_waits_for_the_network_leaves_the_others_a_connection)
{
    struct db *db[1 + OP_SLOW_WORKERS + 1]; /* one worker, the slow ones, the background thread */
    struct op *op;
    const char *why = "";

    cr_assert_eq(op_open(&op, &config, &clock_real, &box.a, &why), ERR_OK, "%s", why);
    for (size_t i = 0; i < sizeof db / sizeof *db; i++)
        db[i] = store_borrow(op->store); /* waits, for ever, when there is none */
    for (size_t i = 0; i < sizeof db / sizeof *db; i++)
        store_return(op->store, db[i]);
    op_close(op);
}

Test(op, refuses_a_database_without_its_keys)
{
    open_once();
    cr_assert_eq(rename(in_data("keys"), in_data("lost")), 0);
    expect_refused(ERR_CONFIG, "keys.json is missing");
    cr_assert_neq(access(in_data("keys"), F_OK), 0, "no new keys are made: every sub would change");
}

Test(op, refuses_keys_without_their_database)
{
    open_once();
    cr_assert_eq(unlink(in_data("genkan.db")), 0);
    expect_refused(ERR_CONFIG, "genkan.db is missing");
    cr_assert_neq(access(in_data("genkan.db"), F_OK), 0);
}

Test(op, refuses_keys_that_others_may_read)
{
    open_once();
    cr_assert_eq(chmod(in_data("keys/lasting.secret"), 0644), 0);
    expect_refused(ERR_PERMISSION, "0600");
}

Test(op, refuses_roots_that_are_not_there)
{
    config.jpki.roots = "/nonexistent";
    expect_refused(ERR_NOT_FOUND, "jpki.roots");
}

Test(op, refuses_a_data_folder_that_cannot_be_made)
{
    config.data = "/proc/genkan/data";
    expect_refused(ERR_PERMISSION, "/proc/genkan/data");
}

Test(op, makes_keys_and_database_once_and_keeps_them)
{
    struct op *op;
    const char *why;
    struct stat s;

    open_once();
    cr_assert_eq(stat(in_data("genkan.db"), &s), 0);
    cr_expect_eq(s.st_mode & 0777, 0600);
    cr_assert_eq(stat(config.data, &s), 0);
    cr_expect_eq(s.st_mode & 0777, 0700);
    cr_assert_eq(op_open(&op, &config, &clock_real, &box.a, &why), ERR_OK);
    const struct keys *k = op_keys(op);
    char *kid = arena_text(&box.a, view_text(jws_key_id(keys_active(k, KEY_TOKEN, JWS_ES256))));
    op_close(op);
    cr_assert_eq(op_open(&op, &config, &clock_real, &box.a, &why), ERR_OK);
    cr_expect_str_eq(jws_key_id(keys_active(op_keys(op), KEY_TOKEN, JWS_ES256)), kid);
    op_close(op);
}

Test(op, follows_a_rotation_when_told_to_and_keeps_what_is_in_use)
{
    const char *why, *folder = in_data("keys");
    struct op *op;

    cr_assert_eq(op_open(&op, &config, &clock_real, &box.a, &why), ERR_OK);
    const struct keys *before = op_keys(op);
    const struct jws_key *old = keys_active(before, KEY_TOKEN, JWS_ES256);
    struct view published = op_key_document(op);
    cr_assert_eq(keys_rotate_at_once(folder, KEY_TOKEN, JWS_ES256, 1), ERR_OK);
    cr_expect_eq(op_keys(op), before, "not before it is told");
    cr_expect_eq(op_key_document(op).p, published.p);
    cr_assert_eq(op_reload(op, &box.a, &why), ERR_OK, "%s", why);
    cr_expect_str_neq(jws_key_id(keys_active(op_keys(op), KEY_TOKEN, JWS_ES256)), jws_key_id(old));
    cr_expect_not_null(keys_find(op_keys(op), KEY_TOKEN, view_text(jws_key_id(old))), "what it signed is still ours");
    cr_expect_eq(keys_active(before, KEY_TOKEN, JWS_ES256), old, "a request under way goes on with its keys");
    cr_expect_not(view_equal(op_key_document(op), published), "services are told of the new one at once");
    op_close(op);
}

/* The command tells one process; of several on one data folder the others find out. */
Test(op, finds_out_that_keys_were_rotated_and_reads_nothing_otherwise)
{
    const char *why, *folder = in_data("keys");
    struct op *op;

    cr_assert_eq(op_open(&op, &config, &clock_real, &box.a, &why), ERR_OK);
    const struct keys *before = op_keys(op);
    op_follow_keys(op);
    cr_expect_eq(op_keys(op), before);
    cr_assert_eq(keys_rotate_at_once(folder, KEY_TOKEN, JWS_ES256, 1), ERR_OK);
    op_follow_keys(op);
    const struct keys *after = op_keys(op);
    cr_expect_neq(after, before);
    cr_assert_eq(keys_rotate_locks(folder, 1), ERR_OK);
    op_follow_keys(op);
    cr_expect_neq(op_keys(op), after);
    op_close(op);
}

Test(op, keeps_what_it_has_when_a_reload_fails)
{
    const char *why;
    struct op *op;

    cr_assert_eq(op_open(&op, &config, &clock_real, &box.a, &why), ERR_OK);
    const struct keys *before = op_keys(op);
    cr_assert_eq(chmod(in_data("keys/keys.json"), 0644), 0);
    cr_expect_eq(op_reload(op, &box.a, &why), ERR_PERMISSION);
    cr_expect_eq(op_keys(op), before);
    op_follow_keys(op);
    cr_expect_eq(op_keys(op), before);
    op_close(op);
}

Test(op, does_not_open_without_the_file_of_places_that_the_configuration_names)
{
    config.places.database = arena_printf(&box.a, "%s/city.mmdb", box.folder);
    expect_refused(ERR_NOT_FOUND, "city.mmdb: there is no such file");
    cr_assert_eq(file_write(config.places.database, VIEW("of another format"), 0600), ERR_OK);
    expect_refused(ERR_CONFIG, "city.mmdb: is no MaxMind DB file");
    atlas_make(config.places.database, &atlas_small);
    open_once();
}

Test(op, takes_a_new_file_of_places_at_a_reload_and_keeps_the_old_one_when_it_is_damaged)
{
    static const struct atlas_line kyoto = {.net = "81.2.69.0/24", .city = "京都市"};
    const char *why;
    struct op *op;

    config.places.database = arena_printf(&box.a, "%s/city.mmdb", box.folder);
    atlas_make(config.places.database, &atlas_small);
    cr_assert_eq(op_open(&op, &config, &clock_real, &box.a, &why), ERR_OK, "%s", why);
    atlas_make(config.places.database, &(struct atlas){.lines = &kyoto, .n_lines = 1});
    cr_assert_eq(op_reload(op, &box.a, &why), ERR_OK, "%s", why);
    cr_expect(view_equal_text(places_find(op->places, &box.a, "81.2.69.1").city, "京都市"));
    cr_assert_eq(file_write(config.places.database, VIEW("x"), 0600), ERR_OK);
    cr_expect_eq(op_reload(op, &box.a, &why), ERR_CONFIG);
    cr_expect(strstr(why, "places.database: ") && strstr(why, "city.mmdb: is no"), "%s", why);
    cr_expect(view_equal_text(places_find(op->places, &box.a, "81.2.69.1").city, "京都市"));
    op_close(op);
}
