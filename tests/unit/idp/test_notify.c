#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "idp/notify.h"

Test(notify, does_nothing_without_systemd)
{
    unsetenv("NOTIFY_SOCKET");
    cr_expect_not(notify_send("READY=1"));
}

Test(notify, refuses_addresses_that_are_no_unix_sockets)
{
    char longest[200];
    static const char *const bad[] = {"", "/", "@", "relative", "vsock:2:1234", "/nonexistent/notify"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv("NOTIFY_SOCKET", bad[i], 1);
        cr_expect_not(notify_send("READY=1"), "%s", bad[i]);
    }
    memset(longest, 'a', sizeof longest);
    longest[0] = '/';
    longest[sizeof longest - 1] = 0;
    setenv("NOTIFY_SOCKET", longest, 1);
    cr_expect_not(notify_send("READY=1"));
}

static int listener(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    size_t n = strlen(name);
    memcpy(at.sun_path, name, n);
    if (name[0] == '@')
        at.sun_path[0] = 0;
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)), 0);
    return fd;
}

Test(notify, reaches_a_socket_in_the_file_system_and_an_abstract_one)
{
    char path[64], abstract[64], got[32];
    snprintf(path, sizeof path, "/tmp/genkan-notify-%d", (int)getpid());
    snprintf(abstract, sizeof abstract, "@genkan-notify-%d", (int)getpid());
    const char *const names[] = {path, abstract};
    for (size_t i = 0; i < 2; i++) {
        int fd = listener(names[i]);
        setenv("NOTIFY_SOCKET", names[i], 1);
        cr_assert(notify_send("READY=1"));
        cr_expect_eq(recv(fd, got, sizeof got, 0), 7);
        cr_expect_eq(memcmp(got, "READY=1", 7), 0);
        close(fd);
    }
    unlink(path);
}
