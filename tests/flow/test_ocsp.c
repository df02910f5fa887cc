/* With a real OCSP responder, asked over the network as in production: who gets in depends on it. */
#include <criterion/criterion.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/ocsp.h"
#include "tests/lib/stage.h"

static char pki[] = "/tmp/genkan-ocsp-XXXXXX";
static struct ocsp_setup setup = {.pki = pki, .authority = "auth3", .minutes = "15"};
static struct ocsp_responder responder;
static struct provider genkan;
static struct service a_city;
static struct resident hanako;

static int free_port(void)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6};
    socklen_t n = sizeof any;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    cr_assert(fd >= 0 && bind(fd, (struct sockaddr *)&any, n) == 0 &&
              getsockname(fd, (struct sockaddr *)&any, &n) == 0);
    close(fd);
    return ntohs(any.sin6_port);
}

/* The certificates name the responder, so the PKI is made for the port. */
static void make_pki(int port)
{
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    cr_assert_not_null(mkdtemp(pki));
    pid_t pid = fork();
    if (pid == 0) {
        execl(BUILD_DIR "/certs/genkan-testpki", "genkan-testpki", "--ocsp-url", url, pki, (char *)NULL);
        _exit(127);
    }
    int status = -1;
    cr_assert(waitpid(pid, &status, 0) == pid && status == 0);
}

static void open_by(const char *revocation)
{
    provider_open(&genkan, &(struct provider_options){.pki = pki, .revocation = revocation});
    service_open_a(&a_city, &genkan);
    resident_open(&hanako, &genkan, "residents/hanako");
    cr_assert(browser_get(&hanako.browser, service_begin(&a_city, NULL)));
    cr_assert(resident_goes_to(&hanako, AT_CARD_START));
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void close_rest(void)
{
    resident_close(&hanako);
    service_close(&a_city);
    provider_close(&genkan);
    nftw(pki, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void close_all(void)
{
    ocsp_responder_stop(&responder);
    close_rest();
}

static void open_all(void)
{
    setup.port = free_port();
    make_pki(setup.port);
    cr_assert(ocsp_responder_start(&responder, &setup));
    open_by("ocsp = on\n ocsp_timeout = 2\n");
}

TestSuite(responder, .init = open_all, .fini = close_all);

static int64_t sessions(void)
{
    return provider_number(&genkan, "SELECT count(*) FROM session");
}

static void is_refused_for(const char *problem)
{
    const char *sql = arena_printf(&genkan.a, "SELECT count(*) FROM interaction WHERE problem = '%s'", problem);
    cr_assert(resident_uses_card(&hanako, NULL));
    IS_AT(&hanako.browser, AT_CARD_PROBLEM);
    cr_assert_eq(provider_number(&genkan, sql), 1, "%s", problem);
    cr_assert_eq(sessions(), 0);
    cr_assert(PRESS(&hanako.browser, "/login/card", NULL), "a new attempt is possible");
    IS_AT(&hanako.browser, AT_CARD_START);
}

Test(responder, that_says_good_lets_her_in)
{
    cr_assert(resident_goes_to(&hanako, AT_ELSEWHERE));
    cr_assert_eq(service_redeem(&a_city, service_receive(&a_city, &hanako.browser, NULL)).status, 200);
    cr_assert_eq(sessions(), 1);
}

static void card_is_refused_for(const char *folder, const char *problem)
{
    struct software_card good = hanako.card;
    card_open(&hanako.card, provider_persona(&genkan, folder));
    is_refused_for(problem);
    card_close(&hanako.card);
    hanako.card = good;
}

Test(responder, that_says_revoked_or_unknown_lets_nobody_in)
{
    card_is_refused_for("bad/revoked", "cert_revoked");
    card_is_refused_for("bad/unlisted", "revocation_unknown");
    card_is_refused_for("bad/no-ocsp-url", "revocation_unknown");
    cr_assert(resident_goes_to(&hanako, AT_ELSEWHERE));
}

Test(responder, that_is_down_keeps_her_out_until_it_is_up_again)
{
    ocsp_responder_stop(&responder);
    is_refused_for("revocation_unknown");
    cr_assert(ocsp_responder_start(&responder, &setup));
    cr_assert(resident_goes_to(&hanako, AT_ELSEWHERE), "the login goes on where it was");
    cr_assert_eq(sessions(), 1);
}

static void open_with_lists(void)
{
    setup.port = free_port();
    make_pki(setup.port);
    static char lines[200];
    snprintf(lines, sizeof lines, "crl = \"%s/crl\"\n crl_stands_in = on\n ocsp = on\n ocsp_timeout = 2\n", pki);
    open_by(lines);
}

TestSuite(responder_with_lists, .init = open_with_lists, .fini = close_rest);

Test(responder_with_lists, that_is_down_keeps_nobody_out_whom_a_fresh_list_lets_in)
{
    card_is_refused_for("bad/revoked", "cert_revoked");
    cr_assert(resident_goes_to(&hanako, AT_ELSEWHERE), "nobody answers, the list does");
    cr_assert_eq(sessions(), 1);
}

Test(responder, that_nobody_appointed_keeps_her_out)
{
    static const char *const signers[] = {"ocsp/sign3.pem", "ocsp/auth2.pem", "ocsp/forged.pem",
                                          "ocsp/not-appointed.pem", "ocsp/expired.pem"};
    for (size_t i = 0; i < sizeof signers / sizeof *signers; i++) {
        ocsp_responder_stop(&responder);
        setup.signer = signers[i];
        cr_assert(ocsp_responder_start(&responder, &setup));
        is_refused_for("revocation_unknown");
    }
}

Test(responder, whose_answer_is_old_keeps_her_out)
{
    provider_pass(&genkan, 15 * 60 + 300 + 120); /* the responder has the real clock */
    cr_assert(browser_get(&hanako.browser, service_begin(&a_city, NULL)));
    cr_assert(resident_goes_to(&hanako, AT_CARD_START));
    is_refused_for("revocation_unknown");
}
