/* The master key of profile values is rotated while `genkan serve` answers, and the rotation is killed (SIGKILL) in the
 * middle, again and again: every question of a service is answered meanwhile, and the rotation is finished in the end.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "sessions/data_key.h"
#include "sessions/profile.h"
#include "sessions/resident.h"
#include "tests/lib/child.h"
#include "tests/lib/stage.h"

enum { CROWD = 4000 };

static struct stage stage;
static struct child genkan;
static struct ident crowd[CROWD];
static struct arena arena;

static void open_all(void)
{
    signal(SIGPIPE, SIG_IGN);
    arena_open(&arena, 64 << 20);
    stage_open(&stage);
    child_open(&genkan, &stage.genkan);
    browser_move(&stage.hanako.browser, genkan.port);
    browser_move(&stage.a_city.channel, genkan.port);
    browser_move(&stage.b_city.channel, genkan.port);
}

static void close_all(void)
{
    resident_close(&stage.hanako);
    service_close(&stage.b_city);
    service_close(&stage.a_city);
    child_close(&genkan, &stage.genkan);
    arena_close(&arena);
}

TestSuite(rotation, .init = open_all, .fini = close_all);

static const char *keys_folder(void)
{
    return arena_printf(&arena, "%s/keys", genkan.data);
}

static struct store *open_store(void)
{
    struct store *store;
    struct store_config config = {.path = arena_printf(&arena, "%s/genkan.db", genkan.data), .readers = 1};
    cr_assert_eq(store_open(&store, &config, NULL), ERR_OK);
    return store;
}

/* --- many residents with a value each ---------------------------------------------------------------------------- */

static const struct profile_value value = {
    .field = VIEW("name"), .json = VIEW("\"大阪 太郎\""), .source = PROFILE_CARD_READ, .as_of = VIEW("2026-11-22")};

static enum err fill_job(struct db *db, void *ctx)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < CROWD && !e; i++) {
        e = resident_mint(&crowd[i], db, 1);
        if (!e)
            e = profile_record(db, &arena, ctx, crowd[i], &value, 1);
    }
    return e;
}

static void fill(void)
{
    struct store *store = open_store();
    struct master *master;
    cr_assert_eq(master_open(&master, keys_folder()), ERR_OK);
    cr_assert_eq(store_write(store, fill_job, master), ERR_OK);
    master_close(master);
    store_close(store);
}

/* --- looking ----------------------------------------------------------------------------------------------------- */

struct state {
    int64_t number, waiting;
};

static struct state look(void)
{
    struct state s = {0};
    struct store *store = open_store();
    struct db *db = store_borrow(store);
    cr_assert_eq(data_key_current(&s.number, db, &arena), ERR_OK);
    cr_assert_eq(data_key_waiting(&s.waiting, db, &arena), ERR_OK);
    store_return(store, db);
    store_close(store);
    return s;
}

/* With the keys that are in the folder now, as a server that starts now would. */
static void all_open(void)
{
    struct store *store = open_store();
    struct db *db = store_borrow(store);
    struct master *master;
    cr_assert_eq(master_open(&master, keys_folder()), ERR_OK);
    for (size_t i = 0; i < CROWD; i++) {
        struct profile_value *v;
        struct arena own;
        size_t n = 0;
        arena_open(&own, 1 << 20);
        cr_assert_eq(profile_find(&v, &n, db, &own, master, crowd[i], NULL, 0), ERR_OK, "resident %zu", i);
        cr_assert(n == 1 && view_equal(v->json, value.json), "resident %zu", i);
        arena_close(&own);
    }
    master_close(master);
    store_return(store, db);
    store_close(store);
}

static void asks(struct tokens t)
{
    int status;
    const struct json *claims = service_userinfo(&stage.a_city, t.access, &status);
    cr_assert_eq(status, 200, "the server answered %d", status);
    cr_assert(view_is(json_member_text(claims, "name")));
}

/* --- the story --------------------------------------------------------------------------------------------------- */

static const char *const rotate[] = {"key", "rotate", "--use", "profile", NULL};

/* Kills it after so many questions, unless it was faster. */
static void rotate_and_kill(struct tokens t, int questions)
{
    pid_t pid = child_begin_command(&genkan, rotate);
    for (int i = 0; i < questions; i++)
        asks(t);
    kill(pid, SIGKILL);
    child_wait(pid);
    asks(t);
}

Test(rotation, of_the_master_key_goes_on_beside_a_serving_genkan_and_over_being_killed, .timeout = 120)
{
    fill();
    child_start(&genkan);
    cr_assert(resident_visits(&stage.hanako, &stage.a_city));
    struct tokens t = service_redeem(&stage.a_city, service_receive(&stage.a_city, &stage.hanako.browser, NULL));
    asks(t);
    int in_the_middle = 0, questions = 1;
    for (int i = 0; in_the_middle < 3; i++) {
        cr_assert_lt(i, 200, "it is never killed in the middle");
        rotate_and_kill(t, questions);
        struct state s = look();
        all_open();
        in_the_middle += s.waiting > 0 && s.waiting < CROWD;
        if (s.waiting == 0 && s.number > 1) { /* it had come to the end already: finish it, and be earlier next time */
            cr_assert_eq(child_command(&genkan, rotate), 0);
            questions = questions / 2 + 1;
        } else if (s.waiting == 0)
            questions += 2; /* it had not begun */
    }
    pid_t last = child_begin_command(&genkan, rotate);
    for (int i = 0; i < 20; i++)
        asks(t);
    int status = child_wait(last);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
    struct state s = look();
    cr_expect_eq(s.waiting, 0);
    cr_expect_gt(s.number, 1);
    for (int64_t n = 1; n < s.number; n++)
        cr_expect_not(master_is_there(keys_folder(), n), "key %d is destroyed", (int)n);
    all_open();
    asks(t);
    child_end(&genkan, SIGKILL);
    child_start(&genkan);
    asks(t);
    cr_expect_eq(child_command(&genkan, (const char *const[]){"audit", "verify", NULL}), 0);
}

Test(rotation, without_the_master_key_genkan_does_not_start_and_says_which_file)
{
    struct view log;
    cr_assert_eq(master_destroy(keys_folder(), 1), ERR_OK);
    cr_expect_eq(child_command(&genkan, (const char *const[]){"serve", NULL}), 3);
    cr_assert_eq(file_read(&arena, genkan.log, 1 << 20, &log), ERR_OK);
    cr_expect_not_null(memmem(log.p, log.n, "keys/profile-1.key", 18));
}
