#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "store/used.h"
#include "tests/lib/box.h"

enum { NOW = 1795000000, FILE_SIZE = 2 << 20, REACH = 64, ROUND = 62 };

static struct box box;
static char path[112];
static struct used *used;

static void open_folder(void)
{
    box_open_empty(&box);
    snprintf(path, sizeof path, "%s-recent", box.path);
}

static void open_used(void)
{
    open_folder();
    cr_assert_eq(used_open(&used, path), ERR_OK);
}

static void close_used(void)
{
    used_close(used);
    box_close(&box);
}

TestSuite(used, .init = open_used, .fini = close_used);
TestSuite(used_file, .init = open_folder, .fini = close_used);

static struct ident stamp(struct ident id, uint32_t minted)
{
    for (int i = 0; i < 4; i++)
        id.b[i] = (uint8_t)(minted >> (24 - 8 * i));
    return id;
}

/* As sessions/token.c: token_family_id makes them. */
static struct ident id_of(uint32_t minted, unsigned n)
{
    char text[32];
    uint8_t digest[SHA256_SIZE];
    struct ident id;
    snprintf(text, sizeof text, "code %u", n);
    sha256(digest, view_text(text));
    memcpy(id.b + 4, digest, sizeof id.b - 4);
    return stamp(id, minted);
}

/* All of these have one home: HOME, the first bytes of the digest. */
static struct ident neighbour(uint32_t minted, unsigned home, unsigned n)
{
    return stamp(
        (struct ident){
            .b = {[4] = (uint8_t)(home >> 8), [5] = (uint8_t)home, [9] = (uint8_t)(n >> 8), [10] = (uint8_t)(n + 1)}},
        minted);
}

/* Another opening of the same file, as another process has it. */
static struct used *open_again(void)
{
    struct used *u = NULL;
    cr_assert_eq(used_open(&u, path), ERR_OK);
    return u;
}

/* --- taking ----------------------------------------------------------------------------------------------------- */

/* RFC 6749 4.1.2 */
Test(used, a_code_is_new_once)
{
    struct ident id = id_of(NOW, 1);
    cr_expect_not(used_is_taken(used, id));
    cr_expect_eq(used_take(used, id), USED_NEW);
    cr_expect_eq(used_take(used, id), USED_BEFORE);
    cr_expect_eq(used_take(used, id), USED_BEFORE);
    cr_expect(used_is_taken(used, id));
    cr_expect_not(used_is_taken(used, id_of(NOW, 2)));
    cr_expect_eq(used_take(used, id_of(NOW, 2)), USED_NEW);
}

Test(used, every_bit_of_time_and_digest_that_counts_makes_another_code)
{
    struct ident id = id_of(NOW, 1);
    cr_assert_eq(used_take(used, id), USED_NEW);
    for (unsigned bit = 0; bit < 40; bit++) {
        struct ident other = id;
        other.b[6 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        cr_expect_eq(used_take(used, other), USED_NEW, "bit %u of the digest", bit);
    }
    for (unsigned step = 1; step < ROUND / 2; step++)
        cr_expect_eq(used_take(used, stamp(id, NOW + 2 * step)), USED_NEW, "%u s later", 2 * step);
}

/* The digests that mean "never used" and "released" are those of nobody. */
Test(used, digests_that_mean_something_else_are_taken_as_others)
{
    for (unsigned byte = 0; byte < 256; byte += 255) {
        struct ident id = IDENT_NONE;
        memset(id.b + 4, (int)byte, 12);
        id = stamp(id, NOW);
        cr_expect_eq(used_take(used, id), USED_NEW);
        cr_expect_eq(used_take(used, id), USED_BEFORE);
        used_release(used, id);
        cr_expect_eq(used_take(used, id), USED_NEW);
        cr_expect_eq(used_take(used, id), USED_BEFORE);
        cr_expect(used_is_taken(used, id));
    }
}

/* One whose time counts as 0 in 24 bits: the slot of digest 0 would be that which was never used. */
Test(used, a_time_that_counts_as_zero_is_no_other_time)
{
    struct ident id = stamp(IDENT_NONE, 1u << 25);
    cr_expect_eq(used_take(used, id), USED_NEW);
    cr_expect_eq(used_take(used, id), USED_BEFORE);
}

Test(used, those_of_one_home_lie_side_by_side)
{
    for (unsigned n = 0; n < REACH; n++)
        cr_assert_eq(used_take(used, neighbour(NOW, 100, n)), USED_NEW, "%u", n);
    for (unsigned n = 0; n < REACH; n++)
        cr_assert_eq(used_take(used, neighbour(NOW, 100, n)), USED_BEFORE, "%u", n);
}

/* The last part is the end of the file. */
Test(used, at_the_end_of_a_part_it_goes_on_at_its_beginning)
{
    static const uint32_t LAST = (NOW - NOW % ROUND) + ROUND - 2;
    for (unsigned n = 0; n < REACH; n++)
        cr_assert_eq(used_take(used, neighbour(LAST, 8191, n)), USED_NEW);
    cr_expect_eq(used_take(used, neighbour(LAST, 0, REACH)), USED_NEW, "63 of its 64 slots are taken");
    cr_expect_eq(used_take(used, neighbour(LAST, 0, REACH + 1)), USED_FULL);
    cr_expect_eq(used_take(used, neighbour(LAST, 63, REACH + 1)), USED_NEW);
}

Test(used, there_is_no_room_for_the_65th_and_there_stays_none)
{
    for (unsigned n = 0; n < REACH; n++)
        cr_assert_eq(used_take(used, neighbour(NOW, 8191, n)), USED_NEW, "%u: on at the beginning of the part", n);
    struct ident id = neighbour(NOW, 8191, REACH);
    cr_expect_eq(used_take(used, id), USED_FULL);
    cr_expect_eq(used_take(used, id), USED_FULL);
    cr_expect_not(used_is_taken(used, id));
    used_release(used, neighbour(NOW, 8191, 7));
    cr_expect_eq(used_take(used, id), USED_FULL, "whoever came before went another way");
    cr_expect_eq(used_take(used, neighbour(NOW + 2, 8191, REACH)), USED_NEW, "another part");
    cr_expect_eq(used_take(used, neighbour(NOW, 0, REACH)), USED_NEW, "one slot further on");
}

Test(used, a_whole_part_takes_as_many_as_it_has_slots_and_loses_none)
{
    unsigned taken = 0;
    bool is_new[9000];
    for (unsigned n = 0; n < 9000; n++) {
        enum used_verdict v = used_take(used, id_of(NOW, n));
        cr_assert_neq(v, USED_BEFORE);
        is_new[n] = v == USED_NEW;
        taken += is_new[n];
    }
    cr_expect_leq(taken, 8192);
    cr_expect_geq(taken, 6144, "three quarters of the slots: %u", taken);
    for (unsigned n = 0; n < 9000; n++)
        cr_assert_eq(used_take(used, id_of(NOW, n)), is_new[n] ? USED_BEFORE : USED_FULL, "%u", n);
}

/* --- time ------------------------------------------------------------------------------------------------------- */

Test(used, a_part_is_free_again_after_64_seconds_and_not_before)
{
    for (unsigned n = 0; n < REACH; n++)
        cr_assert_eq(used_take(used, neighbour(NOW, 100, n)), USED_NEW);
    cr_expect_eq(used_take(used, neighbour(NOW + 1, 100, REACH)), USED_FULL);
    for (unsigned n = 0; n < REACH; n++)
        cr_assert_eq(used_take(used, neighbour(NOW + ROUND, 100, n)), USED_NEW, "%u", n);
    cr_expect_eq(used_take(used, neighbour(NOW + ROUND, 100, 0)), USED_BEFORE);
    cr_expect_eq(used_take(used, neighbour(NOW + ROUND, 100, REACH)), USED_FULL);
}

Test(used, what_was_taken_is_known_for_a_minute_however_many_come_after_it)
{
    for (uint32_t t = 0; t < ROUND; t += 2)
        for (unsigned n = 0; n < REACH; n++)
            cr_assert_eq(used_take(used, neighbour(NOW + t, 100, n)), USED_NEW);
    for (uint32_t t = 0; t < ROUND; t++)
        cr_assert_eq(used_take(used, neighbour(NOW + t, 100, t)), USED_BEFORE, "%u", t);
}

Test(used, released_ones_make_room_with_time_like_others)
{
    for (unsigned n = 0; n < REACH; n++) {
        cr_assert_eq(used_take(used, neighbour(NOW, 100, n)), USED_NEW);
        used_release(used, neighbour(NOW, 100, n));
    }
    cr_expect_eq(used_take(used, neighbour(NOW, 100, 0)), USED_FULL);
    cr_expect_eq(used_take(used, neighbour(NOW + ROUND, 100, 0)), USED_NEW);
}

Test(used, what_was_forgotten_is_not_new_when_the_clock_goes_back)
{
    struct ident id = neighbour(NOW, 100, 1);
    cr_assert_eq(used_take(used, id), USED_NEW);
    cr_assert_eq(used_take(used, neighbour(NOW + ROUND, 100, 2)), USED_NEW);
    cr_expect_eq(used_take(used, id), USED_LATE, "there are free slots behind the newer one");
    cr_expect_eq(used_take(used, id), USED_LATE);
    cr_expect_eq(used_take(used, neighbour(NOW, 101, 3)), USED_NEW, "and elsewhere");
}

Test(used, what_is_still_there_behind_a_newer_one_is_found)
{
    struct ident first = neighbour(NOW, 100, 1), second = neighbour(NOW, 100, 2);
    cr_assert_eq(used_take(used, first), USED_NEW);
    cr_assert_eq(used_take(used, second), USED_NEW);
    cr_assert_eq(used_take(used, neighbour(NOW + ROUND, 100, 3)), USED_NEW);
    cr_expect_eq(used_take(used, second), USED_BEFORE);
    cr_expect(used_is_taken(used, second));
    cr_expect_not(used_is_taken(used, first));
}

Test(used, an_older_one_finds_no_room_among_newer_ones)
{
    for (unsigned n = 0; n < REACH; n++)
        cr_assert_eq(used_take(used, neighbour(NOW + ROUND, 100, n)), USED_NEW);
    for (unsigned n = 0; n < REACH; n++)
        cr_assert_eq(used_take(used, neighbour(NOW, 100, n)), USED_LATE);
    for (unsigned n = 0; n < REACH; n++)
        cr_assert_eq(used_take(used, neighbour(NOW + ROUND, 100, n)), USED_BEFORE, "nobody was written over");
}

/* The time of a slot counts to 2^24 steps of 2 s, and then begins anew. */
Test(used, what_is_newer_by_a_day_and_a_half_is_newer_and_by_more_is_of_the_round_before)
{
    enum { ALL = 1 << 25, BACK = 36 * 3600 };
    static const struct {
        int64_t age;
        enum used_verdict verdict;
    } ROWS[] = {{-ROUND, USED_LATE},
                {-BACK + BACK % ROUND, USED_LATE},
                {-2 * BACK / ROUND * ROUND, USED_NEW},
                {ROUND, USED_NEW},
                {86400 - 86400 % ROUND, USED_NEW},
                {ALL / 2 / ROUND * ROUND, USED_NEW},
                {ALL / ROUND * ROUND - ROUND, USED_LATE}};
    for (unsigned i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct ident id = neighbour((uint32_t)(NOW + ROWS[i].age), 200 * i, 2);
        bool is_new = ROWS[i].verdict == USED_NEW;
        cr_assert_eq(used_take(used, neighbour(NOW, 200 * i, 1)), USED_NEW);
        cr_expect_eq(used_take(used, id), ROWS[i].verdict, "%lld s", (long long)ROWS[i].age);
        cr_expect_eq(used_take(used, id), is_new ? USED_BEFORE : USED_LATE, "%lld s", (long long)ROWS[i].age);
    }
}

/* --- ends ------------------------------------------------------------------------------------------------------- */

enum { MS = 5000000 };

Test(used, nothing_has_ended_that_was_not_noted)
{
    cr_expect_not(used_may_have_ended(used, id_of(NOW, 1), MS));
    cr_expect_not(used_may_have_ended(used, id_of(NOW, 1), 0));
}

Test(used, what_was_noted_may_have_ended_for_all_who_saw_it_before_or_shortly_after)
{
    struct ident id = id_of(NOW, 1);
    used_note_end(used, id, MS);
    cr_expect(used_may_have_ended(used, id, MS - 30000), "seen before");
    cr_expect(used_may_have_ended(used, id, MS));
    cr_expect(used_may_have_ended(used, id, MS + USED_END_MS - 1), "noted, and not committed yet");
    cr_expect_not(used_may_have_ended(used, id, MS + USED_END_MS));
    used_note_end(used, id, MS + USED_END_MS);
    cr_expect(used_may_have_ended(used, id, MS + USED_END_MS), "once more");
}

Test(used, what_was_noted_before_the_machine_started_may_be_anything)
{
    used_note_end(used, id_of(NOW, 1), MS);
    cr_expect(used_may_have_ended(used, id_of(NOW, 1), 10));
}

Test(used, a_note_that_comes_late_takes_no_newer_one_away)
{
    used_note_end(used, id_of(NOW, 1), MS + USED_END_MS);
    used_note_end(used, id_of(NOW, 1), MS);
    cr_expect(used_may_have_ended(used, id_of(NOW, 1), MS + USED_END_MS));
}

Test(used, ends_are_forgotten_with_the_clock_they_were_noted_by)
{
    for (unsigned home = 0; home < 8192; home++)
        used_note_end(used, neighbour(NOW, home, 1), MS);
    cr_assert_eq(used_take(used, id_of(NOW, 1)), USED_NEW);
    used_forget_ends(used);
    for (unsigned home = 0; home < 8192; home++)
        cr_expect_not(used_may_have_ended(used, neighbour(NOW, home, 1), 0));
    cr_expect_eq(used_take(used, id_of(NOW, 1)), USED_BEFORE, "of codes nothing");
}

Test(used, ends_are_heard_of_in_other_processes_and_after_them)
{
    struct used *other = open_again();
    used_note_end(other, id_of(NOW, 1), MS);
    used_close(other);
    cr_expect(used_may_have_ended(used, id_of(NOW, 1), MS));
}

/* The time is in front of a code's id: a session's and a code's are found alike. */
Test(used, an_end_is_that_of_its_place_whatever_the_time_in_front)
{
    used_note_end(used, neighbour(NOW, 100, 1), MS);
    cr_expect(used_may_have_ended(used, neighbour(NOW + 9, 100, 2), MS));
    for (unsigned home = 0; home < 8192; home++)
        cr_expect_eq(used_may_have_ended(used, neighbour(NOW, home, 1), MS), home == 100, "%u", home);
}

Test(used, ends_and_codes_do_not_touch_each_other)
{
    for (unsigned home = 0; home < 8192; home++)
        used_note_end(used, neighbour(NOW, home, 1), MS);
    for (uint32_t t = NOW; t < NOW + ROUND; t += 2)
        for (unsigned home = 0; home < 8192; home += 8191)
            cr_expect_eq(used_take(used, neighbour(t, home, 1)), USED_NEW);
    for (unsigned home = 0; home < 8192; home++)
        cr_expect(used_may_have_ended(used, neighbour(NOW, home, 1), MS));
}

/* --- giving back ------------------------------------------------------------------------------------------------ */

Test(used, what_is_released_can_be_taken_once_more)
{
    struct ident id = id_of(NOW, 1);
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(used_take(used, id), USED_NEW);
        cr_expect_eq(used_take(used, id), USED_BEFORE);
        used_release(used, id);
        cr_expect_not(used_is_taken(used, id));
    }
}

Test(used, a_release_lets_nobody_behind_it_be_taken_twice)
{
    for (unsigned n = 0; n < 3; n++)
        cr_assert_eq(used_take(used, neighbour(NOW, 100, n)), USED_NEW);
    used_release(used, neighbour(NOW, 100, 0));
    used_release(used, neighbour(NOW, 100, 1));
    cr_expect_eq(used_take(used, neighbour(NOW, 100, 2)), USED_BEFORE);
    cr_expect(used_is_taken(used, neighbour(NOW, 100, 2)));
}

Test(used, releasing_what_is_not_there_changes_nothing)
{
    cr_assert_eq(used_take(used, neighbour(NOW, 100, 1)), USED_NEW);
    used_release(used, neighbour(NOW, 100, 2));
    used_release(used, neighbour(NOW + ROUND, 100, 1));
    cr_expect_eq(used_take(used, neighbour(NOW, 100, 1)), USED_BEFORE);
    cr_expect_eq(used_take(used, neighbour(NOW + ROUND, 100, 2)), USED_NEW);
    used_release(used, neighbour(NOW, 100, 1));
    cr_expect_eq(used_take(used, neighbour(NOW + ROUND, 100, 2)), USED_BEFORE);
}

/* --- many at once ----------------------------------------------------------------------------------------------- */

enum { CODES = 10000, THREADS = 8 };

/* Over a few seconds, so that they are close and not too many for a part. */
static struct ident id_of_crowd(unsigned n)
{
    return id_of(NOW + n % 8, n);
}

struct taker {
    struct used *used;
    atomic_bool *go;
    unsigned begin; /* each begins elsewhere, or all at one place */
    unsigned is_new, no_room;
};

static void take_all(struct taker *t)
{
    for (unsigned i = 0; i < CODES; i++) {
        enum used_verdict v = used_take(t->used, id_of_crowd((t->begin + i) % CODES));
        t->is_new += v == USED_NEW;
        t->no_room += v == USED_FULL;
    }
}

static void *run_taker(void *ctx)
{
    struct taker *t = ctx;
    while (!atomic_load(t->go))
        ;
    take_all(t);
    return NULL;
}

static void take_with_threads(unsigned apart)
{
    pthread_t threads[THREADS];
    struct taker takers[THREADS] = {0};
    atomic_bool go = false;
    unsigned is_new = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        takers[i] = (struct taker){.used = i % 2 ? open_again() : used, .go = &go, .begin = i * apart};
        cr_assert_eq(pthread_create(&threads[i], NULL, run_taker, &takers[i]), 0);
    }
    atomic_store(&go, true);
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        is_new += takers[i].is_new;
        cr_expect_eq(takers[i].no_room, 0);
        if (i % 2)
            used_close(takers[i].used);
    }
    cr_expect_eq(is_new, CODES);
}

Test(used, of_eight_threads_that_take_ten_thousand_codes_each_is_new_to_one)
{
    take_with_threads(0);
}

Test(used, of_eight_threads_that_begin_apart_each_code_is_new_to_one)
{
    take_with_threads(CODES / THREADS);
}

/* Forks a child that runs DO with the file opened anew, and with the writing end of *FROM. */
static pid_t fork_child(int *from, void (*run)(struct used *u, int to))
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        struct used *u;
        if (used_open(&u, path) == ERR_OK)
            run(u, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    *from = ends[0];
    return pid;
}

static void take_all_and_tell(struct used *u, int to)
{
    struct taker t = {.used = u};
    take_all(&t);
    if (write(to, &t.is_new, sizeof t.is_new) != sizeof t.is_new)
        _exit(1);
}

Test(used, of_two_processes_each_code_is_new_to_one)
{
    int from[2];
    pid_t pid[2];
    unsigned is_new[2] = {0};
    for (int i = 0; i < 2; i++)
        pid[i] = fork_child(&from[i], take_all_and_tell);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(read(from[i], &is_new[i], sizeof is_new[i]), sizeof is_new[i]);
        waitpid(pid[i], NULL, 0);
        close(from[i]);
    }
    cr_expect_eq(is_new[0] + is_new[1], CODES, "%u and %u", is_new[0], is_new[1]);
    for (unsigned n = 0; n < CODES; n++)
        cr_assert_eq(used_take(used, id_of_crowd(n)), USED_BEFORE);
}

/* It is killed long before the end. */
static void take_many(struct used *u, int to)
{
    for (unsigned n = 0; n < 60000; n++)
        if (used_take(u, id_of(NOW + n / 2000 * 2, n)) == USED_NEW && write(to, &n, sizeof n) != sizeof n)
            _exit(1);
}

Test(used, what_was_taken_survives_the_process_that_is_killed)
{
    int from;
    unsigned n, told = 0;
    used_close(used);
    used = NULL;
    pid_t pid = fork_child(&from, take_many);
    while (told < 3000 && read(from, &n, sizeof n) == sizeof n)
        told++;
    cr_assert_eq(told, 3000);
    kill(pid, SIGKILL);
    used = open_again();
    for (unsigned i = 0; i <= n; i++)
        cr_assert_eq(used_take(used, id_of(NOW + i / 2000 * 2, i)), USED_BEFORE, "%u", i);
    while (read(from, &n, sizeof n) == sizeof n)
        cr_assert_eq(used_take(used, id_of(NOW + n / 2000 * 2, n)), USED_BEFORE, "%u", n);
    waitpid(pid, NULL, 0);
    close(from);
}

/* --- the file --------------------------------------------------------------------------------------------------- */

static struct stat stat_file(void)
{
    struct stat st;
    cr_assert_eq(lstat(path, &st), 0);
    return st;
}

static void expect_refused(enum err why)
{
    struct stat before = stat_file(), after;
    cr_expect_eq(used_open(&used, path), why);
    cr_expect_null(used);
    after = stat_file();
    cr_expect(before.st_size == after.st_size && before.st_mode == after.st_mode && before.st_ino == after.st_ino,
              "it is left as it is");
}

static void make_file(off_t size, mode_t mode)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    cr_assert(fd >= 0 && ftruncate(fd, size) == 0 && fchmod(fd, mode) == 0);
    close(fd);
}

static unsigned files_in_folder(void)
{
    char **names;
    size_t n;
    cr_assert_eq(file_list(&box.a, box.folder, "", &names, &n), ERR_OK);
    return (unsigned)n;
}

Test(used_file, is_made_whole_for_nobody_else)
{
    umask(0);
    cr_assert_eq(used_open(&used, path), ERR_OK);
    struct stat st = stat_file();
    cr_expect_eq(st.st_mode, S_IFREG | 0600);
    cr_expect_eq(st.st_size, FILE_SIZE);
    cr_expect_geq(st.st_blocks * 512, FILE_SIZE, "every block has its place on the disk");
    cr_expect_eq(st.st_nlink, 1);
    cr_expect_eq(files_in_folder(), 1, "nothing else is left");
}

Test(used_file, is_the_same_when_opened_again_beside_or_after)
{
    cr_assert_eq(used_open(&used, path), ERR_OK);
    struct used *other = open_again();
    cr_expect_eq(used_take(used, id_of(NOW, 1)), USED_NEW);
    cr_expect_eq(used_take(other, id_of(NOW, 1)), USED_BEFORE);
    used_close(other);
    used_close(used);
    used = open_again();
    cr_expect_eq(used_take(used, id_of(NOW, 1)), USED_BEFORE);
}

Test(used_file, of_another_size_is_refused)
{
    static const off_t SIZES[] = {0, 1, FILE_SIZE - 1, FILE_SIZE + 1, 2 * FILE_SIZE};
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        make_file(SIZES[i], 0600);
        expect_refused(ERR_CONFLICT);
        unlink(path);
    }
}

Test(used_file, that_others_may_write_into_is_refused)
{
    make_file(FILE_SIZE, 0620);
    expect_refused(ERR_PERMISSION);
    cr_assert_eq(chmod(path, 0602), 0);
    expect_refused(ERR_PERMISSION);
}

Test(used_file, with_holes_gets_its_place_on_the_disk)
{
    make_file(FILE_SIZE, 0600);
    cr_assert_lt(stat_file().st_blocks * 512, FILE_SIZE);
    cr_assert_eq(used_open(&used, path), ERR_OK);
    cr_expect_geq(stat_file().st_blocks * 512, FILE_SIZE);
}

Test(used_file, is_no_folder_no_link_and_no_pipe)
{
    char real[128];
    cr_assert_eq(mkdir(path, 0700), 0);
    expect_refused(ERR_CONFLICT);
    cr_assert_eq(rmdir(path), 0);
    cr_assert_eq(mkfifo(path, 0600), 0);
    expect_refused(ERR_CONFLICT);
    unlink(path);
    make_file(FILE_SIZE, 0600);
    snprintf(real, sizeof real, "%s-real", path);
    cr_assert(rename(path, real) == 0 && symlink(real, path) == 0);
    expect_refused(ERR_CONFLICT);
    unlink(real);
    expect_refused(ERR_CONFLICT);
    cr_expect_neq(access(real, F_OK), 0, "nothing is made through a link");
}

Test(used_file, needs_its_folder)
{
    char nowhere[160];
    snprintf(nowhere, sizeof nowhere, "%s/nowhere/genkan.db-recent", box.folder);
    cr_expect_eq(used_open(&used, nowhere), ERR_NOT_FOUND);
    snprintf(nowhere, sizeof nowhere, "/proc/self/genkan.db-recent");
    cr_expect_neq(used_open(&used, nowhere), ERR_OK);
    cr_expect_null(used);
}

/* In a process of its own, which gives up what root may. */
static void open_without_permission(struct used *u, int to)
{
    (void)u;
    struct used *again;
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        _exit(1);
    enum err e = used_open(&again, path);
    if (write(to, &e, sizeof e) != sizeof e)
        _exit(1);
}

Test(used_file, that_we_may_not_open_is_refused)
{
    int from;
    enum err e = ERR_OK;
    make_file(FILE_SIZE, geteuid() == 0 ? 0600 : 0); /* of somebody else, or of nobody */
    cr_assert_eq(chmod(box.folder, 0711), 0);
    pid_t pid = fork_child(&from, open_without_permission);
    cr_assert_eq(read(from, &e, sizeof e), sizeof e);
    cr_expect_eq(e, ERR_PERMISSION);
    waitpid(pid, NULL, 0);
    close(from);
}

Test(used_file, that_does_not_fit_on_the_disk_is_not_there)
{
    struct rlimit limit = {.rlim_cur = FILE_SIZE - 4096, .rlim_max = RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect_eq(used_open(&used, path), ERR_STORE);
    cr_expect_null(used);
    cr_expect_eq(files_in_folder(), 0, "and nothing else either");
    limit.rlim_cur = RLIM_INFINITY;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect_eq(used_open(&used, path), ERR_OK);
}

static void open_and_take(struct used *u, int to)
{
    enum used_verdict v = used_take(u, id_of(NOW, 1));
    if (write(to, &v, sizeof v) != sizeof v)
        _exit(1);
}

/* The first start of several processes at once. */
Test(used_file, made_by_many_at_once_is_one)
{
    enum { MANY = 8 };
    for (int round = 0; round < 10; round++) {
        int from[MANY], is_new = 0;
        pid_t pid[MANY];
        for (int i = 0; i < MANY; i++)
            pid[i] = fork_child(&from[i], open_and_take);
        for (int i = 0; i < MANY; i++) {
            enum used_verdict v = USED_FULL;
            cr_assert_eq(read(from[i], &v, sizeof v), sizeof v);
            is_new += v == USED_NEW;
            waitpid(pid[i], NULL, 0);
            close(from[i]);
        }
        cr_assert_eq(is_new, 1);
        cr_assert_eq(files_in_folder(), 1);
        unlink(path);
    }
}

Test(used_file, nothing_is_closed_when_nothing_is_open)
{
    used_close(NULL);
}
