#include "jpki/agent/check_look.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"

#define HEAD "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

static void nobody(const char *table)
{
    uid_t user;
    int64_t inode;
    cr_expect_eq(check_listener_in(&user, &inode, view_text(table), 23837), ERR_NOT_FOUND, "%s", table);
}

Test(check_look, finds_no_listener_where_none_is)
{
    nobody("");
    nobody(HEAD);
    nobody(HEAD "   0: 0100007F:5D1E 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 77 1\n");
    nobody(HEAD "   0: 0100007F:5D1D 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1000        0 77 1\n");
    nobody(HEAD "   0: 0100007F:9999 0100007F:5D1D 01 00000000:00000000 00:00000000 00000000  1000        0 77 1\n");
    nobody(HEAD "   0: 0100007F:5D1D 00000000:0000 0A 00000000:00000000 00:00000000 00000000  what\n");
}

Test(check_look, finds_who_listens)
{
    uid_t user;
    int64_t inode;
    const char *table =
        HEAD "   0: 0100007F:5D1D 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 77123 1\n";
    cr_assert(!check_listener_in(&user, &inode, view_text(table), 23837));
    cr_expect(user == 1000 && inode == 77123);
}

/* Looks at this machine with OPTIONS; what was said, in English. */
static const char *look(struct arena *arena, struct setting *s)
{
    static struct check_report report;
    struct buf b;
    const char *text;
    report = (struct check_report){.arena = arena};
    check_look(&report, s);
    buf_open(&b, arena, 1 << 20);
    check_write(&b, &report, LANG_EN);
    cr_assert(!buf_done_text(&b, &text));
    return text;
}

Test(check_look, sees_what_is_missing)
{
    struct arena arena;
    struct setting s = {.port = 1, .issuers = "/nonexistent", .pinentry = {.program = "/nonexistent"}};
    arena_open(&arena, (size_t)64 << 20);
    setenv("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm", 1);
    const char *text = look(&arena, &s);
    cr_expect(strstr(text, "[problem] The smart card service (pcscd) does not answer"), "%s", text);
    cr_expect(strstr(text, "[problem] No issuer has been added yet"), "%s", text);
    cr_expect(strstr(text, "[problem] The program of the PIN window, /nonexistent, does not run"), "%s", text);
    cr_expect(strstr(text, "[note]    genkan-agent is not running (port 1 is free)"), "%s", text);
    arena_close(&arena);
}

Test(check_look, names_the_program_that_has_the_port)
{
    struct arena arena;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(bind(fd, (const struct sockaddr *)&at, n) == 0 && listen(fd, 1) == 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    struct setting s = {.port = ntohs(at.sin_port), .issuers = "/nonexistent", .pinentry = {.program = "/nonexistent"}};
    arena_open(&arena, (size_t)64 << 20);
    setenv("PCSCLITE_CSOCK_NAME", "/nonexistent/pcscd.comm", 1);
    const char *text = look(&arena, &s), *wanted = arena_printf(&arena, "(process %d)", (int)getpid());
    cr_expect(strstr(text, "is taken by another program, unit_jpki_agent") && strstr(text, wanted), "%s", text);
    close(fd);
    arena_close(&arena);
}

Test(check_look, tells_what_the_pin_window_is)
{
    char out[16];
    const struct pinentry curses = {.program = "/usr/bin/pinentry-curses"}, none = {.program = "/bin/true"};
    cr_assert(!pinentry_flavour(&curses, out, sizeof out));
    cr_expect_str_eq(out, "curses");
    cr_expect_eq(pinentry_flavour(&curses, out, 4), ERR_LIMIT);
    cr_expect_eq(pinentry_flavour(&none, out, sizeof out), ERR_UNAVAILABLE);
}
