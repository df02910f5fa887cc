/* Services that take the connection and never answer, and those that must hear of a log-out all the same. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "idp/state/upkeep.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city;

static void open_stage(void)
{
    stage_open(&stage);
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(deaf_service, .init = open_stage, .fini = close_stage);

enum { TIMEOUT_MS = 300 };

/* Its port takes connections and nobody reads; the socket, for close. */
static int deafen(struct service *s)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(server_port(s->ear, 0)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    server_close(s->ear);
    s->ear = NULL;
    cr_assert_geq(fd, 0);
    cr_assert_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    cr_assert_eq(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(listen(fd, 16), 0);
    return fd;
}

/* Hanako was at both services and logged out. */
static void logs_out_of_both(void)
{
    struct service *const both[] = {a_city, b_city};

    for (int i = 0; i < 2; i++) {
        cr_assert(resident_visits(&stage.hanako, both[i]), "%s", stage.hanako.browser.url);
        cr_assert_eq(service_redeem(both[i], service_receive(both[i], &stage.hanako.browser, NULL)).status, 200);
    }
    cr_assert(resident_logs_out(&stage.hanako));
}

static int64_t untried(void)
{
    return provider_number(genkan, "SELECT count(*) FROM notice WHERE tries = 0");
}

Test(deaf_service, costs_a_round_one_try_and_the_others_hear_everything)
{
    int fd = deafen(a_city);
    struct upkeep_round round = {.timeout_ms = TIMEOUT_MS};

    for (int i = 0; i < 3; i++)
        logs_out_of_both();
    cr_assert_eq(untried(), 6);
    cr_assert_eq(upkeep_deliver(genkan->op, &round), ERR_OK);
    cr_expect_eq(round.tried, 4, "A once, B three times; not %zu", round.tried);
    cr_expect_eq(round.told, 3);
    cr_expect_eq(b_city->told, 3);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM notice WHERE client = 'a-city'"), 3, "kept");
    cr_expect_eq(provider_number(genkan, "SELECT max(tries) + min(tries) FROM notice"), 1);
    close(fd);
}

static bool is_over(void *ctx)
{
    int *left = ctx;

    return (*left)-- == 0;
}

Test(deaf_service, a_round_ends_when_there_is_something_better_to_do)
{
    int left = 1;
    struct upkeep_round round = {.timeout_ms = TIMEOUT_MS, .over = is_over, .ctx = &left};

    logs_out_of_both();
    logs_out_of_both();
    cr_assert_eq(upkeep_deliver(genkan->op, &round), ERR_OK);
    cr_expect_eq(round.tried, 1);
    cr_expect_eq(untried(), 3, "nothing was taken that is not tried");
}

Test(deaf_service, does_not_keep_genkan_from_stopping)
{
    int fd[] = {deafen(a_city), deafen(b_city)};
    struct upkeep *upkeep;

    logs_out_of_both();
    cr_assert_eq(upkeep_open(&upkeep, genkan->op), ERR_OK);
    while (untried() == 2)
        usleep(10000);
    int64_t before = clock_steady_ms();
    upkeep_close(upkeep);
    cr_expect_lt(clock_steady_ms() - before, 8000, "the one POST under way, not the next");
    cr_expect_eq(untried(), 1);
    close(fd[0]);
    close(fd[1]);
}
