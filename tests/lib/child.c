#include "tests/lib/child.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

static const char PROGRAM[] = BUILD_DIR "/genkan";

static void pause_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* A port nobody listens on; whoever takes it before the child does makes the test fail, loudly. */
static uint16_t free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(s >= 0 && bind(s, (struct sockaddr *)&a, n) == 0 && getsockname(s, (struct sockaddr *)&a, &n) == 0);
    close(s);
    return ntohs(a.sin_port);
}

/* --- programs --------------------------------------------------------------------------------------------------- */

static pid_t spawn(struct child *c, const char *program, const char *const *argv)
{
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid > 0)
        return pid;
    int log = open(c->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(log, 1);
    dup2(log, 2);
    execvp(program, (char *const *)(uintptr_t)argv);
    _exit(127);
}

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        cr_assert_eq(errno, EINTR);
    return status;
}

static void run(struct child *c, const char *const *argv)
{
    int status = wait_for(spawn(c, argv[0], argv));
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: %d", argv[0], status);
}

pid_t child_begin_command(struct child *c, const char *const *arguments)
{
    const char *argv[16] = {PROGRAM};
    size_t n = 1;
    while (*arguments)
        argv[n++] = *arguments++;
    argv[n++] = "--config";
    argv[n] = c->config;
    return spawn(c, PROGRAM, argv);
}

int child_wait(pid_t pid)
{
    return wait_for(pid);
}

int child_command(struct child *c, const char *const *arguments)
{
    int status = wait_for(child_begin_command(c, arguments));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* --- the server ------------------------------------------------------------------------------------------------- */

static void write_config(struct child *c, struct provider *p)
{
    const char *text = arena_printf(&p->a,
                                    "issuer = \"" PROVIDER_ISSUER "\"\nlisten = {\"127.0.0.1:%u\"}\ndata = \"%s\"\n"
                                    "workers = 2\njpki {\n trust = \"test\"\n roots = \"" BUILD_DIR
                                    "/testpki/trust\"\n crl = \"" BUILD_DIR "/testpki/crl\"\n ocsp = off\n}\n"
                                    "limits {\n interactions_per_minute = 0\n card_transactions_per_minute = 0\n"
                                    " pushed_requests_per_minute = 0\n}\n",
                                    c->port, c->data);
    cr_assert_eq(file_write(c->config, view_text(text), 0600), ERR_OK);
}

void child_open(struct child *c, struct provider *p)
{
    *c = (struct child){.port = free_port()};
    cr_assert_eq(access(PROGRAM, X_OK), 0, "%s is not built", PROGRAM);
    snprintf(c->folder, sizeof c->folder, "%s", p->folder);
    snprintf(c->data, sizeof c->data, "%s/data", c->folder);
    snprintf(c->config, sizeof c->config, "%s/genkan.conf", c->folder);
    snprintf(c->log, sizeof c->log, "%s/log", c->folder);
    provider_stop(p);
    write_config(c, p);
    run(c, (const char *const[]){"cp", "-a", c->data, arena_printf(&p->a, "%s/fresh", c->folder), NULL});
    clock_fake_set(&p->clock, clock_ms(&clock_real));
    p->port = c->port;
}

void child_open_beside(struct child *c, const struct child *first, struct provider *p)
{
    *c = *first;
    c->pid = 0;
    c->port = free_port();
    snprintf(c->config, sizeof c->config, "%s/genkan-2.conf", c->folder);
    snprintf(c->log, sizeof c->log, "%s/log-2", c->folder);
    write_config(c, p);
}

bool child_has_logged(const struct child *c, struct provider *p, const char *event)
{
    struct view text;
    cr_assert_eq(file_read(&p->a, c->log, 4 << 20, &text), ERR_OK);
    return strstr(arena_text(&p->a, text), arena_printf(&p->a, "\"event\":\"%s\"", event)) != NULL;
}

void child_wait_for(const struct child *c, struct provider *p, const char *event)
{
    for (int i = 0; i < 1200 && !child_has_logged(c, p, event); i++)
        pause_ms(50);
    cr_assert(child_has_logged(c, p, event), "no %s in %s", event, c->log);
}

void child_close(struct child *c, struct provider *p)
{
    if (c->pid)
        child_end(c, SIGKILL);
    provider_close(p);
}

void child_reset(struct child *c)
{
    char fresh[128];
    cr_assert_eq(c->pid, 0);
    snprintf(fresh, sizeof fresh, "%s/fresh", c->folder);
    run(c, (const char *const[]){"rm", "-rf", c->data, NULL});
    run(c, (const char *const[]){"cp", "-a", fresh, c->data, NULL});
}

static bool answers(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool came = s >= 0 && connect(s, (struct sockaddr *)&a, sizeof a) == 0;
    close(s);
    return came;
}

void child_start(struct child *c)
{
    const char *argv[] = {PROGRAM, "serve", "--config", c->config, NULL};
    cr_assert_eq(c->pid, 0);
    c->pid = spawn(c, PROGRAM, argv);
    for (int i = 0; i < 2000 && !answers(c->port); i++) {
        cr_assert_eq(waitpid(c->pid, NULL, WNOHANG), 0, "genkan serve ended by itself, see %s", c->log);
        pause_ms(5);
    }
    cr_assert(answers(c->port), "genkan serve does not answer, see %s", c->log);
}

int child_end(struct child *c, int signal)
{
    kill(c->pid, signal);
    int status = wait_for(c->pid);
    c->pid = 0;
    return status;
}
