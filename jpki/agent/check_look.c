#include "jpki/agent/check_look.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "jpki/agent/peer.h"
#include "jpki/card/cert_view.h"
#include "jpki/card/reader_pcsc.h"

enum { FLAVOUR_SIZE = 64, TABLE_MAX = 8 << 20, PATH_SIZE = 640 };

/* ---- readers and the card ---- */

static bool has_other_readers(const struct setting *s)
{
    struct pcsc *all;
    struct pcsc_seen seen[1];
    size_t n = 0;
    if (!s->reader || pcsc_open(&all, NULL))
        return false;
    bool has = pcsc_readers(all, seen, 1, &n) == ERR_OK && n > 0;
    pcsc_close(all);
    return has;
}

static bool is_installed(void)
{
    return access("/usr/sbin/pcscd", X_OK) == 0 || getenv("PCSCLITE_CSOCK_NAME");
}

static void look_at_readers(struct check_report *out, const struct setting *s, struct pcsc *pcsc)
{
    struct pcsc_seen seen[CHECK_READERS_MAX];
    struct check_reader_facts f = {.is_installed = is_installed(), .wanted = view_text(s->reader)};
    f.is_service = pcsc_readers(pcsc, seen, CHECK_READERS_MAX, &f.n) == ERR_OK;
    for (size_t i = 0; i < f.n; i++) {
        f.readers[i].name = view_text(arena_text(out->arena, view_text(seen[i].name)));
        f.readers[i].kind = !seen[i].has_card        ? CHECK_KIND_UNKNOWN
                            : seen[i].is_contactless ? CHECK_KIND_CONTACTLESS
                                                     : CHECK_KIND_CONTACT;
    }
    f.has_others = f.is_service && f.n == 0 && has_other_readers(s);
    check_reader(out, &f);
}

static void look_at_certificate(struct check_card_facts *f, struct card *card, struct arena *arena)
{
    struct view der;
    struct cert_view cert;
    f->is_hidden = !card->kind->keys[CARD_KEY_AUTH].certificate_free;
    if (f->is_hidden)
        return;
    f->read = card_read_certificate(card, CARD_KEY_AUTH, arena, &der);
    f->has_dates = !f->read && cert_view_read(&cert, der) == ERR_OK;
    if (f->has_dates) {
        f->not_before = cert.not_before;
        f->not_after = cert.not_after;
    }
}

static void look_at_card(struct check_report *out, struct pcsc *pcsc)
{
    struct reader reader = pcsc_reader(pcsc);
    struct card card = {.reader = &reader, .app = CARD_APP_COUNT, .step = ""};
    struct check_card_facts f = {.now = clock_s(&clock_real)};
    f.connected = card_connect(&card, &reader);
    if (f.connected == CARD_NO_READER)
        return; /* said already */
    if (!f.connected) {
        f.is_phone = !card.kind->has_text;
        f.tries_max = card.kind->pins[CARD_PIN_AUTH].tries;
        look_at_certificate(&f, &card, out->arena);
        f.asked = card_pin_tries(&card, CARD_PIN_AUTH, &f.tries);
    }
    card_log_out(&card);
    check_card(out, &f);
}

static void look_at_pcsc(struct check_report *out, const struct setting *s)
{
    struct pcsc *pcsc;
    if (pcsc_open(&pcsc, s->reader))
        return;
    look_at_readers(out, s, pcsc);
    look_at_card(out, pcsc);
    pcsc_close(pcsc);
}

/* ---- the clock ---- */

static void take_newer(int64_t *newest, const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && st.st_mtime > *newest)
        *newest = st.st_mtime;
}

static void look_at_clock(struct check_report *out, const struct setting *s)
{
    struct timex kernel = {.modes = 0};
    struct check_clock_facts f = {.now = clock_s(&clock_real)};
    char **names;
    size_t n = 0;
    take_newer(&f.newest, "/proc/self/exe");
    if (file_list(out->arena, s->issuers, ".json", &names, &n))
        n = 0;
    for (size_t i = 0; i < n; i++) {
        const char *path = arena_printf(out->arena, "%s/%s", s->issuers, names[i]);
        if (path)
            take_newer(&f.newest, path);
    }
    f.is_synced = adjtimex(&kernel) != TIME_ERROR && !(kernel.status & STA_UNSYNC); /* adjtimex(2) */
    check_clock(out, &f);
}

/* ---- the port ---- */

enum err check_listener_in(uid_t *user, int64_t *inode, struct view table, uint16_t port)
{
    char end[8];
    struct view line;
    snprintf(end, sizeof end, ":%04X", port);
    while (view_next(&table, '\n', &line)) {
        struct view rest = line, piece, fields[10] = {VIEW_NONE};
        size_t n = 0;
        int64_t uid;
        while (n < 10 && view_next(&rest, ' ', &piece))
            if (piece.n > 0)
                fields[n++] = piece;
        /* proc(5): local address, state 0A (listening), user, inode */
        if (n == 10 && view_ends(fields[1], view_text(end)) && view_equal_text(fields[3], "0A") &&
            text_to_int(fields[7], &uid) && text_to_int(fields[9], inode)) {
            *user = (uid_t)uid;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

static enum err find_listener(uid_t *user, int64_t *inode, struct arena *arena, uint16_t port)
{
    static const char *const paths[] = {"/proc/net/tcp", "/proc/net/tcp6"};
    enum err e = ERR_NOT_FOUND;
    for (size_t i = 0; i < 2 && e; i++) {
        struct view table;
        e = file_read(arena, paths[i], TABLE_MAX, &table);
        e = e ? e : check_listener_in(user, inode, table, port);
    }
    return e;
}

/* Has process PID the socket open? */
static bool has_socket(const char *pid, int64_t inode)
{
    char path[PATH_SIZE], link[64], wanted[64];
    bool has = false;
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    snprintf(wanted, sizeof wanted, "socket:[%lld]", (long long)inode);
    DIR *folder = opendir(path);
    for (struct dirent *d; folder && !has && (d = readdir(folder));) {
        snprintf(path, sizeof path, "/proc/%s/fd/%s", pid, d->d_name);
        ssize_t n = readlink(path, link, sizeof link - 1);
        link[n > 0 ? n : 0] = 0;
        has = strcmp(link, wanted) == 0;
    }
    if (folder)
        closedir(folder);
    return has;
}

static struct view program_of(struct arena *arena, const char *pid)
{
    char path[PATH_SIZE];
    struct view name;
    snprintf(path, sizeof path, "/proc/%s/comm", pid);
    if (file_read(arena, path, 64, &name))
        return VIEW_NONE;
    return view_part(name, 0, view_index(name, '\n'));
}

/* An agent lets nobody look into it (PR_SET_DUMPABLE), so that its sockets are not seen; its name is. */
static bool is_agent(struct arena *arena, const char *pid, uid_t user)
{
    char path[PATH_SIZE];
    struct stat st;
    int64_t number;
    snprintf(path, sizeof path, "/proc/%s/task", pid);
    bool may_be = stat(path, &st) == 0 && (st.st_uid == user || st.st_uid == 0);
    return may_be && text_to_int(view_text(pid), &number) && number != getpid() &&
           view_equal_text(program_of(arena, pid), "genkan-agent");
}

static void find_process(struct check_port_facts *f, struct arena *arena, uid_t user, int64_t inode)
{
    bool agent = false, found = false;
    DIR *proc = opendir("/proc");
    for (struct dirent *d; proc && !found && (d = readdir(proc));) {
        if (d->d_name[0] < '1' || d->d_name[0] > '9')
            continue;
        agent = agent || is_agent(arena, d->d_name, user);
        found = has_socket(d->d_name, inode);
        if (found) {
            f->program = program_of(arena, d->d_name);
            f->process = view_text(arena_text(arena, view_text(d->d_name)));
        }
    }
    if (proc)
        closedir(proc);
    agent = found ? view_equal_text(f->program, "genkan-agent") : agent;
    f->state = agent ? CHECK_PORT_AGENT : found ? CHECK_PORT_PROGRAM : CHECK_PORT_TAKEN;
}

static void look_at_port(struct check_report *out, const struct setting *s)
{
    struct check_port_facts f = {.port = s->port, .state = CHECK_PORT_FREE};
    uid_t user;
    int64_t inode;
    enum err e = find_listener(&user, &inode, out->arena, s->port);
    if (e && e != ERR_NOT_FOUND) {
        f.state = CHECK_PORT_TAKEN; /* nobody could look */
    } else if (!e && user != getuid()) {
        const struct passwd *who = getpwuid(user);
        f.state = CHECK_PORT_USER;
        f.user = view_text(who ? arena_text(out->arena, view_text(who->pw_name))
                               : arena_printf(out->arena, "%u", (unsigned)user));
    } else if (!e) {
        find_process(&f, out->arena, user, inode);
    }
    check_port(out, &f);
}

/* ---- issuers, window ---- */

static void look_at_issuers(struct check_report *out, const struct setting *s)
{
    struct issuers *all = arena_alloc(out->arena, sizeof *all);
    struct check_issuer_facts f = {.err = ERR_MEMORY, .problem = "", .all = all};
    if (all)
        f.err = issuers_read(all, out->arena, s->issuers, &f.problem);
    check_issuers(out, &f);
}

static void look_at_window(struct check_report *out, const struct setting *s)
{
    char flavour[FLAVOUR_SIZE];
    const char *wayland = getenv("WAYLAND_DISPLAY"), *display = s->pinentry.display;
    struct check_window_facts f = {.program = view_text(s->pinentry.program),
                                   .has_display = (display && *display) || (wayland && *wayland),
                                   .has_terminal = s->pinentry.ttyname != NULL};
    if (pinentry_flavour(&s->pinentry, flavour, sizeof flavour) == ERR_OK)
        f.flavour = view_text(arena_text(out->arena, view_text(flavour)));
    check_window(out, &f);
}

void check_look(struct check_report *out, const struct setting *s)
{
    look_at_pcsc(out, s);
    look_at_clock(out, s);
    look_at_port(out, s);
    look_at_issuers(out, s);
    look_at_window(out, s);
}
