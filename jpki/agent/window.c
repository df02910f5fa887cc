#include "jpki/agent/window.h"

#include <assuan.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"

enum { LINE_MAX_BYTES = ASSUAN_LINELENGTH, TICK_MS = 200, PATIENCE_MS = 1000 };

/* Marks errors of the connection, as against those that pinentry sends. */
#define OURS GPG_ERR_SOURCE_USER_2

enum err assuan_escape(char *out, size_t size, const char *text)
{
    size_t n = 0;
    for (const char *s = text; *s; s++) {
        bool plain = *s != '%' && *s != '\n' && *s != '\r';
        if (n + (plain ? 1 : 3) >= size)
            return ERR_LIMIT;
        if (plain)
            out[n++] = *s;
        else
            n += (size_t)snprintf(out + n, size - n, "%%%02X", (unsigned char)*s);
    }
    out[n] = 0;
    return ERR_OK;
}

/* Nothing of what travels is ever logged, whatever the environment asks libassuan for. */
static int log_nothing(assuan_context_t ctx, void *hook, unsigned int category, const char *msg)
{
    (void)ctx, (void)hook, (void)category, (void)msg;
    return 0;
}

/* ---- lines ---- */

/* "COMMAND text". Options that this pinentry does not know are its own affair. False when it is gone. */
static bool say(assuan_context_t ctx, const char *command, const char *text)
{
    char escaped[WINDOW_TEXT_MAX], line[LINE_MAX_BYTES];
    if (!text)
        return true;
    if (assuan_escape(escaped, sizeof escaped, text))
        return false;
    int n = snprintf(line, sizeof line, "%s%s", command, escaped);
    if (n < 0 || (size_t)n >= sizeof line)
        return false;
    gpg_error_t e = assuan_transact(ctx, line, NULL, NULL, NULL, NULL, NULL, NULL);
    return !e || gpg_err_source(e) != OURS;
}

static bool say_options(assuan_context_t ctx, const struct pinentry *p)
{
    const char *type = getenv("LC_CTYPE");
    return say(ctx, "OPTION display=", p->display) && say(ctx, "OPTION ttyname=", p->ttyname) &&
           say(ctx, "OPTION ttytype=", p->ttytype) && say(ctx, "OPTION lc-ctype=", type && *type ? type : "C.UTF-8");
}

static bool say_texts(assuan_context_t ctx, const struct window_text *t)
{
    return say(ctx, "SETTITLE ", t->title) && say(ctx, "SETDESC ", t->description) &&
           say(ctx, "SETPROMPT ", t->prompt) && say(ctx, "SETOK ", t->ok) && say(ctx, "SETCANCEL ", t->cancel) &&
           say(ctx, "SETNOTOK ", t->other) && say(ctx, "SETERROR ", t->error);
}

/* ---- start and end ---- */

/* All but the kept ones (ends with ASSUAN_INVALID_FD; may be NULL) and 0 to 2 stay here. */
static int close_others(posix_spawn_file_actions_t *actions, const assuan_fd_t *kept)
{
    int highest = STDERR_FILENO, e = 0;
    for (const assuan_fd_t *fd = kept; fd && *fd != ASSUAN_INVALID_FD; fd++)
        highest = *fd > highest ? *fd : highest;
    for (int fd = STDERR_FILENO + 1; fd < highest && !e; fd++) {
        bool keep = false;
        for (const assuan_fd_t *k = kept; *k != ASSUAN_INVALID_FD; k++)
            keep = keep || *k == fd;
        e = keep ? 0 : posix_spawn_file_actions_addclose(actions, fd);
    }
    return e ? e : posix_spawn_file_actions_addclosefrom_np(actions, highest + 1);
}

/* In place of libassuan's fork: its child reads /proc before it turns into pinentry, and so allocates in a process
 * whose other threads may have held the allocator's lock. posix_spawn runs nothing between the two. */
static int spawn(assuan_context_t ctx, pid_t *pid, const char *name, const char **argv, assuan_fd_t in, assuan_fd_t out,
                 assuan_fd_t *kept, void (*at_fork)(void *, int), void *at_fork_value, unsigned int flags)
{
    posix_spawn_file_actions_t actions;
    (void)ctx, (void)at_fork, (void)at_fork_value, (void)flags;
    int e = posix_spawn_file_actions_init(&actions);
    if (e) {
        errno = e;
        return -1;
    }
    e = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    if (!e)
        e = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (!e)
        e = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (!e)
        e = close_others(&actions, kept);
    if (!e)
        e = posix_spawn(pid, name, &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    errno = e;
    return e ? -1 : 0;
}

static struct assuan_system_hooks hooks = {ASSUAN_SYSTEM_HOOKS_VERSION,
                                           __assuan_usleep,
                                           __assuan_pipe,
                                           __assuan_close,
                                           __assuan_read,
                                           __assuan_write,
                                           __assuan_recvmsg,
                                           __assuan_sendmsg,
                                           spawn,
                                           __assuan_waitpid,
                                           __assuan_socketpair,
                                           __assuan_socket,
                                           __assuan_connect};

/* Large letters: Qt and GTK 3 take a factor from the environment, GTK 2 only a file with a larger font, which is handed
 * over in memory. env(1) sets them and turns into pinentry. The file's descriptor; -1: the system refuses. */
static int open_large_font(char *variable, size_t size)
{
    static const char font[] = "gtk-font-name = \"Sans 18\"\n";
    int fd = memfd_create("genkan-large", 0);
    if (fd >= 0 && write(fd, font, sizeof font - 1) != (ssize_t)(sizeof font - 1)) {
        close(fd);
        fd = -1;
    }
    snprintf(variable, size, "GTK2_RC_FILES=/proc/self/fd/%d", fd);
    return fd;
}

static gpg_error_t connect_large(assuan_context_t ctx, const char *program)
{
    char font[64];
    assuan_fd_t fds[] = {open_large_font(font, sizeof font), ASSUAN_INVALID_FD};
    const char *argv[] = {"env", "GDK_DPI_SCALE=1.6", "QT_SCALE_FACTOR=1.6", font, program, NULL};
    gpg_error_t e = assuan_pipe_connect(ctx, "/usr/bin/env", argv, fds, NULL, NULL, 0);
    if (fds[0] >= 0)
        close(fds[0]);
    return e;
}

static gpg_error_t connect_plain(assuan_context_t ctx, const char *program)
{
    const char *argv[] = {program, NULL};
    return assuan_pipe_connect(ctx, program, argv, NULL, NULL, NULL, 0);
}

static bool connect_to(assuan_context_t *ctx, const struct pinentry *p, bool large)
{
    assuan_set_log_cb(log_nothing, NULL);
    if (assuan_new_ext(ctx, OURS, assuan_get_malloc_hooks(), NULL, NULL))
        return false;
    assuan_ctx_set_system_hooks(*ctx, &hooks);
    if (!(large ? connect_large(*ctx, p->program) : connect_plain(*ctx, p->program)))
        return true;
    assuan_release(*ctx);
    return false;
}

static bool start(assuan_context_t *ctx, const struct pinentry *p, const struct window_text *t)
{
    if (!connect_to(ctx, p, t->large || p->large))
        return false;
    if (say_options(*ctx, p) && say_texts(*ctx, t))
        return true;
    assuan_release(*ctx);
    return false;
}

static int fd_of(assuan_context_t ctx)
{
    assuan_fd_t fds[2]; /* it wants room for two */
    return assuan_get_active_fds(ctx, 0, fds, 2) >= 1 ? (int)fds[0] : -1;
}

static bool is_readable(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, ms) > 0;
}

/* Asks the program to go, and makes it go if it does not. */
static void end(assuan_context_t ctx)
{
    pid_t pid = assuan_get_pid(ctx);
    if (pid > 0)
        kill(pid, SIGTERM);
    if (pid > 0 && !is_readable(fd_of(ctx), PATIENCE_MS))
        kill(pid, SIGKILL);
    assuan_release(ctx);
}

/* ---- the answer ---- */

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* Appends the data of one D line; what is longer than any PIN is cut and stays too long to be one. */
static void add_data(struct pin *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int c = (unsigned char)s[i];
        if (c == '%' && i + 2 < n && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
            c = hex(s[i + 1]) * 16 + hex(s[i + 2]);
            i += 2;
        }
        if (out->n < sizeof out->b)
            out->b[out->n++] = (uint8_t)c;
    }
}

/* "Not confirmed" is the third button where there is one (run), and otherwise a no. */
static enum window_answer answer_of(unsigned long code)
{
    code &= GPG_ERR_CODE_MASK;
    if (code == GPG_ERR_NOT_CONFIRMED)
        return WINDOW_OTHER;
    return code == GPG_ERR_CANCELED || code == GPG_ERR_FULLY_CANCELED ? WINDOW_CANCELLED : WINDOW_FAILED;
}

/* One line of the answer. True: it was the last, *answer says how it ended. */
static bool take_line(const char *line, size_t n, struct pin *out, enum window_answer *answer)
{
    if (n >= 2 && memcmp(line, "D ", 2) == 0 && out) {
        add_data(out, line + 2, n - 2);
        return false;
    }
    if (n >= 2 && memcmp(line, "OK", 2) == 0) {
        *answer = WINDOW_OK;
        return true;
    }
    if (n >= 4 && memcmp(line, "ERR ", 4) == 0) {
        *answer = answer_of(strtoul(line + 4, NULL, 10));
        return true;
    }
    if (n >= 1 && (line[0] == 'S' || line[0] == '#'))
        return false; /* status and comment */
    *answer = WINDOW_FAILED;
    return true;
}

/* Reads what has come; each line is wiped in libassuan's buffer. */
static bool take_lines(assuan_context_t ctx, struct pin *out, enum window_answer *answer)
{
    do {
        char *line;
        size_t n;
        if (assuan_read_line(ctx, &line, &n)) {
            *answer = WINDOW_FAILED;
            return true;
        }
        bool last = take_line(line, n, out, answer);
        wipe(line, n);
        if (last)
            return true;
    } while (assuan_pending_line(ctx));
    return false;
}

static enum window_answer await(assuan_context_t ctx, const struct window_watch *watch, struct pin *out)
{
    enum window_answer answer = WINDOW_FAILED;
    int fd = fd_of(ctx);
    if (fd < 0)
        return answer;
    for (;;) {
        if (!watch->may_stay(watch->ctx))
            return WINDOW_STOPPED;
        if (is_readable(fd, TICK_MS) && take_lines(ctx, out, &answer))
            return answer;
    }
}

static enum window_answer run(const struct pinentry *p, const struct window_text *t, const struct window_watch *watch,
                              const char *command, struct pin *out)
{
    assuan_context_t ctx;
    if (!start(&ctx, p, t)) {
        log_event(LOG_ERROR, "window_failed", LOG_STR("program", p->program));
        return WINDOW_FAILED;
    }
    assuan_begin_confidential(ctx);
    enum window_answer answer = assuan_write_line(ctx, command) ? WINDOW_FAILED : await(ctx, watch, out);
    end(ctx);
    if (answer == WINDOW_OTHER && !t->other)
        answer = WINDOW_CANCELLED;
    if (answer == WINDOW_FAILED)
        log_event(LOG_ERROR, "window_failed", LOG_STR("program", p->program));
    return answer;
}

static enum window_answer pinentry_ask(void *ctx, const struct window_text *text, const struct window_watch *watch,
                                       struct pin *out)
{
    out->n = 0;
    enum window_answer answer = run(ctx, text, watch, "GETPIN", out);
    if (answer != WINDOW_OK)
        wipe(out, sizeof *out);
    return answer;
}

static enum window_answer pinentry_confirm(void *ctx, const struct window_text *text, const struct window_watch *watch)
{
    return run(ctx, text, watch, "CONFIRM", NULL);
}

/* ---- what it is ---- */

struct flavour {
    char *out;
    size_t size, n;
};

static gpg_error_t take_flavour(void *hook, const void *data, size_t n)
{
    struct flavour *f = hook;
    for (size_t i = 0; i < n && f->n + 1 < f->size; i++)
        f->out[f->n++] = ((const char *)data)[i];
    return 0;
}

enum err pinentry_flavour(const struct pinentry *p, char *out, size_t size)
{
    assuan_context_t ctx;
    struct flavour f = {out, size, 0};
    if (!connect_to(&ctx, p, false))
        return ERR_UNAVAILABLE;
    gpg_error_t e = assuan_transact(ctx, "GETINFO flavor", take_flavour, &f, NULL, NULL, NULL, NULL);
    end(ctx);
    out[f.n] = 0;
    return e || f.n == 0 ? ERR_UNAVAILABLE : f.n + 1 < size ? ERR_OK : ERR_LIMIT;
}

struct window pinentry_window(struct pinentry *p)
{
    return (struct window){p, pinentry_ask, pinentry_confirm};
}
