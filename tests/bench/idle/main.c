/* genkan-idle-bench [--tls] [N]: a real `genkan serve` on a new data folder and N connections (10,000) that have each
 * got one answer and are kept; with --tls the server does TLS by itself. Tells the server's resident memory before and
 * after, and whether all of them still answer. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/text.h"
#include "process.h"

#define AT_ONCE 100   /* clients that are on their way together, so that on a busy machine they wait together */
#define ASK_MS  10000 /* who has said nothing for so long asks again: the server closes after half a minute */
#define REQUEST "GET /jwks HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"

/* One key share and no more: the clients are not what is measured. */
#define PRIORITIES                                                                                                     \
    "NONE:+VERS-TLS1.3:+AES-128-GCM:+AEAD:+GROUP-X25519:+SIGN-ECDSA-SECP256R1-SHA256:+ECDHE-ECDSA:+CTYPE-X509"

static struct arena a;
static char folder[] = "/tmp/genkan-idle-XXXXXX";
static bool tls;
static gnutls_certificate_credentials_t trusting; /* of the clients: any certificate will do */
static gnutls_priority_t priorities;

struct client {
    int fd;
    gnutls_session_t session; /* NULL: plain */
    int64_t asked_ms;
};

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

static void make_certificate(void)
{
    const char *key = arena_printf(&a, "%s/tls.key", folder), *certificate = arena_printf(&a, "%s/tls.pem", folder);
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(1);
        execlp("openssl", "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
               "-subj", "/CN=localhost", "-days", "2", "-keyout", key, "-out", certificate, (char *)NULL);
        _exit(127);
    }
    if (waitpid(pid, &status, 0) != pid || status != 0)
        fail("no certificate: openssl req");
}

static pid_t start(size_t n)
{
    const char *path = arena_printf(&a, "%s/genkan.conf", folder);
    const char *text = arena_printf(
        &a,
        "issuer = \"%s://localhost:8080\"\nlisten = {\"127.0.0.1:0\"}\ndata = \"%s/data\"\nconnections = %zu\n"
        "limits { connections_per_address = 0 }\n"
        "jpki {\n trust = test\n roots = \"" BUILD_DIR "/testpki/trust\"\n crl = \"" BUILD_DIR
        "/testpki/crl\"\n ocsp = off\n}\n%s",
        tls ? "https" : "http", folder, n + 16,
        tls ? arena_printf(&a, "tls { certificate = \"%s/tls.pem\" key = \"%s/tls.key\" }\n", folder, folder) : "");
    if (file_write(path, view_text(text), 0600) != ERR_OK)
        fail("cannot write the configuration");
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* whatever fails here, it does not stay */
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

/* Goes on with the handshake: as far as it comes without waiting, or to its end. */
static void shake_hands(const struct client *c, bool wait)
{
    int code, flags = fcntl(c->fd, F_GETFL);
    if (!tls)
        return;
    if (fcntl(c->fd, F_SETFL, wait ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) != 0)
        fail("fcntl");
    do
        code = gnutls_handshake(c->session);
    while (code < 0 && !gnutls_error_is_fatal(code) && wait);
    if (code < 0 && (wait || gnutls_error_is_fatal(code)))
        fail(gnutls_strerror(code));
}

static struct client client_open(uint16_t port)
{
    struct client c = {.fd = connect_to(port)};
    if (!tls)
        return c;
    if (gnutls_init(&c.session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL) < 0 ||
        gnutls_priority_set(c.session, priorities) < 0 ||
        gnutls_credentials_set(c.session, GNUTLS_CRD_CERTIFICATE, trusting) < 0)
        fail("gnutls");
    gnutls_transport_set_int(c.session, c.fd);
    shake_hands(&c, false);
    return c;
}

static ssize_t client_send(const struct client *c, const char *text, size_t n)
{
    return c->session ? gnutls_record_send(c->session, text, n) : send(c->fd, text, n, MSG_NOSIGNAL);
}

static ssize_t client_receive(const struct client *c, char *out, size_t n)
{
    ssize_t got;
    if (!c->session)
        return recv(c->fd, out, n, 0);
    do
        got = gnutls_record_recv(c->session, out, n); /* tickets that come after the handshake are not ours to read */
    while (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED);
    return got;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static bool ask(struct client *c)
{
    c->asked_ms = now_ms();
    return client_send(c, REQUEST, strlen(REQUEST)) == (ssize_t)strlen(REQUEST);
}

/* One answer, whole: the key set is small and has a Content-Length. */
static bool hear(const struct client *c)
{
    static char text[32768];
    size_t have = 0, want = sizeof(text);
    while (have < want && have < sizeof(text) - 1) {
        ssize_t n = client_receive(c, text + have, sizeof(text) - 1 - have);
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

/* Asks those who have not asked since BEFORE_MS; how many of the N did not get an answer. */
static int64_t ask_all(struct client *some, int64_t n, int64_t before_ms)
{
    int64_t missed = 0;
    bool asked[AT_ONCE];
    struct client *group[AT_ONCE];
    for (int64_t next = 0, k; next < n;) {
        for (k = 0; next < n && k < AT_ONCE; next++)
            if (some[next].asked_ms < before_ms)
                group[k++] = &some[next];
        for (int64_t i = 0; i < k; i++)
            asked[i] = ask(group[i]);
        for (int64_t i = 0; i < k; i++)
            missed += !asked[i] || !hear(group[i]);
    }
    return missed;
}

static void open_all(struct client *all, int64_t n, uint16_t port)
{
    for (int64_t from = 0, k; from < n; from += k) {
        k = n - from < AT_ONCE ? n - from : AT_ONCE;
        for (int64_t i = 0; i < k; i++)
            all[from + i] = client_open(port);
        for (int64_t i = 0; i < k; i++)
            shake_hands(&all[from + i], true);
        if (ask_all(all + from, k, INT64_MAX))
            fail("no answer");
        if (ask_all(all, from + k, now_ms() - ASK_MS))
            fail("no answer: is the machine too busy to connect them all before the first are closed?");
    }
}

static void prepare_tls(void)
{
    make_certificate();
    if (gnutls_certificate_allocate_credentials(&trusting) < 0 ||
        gnutls_priority_init(&priorities, PRIORITIES, NULL) < 0)
        fail("gnutls");
}

int main(int argc, char **argv)
{
    int64_t n = 10000;
    tls = argc > 1 && strcmp(argv[1], "--tls") == 0;
    argc -= tls;
    argv += tls;
    if (argc > 2 || (argc == 2 && (!text_to_int(view_text(argv[1]), &n) || n < 1 || n > 60000)))
        fail("usage: genkan-idle-bench [--tls] [connections]");
    arena_open(&a, 256 << 20);
    allow_files((rlim_t)n + 64);
    if (!mkdtemp(folder))
        fail("mkdtemp");
    if (tls)
        prepare_tls();
    pid_t pid = start((size_t)n);
    uint16_t port = port_of();
    struct client *all = arena_array(&a, (size_t)n, sizeof(*all)), first = client_open(port);
    shake_hands(&first, true);
    if (ask_all(&first, 1, INT64_MAX))
        fail("no answer");
    long before = process_rss_kib(pid);
    open_all(all, n, port);
    long held = process_rss_kib(pid);
    sleep(3);
    long after = process_rss_kib(pid);
    int64_t alive = n - ask_all(all, n, INT64_MAX);
    printf("connections %lld, alive %lld\nresident KiB: before %ld, at once %ld, 3 s later %ld: %.1f KiB each\n",
           (long long)n, (long long)alive, before, held, after, (double)(after - before) / (double)n);
    return process_end(pid) == 0 && alive == n ? 0 : 1;
}
