#include "jpki/agent/peer.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
#define ROW(LOCAL, REMOTE, UID, INODE)                                                                                 \
    "   0: " LOCAL " " REMOTE " 01 00000000:00000000 00:00000000 00000000  " UID "        0 " INODE                    \
    " 1 0000000000000000\n"

Test(peer, finds_the_row_of_the_other_end)
{
    static const char table[] = HEAD ROW("0100007F:1F90", "0100007F:ABCD", "1001", "77")
        ROW("0100007F:ABCD", "0100007F:1F90", "1000", "78") ROW("0100007F:ABCD", "0100007F:1F91", "1002", "79");
    uid_t uid = 0;
    cr_assert(!peer_uid_in(&uid, view_text(table), "0100007F:ABCD", "0100007F:1F90"));
    cr_expect_eq(uid, 1000);
    cr_assert(!peer_uid_in(&uid, view_text(table), "0100007F:1F90", "0100007F:ABCD"));
    cr_expect_eq(uid, 1001);
}

Test(peer, does_not_know_what_is_not_there_or_owned_by_nobody)
{
    static const char table[] =
        HEAD ROW("0100007F:ABCD", "0100007F:1F90", "0", "0") ROW("0100007F:ABCE", "0100007F:1F90", "-1", "5")
            ROW("0100007F:ABCF", "0100007F:1F90", "x", "5") "garbage\n\n"
                                                            "   1: 0100007F:ABD0 0100007F:1F90";
    uid_t uid = 7;
    static const char *const locals[] = {"0100007F:ABCC", "0100007F:ABCD", "0100007F:ABCE", "0100007F:ABCF",
                                         "0100007F:ABD0"};
    for (size_t i = 0; i < sizeof locals / sizeof *locals; i++)
        cr_expect_eq(peer_uid_in(&uid, view_text(table), locals[i], "0100007F:1F90"), ERR_NOT_FOUND, "%s", locals[i]);
    cr_expect_eq(peer_uid_in(&uid, VIEW(""), "0100007F:ABCD", "0100007F:1F90"), ERR_NOT_FOUND);
    cr_expect_eq(uid, 7);
}

static void connects(int family)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr *at = family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
    socklen_t size = family == AF_INET ? sizeof v4 : sizeof v6, n = size;
    int listener = socket(family, SOCK_STREAM, 0), fd = socket(family, SOCK_STREAM, 0);
    if (family == AF_INET6 && bind(listener, at, size))
        return; /* this machine has no [::1] */
    if (family == AF_INET)
        cr_assert(!bind(listener, at, size));
    cr_assert(!listen(listener, 1) && !getsockname(listener, at, &n) && !connect(fd, at, size));
    struct peer peer = {.local_port = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port)};
    cr_assert(!getsockname(fd, at, &n));
    peer.port = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
    snprintf(peer.address, sizeof peer.address, "%s", family == AF_INET ? "127.0.0.1" : "::1");
    uid_t uid = 12345;
    cr_expect_eq(peer_uid(&uid, &peer), ERR_OK);
    cr_expect_eq(uid, getuid());
    close(fd);
    struct peer other = peer;
    other.local_port++;
    cr_expect_eq(peer_uid(&uid, &other), ERR_NOT_FOUND);
    close(listener);
}

Test(peer, finds_this_process_on_both_families)
{
    connects(AF_INET);
    connects(AF_INET6);
}

Test(peer, refuses_what_is_no_address)
{
    const struct peer peer = {.address = "localhost", .port = 1, .local_port = 2};
    uid_t uid;
    cr_expect_neq(peer_uid(&uid, &peer), ERR_OK);
}
