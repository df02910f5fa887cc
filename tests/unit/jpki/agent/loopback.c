/* The rules of the agent's door, first as a table, then against a running agent over real sockets. */
#include "jpki/agent/loopback.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/lib/agent_rig.h"

/* ---- the table ---- */

static const struct loopback_facts good = {.peer_is_known = true, .peer = 1000, .self = 1000};

static void decides(struct loopback_facts f, int status)
{
    struct loopback_verdict v = loopback_decide(&f);
    cr_expect_eq(v.status, status, "%d (%s), wanted %d", v.status, v.rule ? v.rule : "", status);
}

Test(loopback, lets_a_navigation_of_the_same_user_pass)
{
    struct loopback_facts f = good;
    decides(f, 200);
    f.modes = f.destinations = 1;
    f.mode = VIEW("navigate");
    f.destination = VIEW("document");
    decides(f, 200);
}

Test(loopback, refuses_every_other_asker)
{
    struct loopback_facts f = good;
    f.origins = 1;
    decides(f, 403);
    f = good, f.modes = 1, f.mode = VIEW("cors");
    decides(f, 403);
    f.mode = VIEW("no-cors");
    decides(f, 403);
    f.mode = VIEW("websocket");
    decides(f, 403);
    f.mode = VIEW_NONE;
    decides(f, 403);
    f = good, f.modes = 2, f.mode = VIEW("navigate");
    decides(f, 403);
    f = good, f.destinations = 1, f.destination = VIEW("iframe");
    decides(f, 403);
    f.destination = VIEW("empty");
    decides(f, 403);
    f = good, f.destinations = 2, f.destination = VIEW("document");
    decides(f, 403);
    f = good, f.peer_is_known = false;
    decides(f, 403);
    f = good, f.peer = 1001;
    decides(f, 403);
    f = good, f.peer = 0;
    decides(f, 403);
}

Test(loopback, knows_whose_page_started_it)
{
    struct view iss = VIEW("https://id.example");
    cr_expect_eq(loopback_referer(0, VIEW_NONE, iss), REFERER_ABSENT);
    cr_expect_eq(loopback_referer(1, VIEW("https://id.example/"), iss), REFERER_ISSUER);
    cr_expect_eq(loopback_referer(1, VIEW("https://id.example/login/card/start?i=1"), iss), REFERER_ISSUER);
    static const char *const foreign[] = {"https://evil.example/",
                                          "https://id.example.evil.example/",
                                          "https://id.example:8443/",
                                          "http://id.example/",
                                          "https://id.example@evil.example/",
                                          "null",
                                          "",
                                          "about:blank"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        cr_expect_eq(loopback_referer(1, view_text(foreign[i]), iss), REFERER_FOREIGN, "%s", foreign[i]);
    cr_expect_eq(loopback_referer(2, VIEW("https://id.example/"), iss), REFERER_FOREIGN);
    cr_expect_eq(loopback_referer(1, VIEW_NONE, iss), REFERER_FOREIGN);
}

Test(loopback, lets_only_the_kiosk_itself_and_issuers_have_the_watch_page)
{
    static const struct {
        size_t sites;
        const char *site;
        enum loopback_referer referer;
        int status;
    } rows[] = {
        {1, "cross-site", REFERER_ABSENT, 403}, {1, "same-site", REFERER_ABSENT, 403},
        {1, "", REFERER_ABSENT, 403},           {2, "none", REFERER_ABSENT, 403},
        {1, "none", REFERER_FOREIGN, 403},      {1, "same-origin", REFERER_FOREIGN, 403},
        {0, "", REFERER_FOREIGN, 403},          {1, "cross-site", REFERER_FOREIGN, 403},
        {1, "none", REFERER_ABSENT, 200},       {1, "same-origin", REFERER_ABSENT, 200},
        {1, "cross-site", REFERER_ISSUER, 200}, {0, "", REFERER_ABSENT, 200},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(loopback_decide_watch(rows[i].sites, view_text(rows[i].site), rows[i].referer).status,
                     rows[i].status, "row %zu", i);
}

/* ---- a running agent; no smart card service is there, so a request that passes waits for a reader ---- */

static struct agent_rig agent;

static void open_agent(void)
{
    const struct agent_rig_options o = {.program = BUILD_DIR "/genkan-agent",
                                        .pinentry = SOURCE_DIR "/tests/lib/scripted_pinentry.sh"};
    cr_assert(!agent_rig_open(&agent, &o));
}

static void close_agent(void)
{
    cr_expect_eq(agent_rig_close(&agent), 0);
}

TestSuite(loopback_running, .init = open_agent, .fini = close_agent);

static const char *auth_path(const char *jws)
{
    return arena_printf(&agent.arena, "/v1/auth/%s", jws);
}

static const char *good_path(void)
{
    struct proof_request q = agent_rig_request(&agent, PROOF_LOGIN);
    return auth_path(agent_rig_sign(&agent, &q));
}

/* A request line and headers as given; "%u" is the port. */
static const char *raw(const char *line, const char *headers)
{
    return arena_printf(&agent.arena, "%s\r\nConnection: close\r\n%s\r\n", line, headers);
}

static const char *host(void)
{
    return arena_printf(&agent.arena, "Host: 127.0.0.1:%u\r\n", (unsigned)agent.port);
}

static void answers(const char *bytes, int status)
{
    const char *answer = agent_rig_send(&agent, bytes, 8000);
    cr_expect_eq(answer_status_of(answer), status, "%.300s\n-> %.300s", bytes, answer);
    cr_expect(!strcasestr(answer, "Access-Control-"), "%s", answer);
    cr_expect(!strcasestr(answer, "Location: http"), "%s", answer);
}

/* Said aloud: a test that was left out must not look like one that passed. */
static void skip(const char *why)
{
    cr_log_warn("skipped: %s", why);
    cr_skip_test("%s", why);
}

static void nothing_was_started(void)
{
    cr_expect(!strstr(agent_rig_log(&agent), "\"started\""), "%s", agent_rig_log(&agent));
    cr_expect_str_empty(agent_rig_windows(&agent));
}

Test(loopback_running, a_right_request_is_sent_to_its_waiting_page)
{
    const char *answer = agent_rig_get(&agent, good_path(), "Referer: " AGENT_RIG_ISSUER "/\r\n");
    cr_assert_eq(answer_status_of(answer), 303, "%s", answer);
    const char *at = answer_header_of(&agent, answer, "Location");
    cr_assert(at && strncmp(at, "/v1/wait/", 9) == 0, "%s", at);
    answer = agent_rig_get(&agent, at, "");
    cr_assert_eq(answer_status_of(answer), 200, "%s", answer);
    cr_expect(strstr(answer, "47 さくら") && strstr(answer, "施設予約"));
    cr_expect(!strcasestr(answer, "<script") && !strcasestr(answer, "javascript:"));
    cr_expect(strncmp(answer_header_of(&agent, answer, "Refresh"), "1; url=/v1/wait/", 16) == 0);
    cr_expect(strstr(answer_header_of(&agent, answer, "Content-Security-Policy"), "default-src 'none'"));
    cr_expect(strstr(answer_header_of(&agent, answer, "Content-Security-Policy"), "frame-ancestors 'none'"));
    cr_expect_str_eq(answer_header_of(&agent, answer, "X-Frame-Options"), "DENY");
    cr_expect_str_eq(answer_header_of(&agent, answer, "X-Content-Type-Options"), "nosniff");
    cr_expect(strstr(answer_header_of(&agent, answer, "Cache-Control"), "no-store"));
    cr_expect_str_eq(answer_header_of(&agent, answer, "Referrer-Policy"), "no-referrer");
}

Test(loopback_running, refuses_another_host)
{
    static const char *const hosts[] = {"evil.example:%u", "localhost:%u", "127.0.0.1",        "127.0.0.2:%u",
                                        "127.0.0.1.:%u",   "[::1]",        "127.0.0.1:%u.evil"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct buf b;
        const char *name, *at = strstr(hosts[i], "%u");
        buf_open(&b, &agent.arena, 256);
        buf_put(&b, view_bytes(hosts[i], at ? (size_t)(at - hosts[i]) : strlen(hosts[i])));
        if (at) {
            buf_put_int(&b, agent.port);
            buf_put_text(&b, at + 2);
        }
        cr_assert(!buf_done_text(&b, &name));
        const char *answer = agent_rig_send(&agent,
                                            raw(arena_printf(&agent.arena, "GET %s HTTP/1.1", good_path()),
                                                arena_printf(&agent.arena, "Host: %s\r\n", name)),
                                            8000);
        cr_expect_eq(answer_status_of(answer), 421, "%s gave %d", name, answer_status_of(answer));
    }
    nothing_was_started();
}

Test(loopback_running, refuses_an_origin_header)
{
    answers(raw(arena_printf(&agent.arena, "GET %s HTTP/1.1", good_path()),
                arena_printf(&agent.arena, "%sOrigin: https://id.example\r\n", host())),
            403);
    answers(raw(arena_printf(&agent.arena, "GET %s HTTP/1.1", good_path()),
                arena_printf(&agent.arena, "%sOrigin: null\r\n", host())),
            403);
    answers(raw(arena_printf(&agent.arena, "GET %s HTTP/1.1", good_path()),
                arena_printf(&agent.arena, "%sOrigin:\r\n", host())),
            403);
    nothing_was_started();
}

Test(loopback_running, refuses_every_method_but_get)
{
    static const char *const methods[] = {"POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const char *answer = agent_rig_send(&agent,
                                            raw(arena_printf(&agent.arena, "%s %s HTTP/1.1", methods[i], good_path()),
                                                arena_printf(&agent.arena, "%sContent-Length: 0\r\n", host())),
                                            8000);
        cr_expect_eq(answer_status_of(answer), 405, "%s gave %d", methods[i], answer_status_of(answer));
        cr_expect(strstr(answer, "\r\nAllow: GET\r\n"), "RFC 9110 15.5.6: %s", answer);
        cr_expect(!strcasestr(answer, "Access-Control-"));
    }
    nothing_was_started();
}

Test(loopback_running, refuses_what_is_no_navigation)
{
    static const char *const headers[] = {
        "Sec-Fetch-Mode: cors\r\n",
        "Sec-Fetch-Mode: no-cors\r\n",
        "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n",
        "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: image\r\n",
        "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Mode: navigate\r\n",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        answers(raw(arena_printf(&agent.arena, "GET %s HTTP/1.1", good_path()),
                    arena_printf(&agent.arena, "%s%s", host(), headers[i])),
                403);
    nothing_was_started();
}

Test(loopback_running, refuses_a_foreign_referer_with_a_page_and_warns_of_none)
{
    const char *answer = agent_rig_get(&agent, good_path(), "Referer: https://evil.example/\r\n");
    cr_expect_eq(answer_status_of(answer), 403);
    cr_expect(strstr(answer, "不正なサイト"));
    nothing_was_started();
    cr_expect_eq(answer_status_of(agent_rig_get(&agent, good_path(), "")), 303);
}

Test(loopback_running, refuses_a_request_line_beyond_8_kib)
{
    char *path = arena_printf(&agent.arena, "GET /v1/auth/%08200d HTTP/1.1", 1);
    answers(raw(path, host()), 414);
    nothing_was_started();
}

Test(loopback_running, has_no_other_door)
{
    static const char *const paths[] = {"/",
                                        "/v1",
                                        "/v1/auth",
                                        "/v1/status",
                                        "/version",
                                        "/v1/certificate",
                                        "/v1/wait/",
                                        "/v1/wait/AAAAAAAAAAAAAAAAAAAAAA/0",
                                        "/v1/wait/x/y/z",
                                        "/v1/wait/x/-1",
                                        "/v1/choose/",
                                        "/v1/choose/x",
                                        "/v1/choose/x/1",
                                        "/v1/choose/x/1/0",
                                        "/v1/choose/x/1/99",
                                        "/v1/choose/x/1/y",
                                        "/v1/choose/x/1/1/1",
                                        "/favicon.ico"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const char *answer = agent_rig_get(&agent, paths[i], "");
        cr_expect_eq(answer_status_of(answer), 404, "%s gave %d", paths[i], answer_status_of(answer));
        cr_expect(!strcasestr(answer, "genkan-agent"), "%s", answer);
    }
    const char *answer = agent_rig_get(&agent, arena_printf(&agent.arena, "%s?x=1", good_path()), "");
    cr_expect_eq(answer_status_of(answer), 404);
    nothing_was_started();
}

Test(loopback_running, shows_a_page_for_an_unknown_key_and_never_redirects)
{
    struct proof_request q = agent_rig_request(&agent, PROOF_LOGIN);
    struct jws_key *own = agent.key, *stranger;
    cr_assert(!jws_key_make(&stranger, JWS_ES256));
    agent.key = stranger;
    const char *jws = agent_rig_sign(&agent, &q);
    agent.key = own;
    jws_key_close(stranger);
    const char *answer = agent_rig_get(&agent, auth_path(jws), "");
    cr_expect_eq(answer_status_of(answer), 400);
    cr_expect(!answer_header_of(&agent, answer, "Location") && strstr(answer, "この依頼は受けられません"));
    answer = agent_rig_get(&agent, auth_path("a.b.c"), "Accept-Language: en\r\n");
    cr_expect_eq(answer_status_of(answer), 400);
    cr_expect(strstr(answer, "cannot be accepted"));
    nothing_was_started();
}

Test(loopback_running, says_that_the_clock_is_wrong_both_ways)
{
    struct proof_request q = agent_rig_request(&agent, PROOF_LOGIN);
    q.iat += 600, q.exp += 600;
    const char *answer = agent_rig_get(&agent, auth_path(agent_rig_sign(&agent, &q)), "");
    cr_expect_eq(answer_status_of(answer), 400);
    cr_expect(strstr(answer, "時計が合っていません"), "%s", answer);
    q = agent_rig_request(&agent, PROOF_LOGIN);
    q.iat -= 600, q.exp -= 600;
    answer = agent_rig_get(&agent, auth_path(agent_rig_sign(&agent, &q)), "");
    cr_expect_eq(answer_status_of(answer), 400);
    cr_expect(strstr(answer, "このパソコンの時計は"), "%s", answer);
    nothing_was_started();
}

Test(loopback_running, wants_an_update_for_what_it_cannot_do)
{
    struct proof_request q = agent_rig_request(&agent, PROOF_LOGIN);
    q.minver = VIEW("99.0");
    const char *answer = agent_rig_get(&agent, auth_path(agent_rig_sign(&agent, &q)), "");
    cr_expect_eq(answer_status_of(answer), 400);
    cr_expect(strstr(answer, "更新が必要"), "%s", answer);
    nothing_was_started();
}

Test(loopback_running, refuses_a_request_of_another_carrier)
{
    struct proof_request q = agent_rig_request(&agent, PROOF_LOGIN);
    q.ch = PROOF_APP_SAME;
    cr_expect_eq(answer_status_of(agent_rig_get(&agent, auth_path(agent_rig_sign(&agent, &q)), "")), 400);
    nothing_was_started();
}

Test(loopback_running, serves_one_at_a_time_and_each_request_once)
{
    struct proof_request q = agent_rig_request(&agent, PROOF_LOGIN);
    const char *first = agent_rig_sign(&agent, &q), *second = good_path();
    const char *waiting = agent_rig_begin(&agent, first);
    cr_assert(waiting);
    const char *answer = agent_rig_get(&agent, second, "");
    cr_expect_eq(answer_status_of(answer), 409);
    cr_expect(strstr(answer, "ほかのログインが進行中"));

    char *stop = arena_printf(&agent.arena, "/v1/stop/%.43s", waiting + strlen("/v1/wait/"));
    cr_expect_eq(answer_status_of(agent_rig_get(&agent, stop, "")), 303);
    struct proof_response response;
    const char *url = agent_rig_follow(&agent, waiting, 8000);
    cr_assert(!agent_rig_response(&agent, url, &response), "%s", url);
    cr_expect_eq(response.error, PROOF_USER_CANCELLED);
    cr_expect(view_equal(response.txn, q.txn));

    answer = agent_rig_get(&agent, auth_path(first), "");
    cr_expect_eq(answer_status_of(answer), 400);
    cr_expect(strstr(answer, "使用済み"), "%s", answer);
    cr_expect_eq(answer_status_of(agent_rig_get(&agent, second, "")), 303, "what was refused as busy may come again");
}

Test(loopback_running, gives_the_answer_out_once)
{
    const char *answer = agent_rig_get(&agent, good_path(), "");
    const char *waiting = answer_header_of(&agent, answer, "Location");
    cr_assert(waiting);
    char *stop = arena_printf(&agent.arena, "/v1/stop/%.43s", waiting + strlen("/v1/wait/"));
    (void)agent_rig_get(&agent, stop, "");
    cr_assert(agent_rig_follow(&agent, waiting, 8000));
    answer = agent_rig_get(&agent, waiting, "");
    cr_expect_eq(answer_status_of(answer), 404);
    cr_expect(strstr(answer, "この手続きは終わっています"));
}

static int connect_plain(int family)
{
    struct sockaddr_in v4 = {
        .sin_family = AF_INET, .sin_port = htons(agent.port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(agent.port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(family, SOCK_STREAM, 0);
    const void *to = family == AF_INET ? (const void *)&v4 : (const void *)&v6;
    if (fd >= 0 && connect(fd, to, family == AF_INET ? sizeof v4 : sizeof v6) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

Test(loopback_running, takes_no_ninth_connection)
{
    int fds[8];
    struct timespec moment = {0, 200000000};
    for (int i = 0; i < 8; i++) {
        fds[i] = connect_plain(AF_INET);
        cr_assert_geq(fds[i], 0);
    }
    nanosleep(&moment, NULL);
    const char *answer = agent_rig_send(&agent, raw("GET / HTTP/1.1", host()), 1000);
    cr_expect_eq(answer_status_of(answer), 0, "%s", answer);
    for (int i = 0; i < 8; i++)
        close(fds[i]);
    nanosleep(&moment, NULL);
    answers(raw("GET / HTTP/1.1", host()), 404);
}

Test(loopback_running, cuts_off_who_does_not_finish_within_five_seconds)
{
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    (void)agent_rig_send(&agent, "GET /v1/auth/abc HTTP/1.1\r\nHost: ", 15000);
    clock_gettime(CLOCK_MONOTONIC, &end);
    cr_expect(end.tv_sec - start.tv_sec <= 8, "%ld", (long)(end.tv_sec - start.tv_sec));
}

/* Every listening socket of the agent's port, out of the kernel's table, is on a loopback address. */
Test(loopback_running, listens_on_loopback_only)
{
    static const char *const tables[][2] = {{"/proc/net/tcp", "0100007F"},
                                            {"/proc/net/tcp6", "00000000000000000000000001000000"}};
    char wanted[8];
    int listening = 0;
    snprintf(wanted, sizeof wanted, ":%04X", agent.port);
    for (int t = 0; t < 2; t++) {
        char line[512];
        FILE *f = fopen(tables[t][0], "r");
        cr_assert(f);
        while (fgets(line, sizeof line, f)) {
            char local[64], remote[64], state[8];
            if (sscanf(line, " %*s %63s %63s %7s", local, remote, state) != 3 || strcmp(state, "0A") != 0)
                continue;
            if (!strstr(local, wanted))
                continue;
            listening++;
            cr_expect(strncmp(local, tables[t][1], strlen(tables[t][1])) == 0, "%s", local);
        }
        fclose(f);
    }
    cr_expect_geq(listening, 1);
    int fd = connect_plain(AF_INET6);
    cr_expect_eq(listening, fd >= 0 ? 2 : 1);
    if (fd >= 0)
        close(fd);
}

Test(loopback_running, answers_on_ipv6_loopback_with_its_own_host)
{
    int fd = connect_plain(AF_INET6);
    if (fd < 0)
        skip("this machine has no [::1]");
    close(fd);
    const char *bytes = raw(arena_printf(&agent.arena, "GET %s HTTP/1.1", good_path()),
                            arena_printf(&agent.arena, "Host: [::1]:%u\r\n", (unsigned)agent.port));
    const char *answer = agent_rig_send6(&agent, bytes, 8000);
    cr_expect_eq(answer_status_of(answer), 303, "%s", answer);
}

Test(loopback_running, refuses_another_user_of_the_machine)
{
    if (getuid() != 0)
        skip("only root can become somebody else");
    const char *bytes = raw(arena_printf(&agent.arena, "GET %s HTTP/1.1", good_path()), host());
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        if (setgid(65534) || setuid(65534))
            _exit(100);
        _exit(answer_status_of(agent_rig_send(&agent, bytes, 8000)) == 403 ? 0 : 1);
    }
    int status = 0;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", WEXITSTATUS(status));
    nothing_was_started();
}

Test(loopback_running, does_not_start_when_another_program_has_the_port)
{
    char port[8];
    snprintf(port, sizeof port, "%u", (unsigned)agent.port);
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        if (freopen("/dev/null", "w", stderr))
            execl(BUILD_DIR "/genkan-agent", "genkan-agent", "--port", port, "--issuers", agent.folder, "--pinentry",
                  SOURCE_DIR "/tests/lib/scripted_pinentry.sh", (char *)NULL);
        _exit(127);
    }
    int status = 0;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1, "%d", status);
}

/* ---- what the administrator changes while it runs ---- */

static const char *issuer_path(void)
{
    return arena_printf(&agent.arena, "%s/issuer.json", agent.folder);
}

static int status_of_good_request(void)
{
    const char *answer = agent_rig_get(&agent, good_path(), "");
    const char *path = answer_header_of(&agent, answer, "Location");
    if (path) /* let the next one begin */
        (void)agent_rig_get(&agent, arena_printf(&agent.arena, "/v1/stop/%s", path + strlen("/v1/wait/")), "");
    return answer_status_of(answer);
}

Test(loopback_running, serves_an_issuer_only_while_its_file_is_there)
{
    const char *aside = arena_printf(&agent.arena, "%s/aside", agent.folder);
    cr_assert_eq(rename(issuer_path(), aside), 0);
    cr_expect_eq(status_of_good_request(), 400);
    cr_assert_eq(rename(aside, issuer_path()), 0);
    cr_expect_eq(status_of_good_request(), 303, "%s", agent_rig_log(&agent));
}

Test(loopback_running, serves_nobody_while_a_file_in_the_folder_is_bad)
{
    const char *bad = arena_printf(&agent.arena, "%s/zz.json", agent.folder);
    cr_assert(!file_write(bad, VIEW("{"), 0644));
    cr_expect_eq(status_of_good_request(), 400);
    nothing_was_started();
    cr_expect(strstr(agent_rig_log(&agent), "zz.json: not JSON"), "%s", agent_rig_log(&agent));
    unlink(bad);
    cr_expect_eq(status_of_good_request(), 303);
}

Test(loopback_running, has_no_watch_page_unless_it_is_a_kiosk)
{
    answers(raw("GET /v1/kiosk HTTP/1.1", host()), 404);
    answers(raw("GET /v1/kiosk/0 HTTP/1.1", host()), 404);
}

/* ---- a kiosk ---- */

static void open_kiosk(void)
{
    const struct agent_rig_options o = {
        .program = BUILD_DIR "/genkan-agent", .pinentry = SOURCE_DIR "/tests/lib/scripted_pinentry.sh", .kiosk = true};
    cr_assert(!agent_rig_open(&agent, &o));
}

TestSuite(loopback_kiosk, .init = open_kiosk, .fini = close_agent);

Test(loopback_kiosk, begins_no_login_while_nobody_would_hear_of_the_card)
{
    const char *answer = agent_rig_get(&agent, good_path(), "Accept-Language: en\r\n");
    cr_expect_eq(answer_status_of(answer), 409);
    cr_expect(strstr(answer, "This terminal is not ready"), "%s", answer);
    nothing_was_started();
    cr_expect_eq(answer_status_of(agent_rig_get(&agent, "/v1/kiosk", "Sec-Fetch-Site: none\r\n")), 200);
    cr_expect_eq(status_of_good_request(), 303);
}

Test(loopback_kiosk, shows_its_watch_page_to_no_other_site)
{
    cr_expect_eq(answer_status_of(agent_rig_get(&agent, "/v1/kiosk", "Sec-Fetch-Site: cross-site\r\n")), 403);
    cr_expect_eq(answer_status_of(agent_rig_get(&agent, "/v1/kiosk", "Referer: https://evil.example/\r\n")), 403);
    cr_expect_eq(answer_status_of(agent_rig_get(&agent, "/v1/kiosk/x", "")), 404);
    cr_expect_eq(answer_status_of(agent_rig_get(&agent, "/v1/kiosk?x", "")), 404);
    const char *answer = agent_rig_get(
        &agent, "/v1/kiosk", "Sec-Fetch-Site: cross-site\r\nReferer: " AGENT_RIG_ISSUER "/\r\nAccept-Language: en\r\n");
    cr_expect_eq(answer_status_of(answer), 200);
    cr_expect(strstr(answer, "Nobody is logged in now") && strstr(answer, "\r\nRefresh: 1; url=/v1/kiosk/"), "%s",
              answer);
}
