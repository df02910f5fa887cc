#include "tests/lib/rig.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "jpki/virtual/control.h"
#include "jpki/virtual/reader.h"

#define ARGUMENTS_MAX 32
#define PATIENCE_MS   30000

struct rig {
    char folder[64], socket[96], control[96], state[96], program[256];
    uint16_t port;
    pid_t reader, card;
};

static void pause_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* --- children -------------------------------------------------------------------------------------------------- */

static void redirect_to(const char *folder, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!freopen(path, "a", stdout) || dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
        _exit(127);
}

/* The child ends with us, however we end. */
static pid_t start(const struct rig *r, const char *const *arguments, const char *log)
{
    pid_t parent = getpid(), pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(127);
    redirect_to(r->folder, log);
    execv(arguments[0], (char *const *)(uintptr_t)arguments);
    _exit(127);
}

static void stop(pid_t *pid)
{
    if (*pid <= 0)
        return;
    kill(*pid, SIGTERM);
    for (int i = 0; i < 200; i++, pause_ms(10))
        if (waitpid(*pid, NULL, WNOHANG) != 0) {
            *pid = 0;
            return;
        }
    kill(*pid, SIGKILL);
    waitpid(*pid, NULL, 0);
    *pid = 0;
}

static bool is_gone(pid_t *pid)
{
    if (*pid > 0 && waitpid(*pid, NULL, WNOHANG) == 0)
        return false;
    *pid = 0;
    return true;
}

/* --- ports ----------------------------------------------------------------------------------------------------- */

static bool is_free(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool ok = fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof at) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Two free ports in a row (one a slot), below the range that the system hands out by itself. */
static uint16_t find_port(void)
{
    unsigned start = (unsigned)getpid() * 2 + (unsigned)(clock_steady_ms() % 97) * 2;
    for (unsigned i = 0; i < 4000; i++) {
        uint16_t port = (uint16_t)(20000 + (start + 2 * i) % 12000);
        if (is_free(port) && is_free((uint16_t)(port + 1)))
            return port;
    }
    return 0;
}

/* --- reader ---------------------------------------------------------------------------------------------------- */

static bool port_answers(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool ok = fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Slot 1 is asked, so that slot 0 never sees a card that is none. */
static enum err await_reader(struct rig *r)
{
    for (int64_t end = clock_steady_ms() + PATIENCE_MS; clock_steady_ms() < end; pause_ms(5)) {
        if (port_answers((uint16_t)(r->port + 1)))
            return ERR_OK;
        if (is_gone(&r->reader))
            return ERR_UNAVAILABLE;
    }
    return ERR_TIMEOUT;
}

enum err rig_plug(struct rig *r)
{
    char port[8];
    snprintf(port, sizeof port, "%u", (unsigned)r->port);
    const char *const arguments[] = {r->program, "reader", r->folder, "--port", port, NULL};
    r->reader = start(r, arguments, "reader.log");
    return r->reader > 0 ? await_reader(r) : ERR_IO;
}

void rig_unplug(struct rig *r)
{
    stop(&r->reader);
    unlink(r->socket);
}

/* --- card ------------------------------------------------------------------------------------------------------ */

static enum err start_card(struct rig *r, const struct rig_options *o)
{
    char port[8];
    const char *arguments[ARGUMENTS_MAX] = {r->program,  "--dir",    o->card_dir, "--state", r->state,
                                            "--control", r->control, "--port",    port};
    size_t n = 9;
    snprintf(port, sizeof port, "%u", (unsigned)r->port);
    for (size_t i = 0; o->extra && o->extra[i]; i++) {
        if (n == ARGUMENTS_MAX - 2)
            return ERR_LIMIT;
        arguments[n++] = o->extra[i];
    }
    if (o->empty)
        arguments[n++] = "--empty";
    r->card = start(r, arguments, "card.log");
    return r->card > 0 ? ERR_OK : ERR_IO;
}

/* pcscd has powered the card up: the next client finds it. */
static bool is_ready(struct rig *r, bool empty)
{
    char status[1024];
    if (rig_ctl(r, "status", status, sizeof status) != ERR_OK)
        return false;
    return empty || !strstr(status, "\"power_ons\":0}");
}

static enum err await_card(struct rig *r, bool empty)
{
    for (int64_t end = clock_steady_ms() + PATIENCE_MS; clock_steady_ms() < end; pause_ms(10)) {
        if (is_ready(r, empty))
            return ERR_OK;
        if (is_gone(&r->card))
            return ERR_UNAVAILABLE;
    }
    return ERR_TIMEOUT;
}

enum err rig_ctl(struct rig *r, const char *command, char *answer, size_t size)
{
    char line[128];
    struct buf b;
    struct view v = VIEW_NONE;
    snprintf(line, sizeof line, "%s\n", command);
    buf_open(&b, NULL, 32u << 20);
    enum err e = control_ask(r->control, view_text(line), &b);
    if (e == ERR_OK)
        e = buf_done(&b, &v);
    if (e == ERR_OK && view_starts(v, VIEW("error")))
        e = ERR_SYNTAX;
    if (answer && size)
        snprintf(answer, size, "%.*s", (int)v.n, v.n ? (const char *)v.p : "");
    buf_close(&b);
    return e;
}

/* --- the whole ------------------------------------------------------------------------------------------------- */

static enum err set_up(struct rig *r, const struct rig_options *o)
{
    snprintf(r->folder, sizeof r->folder, "/tmp/genkan-rig.XXXXXX");
    if (!mkdtemp(r->folder))
        return ERR_IO;
    snprintf(r->socket, sizeof r->socket, "%s/" READER_SOCKET, r->folder);
    snprintf(r->control, sizeof r->control, "%s/card.sock", r->folder);
    snprintf(r->state, sizeof r->state, "%s/state.json", r->folder);
    snprintf(r->program, sizeof r->program, "%s", o->program ? o->program : "");
    r->port = find_port();
    return r->port ? ERR_OK : ERR_UNAVAILABLE;
}

enum err rig_open(struct rig **out, const struct rig_options *o)
{
    struct rig *r = *out = calloc(1, sizeof *r);
    if (!r)
        return ERR_MEMORY;
    enum err e = set_up(r, o);
    if (e == ERR_OK)
        e = rig_plug(r);
    if (e == ERR_OK && o->card_dir)
        e = start_card(r, o);
    if (e == ERR_OK && o->card_dir)
        e = await_card(r, o->empty);
    if (e == ERR_OK && setenv("PCSCLITE_CSOCK_NAME", r->socket, 1) != 0)
        e = ERR_MEMORY;
    if (e != ERR_OK) {
        rig_close(r);
        *out = NULL;
    }
    return e;
}

static void remove_folder(const char *path)
{
    DIR *d = opendir(path);
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        char inner[512];
        snprintf(inner, sizeof inner, "%s/%s", path, e->d_name);
        if (unlink(inner) != 0)
            remove_folder(inner);
    }
    closedir(d);
    rmdir(path);
}

void rig_close(struct rig *r)
{
    if (!r)
        return;
    stop(&r->card);
    stop(&r->reader);
    if (r->folder[0])
        remove_folder(r->folder);
    free(r);
}

const char *rig_socket(const struct rig *r)
{
    return r->socket;
}

const char *rig_folder(const struct rig *r)
{
    return r->folder;
}

const char *rig_control(const struct rig *r)
{
    return r->control;
}
