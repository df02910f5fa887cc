/* The operator's door of a running `genkan serve`: who may use it, what it tells, and that it is nowhere else. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <ctype.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "idp/admin.h"
#include "idp/command.h"

static struct arena a;
static char folder[64], config_path[96], log_path[96], socket_path[96];
static pid_t server;

static const char *log_text(void)
{
    struct view text = VIEW("");
    if (file_read(&a, log_path, 1 << 20, &text) != ERR_OK)
        return "";
    return arena_text(&a, text);
}

static void write_config(const char *admin)
{
    const char *text = arena_printf(&a,
                                    "issuer = \"http://localhost:8080\"\nlisten = {\"127.0.0.1:0\"}\n"
                                    "data = \"%s/data\"\njpki {\n trust = test\n roots = \"" BUILD_DIR
                                    "/testpki/trust\"\n crl = \"" BUILD_DIR "/testpki/crl\"\n ocsp = off\n}\n%s",
                                    folder, admin);
    cr_assert_eq(file_write(config_path, view_text(text), 0600), ERR_OK);
}

/* A command in a process of its own; its exit code. */
static pid_t begin(const char *const *argv, int argc, const char *out)
{
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid > 0)
        return pid;
    int fd = open(out, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(fd, 1);
    dup2(fd, 2);
    int code = command_main(argc, argv);
    fflush(NULL);
    _exit(code);
}

static int end_of(pid_t pid)
{
    int status = 0;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void wait_for(const char *text)
{
    for (int i = 0; i < 1200 && !strstr(log_text(), text); i++) /* a minute: a first start makes RSA keys */
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    cr_assert_not_null(strstr(log_text(), text), "no %s: %s", text, log_text());
}

static void start(void)
{
    const char *argv[] = {"genkan", "serve", "--config", config_path, NULL};
    server = begin(argv, 4, log_path);
    wait_for("\"event\":\"started\"");
}

static void stop(void)
{
    kill(server, SIGTERM);
    cr_expect_eq(end_of(server), 0);
    server = 0;
}

static void open_folder(void)
{
    arena_open(&a, 16 << 20);
    snprintf(folder, sizeof folder, "/tmp/genkan-admin-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(config_path, sizeof config_path, "%s/genkan.conf", folder);
    snprintf(log_path, sizeof log_path, "%s/log", folder);
    snprintf(socket_path, sizeof socket_path, "%s/data/admin.sock", folder);
    write_config("admin { listen = {\"127.0.0.1:0\"} }\n");
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
    remove_all(folder);
    arena_close(&a);
}

TestSuite(admin, .init = open_folder, .fini = close_folder);

static const char *ask(const char *method, const char *path, int expected)
{
    int status = 0;
    struct view body;
    cr_assert_eq(admin_ask(&status, &body, &a, socket_path, method, path), ERR_OK);
    cr_expect_eq(status, expected, "%s %s: %d", method, path, status);
    return (const char *)body.p;
}

/* The port behind the N-th "port": of the log (0: the public one, 1: the admin's). */
static uint16_t port(int n)
{
    const char *at = strstr(log_text(), n ? "\"event\":\"admin_listening\"" : "\"event\":\"listening\"");
    return (uint16_t)strtoul(strstr(at, "\"port\":") + 7, NULL, 10);
}

static int ask_port(uint16_t at, const char *method, const char *path)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(at)};
    char text[256], got[64] = "";
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: localhost%s\r\nContent-Length: 0\r\n\r\n", method, path,
             at == port(0) ? ":8080" : "");
    cr_assert_gt(send(fd, text, strlen(text), MSG_NOSIGNAL), 0);
    cr_assert_gt(recv(fd, got, sizeof got - 1, 0), 12);
    close(fd);
    return (int)strtol(got + 9, NULL, 10);
}

Test(admin, is_not_where_residents_and_services_come)
{
    static const char *const paths[] = {"/metrics", "/status", "/changed"};
    start();
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(ask_port(port(0), "GET", paths[i]), 404, "%s", paths[i]);
        cr_expect_eq(ask_port(port(0), "POST", paths[i]), 404, "%s", paths[i]);
    }
    cr_expect_eq(ask_port(port(1), "GET", "/metrics"), 200, "the addresses of this machine may look");
    cr_expect_eq(ask_port(port(1), "GET", "/readyz"), 200);
    cr_expect_eq(ask_port(port(1), "POST", "/changed"), 404, "but change nothing");
    ask("POST", "/changed", 200);
    stop();
}

/* Whatever became of its mode: it is looked who asks. */
Test(admin, is_for_root_and_the_servers_own_user)
{
    struct stat st;
    start();
    cr_assert_eq(stat(socket_path, &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
    if (geteuid() == 0) { /* only root can be somebody else */
        chmod(socket_path, 0666);
        chmod(folder, 0755);
        chmod(arena_printf(&a, "%s/data", folder), 0755);
        pid_t pid = fork();
        if (pid == 0) {
            int status = 0;
            struct view body;
            _exit(setuid(65534) != 0 ? 2 : admin_ask(&status, &body, &a, socket_path, "GET", "/status") == ERR_OK);
        }
        cr_expect_eq(end_of(pid), 0, "another user got an answer");
    }
    stop();
    cr_expect_neq(stat(socket_path, &st), 0, "it goes with the server");
}

/* An upgrade starts the new one before it stops the old one. */
Test(admin, the_one_that_follows_keeps_its_socket_when_the_old_one_ends)
{
    start();
    pid_t old = server;
    cr_assert_eq(truncate(log_path, 0), 0);
    start();
    kill(old, SIGTERM);
    cr_expect_eq(end_of(old), 0);
    const char *text = ask("GET", "/status", 200);
    cr_expect_not_null(strstr(text, arena_printf(&a, "\"pid\":%d,", (int)server)), "%s", text);
    stop();
}

Test(admin, starts_over_the_socket_of_one_that_died_but_not_over_a_file)
{
    start();
    kill(server, SIGKILL);
    end_of(server);
    cr_assert_eq(truncate(log_path, 0), 0);
    start();
    ask("GET", "/status", 200);
    stop();
    cr_assert_eq(file_write(socket_path, VIEW("mine"), 0600), ERR_OK);
    const char *argv[] = {"genkan", "serve", "--config", config_path, NULL};
    cr_expect_eq(end_of(begin(argv, 4, log_path)), COMMAND_FAILED);
    cr_expect_eq(access(socket_path, F_OK), 0, "somebody's file is left alone");
}

static int run(const char *out, const char *const *words, int n)
{
    const char *argv[12] = {"genkan"};
    for (int i = 0; i < n; i++)
        argv[i + 1] = words[i];
    return end_of(begin(argv, n + 1, out));
}

/* A new key counts from the next signature on, without a signal. */
Test(admin, a_running_server_takes_what_a_command_has_changed)
{
    const char *out = arena_printf(&a, "%s/out", folder);
    start();
    const char *const rotate[] = {"key", "rotate", "--use", "token", "--force", "--config", config_path};
    int code = run(out, rotate, 7);
    struct view said = VIEW("");
    cr_assert_eq(file_read(&a, out, 65536, &said), ERR_OK);
    cr_expect_eq(code, 0, "%.*s", (int)said.n, (const char *)said.p);
    wait_for("\"event\":\"change_taken\"");
    const char *const status[] = {"status", "--config", config_path};
    cr_expect_eq(run(out, status, 3), 0);
    stop();
    cr_expect_eq(run(out, status, 3), COMMAND_FAILED, "none runs");
    cr_expect_eq(run(out, rotate, 7), code, "and a command works without one");
}

/* --- what it tells --- */

static bool is_name(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(isalpha((unsigned char)s[i]) || s[i] == '_' || s[i] == ':' || (i && isdigit((unsigned char)s[i]))))
            return false;
    return n > 0;
}

/* NAME{a="b",c="d"} VALUE; the metric's name, or NULL. */
static const char *read_sample(const char *line)
{
    size_t n = strcspn(line, "{ ");
    const char *name = arena_text(&a, view_bytes(line, n)), *at = line + n;
    if (!is_name(line, n))
        return NULL;
    if (*at == '{') {
        do {
            size_t label = strcspn(++at, "=");
            if (!is_name(at, label) || at[label + 1] != '"')
                return NULL;
            at += label + 2;
            at += strcspn(at, "\"\\\n");
            if (*at++ != '"')
                return NULL;
        } while (*at == ',');
        if (*at++ != '}')
            return NULL;
    }
    char *end;
    if (*at++ != ' ')
        return NULL;
    strtod(at, &end);
    return end > at && *end == 0 ? name : NULL;
}

static bool belongs(const char *name, const char *family)
{
    static const char *const ends[] = {"", "_bucket", "_sum", "_count"};
    for (size_t i = 0; i < 4; i++)
        if (strcmp(name, arena_printf(&a, "%s%s", family, ends[i])) == 0)
            return true;
    return false;
}

/* Prometheus' text format 0.0.4: HELP and TYPE once before the samples of a family, all of them together, none twice.
 */
static void expect_well_formed(const char *text)
{
    const char *family = "", *seen = "\n", *samples = "\n";
    struct view rest = view_text(text), v;
    cr_assert(view_ends(rest, VIEW("\n")));
    while (view_next(&rest, '\n', &v) && v.n) {
        const char *line = arena_text(&a, v);
        if (strncmp(line, "# TYPE ", 7) == 0) {
            family = arena_text(&a, view_bytes(line + 7, strcspn(line + 7, " ")));
            cr_expect_null(strstr(seen, arena_printf(&a, "\n%s\n", family)), "twice: %s", line);
            seen = arena_printf(&a, "%s%s\n", seen, family);
            const char *kind = line + 8 + strlen(family);
            cr_expect(strcmp(kind, "counter") == 0 || strcmp(kind, "gauge") == 0 || strcmp(kind, "histogram") == 0,
                      "%s", line);
            cr_expect(strcmp(kind, "counter") != 0 || view_ends(view_text(family), VIEW("_total")), "%s", line);
        } else if (line[0] != '#') {
            const char *name = read_sample(line);
            cr_assert_not_null(name, "no sample: %s", line);
            const char *key = arena_text(&a, view_bytes(line, (size_t)(strrchr(line, ' ') - line)));
            cr_expect(belongs(name, family), "%s is not of %s", line, family);
            cr_expect_null(strstr(samples, arena_printf(&a, "\n%s\n", key)), "twice: %s", line);
            samples = arena_printf(&a, "%s%s\n", samples, key);
        } else {
            cr_expect_eq(strncmp(line, "# HELP ", 7), 0, "%s", line);
        }
    }
}

static void expect_line(const char *text, const char *line)
{
    cr_expect_not_null(strstr(text, arena_printf(&a, "\n%s", line)), "no %s in %s", line, text);
}

Test(admin, tells_metrics_as_prometheus_reads_them)
{
    start();
    cr_expect_eq(ask_port(port(0), "GET", "/jwks"), 200);
    cr_expect_eq(ask_port(port(0), "GET", "/jwks"), 200);
    cr_expect_eq(ask_port(port(0), "GET", "/authorize"), 400);
    cr_expect_eq(ask_port(port(0), "POST", "/token"), 401);
    cr_expect_eq(ask_port(port(0), "GET", "/nowhere"), 404);
    const char *text = ask("GET", "/metrics", 200);
    expect_well_formed(text);
    expect_line(text, "genkan_http_requests_total{method=\"GET\",route=\"/jwks\",status=\"200\"} 2\n");
    expect_line(text, "genkan_http_requests_total{method=\"\",route=\"\",status=\"404\"} 1\n");
    expect_line(text, "genkan_http_request_duration_seconds_count{method=\"GET\",route=\"/jwks\"} 2\n");
    expect_line(text, "genkan_refusals_total{error=\"invalid_client\"} 1\n");
    expect_line(text, "genkan_ready 1\n");
    expect_line(text, "genkan_ledger_entries ");
    expect_line(text, "genkan_store_groups_total ");
    expect_line(text, "genkan_notices_waiting 0\n");
    expect_line(text, "genkan_ocsp_requests_total 0\n");
    expect_line(text, "process_resident_memory_bytes ");
    stop();
}

Test(admin, tells_the_reasons_of_health_and_the_public_door_does_not)
{
    start();
    const char *text = ask("GET", "/readyz", 200);
    cr_expect(strstr(text, "\"store\":\"fine\"") && strstr(text, "\"disk_free\":") && strstr(text, "\"ledger_age\":"),
              "%s", text);
    stop();
}
