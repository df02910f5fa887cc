#include "tests/lib/ocsp.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"

#define PATH_SIZE 1024

struct paths {
    char index[PATH_SIZE], ca[PATH_SIZE], signer[PATH_SIZE], key[PATH_SIZE], port[12];
};

static void find_paths(struct paths *p, const struct ocsp_setup *s)
{
    char of_authority[64];
    snprintf(of_authority, sizeof of_authority, "ocsp/%s.pem", s->authority);
    snprintf(p->index, PATH_SIZE, "%s/ocsp/index.txt", s->pki);
    snprintf(p->ca, PATH_SIZE, "%s/%.4s/ca%s.pem", s->pki, s->authority, s->authority + 4);
    snprintf(p->signer, PATH_SIZE, "%s/%s", s->pki, s->signer ? s->signer : of_authority);
    snprintf(p->key, PATH_SIZE, "%s/%s", s->pki, s->key ? s->key : "ocsp/responder.key");
    snprintf(p->port, sizeof p->port, "%d", s->port);
}

_Noreturn static void run(const struct paths *p, const char *minutes, int out)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDWR);
    dup2(out, 1);
    dup2(null, 2);
    dup2(null, 0);
    if (minutes)
        execlp("openssl", "openssl", "ocsp", "-index", p->index, "-CA", p->ca, "-rsigner", p->signer, "-rkey", p->key,
               "-port", p->port, "-nmin", minutes, (char *)NULL);
    else
        execlp("openssl", "openssl", "ocsp", "-index", p->index, "-CA", p->ca, "-rsigner", p->signer, "-rkey", p->key,
               "-port", p->port, (char *)NULL);
    _exit(127);
}

/* "ACCEPT 0.0.0.0:39747 PID=26597": what openssl prints when it listens. */
static int read_port(int fd)
{
    char line[256];
    FILE *f = fdopen(fd, "r");
    int port = 0;
    while (f && !port && fgets(line, sizeof line, f)) {
        char *pid = strstr(line, " PID=");
        if (strncmp(line, "ACCEPT ", 7) != 0 || !pid)
            continue;
        *pid = '\0';
        char *colon = strrchr(line, ':');
        port = colon ? (int)strtol(colon + 1, NULL, 10) : 0;
    }
    if (f)
        fclose(f);
    return port;
}

bool ocsp_responder_start(struct ocsp_responder *r, const struct ocsp_setup *setup)
{
    struct paths paths;
    int ends[2];
    find_paths(&paths, setup);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    fflush(NULL);
    r->pid = fork();
    if (r->pid == 0)
        run(&paths, setup->minutes, ends[1]);
    close(ends[1]);
    r->port = read_port(ends[0]);
    if (r->pid > 0 && r->port == 0)
        ocsp_responder_stop(r);
    return r->pid > 0 && r->port > 0;
}

void ocsp_responder_stop(struct ocsp_responder *r)
{
    if (r->pid > 0) {
        kill(r->pid, SIGKILL);
        waitpid(r->pid, NULL, 0);
    }
    r->pid = 0;
}

static int connect_to(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static enum err exchange(int fd, struct arena *a, const char *content_type, struct view body, struct view *out)
{
    uint8_t chunk[4096];
    struct buf answer;
    dprintf(fd, "POST / HTTP/1.0\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", content_type, body.n);
    if (write(fd, body.p, body.n) != (ssize_t)body.n)
        return ERR_IO;
    buf_open(&answer, a, 1 << 17);
    for (ssize_t n; (n = read(fd, chunk, sizeof chunk)) > 0;)
        buf_put(&answer, view_bytes(chunk, (size_t)n));
    return buf_done(&answer, out);
}

enum err ocsp_post(void *ctx, struct arena *a, const char *url, const char *content_type, struct view body,
                   struct view *out)
{
    (void)url;
    int fd = connect_to(*(const int *)ctx);
    if (fd < 0)
        return ERR_UNAVAILABLE;
    enum err e = exchange(fd, a, content_type, body, out);
    close(fd);
    if (e)
        return e;
    const uint8_t *end = memmem(out->p, out->n, "\r\n\r\n", 4);
    if (!end || !view_starts(*out, VIEW("HTTP/1.0 200")))
        return ERR_IO;
    *out = view_from(*out, (size_t)(end + 4 - out->p));
    return ERR_OK;
}
