#include "tests/lib/agent_rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/clock.h"
#include "base/file.h"
#include "jpki/proof/issuer.h"

enum { PATIENCE_MS = 30000, ANSWER_MAX = 64 * 1024 };

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* ---- start and end ---- */

static enum err write_issuer(struct agent_rig *r)
{
    struct buf b;
    struct view text;
    const struct jws_key *keys[] = {r->key};
    buf_open(&b, &r->arena, PROOF_ISSUER_MAX);
    enum err e = proof_issuer_write(&b, VIEW(AGENT_RIG_ISSUER), VIEW("試験の玄関"), keys, 1);
    if (!e)
        e = buf_done(&b, &text);
    return e ? e : file_write(arena_printf(&r->arena, "%s/issuer.json", r->folder), text, 0644);
}

static uint16_t free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool good =
        fd >= 0 && bind(fd, (const struct sockaddr *)&at, n) == 0 && getsockname(fd, (struct sockaddr *)&at, &n) == 0;
    if (fd >= 0)
        close(fd);
    return good ? ntohs(at.sin_port) : 0;
}

static void become_agent(const struct agent_rig *r, const struct agent_rig_options *o)
{
    char port[8], log[96];
    snprintf(port, sizeof port, "%u", (unsigned)r->port);
    snprintf(log, sizeof log, "%s/agent.log", r->folder);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setenv("PINENTRY_SCRIPT", r->script, 1);
    setenv("PCSCLITE_CSOCK_NAME", o->socket ? o->socket : "/nonexistent/pcscd.comm", 1);
    const char *argv[12] = {o->program, "--port", port, "--issuers", r->folder, "--pinentry", o->pinentry};
    size_t n = 7;
    if (o->kiosk)
        argv[n++] = "--kiosk";
    if (o->terminal) {
        argv[n++] = "--ttyname";
        argv[n++] = o->terminal;
    }
    if (freopen(log, "a", stderr))
        execv(o->program, (char *const *)(uintptr_t)argv);
    _exit(127);
}

static int connect_to(uint16_t port, int family)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    const void *to = family == AF_INET ? (const void *)&v4 : (const void *)&v6;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, to, family == AF_INET ? sizeof v4 : sizeof v6) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static enum err await_agent(struct agent_rig *r)
{
    for (int64_t end = clock_steady_ms() + PATIENCE_MS; clock_steady_ms() < end; pause_ms(5)) {
        int fd = connect_to(r->port, AF_INET);
        if (fd >= 0) {
            close(fd);
            return ERR_OK;
        }
        if (waitpid(r->pid, NULL, WNOHANG) == r->pid) {
            r->pid = 0;
            return ERR_UNAVAILABLE;
        }
    }
    return ERR_TIMEOUT;
}

enum err agent_rig_open(struct agent_rig *r, const struct agent_rig_options *o)
{
    *r = (struct agent_rig){.folder = "/tmp/genkan-agent-XXXXXX"};
    arena_open(&r->arena, (size_t)16 << 20);
    if (!mkdtemp(r->folder))
        return ERR_IO;
    snprintf(r->script, sizeof r->script, "%s/script", r->folder);
    agent_rig_script(r, o->script ? o->script : "");
    enum err e = jws_key_make(&r->key, JWS_ES256);
    if (!e)
        e = write_issuer(r);
    if (!e && o->issuer)
        e = file_write(arena_printf(&r->arena, "%s/other.json", r->folder), view_text(o->issuer), 0644);
    if (e)
        return e;
    r->port = free_port();
    pid_t parent = getpid();
    r->pid = fork();
    if (r->pid == 0 && getppid() == parent)
        become_agent(r, o);
    return r->pid > 0 ? await_agent(r) : ERR_IO;
}

static int stop(struct agent_rig *r)
{
    int status = 0;
    if (r->pid <= 0)
        return -1;
    kill(r->pid, SIGTERM);
    for (int64_t end = clock_steady_ms() + PATIENCE_MS; clock_steady_ms() < end; pause_ms(10))
        if (waitpid(r->pid, &status, WNOHANG) == r->pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    kill(r->pid, SIGKILL);
    waitpid(r->pid, NULL, 0);
    return -1;
}

int agent_rig_close(struct agent_rig *r)
{
    static const char *const files[] = {"issuer.json", "other.json", "agent.log", "script",
                                        "script.n",    "script.log", "script.go"};
    int status = stop(r);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", r->folder, files[i]);
        unlink(path);
    }
    rmdir(r->folder);
    jws_key_close(r->key);
    arena_close(&r->arena);
    return status;
}

/* ---- the window ---- */

void agent_rig_script(struct agent_rig *r, const char *script)
{
    char path[128];
    snprintf(path, sizeof path, "%s.n", r->script);
    unlink(path);
    INSIST(file_write(r->script, view_text(script), 0600) == ERR_OK);
}

static const char *file_text(struct agent_rig *r, const char *path)
{
    struct view v;
    return file_read(&r->arena, path, 1 << 20, &v) == ERR_OK ? arena_text(&r->arena, v) : "";
}

const char *agent_rig_windows(struct agent_rig *r)
{
    return file_text(r, arena_printf(&r->arena, "%s.log", r->script));
}

const char *agent_rig_log(struct agent_rig *r)
{
    return file_text(r, arena_printf(&r->arena, "%s/agent.log", r->folder));
}

/* ---- requests ---- */

struct proof_request agent_rig_request(struct agent_rig *r, enum proof_purpose purpose)
{
    int64_t now = clock_s(&clock_real);
    struct proof_request q = {
        .iss = VIEW(AGENT_RIG_ISSUER),
        .ch = PROOF_PC_AGENT,
        .txn = view_text(chance_id(&r->arena)),
        .jti = view_text(chance_id(&r->arena)),
        .iat = now,
        .exp = now + 180,
        .rp = {VIEW("booking"), VIEW("施設予約"), VIEW("A市"), VIEW("a-city.example")},
        .purpose = purpose,
        .bind = VIEW("47 さくら"),
        .acr = VIEW("urn:genkan:card"),
        .ui = {VIEW("ja"), false},
        .minver = VIEW("0.1.0"),
    };
    chance_bytes(q.nonce, sizeof q.nonce);
    return q;
}

const char *agent_rig_sign(struct agent_rig *r, const struct proof_request *request)
{
    struct buf b;
    const char *text;
    buf_open(&b, &r->arena, 2 * PROOF_REQUEST_MAX);
    INSIST(proof_request_write(&b, r->key, request) == ERR_OK && buf_done_text(&b, &text) == ERR_OK);
    return text;
}

/* ---- the browser's half ---- */

static bool send_all(int fd, const char *bytes, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t sent = send(fd, bytes + at, n - at, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += (size_t)sent;
    }
    return true;
}

static const char *receive(struct agent_rig *r, int fd, int ms)
{
    char *all = arena_alloc(&r->arena, ANSWER_MAX + 1);
    size_t n = 0;
    int64_t end = clock_steady_ms() + ms;
    INSIST(all);
    while (n < ANSWER_MAX) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left = end - clock_steady_ms();
        if (left <= 0 || poll(&p, 1, (int)left) <= 0)
            break;
        ssize_t got = recv(fd, all + n, ANSWER_MAX - n, 0);
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    return all;
}

static const char *send_over(struct agent_rig *r, int family, const char *bytes, int ms)
{
    int fd = connect_to(r->port, family);
    if (fd < 0)
        return "";
    (void)send_all(fd, bytes, strlen(bytes));
    const char *answer = receive(r, fd, ms);
    close(fd);
    return answer;
}

const char *agent_rig_send(struct agent_rig *r, const char *bytes, int ms)
{
    return send_over(r, AF_INET, bytes, ms);
}

const char *agent_rig_send6(struct agent_rig *r, const char *bytes, int ms)
{
    return send_over(r, AF_INET6, bytes, ms);
}

const char *agent_rig_get(struct agent_rig *r, const char *path, const char *more)
{
    const char *bytes = arena_printf(&r->arena,
                                     "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nSec-Fetch-Mode: navigate\r\n"
                                     "Sec-Fetch-Dest: document\r\nConnection: close\r\n%s\r\n",
                                     path, (unsigned)r->port, more);
    return agent_rig_send(r, bytes, 20000);
}

int answer_status_of(const char *answer)
{
    return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? (int)strtol(answer + 9, NULL, 10) : 0;
}

const char *answer_header_of(struct agent_rig *r, const char *answer, const char *name)
{
    const char *wanted = arena_printf(&r->arena, "\r\n%s: ", name);
    const char *at = strcasestr(answer, wanted), *body = strstr(answer, "\r\n\r\n");
    if (!at || (body && at > body))
        return NULL;
    at += strlen(wanted);
    return arena_text(&r->arena, view_bytes(at, strcspn(at, "\r")));
}

const char *answer_text_of(const char *answer)
{
    const char *body = strstr(answer, "\r\n\r\n");
    return body ? body + 4 : "";
}

const char *agent_rig_begin(struct agent_rig *r, const char *jws)
{
    const char *answer = agent_rig_get(r, arena_printf(&r->arena, "/v1/auth/%s", jws),
                                       "Referer: " AGENT_RIG_ISSUER "/login/card/start\r\n");
    return answer_status_of(answer) == 303 ? answer_header_of(r, answer, "Location") : NULL;
}

const char *agent_rig_follow(struct agent_rig *r, const char *path, int ms)
{
    for (int64_t end = clock_steady_ms() + ms; path && clock_steady_ms() < end; pause_ms(20)) {
        const char *answer = agent_rig_get(r, path, "");
        if (answer_status_of(answer) == 303)
            return answer_header_of(r, answer, "Location");
        const char *refresh = answer_header_of(r, answer, "Refresh");
        path = refresh && strncmp(refresh, "1; url=", 7) == 0 ? refresh + 7 : NULL;
    }
    return NULL;
}

const char *agent_rig_walk(struct agent_rig *r, const char *jws, int ms)
{
    return agent_rig_follow(r, agent_rig_begin(r, jws), ms);
}

enum err agent_rig_response(struct agent_rig *r, const char *url, struct proof_response *out)
{
    static const char start[] = AGENT_RIG_ISSUER PROOF_RETURN_PATH "#";
    const char *why = "";
    if (!url || strncmp(url, start, sizeof start - 1) != 0)
        return ERR_NOT_FOUND;
    return proof_response_read_fragment(out, &r->arena, view_text(url + sizeof start - 1), &why);
}
