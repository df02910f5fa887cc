/* `genkan serve` as a process: signals, systemd's socket, and what stands in its log. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "idp/command.h"
#include "tests/lib/atlas.h"
#include "tests/lib/made.h"

static struct arena a;
static char folder[64], config_path[96], log_path[96], notify_path[96];
static int notify_fd;
static pid_t server;

static void write_config(const char *more)
{
    const char *text = arena_printf(&a,
                                    "issuer = \"http://localhost:8080\"\nlisten = {\"127.0.0.1:0\"}\n"
                                    "data = \"%s/data\"\njpki {\n trust = test\n roots = \"" BUILD_DIR
                                    "/testpki/trust\"\n crl = \"" BUILD_DIR "/testpki/crl\"\n ocsp = off\n}\n%s",
                                    folder, more);
    cr_assert_eq(file_write(config_path, view_text(text), 0600), ERR_OK);
}

static void write_secure_config(void)
{
    const char *text = arena_printf(&a,
                                    "issuer = \"https://localhost:8443\"\nlisten = {\"127.0.0.1:0\"}\n"
                                    "data = \"%s/data\"\njpki {\n trust = test\n roots = \"" BUILD_DIR
                                    "/testpki/trust\"\n crl = \"" BUILD_DIR "/testpki/crl\"\n ocsp = off\n}\n"
                                    "tls {\n certificate = \"%s/tls.pem\"\n key = \"%s/tls.key\"\n}\n",
                                    folder, folder, folder);
    cr_assert_eq(file_write(config_path, view_text(text), 0600), ERR_OK);
}

static void open_folder(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    arena_open(&a, 4 << 20);
    snprintf(folder, sizeof folder, "/tmp/genkan-serve-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(config_path, sizeof config_path, "%s/genkan.conf", folder);
    snprintf(log_path, sizeof log_path, "%s/log", folder);
    snprintf(notify_path, sizeof notify_path, "%s/notify", folder);
    memcpy(at.sun_path, notify_path, strlen(notify_path));
    notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(notify_fd, (struct sockaddr *)&at, sizeof at), 0);
    write_config("");
}

static void remove_all(const char *path)
{
    char **names;
    size_t n;
    if (file_list(&a, path, "", &names, &n) == ERR_OK)
        for (size_t i = 0; i < n; i++) {
            const char *inner = arena_printf(&a, "%s/%s", path, names[i]);
            if (unlink(inner) != 0)
                remove_all(inner);
        }
    rmdir(path);
}

static void close_folder(void)
{
    if (server > 0) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    remove_all(arena_printf(&a, "%s/data/keys", folder));
    remove_all(arena_printf(&a, "%s/data", folder));
    remove_all(folder);
    arena_close(&a);
}

TestSuite(serve, .init = open_folder, .fini = close_folder);

static void start(void)
{
    server = fork();
    cr_assert_geq(server, 0);
    if (server > 0)
        return;
    const char *argv[] = {"genkan", "serve", "--config", config_path, NULL};
    int fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(fd, 2);
    setenv("NOTIFY_SOCKET", notify_path, 1);
    _exit(command_main(4, argv));
}

/* The next message to systemd begins with STATE. */
static void expect_notice(const char *state)
{
    char got[256] = "";
    struct pollfd p = {notify_fd, POLLIN, 0};
    cr_assert_eq(poll(&p, 1, 20000), 1, "no %s", state);
    ssize_t n = recv(notify_fd, got, sizeof got - 1, 0);
    cr_assert_gt(n, 0);
    cr_assert_eq(strncmp(got, state, strlen(state)), 0, "%s, not %s", got, state);
}

static const char *log_text(void)
{
    struct view text;
    cr_assert_eq(file_read(&a, log_path, 1 << 20, &text), ERR_OK);
    return arena_text(&a, text);
}

static int end(int number)
{
    int status = 0;
    kill(server, number);
    cr_assert_eq(waitpid(server, &status, 0), server);
    server = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(serve, starts_reloads_and_drains_as_systemd_wants_it)
{
    start();
    expect_notice("READY=1");
    kill(server, SIGHUP);
    expect_notice("RELOADING=1\nMONOTONIC_USEC=");
    expect_notice("READY=1");
    cr_expect_eq(end(SIGTERM), 0);
    expect_notice("STOPPING=1");
    const char *log = log_text();
    cr_expect(strstr(log, "\"event\":\"started\"") && strstr(log, "\"event\":\"reloaded\"") &&
              strstr(log, "\"event\":\"stopped\""));
}

Test(serve, keeps_running_on_what_it_had_when_the_new_configuration_is_bad)
{
    start();
    expect_notice("READY=1");
    write_config("workers = none\n");
    kill(server, SIGHUP);
    expect_notice("RELOADING=1");
    expect_notice("READY=1");
    write_config("workers = 9\nevents { wait = 9 }\nlog { level = warn }\n");
    kill(server, SIGHUP);
    expect_notice("RELOADING=1");
    expect_notice("READY=1");
    cr_expect_eq(end(SIGINT), 0);
    const char *log = log_text();
    cr_expect(strstr(log, "\"event\":\"reload_failed\"") && strstr(log, "\"line\":10") &&
                  strstr(log, "must be a whole number from 1 to 64"),
              "%s", log);
    cr_expect(strstr(log, "\"event\":\"restart_needed\"") && strstr(log, "\"key\":\"workers\"}") &&
                  strstr(log, "\"key\":\"events.wait\"}"),
              "%s", log);
    cr_expect_null(strstr(log, "\"event\":\"stopped\""), "the log level follows: info is silent now");
}

Test(serve, takes_a_new_file_of_places_on_sighup_and_keeps_the_old_one_when_it_is_damaged)
{
    const char *path = arena_printf(&a, "%s/city.mmdb", folder);
    static const struct atlas_line line = {.net = "81.2.69.0/24", .city = "京都市"};
    write_config(arena_printf(&a, "places { database = \"%s\" }\n", path));
    start();
    cr_expect_eq(end(0), COMMAND_CONFIG, "a file that is named must be there");
    cr_expect(strstr(log_text(), "city.mmdb: there is no such file"), "%s", log_text());
    atlas_make(path, &atlas_small);
    start();
    expect_notice("READY=1");
    atlas_make(path, &(struct atlas){.lines = &line, .n_lines = 1, .kind = "Newer-City"});
    kill(server, SIGHUP);
    expect_notice("RELOADING=1");
    expect_notice("READY=1");
    cr_assert_eq(truncate(path, 100), 0);
    kill(server, SIGHUP);
    expect_notice("RELOADING=1");
    expect_notice("READY=1");
    cr_expect_eq(end(SIGTERM), 0);
    const char *log = log_text();
    const char *first = strstr(log, "\"kind\":\"Genkan-Test-City\""), *second = strstr(log, "\"kind\":\"Newer-City\"");
    cr_expect(first && second && first < second, "%s", log);
    cr_expect(strstr(log, "\"event\":\"reload_failed\"") && strstr(log, "city.mmdb: is no MaxMind DB file"), "%s", log);
}

Test(serve, starts_again_on_the_data_folder_it_made_and_refuses_half_of_it)
{
    start();
    expect_notice("READY=1");
    cr_expect_eq(end(SIGTERM), 0);
    expect_notice("STOPPING=1");
    start();
    expect_notice("READY=1");
    cr_expect_eq(end(SIGTERM), 0);
    expect_notice("STOPPING=1");
    cr_assert_eq(unlink(arena_printf(&a, "%s/data/keys/keys.json", folder)), 0);
    start();
    cr_expect_eq(end(0), COMMAND_CONFIG);
    cr_expect(strstr(log_text(), "\"event\":\"start_failed\",\"reason\":\"") && strstr(log_text(), "is missing"));
}

static void refused(int code, const char *reason)
{
    unlink(log_path);
    start();
    cr_expect_eq(end(0), code);
    cr_expect(strstr(log_text(), reason), "%s", log_text());
    cr_expect_null(strstr(log_text(), "ERR_"), "words, not a name of ours: %s", log_text());
}

/* Whoever reads it must know what is wrong and what to do. */
Test(serve, says_in_words_why_the_ledger_or_the_database_cannot_be_used)
{
    const char *keys = arena_printf(&a, "%s/data/keys", folder), *db = arena_printf(&a, "%s/data/genkan.db", folder);
    start();
    expect_notice("READY=1");
    cr_expect_eq(end(SIGTERM), 0);
    const char *last = arena_printf(&a, "%s/ledger.pem.last", keys), *aside = arena_printf(&a, "%s/aside", folder);
    cr_assert_eq(rename(last, aside), 0);
    refused(COMMAND_NO, "the ledger: ");
    cr_expect(strstr(log_text(), "begin a new log (another ledger.origin)\""), "%s", log_text());
    cr_assert_eq(rename(aside, last), 0);
    write_config("ledger { policy = \"/nonexistent/policy\" }\n");
    refused(COMMAND_CONFIG, "/nonexistent/policy cannot be read: there is no such file\"");
    write_config("");
    cr_assert_eq(file_write(db,
                            VIEW("no database, but longer than a hundred bytes: 0123456789 0123456789 0123456789 "
                                 "0123456789 0123456789"),
                            0600),
                 ERR_OK);
    refused(COMMAND_FAILED, "genkan.db: it is no database, or a damaged one: put the backup back\"");
}

Test(serve, makes_a_data_folder_that_nobody_else_can_read)
{
    struct stat st;
    static const char *const names[] = {
        "data", "data/genkan.db", "data/keys", "data/keys/keys.json", "data/genkan.db-wal", "data/genkan.db-recent"};
    start();
    expect_notice("READY=1");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cr_assert_eq(stat(arena_printf(&a, "%s/%s", folder, names[i]), &st), 0, "%s", names[i]);
        cr_expect_eq(st.st_mode & 077, 0, "%s", names[i]);
    }
}

static const char *comm_of(const char *task)
{
    struct view text;
    cr_assert_eq(file_read(&a, arena_printf(&a, "%s/comm", task), 64, &text), ERR_OK);
    return arena_text(&a, view_part(text, 0, text.n - 1)); /* without the end of the line */
}

/* How many threads of the server are called NAME. */
static int count_threads(const char *name)
{
    char **tasks;
    size_t n;
    int found = 0;
    const char *path = arena_printf(&a, "/proc/%d/task", (int)server);
    cr_assert_eq(file_list(&a, path, "", &tasks, &n), ERR_OK);
    for (size_t i = 0; i < n; i++)
        found += strcmp(comm_of(arena_printf(&a, "%s/%s", path, tasks[i])), name) == 0;
    return found;
}

/* As `ps -L` and `top -H` show them; the process keeps its own name. */
Test(serve, names_its_threads_by_what_they_do)
{
    static const char *const names[] = {"lane-0",     "lane-1",       "slow-0",       "door",
                                        "publisher",  "upkeep",       "fetch-keys-0", "fetch-docs-3",
                                        "admin-door", "admin-lane-0", "admin-slow-0"};
    write_config(arena_printf(&a, "workers = 2\nadmin { socket = \"%s/admin\" }\n", folder));
    start();
    expect_notice("READY=1");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_expect_eq(count_threads(names[i]), 1, "%s", names[i]);
    const char *own = comm_of(arena_printf(&a, "/proc/%d", (int)server));
    cr_expect_str_eq(own, comm_of("/proc/self"));
    cr_expect_eq(count_threads(own), 1, "only the main thread has the name of the program");
}

static void put(const char *name, const char *pem)
{
    cr_assert_eq(file_write(arena_printf(&a, "%s/%s", folder, name), view_text(pem), 0600), ERR_OK);
}

static int count_in_log(const char *event)
{
    int seen = 0;
    for (const char *at = log_text(); (at = strstr(at, event)); at++)
        seen++;
    return seen;
}

static void wait_for(const char *event, int times)
{
    for (int i = 0; i < 200; i++) {
        if (count_in_log(event) >= times)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
    cr_assert_fail("no %s: %s", event, log_text());
}

/* An event of the ledger, so that there is something to publish. */
static void ask_the_ledger(void)
{
    const char *argv[] = {"genkan", "audit", "count", "--config", config_path, NULL};
    int status;
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0)
        _exit(freopen("/dev/null", "w", stdout) ? command_main(5, argv) : 9);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert_eq(status, 0);
}

/* A folder where the checkpoint should be: whoever we run as, nobody can put a file there. */
Test(serve, says_once_that_the_ledger_cannot_be_published_and_once_that_it_can_again)
{
    const char *checkpoint = arena_printf(&a, "%s/data/ledger/checkpoint", folder);
    start();
    expect_notice("READY=1");
    for (int i = 0; i < 200 && access(checkpoint, F_OK) != 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    cr_assert(unlink(checkpoint) == 0 && mkdir(checkpoint, 0700) == 0);
    ask_the_ledger();
    wait_for("\"event\":\"ledger_not_published\"", 1);
    nanosleep(&(struct timespec){.tv_sec = 5}, NULL); /* the second try is over */
    cr_expect_eq(count_in_log("\"event\":\"ledger_not_published\""), 1, "%s", log_text());
    cr_expect(strstr(log_text(), "/data/ledger cannot be read or written\""), "%s", log_text());
    cr_expect_eq(count_in_log("ledger_published_again"), 0);
    cr_assert_eq(rmdir(checkpoint), 0);
    wait_for("\"event\":\"ledger_published_again\"", 1);
    cr_expect_eq(count_in_log("\"failures\":1,"), 0, "%s", log_text());
    ask_the_ledger();
    cr_expect_eq(end(SIGTERM), 0); /* which publishes the rest */
    cr_expect_eq(count_in_log("\"event\":\"ledger_published_again\""), 1);
    cr_expect_eq(count_in_log("\"event\":\"ledger_not_"), 1);
}

/* Whoever renews a certificate need not know that we run; and what he leaves half done hurts nobody. */
Test(serve, takes_a_renewed_certificate_and_keeps_the_old_one_when_it_does_not_fit)
{
    static struct made first, second;
    make_certificate(&first, &(struct made_of){.name = "localhost", .for_servers = true, .days = 30});
    make_certificate(&second, &(struct made_of){.name = "localhost", .for_servers = true, .days = 60});
    put("tls.pem", first.certificate);
    put("tls.key", first.key);
    write_secure_config();
    start();
    expect_notice("READY=1");
    put("tls.pem", second.certificate); /* the key comes later */
    kill(server, SIGHUP);
    expect_notice("RELOADING=1");
    expect_notice("READY=1");
    wait_for("\"rule\":\"the key does not belong to the certificate\"", 1);
    put("tls.key", second.key);
    wait_for("\"event\":\"certificate_read\"", 1); /* without a word to anybody */
    cr_expect_eq(end(SIGTERM), 0);
    unlink(arena_printf(&a, "%s/tls.pem", folder));
    unlink(arena_printf(&a, "%s/tls.key", folder));
}

static int connect_to_it(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    to.sin_port = htons((uint16_t)strtoul(strstr(strstr(log_text(), "\"listening\""), "\"port\":") + 7, NULL, 10));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static bool ask(int fd, const char *path, const char *connection)
{
    const char *text =
        arena_printf(&a, "GET %s HTTP/1.1\r\nHost: localhost:8080\r\nConnection: %s\r\n\r\n", path, connection);
    return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

/* The whole answer to a request over plain http. */
static const char *get(const char *path)
{
    char *got = arena_alloc(&a, 32768);
    size_t n = 0;
    ssize_t more;
    int fd = connect_to_it();
    cr_assert(ask(fd, path, "close"));
    while (n < 32767 && (more = recv(fd, got + n, 32767 - n, 0)) > 0)
        n += (size_t)more;
    close(fd);
    return got;
}

/* What comes with one reading; "" at the end. */
static const char *heard(int fd)
{
    char *got = arena_alloc(&a, 4096);
    ssize_t n = recv(fd, got, 4095, 0);
    got[n > 0 ? n : 0] = 0;
    return got;
}

/* On a connection that a proxy keeps, when the server has just been told to stop. */
static bool is_answered_while_it_stops(void)
{
    unlink(log_path);
    start();
    expect_notice("READY=1");
    int fd = connect_to_it();
    cr_assert(ask(fd, "/healthz", "keep-alive") && strstr(heard(fd), "HTTP/1.1 200"));
    kill(server, SIGTERM);
    expect_notice("STOPPING=1");
    nanosleep(&(struct timespec){.tv_nsec = 150000000}, NULL); /* who waits for nobody is gone by then */
    const char *last = ask(fd, "/healthz", "keep-alive") ? heard(fd) : "";
    bool answered = strstr(last, "HTTP/1.1 200") && strstr(last, "Connection: close");
    close(fd);
    cr_expect_eq(end(0), 0);
    return answered;
}

/* The moment is half a second: on a machine that is busy with something else it may be missed, but not ten times. */
Test(serve, a_proxy_that_sends_on_a_kept_connection_while_it_stops_gets_its_answer)
{
    bool answered = false;
    for (int i = 0; i < 10 && !answered; i++)
        answered = is_answered_while_it_stops();
    cr_expect(answered);
}

/* RFC 8705 5; and without mutual TLS nothing of it. */
Test(serve, publishes_where_certificates_are_asked_for)
{
    start();
    expect_notice("READY=1");
    cr_expect_null(strstr(get("/.well-known/openid-configuration"), "mtls_endpoint_aliases"));
    cr_expect_eq(end(SIGTERM), 0);
    expect_notice("STOPPING=1");
    unlink(log_path);
    write_config("mtls { origin = \"https://mtls.example\" }\n"
                 "proxy {\n trusted = {\"10.0.0.1\"}\n header = none\n client_certificate = Client-Cert\n}\n");
    start();
    expect_notice("READY=1");
    const char *found = strstr(get("/.well-known/openid-configuration"), "\"mtls_endpoint_aliases\":{");
    cr_assert_not_null(found);
    cr_expect_null(strstr(found + 1, "\"mtls_endpoint_aliases\""), "RFC 8259 4: names are unique");
    cr_expect_not_null(strstr(found, "\"token_endpoint\":\"https://mtls.example/token\""));
    cr_expect_not_null(strstr(found, "\"userinfo_endpoint\":\"https://mtls.example/userinfo\""));
    cr_expect_eq(end(SIGTERM), 0);
}

static void limit_files(rlim_t soft, rlim_t hard)
{
    const struct rlimit files = {soft, hard};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
}

/* Not the ten-thousandth resident shall find out. */
Test(serve, does_not_start_with_fewer_files_than_its_connections_need)
{
    write_config("connections = 1000\n");
    limit_files(300, 1255);
    start();
    cr_expect_eq(end(0), COMMAND_CONFIG);
    cr_expect(strstr(log_text(), "need a limit of 1256 open files, but it is 1255"), "%s", log_text());
    write_config("connections = 999\n"); /* takes what the system allows, beyond what it has */
    start();
    expect_notice("READY=1");
    cr_expect_eq(end(SIGTERM), 0);
}

Test(serve, says_when_its_port_is_taken)
{
    start();
    expect_notice("READY=1");
    const char *port = strstr(log_text(), "\"port\":") + 7;
    char more[96];
    pid_t first = server;
    snprintf(more, sizeof more, "workers = 2\n");
    const char *text = arena_printf(&a,
                                    "issuer = \"http://localhost:8080\"\nlisten = {\"127.0.0.1:%.*s\"}\n"
                                    "data = \"%s/data\"\njpki {\n trust = test\n roots = \"" BUILD_DIR
                                    "/testpki/trust\"\n crl = \"" BUILD_DIR "/testpki/crl\"\n ocsp = off\n}\n%s",
                                    (int)strspn(port, "0123456789"), port, folder, more);
    cr_assert_eq(file_write(config_path, view_text(text), 0600), ERR_OK);
    start();
    cr_expect_eq(end(0), COMMAND_FAILED);
    cr_expect(strstr(log_text(), "cannot listen on 127.0.0.1:"));
    cr_expect(strstr(log_text(), ": another program has it, or it is no address of this machine\""), "%s", log_text());
    server = first;
    cr_expect_eq(end(SIGTERM), 0);
}
