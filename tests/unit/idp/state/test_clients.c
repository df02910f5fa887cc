#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "idp/state/client_version.h"
#include "idp/state/clients.h"
#include "tests/lib/box.h"

static struct box box;
static struct clients *clients;

static void open_all(void)
{
    log_set_level(LOG_ERROR);
    box_open(&box);
    cr_assert_eq(clients_open(&clients), ERR_OK);
}

static void close_all(void)
{
    clients_close(clients);
    box_close(&box);
}

TestSuite(clients, .init = open_all, .fini = close_all);

struct adding {
    const char *id, *name;
    uint8_t secret;
};

static enum err add_job(struct db *db, void *ctx)
{
    struct adding *a = ctx;
    uint8_t hash[32];
    char text[400];

    memset(hash, a->secret, sizeof hash);
    snprintf(text, sizeof text,
             "{\"client_name\":\"%s\",\"organization\":{\"id\":\"a\",\"name\":\"A\"},\"sector\":\"s\","
             "\"redirect_uris\":[\"https://a.example/cb\"]}",
             a->name);
    return clients_record(db, view_text(a->id), view_text(text), hash, 1);
}

static enum err add(const char *id, const char *name)
{
    struct adding a = {id, name, 7};

    return store_write(box.store, add_job, &a);
}

static enum err remove_job(struct db *db, void *ctx)
{
    return clients_remove(db, *(struct view *)ctx, 2);
}

static enum err remove_client(const char *id)
{
    struct view v = view_text(id);

    return store_write(box.store, remove_job, &v);
}

static const struct client *find(const char *id)
{
    const struct client *c;
    struct db *db = store_borrow(box.store);

    cr_assert_eq(clients_find(clients, db, view_text(id), &c), ERR_OK);
    store_return(box.store, db);
    return c;
}

static void look_again(void)
{
    usleep(1100 * 1000); /* the generation is looked at once a second */
}

Test(clients, nobody_is_found_where_nobody_is)
{
    cr_expect_null(find("a"));
    cr_expect_null(find(NULL));
    cr_expect_eq(remove_client("a"), ERR_NOT_FOUND);
}

Test(clients, one_that_registered_itself_in_another_process_is_known_at_once)
{
    cr_expect_null(find("a"));
    cr_assert_eq(add("a", "A"), ERR_OK);
    cr_expect_not_null(find("a"));
}

Test(clients, an_id_is_given_once)
{
    cr_expect_eq(add("a", "A"), ERR_OK);
    cr_expect_eq(add("a", "B"), ERR_CONFLICT);
    cr_expect(view_equal_text(find("a")->name.ja, "A"));
    cr_expect_eq(find("a")->secret_hash.n, 32);
    cr_expect_eq(find("a")->secret_hash.p[0], 7);
}

Test(clients, an_id_is_taken_whole)
{
    cr_assert_eq(add("abc", "A"), ERR_OK);
    cr_expect_null(find("ab"));
    cr_expect_null(find("abcd"));
    cr_expect_null(find("ABC"));
    cr_expect_not_null(find("abc"));
}

Test(clients, changes_reach_a_running_server_and_what_it_holds_stays_good)
{
    cr_assert_eq(add("a", "A"), ERR_OK);
    const struct client *before = find("a");
    cr_assert_eq(add("b", "B"), ERR_OK);
    look_again();
    cr_expect_not_null(find("b"));
    cr_expect_eq(find("a"), before, "what did not change is not parsed again");

    cr_assert_eq(remove_client("a"), ERR_OK);
    look_again();
    cr_expect_null(find("a"));
    cr_expect(view_equal_text(before->name.ja, "A"), "requests under way may be using it");

    cr_assert_eq(add("a", "again"), ERR_OK);
    look_again();
    cr_expect(view_equal_text(find("a")->name.ja, "again"));
}

Test(clients, one_that_cannot_be_used_does_not_hide_the_others)
{
    log_set_fd(open("/dev/null", 1));
    cr_assert_eq(add("a", "A"), ERR_OK);
    cr_assert_eq(add("b", "B"), ERR_OK);
    cr_assert_eq(box_write(&box, "UPDATE client SET registration = '{}' WHERE id = 'a'"), ERR_OK);
    cr_expect_null(find("a"));
    cr_expect_not_null(find("b"));
}

/* --- versions --------------------------------------------------------------------------------------------------- */

static enum err update_job(struct db *db, void *ctx)
{
    struct adding *a = ctx;
    char text[400];

    snprintf(text, sizeof text,
             "{\"client_name\":\"A\",\"organization\":{\"id\":\"a\",\"name\":\"A\"},\"sector\":\"s\","
             "\"redirect_uris\":[\"https://a.example/cb\"],\"policy_uri\":\"https://a.example/%s\"}",
             a->name);
    return clients_update(db, view_text(a->id), view_text(text), VIEW_NONE, 5);
}

static enum err update(const char *id, const char *policy)
{
    struct adding a = {id, policy, 0};

    return store_write(box.store, update_job, &a);
}

Test(clients, an_update_of_nobody_changes_nothing)
{
    cr_expect_eq(update("a", "p"), ERR_NOT_FOUND);
    cr_expect_eq(box_number(&box, "SELECT count(*) FROM client_version"), 0);
}

Test(clients, every_version_is_kept_and_found_by_the_terms_a_consent_cites)
{
    struct client_version *versions;
    struct client *old;
    struct arena arena;
    size_t n;

    cr_assert_eq(add("a", "A"), ERR_OK);
    cr_assert_eq(update("a", "one"), ERR_OK);
    cr_assert_eq(update("a", "one"), ERR_OK);
    cr_assert_eq(update("a", "two"), ERR_OK);
    look_again();
    cr_expect(view_equal_text(find("a")->policy_uri, "https://a.example/two"));
    cr_expect_eq(find("a")->secret_hash.p[0], 7, "the secret stays");
    arena_open(&arena, 1 << 20);
    struct db *db = store_borrow(box.store);
    cr_assert_eq(client_version_list(&versions, &n, db, &arena, VIEW("a")), ERR_OK);
    cr_assert_eq(n, 3);
    cr_expect_eq(versions[2].number, 3);
    cr_expect_eq(versions[0].from_at, 1);
    cr_expect_eq(versions[1].from_at, 5);
    cr_expect_neq(memcmp(versions[1].terms, versions[2].terms, 32), 0);
    cr_assert_eq(client_version_find(&old, db, &arena, VIEW("a"), versions[1].terms), ERR_OK);
    cr_expect(view_equal_text(old->policy_uri, "https://a.example/one"));
    versions[1].terms[0] ^= 1;
    cr_expect_eq(client_version_find(&old, db, &arena, VIEW("a"), versions[1].terms), ERR_NOT_FOUND);
    cr_expect_eq(client_version_find(&old, db, &arena, VIEW("b"), versions[2].terms), ERR_NOT_FOUND);
    store_return(box.store, db);
    arena_close(&arena);
}

/* --- many of them ----------------------------------------------------------------------------------------------- */

/* Services "m1" to "mN", as clients_record would write them. */
static void add_many(int n)
{
    static const char next[] = "UPDATE setting SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)"
                               " WHERE name = 'client_generation'";

    cr_assert_eq(
        box_write(&box, arena_printf(&box.a,
                                     "INSERT INTO client (id, registration, secret_hash, created_at, updated_at)"
                                     " WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i"
                                     " WHERE n < %d) SELECT 'm' || n, '{\"client_name\":\"M\","
                                     "\"organization\":{\"id\":\"a\",\"name\":\"A\"},\"sector\":\"s\","
                                     "\"redirect_uris\":[\"https://a.example/cb\"]}', zeroblob(32), 1, 1 FROM i",
                                     n)),
        ERR_OK);
    cr_assert_eq(box_write(&box, next), ERR_OK);
}

Test(clients, as_many_as_allowed_are_all_found)
{
    add_many(CLIENTS_MAX - 1);
    cr_expect_not_null(find("m1"));
    cr_expect_not_null(find("m8193"));
    cr_expect_not_null(find("m9999"));
    cr_expect_eq(add("last", "L"), ERR_OK);
    look_again();
    cr_expect_not_null(find("last"));
    cr_expect_not_null(find("m1"));
}

Test(clients, one_more_than_allowed_is_not_recorded)
{
    add_many(CLIENTS_MAX);
    cr_expect_eq(add("more", "M"), ERR_LIMIT);
    cr_expect_eq(box_number(&box, "SELECT count(*) FROM client"), CLIENTS_MAX);
    cr_assert_eq(remove_client("m7"), ERR_OK);
    cr_expect_eq(add("more", "M"), ERR_OK);
}

Test(clients, that_cannot_be_read_anew_leave_those_that_were)
{
    int log = open(arena_printf(&box.a, "%s/log", box.folder), O_RDWR | O_CREAT, 0600);
    char said[4096] = "";

    cr_assert_eq(add("a", "A"), ERR_OK);
    cr_assert_not_null(find("a"));
    log_set_fd(log);
    add_many(CLIENTS_MAX + 1);
    look_again();
    cr_expect_not_null(find("a"));
    cr_expect_null(find("m1"));
    cr_expect_gt(pread(log, said, sizeof said - 1, 0), 0);
    cr_expect_not_null(strstr(said, "clients_not_read"), "%s", said);
    cr_assert_eq(box_write(&box, "DELETE FROM client WHERE id IN ('m1', 'm2')"), ERR_OK);
    look_again();
    cr_expect_not_null(find("m3"), "and is tried again");
}

/* --- the list ---------------------------------------------------------------------------------------------------- */

static enum err count(void *ctx, const struct client *client)
{
    (void)client;
    ++*(int *)ctx;
    return ERR_OK;
}

Test(clients, are_listed_without_the_removed_ones)
{
    int n = 0;
    struct db *db;

    cr_assert_eq(add("a", "A"), ERR_OK);
    cr_assert_eq(add("b", "B"), ERR_OK);
    cr_assert_eq(remove_client("b"), ERR_OK);
    db = store_borrow(box.store);
    cr_expect_eq(clients_each(db, &box.a, count, &n), ERR_OK);
    store_return(box.store, db);
    cr_expect_eq(n, 1);
}
