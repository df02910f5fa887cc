#include "tests/lib/rig.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "jpki/virtual/control.h"
#include "jpki/virtual/reader.h"

#define ARGUMENTS_MAX 32
#define PATIENCE_MS   30000

enum { SLOTS = 2 }; /* of vpcd */

struct place {
    char control[96], state[96];
    pid_t card;
    bool may_alarm;
};

struct rig {
    char folder[64], socket[96], gone[96], program[256];
    uint16_t port;
    int port_lock; /* held as long as the rig is there, also while its reader is unplugged */
    const char *driver;
    pid_t reader;
    struct place places[SLOTS];
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
    setenv("READER_GONE", r->gone, 1); /* write_order */
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

/* Rigs of other tests look for ports at the same time, and a reader that is unplugged leaves its own free. */
static void lock_path(char path[64], uint16_t port)
{
    snprintf(path, 64, "/tmp/genkan-rig-port.%u", (unsigned)port);
}

static int lock_port(uint16_t port)
{
    char path[64];
    lock_path(path, port);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Two free ports in a row (one a slot), below the range that the system hands out by itself. */
static uint16_t find_port(int *lock)
{
    unsigned start = (unsigned)getpid() * 2 + (unsigned)(clock_steady_ms() % 97) * 2;
    for (unsigned i = 0; i < 4000; i++) {
        uint16_t port = (uint16_t)(20000 + (start + 2 * i) % 12000 / 2 * 2);
        *lock = lock_port(port);
        if (*lock >= 0 && is_free(port) && is_free((uint16_t)(port + 1)))
            return port;
        if (*lock >= 0)
            close(*lock);
    }
    *lock = -1;
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

/* For the driver (tests/lib/keypad_ifd.c). */
static enum err write_order(const struct rig *r, const char *end, int n)
{
    char path[128], number[12];
    snprintf(path, sizeof path, "%s%s", r->gone, end);
    snprintf(number, sizeof number, "%d", n);
    return file_write(path, view_text(number), 0600);
}

enum err rig_pull_reader(struct rig *r)
{
    return write_order(r, "", 0);
}

enum err rig_pull_reader_at(struct rig *r, int n)
{
    return write_order(r, ".at", n);
}

enum err rig_push_reader(struct rig *r)
{
    return unlink(r->gone) == 0 ? ERR_OK : ERR_IO;
}

static enum err start_reader(struct rig *r)
{
    char port[8];
    snprintf(port, sizeof port, "%u", (unsigned)r->port);
    const char *const arguments[] = {r->program, "reader", r->folder, "--port", port, r->driver ? "--driver" : NULL,
                                     r->driver,  NULL};
    r->reader = start(r, arguments, "reader.log");
    return r->reader > 0 ? ERR_OK : ERR_IO;
}

enum err rig_plug(struct rig *r)
{
    stop(&r->reader);
    unlink(r->gone);
    enum err e = start_reader(r);
    return e ? e : await_reader(r);
}

/* The device is not there when the service looks for it. Its socket is there before it: who calls waits. */
static enum err start_without_reader(struct rig *r)
{
    enum err e = rig_pull_reader(r);
    if (!e)
        e = start_reader(r);
    for (int64_t end = clock_steady_ms() + PATIENCE_MS; !e && access(r->socket, F_OK) != 0; pause_ms(5))
        e = is_gone(&r->reader) ? ERR_UNAVAILABLE : clock_steady_ms() < end ? ERR_OK : ERR_TIMEOUT;
    return e;
}

void rig_unplug(struct rig *r)
{
    stop(&r->reader);
    unlink(r->socket);
}

/* --- card ------------------------------------------------------------------------------------------------------ */

static enum err start_card(struct rig *r, unsigned slot, const struct rig_options *o)
{
    char port[8], log[32];
    struct place *place = &r->places[slot];
    const char *arguments[ARGUMENTS_MAX] = {r->program,  "--dir",        o->card_dir, "--state", place->state,
                                            "--control", place->control, "--port",    port};
    size_t n = 9;
    snprintf(port, sizeof port, "%u", r->port + slot);
    snprintf(log, sizeof log, "card-%u.log", slot);
    for (size_t i = 0; o->extra && o->extra[i]; i++) {
        if (n == ARGUMENTS_MAX - 2)
            return ERR_LIMIT;
        arguments[n++] = o->extra[i];
    }
    if (o->empty)
        arguments[n++] = "--empty";
    place->may_alarm = o->may_alarm;
    place->card = start(r, arguments, log);
    return place->card > 0 ? ERR_OK : ERR_IO;
}

static enum err tell(struct rig *r, unsigned slot, const char *command, char *answer, size_t size)
{
    char line[128];
    struct buf b;
    struct view v = VIEW_NONE;
    snprintf(line, sizeof line, "%s\n", command);
    buf_open(&b, NULL, 32u << 20);
    enum err e = control_ask(r->places[slot].control, view_text(line), &b);
    if (e == ERR_OK)
        e = buf_done(&b, &v);
    if (e == ERR_OK && view_starts(v, VIEW("error")))
        e = ERR_SYNTAX;
    if (answer && size)
        snprintf(answer, size, "%.*s", (int)v.n, v.n ? (const char *)v.p : "");
    buf_close(&b);
    return e;
}

enum err rig_ctl(struct rig *r, const char *command, char *answer, size_t size)
{
    return tell(r, 0, command, answer, size);
}

enum err rig_ctl_second(struct rig *r, const char *command, char *answer, size_t size)
{
    return tell(r, 1, command, answer, size);
}

/* pcscd has powered the card up: the next client finds it. */
static bool is_ready(struct rig *r, unsigned slot, bool empty)
{
    char status[1024];
    if (tell(r, slot, "status", status, sizeof status) != ERR_OK)
        return false;
    return empty || !strstr(status, "\"power_ons\":0,");
}

static enum err await_card(struct rig *r, unsigned slot, bool empty)
{
    for (int64_t end = clock_steady_ms() + PATIENCE_MS; clock_steady_ms() < end; pause_ms(10)) {
        if (is_ready(r, slot, empty))
            return ERR_OK;
        if (is_gone(&r->places[slot].card))
            return ERR_UNAVAILABLE;
    }
    return ERR_TIMEOUT;
}

static enum err put_card(struct rig *r, unsigned slot, const struct rig_options *o)
{
    enum err e = start_card(r, slot, o);
    return e == ERR_OK ? await_card(r, slot, o->empty) : e;
}

enum err rig_add_second(struct rig *r, const struct rig_options *o)
{
    return put_card(r, 1, o);
}

/* No test says "and nobody read the individual number": every one does, here. */
static bool is_silent(struct rig *r, unsigned slot)
{
    char status[1024];
    struct place *place = &r->places[slot];
    if (place->card <= 0 || place->may_alarm || tell(r, slot, "status", status, sizeof status) != ERR_OK)
        return true;
    if (strstr(status, "\"alarms_ever\":0,"))
        return true;
    fprintf(stderr, "the virtual card raised an alarm: somebody touched what nobody may touch\n%s", status);
    return false;
}

/* --- the whole ------------------------------------------------------------------------------------------------- */

static enum err set_up(struct rig *r, const struct rig_options *o)
{
    r->port_lock = -1;
    snprintf(r->folder, sizeof r->folder, "/tmp/genkan-rig.XXXXXX");
    if (!mkdtemp(r->folder))
        return ERR_IO;
    snprintf(r->socket, sizeof r->socket, "%s/" READER_SOCKET, r->folder);
    snprintf(r->gone, sizeof r->gone, "%s/gone", r->folder);
    for (unsigned i = 0; i < SLOTS; i++) {
        snprintf(r->places[i].control, sizeof r->places[i].control, "%s/card%u.sock", r->folder, i);
        snprintf(r->places[i].state, sizeof r->places[i].state, "%s/state%u.json", r->folder, i);
    }
    snprintf(r->program, sizeof r->program, "%s", o->program ? o->program : "");
    r->driver = o->driver;
    r->port = find_port(&r->port_lock);
    return r->port ? ERR_OK : ERR_UNAVAILABLE;
}

enum err rig_open(struct rig **out, const struct rig_options *o)
{
    struct rig *r = *out = calloc(1, sizeof *r);
    if (!r)
        return ERR_MEMORY;
    enum err e = set_up(r, o);
    if (e == ERR_OK)
        e = o->no_reader ? start_without_reader(r) : rig_plug(r);
    if (e == ERR_OK && o->card_dir)
        e = put_card(r, 0, o);
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
    bool silent = true;
    for (unsigned i = 0; i < SLOTS; i++) {
        silent = is_silent(r, i) && silent;
        stop(&r->places[i].card);
    }
    stop(&r->reader);
    if (r->folder[0])
        remove_folder(r->folder);
    if (r->port_lock >= 0) {
        char path[64];
        lock_path(path, r->port);
        unlink(path);
        close(r->port_lock);
    }
    free(r);
    if (!silent)
        abort();
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
    return r->places[0].control;
}
