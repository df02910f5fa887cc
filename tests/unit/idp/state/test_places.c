/* Near which city an address is, out of files made on the spot (tests/lib/atlas.h). */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "idp/state/places.h"
#include "tests/lib/atlas.h"
#include "tests/lib/box.h"

static struct box box;
static const char *path, *why;
static struct places *places;
static struct session_place at;

static void open_box(void)
{
    log_set_level(LOG_ERROR);
    box_open_empty(&box);
    path = arena_printf(&box.a, "%s/city.mmdb", box.folder);
    atlas_make(path, &atlas_small);
}

static void close_box(void)
{
    places_close(places);
    box_close(&box);
}

TestSuite(places, .init = open_box, .fini = close_box);

static enum err try_open(void)
{
    why = "";
    return places_open(&places, &box.a, path, box.folder, &why);
}

static void open_it(void)
{
    cr_assert_eq(try_open(), ERR_OK, "%s", why);
}

static void look(const char *address)
{
    at = places_find(places, &box.a, address);
}

/* A view that is not there is "". */
static bool is(struct view v, const char *text)
{
    return view_equal(v, view_text(text)) || (!*text && !view_is(v));
}

static void expect(const char *address, const char *country, const char *country_en, const char *city,
                   const char *city_en)
{
    look(address);
    cr_expect(is(at.country, country) && is(at.country_en, country_en) && is(at.city, city) && is(at.city_en, city_en),
              "%s: %.*s %.*s %.*s %.*s", address, (int)at.country.n, at.country.p, (int)at.country_en.n,
              at.country_en.p, (int)at.city.n, at.city.p, (int)at.city_en.n, at.city_en.p);
}

static void expect_refused(enum err expected, const char *rule)
{
    enum err e = try_open();
    cr_expect_eq(e, expected, "%s", err_name(e));
    cr_expect(strstr(why, path) && strstr(why, "places.database: ") && strstr(why, rule), "%s, not %s", why, rule);
    cr_expect_null(places);
    struct places_about about;
    e = places_check(&about, &box.a, path, &why);
    cr_expect_eq(e, expected, "check: %s", err_name(e));
    cr_expect(strstr(why, path) && strstr(why, rule), "check: %s, not %s", why, rule);
}

/* One line of an atlas of its own. */
static void open_with(struct atlas_line line)
{
    const struct atlas atlas = {.lines = &line, .n_lines = 1};
    places_close(places);
    unlink(path);
    atlas_make(path, &atlas);
    open_it();
}

/* --- files that cannot be used ------------------------------------------------------------------------------------ */

Test(places, refuse_a_file_that_is_not_there_or_no_file)
{
    unlink(path);
    expect_refused(ERR_NOT_FOUND, "there is no such file");
    cr_assert_eq(mkdir(path, 0700), 0);
    expect_refused(ERR_CONFIG, "is no file");
    rmdir(path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    expect_refused(ERR_CONFIG, "is no file");
    unlink(path);
}

Test(places, refuse_a_file_that_is_too_large)
{
    cr_assert_eq(truncate(path, (INT64_C(1) << 30) + 1), 0);
    expect_refused(ERR_LIMIT, "is larger than 1 GiB");
}

Test(places, refuse_a_file_of_another_format_and_a_damaged_one)
{
    struct view good = atlas_write(&box.a, &atlas_small);
    cr_assert_eq(file_write(path, VIEW(""), 0600), ERR_OK);
    expect_refused(ERR_CONFIG, "is no MaxMind DB file, or a damaged one");
    cr_assert_eq(file_write(path, VIEW("ip,city\n81.2.69.160,Osaka\n"), 0600), ERR_OK);
    expect_refused(ERR_CONFIG, "is no MaxMind DB file, or a damaged one");
    cr_assert_eq(file_write(path, view_part(good, 0, good.n - 60), 0600), ERR_OK);
    expect_refused(ERR_CONFIG, "is no MaxMind DB file, or a damaged one");
    cr_assert_eq(file_write(path, view_from(good, good.n - 300), 0600), ERR_OK);
    expect_refused(ERR_CONFIG, "is no MaxMind DB file, or a damaged one"); /* it lacks what its metadata speak of */
}

Test(places, refuse_a_folder_that_takes_no_copy)
{
    cr_expect_eq(places_open(&places, &box.a, path, "/nowhere", &why), ERR_NOT_FOUND);
    cr_expect(strstr(why, "cannot be copied into /nowhere"), "%s", why);
}

/* Whatever is in the file: no name that may not be shown, and nothing worse. */
Test(places, of_a_file_with_any_byte_changed_give_a_name_that_can_be_shown_or_none)
{
    log_set_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
    struct view good = atlas_write(&box.a, &atlas_small);
    size_t opened = 0;
    for (size_t i = 0; i < 2 * good.n; i++) {
        uint8_t *bytes = (uint8_t *)(uintptr_t)good.p, was = bytes[i / 2];
        bytes[i / 2] = i % 2 ? 0xFF : (uint8_t)(was ^ 0x10);
        cr_assert_eq(file_write(path, good, 0600), ERR_OK);
        bytes[i / 2] = was;
        if (try_open() != ERR_OK)
            continue;
        opened++;
        static const char *const addresses[] = {"81.2.69.160", "2001:218::1", "89.160.20.112", "175.16.199.1"};
        for (size_t k = 0; k < sizeof addresses / sizeof *addresses; k++) {
            look(addresses[k]);
            cr_expect(at.city.n <= PLACES_NAME_MAX && at.country_en.n <= PLACES_NAME_MAX, "%zu", i);
        }
        places_close(places);
        places = NULL;
        if (i % 64 == 0)
            arena_reset(&box.a), path = arena_printf(&box.a, "%s/city.mmdb", box.folder),
                                 good = atlas_write(&box.a, &atlas_small);
    }
    cr_expect(opened > good.n, "most of them are opened: %zu", opened);
}

/* --- addresses ---------------------------------------------------------------------------------------------------- */

Test(places, of_addresses_that_are_not_of_the_public_internet_are_never_looked_up)
{
    open_it();
    static const char *const inside[] = {"10.1.2.3", "127.0.0.1", "::ffff:10.1.2.3", "fc00::1",
                                         "fd12::1",  "::1",       "::ffff:127.0.0.1"};
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
        expect(inside[i], "", "", "", "");
}

Test(places, of_what_is_no_address_or_not_in_the_file_is_nothing)
{
    open_it();
    static const char *const other[] = {
        "", "unknown", "_hidden", "81.2.69", "81.2.69.160:80", "[2001:218::1]", "81.2.70.1", "2001:219::1"};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        expect(other[i], "", "", "", "");
    places_close(places);
    places = NULL;
    expect("81.2.69.160", "", "", "", "");
}

Test(places, are_found_by_ipv4_ipv6_and_ipv4_inside_ipv6)
{
    open_it();
    expect("81.2.69.160", "日本", "Japan", "大阪市", "Osaka");
    expect("2001:218:1::9", "日本", "Japan", "大阪市", "Osaka");
    expect("::ffff:81.2.69.160", "日本", "Japan", "大阪市", "Osaka");
}

Test(places, in_a_file_of_ipv4_alone_know_no_ipv6)
{
    static const struct atlas_line line = {.net = "81.2.69.0/24", .city = "大阪市"};
    const struct atlas atlas = {.lines = &line, .n_lines = 1, .v4 = true};
    unlink(path);
    atlas_make(path, &atlas);
    open_it();
    expect("81.2.69.160", "", "", "大阪市", "大阪市");
    expect("2001:218::1", "", "", "", "");
}

/* --- names -------------------------------------------------------------------------------------------------------- */

Test(places, without_a_japanese_name_have_the_english_one)
{
    open_it();
    expect("89.160.20.112", "スウェーデン王国", "Sweden", "Linköping", "Linköping");
}

Test(places, without_a_city_are_a_country)
{
    open_it();
    expect("175.16.199.1", "中国", "China", "", "");
}

Test(places, have_no_name_with_control_characters_or_ones_that_are_not_seen)
{
    static const char *const bad[] = {"Osaka\n",           "\x1b[31mOsaka", "\xc2\x85", "Osaka\xe2\x80\xae",
                                      "\xe2\x80\x8bOsaka", "\xff",          "\xe5\xa4", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        open_with((struct atlas_line){
            .net = "81.2.69.0/24", .country = bad[i], .country_en = bad[i], .city = bad[i], .city_en = "Osaka"});
        expect("81.2.69.160", "", "", "Osaka", "Osaka");
    }
    /* a string of two bytes, the second NUL */
    open_with((struct atlas_line){.net = "81.2.69.0/24",
                                  .data = VIEW("\xe1\x44"
                                               "city\xe1\x45"
                                               "names\xe1\x42"
                                               "en\x42"
                                               "A\0")});
    expect("81.2.69.160", "", "", "", "");
}

Test(places, have_no_name_that_is_too_long)
{
    char name[PLACES_NAME_MAX + 2];
    memset(name, 'x', sizeof name);
    name[PLACES_NAME_MAX + 1] = 0;
    open_with((struct atlas_line){.net = "81.2.69.0/24", .country_en = "Japan", .city_en = name});
    expect("81.2.69.160", "Japan", "Japan", "", "");
    name[PLACES_NAME_MAX] = 0;
    open_with((struct atlas_line){.net = "81.2.69.0/24", .country_en = "Japan", .city_en = name});
    expect("81.2.69.160", "Japan", "Japan", name, name);
}

Test(places, of_data_in_another_shape_are_nothing)
{
    static const struct view shapes[] = {
        VIEW("\x42"
             "JP"), /* a string where a map should be */
        VIEW("\xe1\x44"
             "city\x45"
             "Osaka"), /* a name where names should be */
        VIEW("\xe1\x44"
             "city\xe1\x45"
             "names\x42"
             "en"), /* a string where languages should be */
        VIEW("\xe1\x44"
             "city\xe1\x45"
             "names\xe1\x42"
             "en\xa1\x07"), /* a number for a name */
        VIEW("\xe0"),
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        open_with((struct atlas_line){.net = "81.2.69.0/24", .data = shapes[i]});
        expect("81.2.69.160", "", "", "", "");
    }
}

/* --- while it runs ------------------------------------------------------------------------------------------------ */

static const struct atlas_line kyoto = {.net = "81.2.69.0/24", .city = "京都市"};
static const struct atlas later = {.lines = &kyoto, .n_lines = 1, .kind = "Later"};

Test(places, are_of_the_new_file_after_a_reload_and_of_the_old_one_before)
{
    open_it();
    atlas_make(path, &later);
    expect("81.2.69.160", "日本", "Japan", "大阪市", "Osaka");
    cr_assert_eq(places_reload(places, &box.a, &why), ERR_OK, "%s", why);
    expect("81.2.69.160", "", "", "京都市", "京都市");
    cr_assert_eq(places_reload(places, &box.a, &why), ERR_OK, "%s", why);
    expect("81.2.69.160", "", "", "京都市", "京都市");
}

Test(places, stay_when_the_new_file_is_damaged_or_gone)
{
    open_it();
    cr_assert_eq(file_write(path, VIEW("nothing"), 0600), ERR_OK);
    cr_expect_eq(places_reload(places, &box.a, &why), ERR_CONFIG);
    cr_expect(strstr(why, path) && strstr(why, "a damaged one"), "%s", why);
    expect("81.2.69.160", "日本", "Japan", "大阪市", "Osaka");
    unlink(path);
    cr_expect_eq(places_reload(places, &box.a, &why), ERR_NOT_FOUND);
    expect("81.2.69.160", "日本", "Japan", "大阪市", "Osaka");
    atlas_make(path, &later);
    cr_assert_eq(places_reload(places, &box.a, &why), ERR_OK, "%s", why);
    expect("81.2.69.160", "", "", "京都市", "京都市");
}

/* Whoever maps the file itself is killed here. */
Test(places, survive_that_their_file_is_cut_off_and_written_over)
{
    open_it();
    cr_assert_eq(truncate(path, 0), 0);
    expect("81.2.69.160", "日本", "Japan", "大阪市", "Osaka");
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    cr_assert_eq(write(fd, "nothing", 7), 7);
    close(fd);
    expect("2001:218::1", "日本", "Japan", "大阪市", "Osaka");
}

Test(places, leave_nothing_beside_the_database)
{
    char **names;
    size_t n;
    open_it();
    cr_assert_eq(places_reload(places, &box.a, &why), ERR_OK);
    cr_assert_eq(file_list(&box.a, box.folder, "", &names, &n), ERR_OK);
    cr_expect_eq(n, 1, "%s", names[0]);
}

/* Pages of files that are in our memory, bytes. */
static long shared_now(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    cr_assert(f && fscanf(f, "%*d %*d %ld", &pages) == 1);
    fclose(f);
    return pages * sysconf(_SC_PAGESIZE);
}

/* Resident at most 20 MB while nothing happens (docs/performance.md), and such files have 60. */
Test(places, keep_no_page_of_the_file_in_memory)
{
    enum { NETS = 40000 };
    struct arena a;
    arena_open(&a, 32 << 20);
    struct atlas_line *lines = arena_array(&a, NETS, sizeof *lines);
    struct atlas atlas = {.lines = lines, .n_lines = NETS};
    struct stat st;
    for (unsigned i = 0; i < NETS; i++)
        lines[i] = (struct atlas_line){.net = arena_printf(&a, "2400:%x:%x::/48", i / 200, 300 * (i % 200)),
                                       .country_en = "Japan",
                                       .city_en = "Osaka",
                                       .city = "大阪市"};
    open_it(); /* the small one: the library is there */
    look("81.2.69.160");
    places_close(places);
    atlas_make(path, &atlas);
    arena_close(&a);
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_gt(st.st_size, 3 << 20);
    long before = shared_now();
    open_it();
    for (unsigned i = 0; i < NETS; i += 7) {
        char address[64];
        snprintf(address, sizeof address, "2400:%x:%x::1", i / 200, 300 * (i % 200));
        look(address);
        cr_assert(is(at.city, "大阪市"), "%s", address);
    }
    cr_expect_lt(shared_now() - before, 256 << 10);
}
