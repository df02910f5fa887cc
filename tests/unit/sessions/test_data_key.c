#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "sessions/data_key.h"
#include "sessions/profile.h"
#include "sessions/resident.h"
#include "store/sqlite.h"
#include "tests/lib/box.h"

static struct box box;
static struct db *db;
static struct master *master;
static struct ident hanako;

enum { NOW = 1000000 };

static void open_box(void)
{
    box_open(&box);
    db = box_db(&box);
    cr_assert_eq(master_make(box.folder, 1), ERR_OK);
    cr_assert_eq(master_open(&master, box.folder), ERR_OK);
    cr_assert_eq(resident_mint(&hanako, db, NOW), ERR_OK);
}

static void close_box(void)
{
    master_close(master);
    box_close(&box);
}

TestSuite(data_key, .init = open_box, .fini = close_box);

static enum err record(struct ident resident, const char *json)
{
    struct profile_value v = {
        .field = VIEW("name"), .json = view_text(json), .source = PROFILE_CARD_READ, .as_of = VIEW("2026-11-22")};
    return profile_record(db, &box.a, master, resident, &v, NOW);
}

static enum err find(struct master *m, struct ident resident)
{
    struct profile_value *v;
    size_t n = 0;
    enum err e = profile_find(&v, &n, db, &box.a, m, resident, NULL, 0);
    cr_assert(e || n == 1);
    return e;
}

static enum err turn(int64_t number)
{
    struct data_key_turn t = {&box.a, number};
    return data_key_turn_job(db, &t);
}

static size_t rewrap(size_t batch)
{
    struct data_key_rewrap r = {.master = master, .a = &box.a, .batch = batch};
    cr_assert_eq(data_key_rewrap_job(db, &r), ERR_OK);
    return r.done;
}

/* --- the master key's file -------------------------------------------------------------------------------------- */

static const char *path_of(int number)
{
    return arena_printf(&box.a, "%s/profile-%d.key", box.folder, number);
}

Test(data_key, a_master_key_is_made_once_and_for_its_owner_only)
{
    struct view first, second;
    struct stat st;
    cr_assert_eq(file_read(&box.a, path_of(1), 100, &first), ERR_OK);
    cr_assert_eq(master_make(box.folder, 1), ERR_OK);
    cr_assert_eq(file_read(&box.a, path_of(1), 100, &second), ERR_OK);
    cr_expect(view_equal(first, second) && first.n == 32);
    cr_assert_eq(stat(path_of(1), &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
    cr_expect_eq(master_make(box.folder, 0), ERR_LIMIT);
    cr_expect_eq(master_make(box.folder, -1), ERR_LIMIT);
}

Test(data_key, a_master_key_that_is_missing_or_unfit_is_no_missing_value)
{
    struct master *other;
    cr_assert_eq(record(hanako, "1"), ERR_OK);
    cr_assert_eq(master_open(&other, box.folder), ERR_OK);
    cr_assert_eq(chmod(path_of(1), 0640), 0);
    cr_expect_eq(find(other, hanako), ERR_PERMISSION, "others may read it");
    cr_assert_eq(file_write(path_of(1), VIEW("too short"), 0600), ERR_OK);
    cr_expect_eq(find(other, hanako), ERR_CONFIG);
    cr_assert_eq(file_write(path_of(1), VIEW("01234567890123456789012345678901 and more"), 0600), ERR_OK);
    cr_expect_eq(find(other, hanako), ERR_CONFIG);
    cr_assert_eq(file_write(path_of(1), VIEW("01234567890123456789012345678901"), 0600), ERR_OK);
    cr_expect_eq(find(other, hanako), ERR_MISMATCH, "another key");
    master_close(other);
    cr_assert_eq(master_open(&other, box.folder), ERR_OK);
    cr_assert_eq(master_destroy(box.folder, 1), ERR_OK);
    cr_expect_eq(find(other, hanako), ERR_UNAVAILABLE);
    cr_expect_eq(find(master, hanako), ERR_OK, "who has read it goes on");
    cr_expect_eq(master_destroy(box.folder, 1), ERR_OK, "it is gone already");
    master_close(other);
}

Test(data_key, nothing_is_recorded_without_the_current_master_key)
{
    struct ident taro;
    cr_assert_eq(resident_mint(&taro, db, NOW), ERR_OK);
    cr_assert_eq(turn(2), ERR_OK);
    cr_expect_eq(record(taro, "1"), ERR_UNAVAILABLE);
    cr_expect_eq(box_number(&box, "SELECT count(*) FROM profile"), 0);
    cr_assert_eq(db_script(db, "UPDATE setting SET value = 'x' WHERE name = 'profile_master'"), ERR_OK);
    cr_expect_eq(record(taro, "1"), ERR_STORE);
    cr_assert_eq(db_script(db, "DELETE FROM setting WHERE name = 'profile_master'"), ERR_OK);
    cr_expect_eq(record(taro, "1"), ERR_STORE);
}

/* --- data keys -------------------------------------------------------------------------------------------------- */

Test(data_key, belongs_to_one_resident)
{
    static const char GIVE[] = "UPDATE profile SET sealed = (SELECT sealed FROM profile WHERE resident = $2 AND "
                               "field = '') WHERE resident = $1 AND field = ''";
    struct ident taro;
    struct view key, other;
    cr_assert_eq(resident_mint(&taro, db, NOW), ERR_OK);
    cr_expect_eq(data_key_find(&key, db, &box.a, master, hanako), ERR_NOT_FOUND);
    cr_assert_eq(data_key_need(&key, db, &box.a, master, hanako), ERR_OK);
    cr_assert_eq(data_key_need(&other, db, &box.a, master, hanako), ERR_OK);
    cr_expect(view_equal(key, other) && key.n == 32, "made once");
    cr_assert_eq(data_key_need(&other, db, &box.a, master, taro), ERR_OK);
    cr_expect_not(view_equal(key, other), "another for everybody");
    cr_assert_eq(db_run(db, GIVE, VALUES(V_IDENT(hanako), V_IDENT(taro))), ERR_OK);
    cr_expect_eq(data_key_find(&key, db, &box.a, master, hanako), ERR_MISMATCH);
    cr_expect_eq(data_key_need(&key, db, &box.a, master, hanako), ERR_MISMATCH, "and is not quietly made anew");
}

/* --- rotation --------------------------------------------------------------------------------------------------- */

Test(data_key, a_turn_goes_to_the_next_number_only)
{
    cr_expect_eq(turn(3), ERR_CONFLICT);
    cr_expect_eq(turn(1), ERR_CONFLICT);
    cr_expect_eq(turn(2), ERR_OK);
    cr_expect_eq(turn(2), ERR_CONFLICT, "somebody else was faster");
}

Test(data_key, is_wrapped_anew_in_batches_and_opens_at_every_moment)
{
    struct ident people[5];
    int64_t waiting = -1;
    struct master *fresh;
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(resident_mint(&people[i], db, NOW), ERR_OK);
        cr_assert_eq(record(people[i], "\"x\""), ERR_OK);
    }
    cr_expect_eq(rewrap(2), 0, "nothing waits");
    cr_assert_eq(master_make(box.folder, 2), ERR_OK);
    cr_assert_eq(turn(2), ERR_OK);
    cr_assert_eq(record(hanako, "1"), ERR_OK, "who comes now gets the new one");
    cr_assert_eq(data_key_waiting(&waiting, db, &box.a), ERR_OK);
    cr_expect_eq(waiting, 5);
    for (size_t left = 5; left > 0;) {
        left -= rewrap(2);
        for (int i = 0; i < 5; i++)
            cr_expect_eq(find(master, people[i]), ERR_OK);
        cr_assert_eq(data_key_waiting(&waiting, db, &box.a), ERR_OK);
        cr_expect_eq(waiting, (int64_t)left);
    }
    cr_expect_eq(rewrap(2), 0);
    cr_assert_eq(master_destroy(box.folder, 1), ERR_OK);
    cr_assert_eq(master_open(&fresh, box.folder), ERR_OK);
    for (int i = 0; i < 5; i++)
        cr_expect_eq(find(fresh, people[i]), ERR_OK, "without the old one");
    cr_expect_eq(find(fresh, hanako), ERR_OK);
    master_close(fresh);
}

Test(data_key, one_that_does_not_open_stops_the_rotation_before_the_old_master_key_goes)
{
    struct data_key_rewrap r = {.master = master, .a = &box.a, .batch = 10};
    cr_assert_eq(record(hanako, "1"), ERR_OK);
    cr_assert_eq(master_make(box.folder, 2), ERR_OK);
    cr_assert_eq(turn(2), ERR_OK);
    cr_assert_eq(db_script(db, "UPDATE profile SET sealed = x'0102' WHERE field = ''"), ERR_OK);
    cr_expect_eq(data_key_rewrap_job(db, &r), ERR_MISMATCH);
}

/* --- erasing ---------------------------------------------------------------------------------------------------- */

static bool file_has(const char *path, struct view bytes)
{
    struct view all;
    return file_read(&box.a, path, 8 << 20, &all) == ERR_OK && all.n && memmem(all.p, all.n, bytes.p, bytes.n) != NULL;
}

/* The wrapped key is looked for, as it lay there, and the sealed value. */
Test(data_key, of_a_resident_who_left_is_neither_in_the_file_nor_in_the_log)
{
    static const char SQL[] = "SELECT sealed FROM profile WHERE field = $1";
    struct row key, value;
    const char *wal = arena_printf(&box.a, "%s-wal", box.path);
    cr_assert_eq(record(hanako, "\"大阪 花子\""), ERR_OK);
    cr_assert_eq(db_one(db, &box.a, SQL, VALUES(V_TEXT(VIEW(""))), &key), ERR_OK);
    cr_assert_eq(db_one(db, &box.a, SQL, VALUES(V_TEXT(VIEW("name"))), &value), ERR_OK);
    cr_assert(file_has(wal, row_blob(&key, 0)) || file_has(box.path, row_blob(&key, 0)), "it was there");
    cr_assert_eq(resident_erase(db, hanako), ERR_OK);
    cr_assert_eq(store_checkpoint(box.store), ERR_OK);
    cr_expect_not(file_has(box.path, row_blob(&key, 0)), "the key, in the file");
    cr_expect_not(file_has(wal, row_blob(&key, 0)), "the key, in the log");
    cr_expect_not(file_has(box.path, row_blob(&value, 0)), "the value, in the file");
    cr_expect_not(file_has(wal, row_blob(&value, 0)), "the value, in the log");
}
