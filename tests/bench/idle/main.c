/* genkan-idle-bench [N]: a real `genkan serve` on a new data folder and N connections (10,000) that have each got one
 * answer and are kept. Tells the server's resident memory before and after, and whether all of them still answer. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/text.h"
#include "process.h"

#define REQUEST "GET /jwks HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"

static struct arena a;
static char folder[] = "/tmp/genkan-idle-XXXXXX";

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "genkan-idle-bench: %s\n", what);
    exit(1);
}

static void allow_files(rlim_t n)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_max < n)
        fail("not so many files are allowed: ulimit -Hn");
    r.rlim_cur = r.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &r) != 0)
        fail("setrlimit");
}

static pid_t start(size_t n)
{
    const char *path = arena_printf(&a, "%s/genkan.conf", folder);
    const char *text = arena_printf(
        &a,
        "issuer = \"http://localhost:8080\"\nlisten = {\"127.0.0.1:0\"}\ndata = \"%s/data\"\nconnections = %zu\n"
        "limits { connections_per_address = 0 }\n"
        "jpki {\n trust = test\n roots = \"" BUILD_DIR "/testpki/trust\"\n crl = \"" BUILD_DIR
        "/testpki/crl\"\n ocsp = off\n}\n",
        folder, n + 16);
    if (file_write(path, view_text(text), 0600) != ERR_OK)
        fail("cannot write the configuration");
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen(arena_printf(&a, "%s/log", folder), "w", stderr))
            _exit(1);
        execl(BUILD_DIR "/genkan", "genkan", "serve", "--config", path, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static uint16_t port_of(void)
{
    for (int i = 0; i < 500; i++) {
        struct view log;
        const char *at = NULL;
        if (file_read(&a, arena_printf(&a, "%s/log", folder), 65536, &log) == ERR_OK &&
            strstr(arena_text(&a, log), "\"event\":\"started\""))
            at = strstr(arena_text(&a, log), "\"port\":");
        if (at)
            return (uint16_t)strtoul(at + 7, NULL, 10);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    fail("the server does not start");
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        fail("connect");
    return fd;
}

/* One answer, whole: the key set is small and has a Content-Length. */
static bool ask(int fd)
{
    static char text[32768];
    size_t have = 0, want = sizeof(text);
    if (send(fd, REQUEST, strlen(REQUEST), MSG_NOSIGNAL) != (ssize_t)strlen(REQUEST))
        return false;
    while (have < want && have < sizeof(text) - 1) {
        ssize_t n = recv(fd, text + have, sizeof(text) - 1 - have, 0);
        if (n <= 0)
            return false;
        have += (size_t)n;
        text[have] = 0;
        char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");
        if (end && length)
            want = (size_t)(end - text) + 4 + strtoul(length + 16, NULL, 10);
    }
    return strncmp(text, "HTTP/1.1 200", 12) == 0;
}

int main(int argc, char **argv)
{
    int64_t n = 10000;
    if (argc > 2 || (argc == 2 && (!text_to_int(view_text(argv[1]), &n) || n < 1 || n > 60000)))
        fail("usage: genkan-idle-bench [connections]");
    arena_open(&a, 256 << 20);
    allow_files((rlim_t)n + 64);
    if (!mkdtemp(folder))
        fail("mkdtemp");
    pid_t pid = start((size_t)n);
    uint16_t port = port_of();
    int *fds = arena_array(&a, (size_t)n, sizeof(*fds));
    int64_t alive = 0;
    if (!ask(connect_to(port)))
        fail("no answer");
    long before = process_rss_kib(pid);
    for (int64_t i = 0; i < n; i++)
        if (!ask(fds[i] = connect_to(port)))
            fail("no answer");
    long held = process_rss_kib(pid);
    sleep(3);
    long after = process_rss_kib(pid);
    for (int64_t i = 0; i < n; i++)
        alive += ask(fds[i]);
    printf("connections %lld, alive %lld\nresident KiB: before %ld, at once %ld, 3 s later %ld: %.1f KiB each\n",
           (long long)n, (long long)alive, before, held, after, (double)(after - before) / (double)n);
    return process_end(pid) == 0 && alive == n ? 0 : 1;
}
