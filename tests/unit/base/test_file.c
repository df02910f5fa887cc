/* file and log */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/trace.h"

static struct arena a;

/* What was flushed last, by its path. */
static char flushed[256];
static bool flush_fails;

int fsync(int fd)
{
    int (*real)(int);
    char link[64];
    *(void **)&real = dlsym(RTLD_NEXT, "fsync");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, flushed, sizeof flushed - 1);
    flushed[n > 0 ? n : 0] = 0;
    errno = EIO;
    return flush_fails ? -1 : real(fd);
}

static char folder[64];

static void open_all(void)
{
    arena_open(&a, 1 << 20);
    snprintf(folder, sizeof folder, "/tmp/genkan-file-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static void close_all(void)
{
    char **names;
    size_t n;
    if (file_list(&a, folder, "", &names, &n) == ERR_OK)
        for (size_t i = 0; i < n; i++)
            unlink(arena_printf(&a, "%s/%s", folder, names[i]));
    rmdir(folder);
    arena_close(&a);
}

TestSuite(file, .init = open_all, .fini = close_all);

static char *in_folder(const char *name)
{
    return arena_printf(&a, "%s/%s", folder, name);
}

Test(file, what_was_written_is_read_back_and_replaced_whole)
{
    struct view v;
    cr_assert_eq(file_write(in_folder("x"), VIEW("first, and longer"), 0644), ERR_OK);
    cr_assert_eq(file_write(in_folder("x"), VIEW("second"), 0644), ERR_OK);
    cr_assert_eq(file_read(&a, in_folder("x"), 100, &v), ERR_OK);
    cr_expect(view_equal_text(v, "second"));
    char **names;
    size_t n;
    cr_assert_eq(file_list(&a, folder, "", &names, &n), ERR_OK);
    cr_expect_eq(n, 1, "no temporary file is left");
}

Test(file, says_why_it_could_not_read)
{
    struct view v;
    cr_expect_eq(file_read(&a, in_folder("missing"), 100, &v), ERR_NOT_FOUND);
    cr_assert_eq(file_write(in_folder("x"), VIEW("123456"), 0644), ERR_OK);
    cr_expect_eq(file_read(&a, in_folder("x"), 5, &v), ERR_LIMIT);
    cr_expect_eq(file_read(&a, in_folder("x"), 6, &v), ERR_OK);
    cr_expect_eq(file_read(&a, folder, 100, &v), ERR_IO);
    cr_expect_neq(file_write(in_folder("no/such/x"), VIEW(""), 0644), ERR_OK);
}

Test(file, a_secret_that_others_may_read_is_refused)
{
    struct view v;
    cr_assert_eq(file_write(in_folder("key"), VIEW("k"), 0600), ERR_OK);
    cr_expect_eq(file_read_secret(&a, in_folder("key"), 100, &v), ERR_OK);
    static const mode_t open_modes[] = {0640, 0604, 0660, 0610};
    for (size_t i = 0; i < sizeof open_modes / sizeof *open_modes; i++) {
        cr_assert_eq(chmod(in_folder("key"), open_modes[i]), 0);
        cr_expect_eq(file_read_secret(&a, in_folder("key"), 100, &v), ERR_PERMISSION, "%o", (unsigned)open_modes[i]);
    }
    cr_assert_eq(chmod(in_folder("key"), 0600), 0);
    cr_assert_eq(symlink(in_folder("key"), in_folder("link")), 0);
    cr_expect_eq(file_read_secret(&a, in_folder("link"), 100, &v), ERR_PERMISSION);
}

Test(file, a_copy_without_a_name_stays_as_it_was_and_leaves_nothing)
{
    struct view got;
    char **names;
    size_t n;
    int fd, from;
    cr_assert_eq(file_write(in_folder("original"), VIEW("of before"), 0600), ERR_OK);
    from = open(in_folder("original"), O_RDWR | O_CLOEXEC);
    cr_assert_eq(file_copy_unnamed(&fd, from, folder, 8), ERR_LIMIT, "one byte more");
    cr_assert_eq(file_copy_unnamed(&fd, from, in_folder("nowhere"), 9), ERR_NOT_FOUND);
    cr_assert_eq(file_copy_unnamed(&fd, from, folder, 9), ERR_OK);
    cr_assert_eq(ftruncate(from, 0), 0);
    cr_assert_eq(file_read(&a, arena_printf(&a, "/proc/self/fd/%d", fd), 100, &got), ERR_OK);
    cr_expect(view_equal_text(got, "of before"));
    cr_assert_eq(file_list(&a, folder, "", &names, &n), ERR_OK);
    cr_expect_eq(n, 1);
    close(fd);
    close(from);
}

Test(file, lists_by_suffix_in_order)
{
    char **names;
    size_t n;
    cr_assert_eq(file_write(in_folder("b.pem"), VIEW(""), 0644), ERR_OK);
    cr_assert_eq(file_write(in_folder("a.pem"), VIEW(""), 0644), ERR_OK);
    cr_assert_eq(file_write(in_folder("c.txt"), VIEW(""), 0644), ERR_OK);
    cr_assert_eq(file_list(&a, folder, ".pem", &names, &n), ERR_OK);
    cr_assert_eq(n, 2);
    cr_expect_str_eq(names[0], "a.pem");
    cr_expect_str_eq(names[1], "b.pem");
    cr_expect_eq(file_list(&a, in_folder("none"), "", &names, &n), ERR_NOT_FOUND);
}

Test(file, lists_more_files_than_fit_at_first)
{
    char **names;
    size_t n;
    for (int i = 0; i < 300; i++)
        cr_assert_eq(symlink("nowhere", in_folder(arena_printf(&a, "%03d.crl", 299 - i))), 0);
    cr_assert_eq(file_list(&a, folder, ".crl", &names, &n), ERR_OK);
    cr_assert_eq(n, 300);
    for (int i = 0; i < 300; i++) {
        cr_expect_str_eq(names[i], arena_printf(&a, "%03d.crl", i));
        (void)unlink(in_folder(names[i]));
    }
}

/* The line written for one event with a text field given six times. */
static const struct json *logged(struct view text)
{
    static char line[16384];
    int pipes[2];
    struct json *j;
    cr_assert_eq(pipe(pipes), 0);
    log_set_fd(pipes[1]);
    log_event(LOG_WARN, "refused", LOG_TEXT("a", text), LOG_TEXT("b", text), LOG_TEXT("c", text), LOG_TEXT("d", text),
              LOG_TEXT("e", text), LOG_TEXT("f", text));
    log_set_fd(2);
    close(pipes[1]);
    ssize_t n = read(pipes[0], line, sizeof line);
    close(pipes[0]);
    cr_assert_gt(n, 0, "the event is lost");
    cr_assert_eq(json_read(&j, &a, view_bytes(line, (size_t)n - 1), NULL), ERR_OK);
    cr_expect(view_equal_text(json_member_text(j, "event"), "refused"));
    return j;
}

Test(file, no_text_is_long_enough_to_make_a_log_line_disappear)
{
    char *text = arena_alloc(&a, 5000);
    memset(text, 1, 5000); /* each becomes six characters */
    (void)logged(view_bytes(text, 5000));
    memset(text, 'x', 5000);
    cr_expect_eq(json_member_text(logged(view_bytes(text, 5000)), "f").n, 1024);
}

Test(file, a_long_text_in_a_log_line_is_cut_between_characters)
{
    char *text = arena_alloc(&a, 3000);
    for (size_t i = 0; i < 1000; i++)
        memcpy(text + 3 * i, "大", 3);
    cr_expect_eq(json_member_text(logged(view_bytes(text, 3000)), "a").n, 1023);
}

static void makes(const char *name, enum err wanted)
{
    flushed[0] = 0;
    enum err e = file_make_folder(in_folder(name), 0750);
    cr_expect_eq(e, wanted, "%s: %s", name, err_name(e));
}

Test(file, a_folder_that_was_made_is_on_the_disk_by_its_name)
{
    struct stat st;
    umask(077);
    makes("sub", ERR_OK);
    cr_expect_str_eq(flushed, folder, "fsync(2): of the file alone does not suffice");
    cr_assert_eq(stat(in_folder("sub"), &st), 0);
    cr_expect_eq(st.st_mode & 07777, 0750, "whatever the umask is");
    makes("sub", ERR_OK);
    cr_expect_str_eq(flushed, folder, "whoever made it may have ended before");
    flush_fails = true;
    makes("sub", ERR_IO);
    makes("other", ERR_IO);
    flush_fails = false;
    cr_assert_eq(rmdir(in_folder("sub")), 0);
    cr_assert_eq(rmdir(in_folder("other")), 0);
}

Test(file, a_folder_cannot_be_where_a_file_is_or_without_a_parent)
{
    cr_assert_eq(file_write(in_folder("x"), VIEW("a file"), 0600), ERR_OK);
    makes("x", ERR_IO);
    makes("no/such", ERR_NOT_FOUND);
}

/* In a folder that we may not read nothing can be flushed: what is there was made by others, what is new stays loose.
 */
Test(file, a_folder_in_a_folder_of_others_is_theirs)
{
    const uid_t nobody = 65534;
    cr_assert_eq(mkdir(in_folder("theirs"), 0700), 0);
    uid_t self = geteuid();
    if (self == 0)
        cr_assert(chown(folder, nobody, (gid_t)-1) == 0 && seteuid(nobody) == 0);
    cr_assert_eq(chmod(folder, 0311), 0);
    makes("theirs", ERR_OK);
    makes("ours", ERR_PERMISSION);
    cr_assert(chmod(folder, 0700) == 0 && seteuid(self) == 0);
    cr_assert_eq(rmdir(in_folder("theirs")), 0);
    cr_assert_eq(rmdir(in_folder("ours")), 0);
}

Test(file, a_log_line_is_one_json_object_whatever_is_put_in)
{
    int pipes[2];
    char line[4096] = {0};
    struct json *j;
    cr_assert_eq(pipe(pipes), 0);
    log_set_fd(pipes[1]);
    struct trace t;
    trace_begin(&t, 1, 0xABC);
    trace_enter(&t);
    log_event(LOG_DEBUG, "not_shown", LOG_INT("n", 1));
    log_event(LOG_WARN, "odd", LOG_STR("text", "a\"b\n{\"level\":\"error\"}"), LOG_TEXT("raw", VIEW("\xFF\xFE")),
              LOG_INT("n", -4));
    ssize_t n = read(pipes[0], line, sizeof line - 1);
    log_set_fd(2);
    cr_assert_gt(n, 0);
    cr_expect_eq(strchr(line, '\n'), line + n - 1);
    cr_assert_eq(json_read(&j, &a, view_bytes(line, (size_t)n - 1), NULL), ERR_OK);
    cr_expect(view_equal_text(json_member_text(j, "event"), "odd"));
    cr_expect(view_equal_text(json_member_text(j, "request"), "0000000000000abc"));
    cr_expect(view_equal_text(json_member_text(j, "trace"), "00000000000000010000000000000abc"));
    cr_expect_not(json_member(j, "run"));
    trace_enter(NULL);
    cr_expect(view_equal_text(json_member_text(j, "raw"), "(not UTF-8)"));
    cr_expect_eq(json_member_int(j, "n", 0), -4);
}
