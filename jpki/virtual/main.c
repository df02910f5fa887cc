/* genkan-card: a virtual My Number Card, see docs/man/genkan-card.1. */
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/text.h"
#include "jpki/virtual/control.h"
#include "jpki/virtual/issue.h"
#include "jpki/virtual/reader.h"
#include "jpki/virtual/station.h"

static const char usage[] =
    "usage: genkan-card --dir FOLDER [options]        put a virtual My Number Card into a virtual reader\n"
    "       genkan-card ctl SOCKET COMMAND [ARGUMENT] tell a running card something\n"
    "       genkan-card reader FOLDER [--port N] [--driver FILE]\n"
    "                                                 become a pcscd with a virtual reader of its own\n"
    "       genkan-card new --persona NAME|FILE.json --out FOLDER [--pki FOLDER] [--ocsp-url URL]\n"
    "                                                 issue a card: of a test PKI, made if there is none (FOLDER/pki)\n"
    "       genkan-card personas                      list who may get one\n"
    "\n"
    "  --dir FOLDER      the card: auth.der auth.key ca-auth.der [sign.der sign.key ca-sign.der] text.json pins.json\n"
    "  --state FILE      try counters and changed PINs (default FOLDER/state.json)\n"
    "  --port N          TCP port of the reader's slot (default 35963)\n"
    "  --control SOCKET  Unix socket for ctl\n"
    "  --trace FILE      append the trace to a file\n"
    "  --atr ATR         answer to reset, in hexadecimal or by name: contact (default), contact-2 to -5, contactless,\n"
    "                    contactless-2 to -4, old-card; random: another one at each tap, as readers make it up\n"
    "  --label TEXT      token label (default JPKIAPICCTOKEN2; JPKIAPGPSETOKEN, JPKIAPIOSTOKEN: a phone)\n"
    "  --delay MS        hold every answer back\n"
    "  --pace NAME       take as long as a card does: contact, contactless (default none)\n"
    "  --empty           start with the card out\n"
    "  --long-lengths    text application codes its lengths as 82 hh ll\n"
    "  --short-only      answer extended lengths with 6700\n"
    "  --eof-6282        reading past the end answers 6282\n"
    "  --reset-forgets   a warm reset clears PIN states\n"
    "  --first-6f00      the first command after power-on answers 6F00\n"
    "  --blocked-6983    a blocked PIN answers 6983 instead of 6984\n"
    "  --verified-9000   the question for the tries left answers 9000 while the PIN is verified\n"
    "  --length-is-free  a PIN of impossible length answers 6700 and costs no try\n"
    "  --help, --version\n"
    "\n"
    "ctl commands: insert, remove, remove-before N, answer N SW, delay MS, pace NAME, status,\n"
    "               trace, forget\n";

struct settings {
    const char *dir, *state, *control, *trace;
    const char *atr, *pace;
    enum pace how_fast;
    int64_t port, delay;
    bool empty;
    struct files_options files;
    struct applet_options applet;
};

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "genkan-card: %s: %s\n", what, why);
    return 1;
}

/* --- ctl and reader -------------------------------------------------------------------------------------------- */

static void put_words(struct buf *line, char **words, int n)
{
    for (int i = 0; i < n; i++) {
        buf_put_text(line, i ? " " : "");
        buf_put_text(line, words[i]);
    }
    buf_put_byte(line, '\n');
}

static int run_ctl(int argc, char **argv)
{
    if (argc < 2)
        return complain("ctl", "needs a socket and a command");
    struct buf line, answer;
    struct view l, v = VIEW_NONE;
    buf_open(&line, NULL, 256);
    buf_open(&answer, NULL, 32u << 20);
    put_words(&line, argv + 1, argc - 1);
    enum err e = buf_done(&line, &l);
    if (e == ERR_OK)
        e = control_ask(argv[0], l, &answer);
    if (e == ERR_OK)
        e = buf_done(&answer, &v);
    if (e == ERR_OK)
        fwrite(v.p, 1, v.n, stdout);
    bool refused = v.n == 0 || view_starts(v, VIEW("error"));
    buf_close(&line);
    buf_close(&answer);
    if (e != ERR_OK)
        return complain(argv[0], err_words(e));
    return refused && !view_equal_text(view_text(argv[1]), "trace") ? 1 : 0;
}

static bool read_port(const char *text, int64_t *port)
{
    return text_to_int(view_text(text), port) && *port > 0 && *port < 65535;
}

static int run_reader(int argc, char **argv)
{
    int64_t port = VPCD_PORT;
    const char *driver = READER_DRIVER;
    bool good = argc % 2 == 1;
    for (int i = 1; good && i < argc; i += 2) {
        bool is_driver = strcmp(argv[i], "--driver") == 0;
        good = is_driver || (strcmp(argv[i], "--port") == 0 && read_port(argv[i + 1], &port));
        driver = is_driver ? argv[i + 1] : driver;
    }
    if (!good)
        return complain("reader", "usage: genkan-card reader FOLDER [--port N] [--driver FILE]");
    return complain(argv[0], err_words(reader_become(argv[0], (uint16_t)port, driver)));
}

/* --- options --------------------------------------------------------------------------------------------------- */

static const struct option_row {
    const char *name;
    enum { IS_TEXT, IS_NUMBER, IS_FLAG } kind;
    size_t at;   /* in struct settings: const char *, int64_t, bool */
    int64_t max; /* IS_NUMBER: 0..max; IS_TEXT: bytes */
} rows[] = {
    {"--dir", IS_TEXT, offsetof(struct settings, dir), 4096},
    {"--state", IS_TEXT, offsetof(struct settings, state), 4096},
    {"--port", IS_NUMBER, offsetof(struct settings, port), 65534},
    {"--control", IS_TEXT, offsetof(struct settings, control), 4096},
    {"--trace", IS_TEXT, offsetof(struct settings, trace), 4096},
    {"--atr", IS_TEXT, offsetof(struct settings, atr), 66},
    {"--label", IS_TEXT, offsetof(struct settings, files.label), 32},
    {"--pace", IS_TEXT, offsetof(struct settings, pace), 16},
    {"--delay", IS_NUMBER, offsetof(struct settings, delay), 600000},
    {"--empty", IS_FLAG, offsetof(struct settings, empty), 0},
    {"--long-lengths", IS_FLAG, offsetof(struct settings, files.long_lengths), 0},
    {"--short-only", IS_FLAG, offsetof(struct settings, applet.short_only), 0},
    {"--eof-6282", IS_FLAG, offsetof(struct settings, applet.says_eof), 0},
    {"--reset-forgets", IS_FLAG, offsetof(struct settings, applet.reset_forgets), 0},
    {"--first-6f00", IS_FLAG, offsetof(struct settings, applet.first_fails), 0},
    {"--blocked-6983", IS_FLAG, offsetof(struct settings, applet.blocked_6983), 0},
    {"--verified-9000", IS_FLAG, offsetof(struct settings, applet.verified_9000), 0},
    {"--length-is-free", IS_FLAG, offsetof(struct settings, applet.length_is_free), 0},
};

static const struct option_row *find_row(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static bool set_row(struct settings *s, const struct option_row *row, const char *value)
{
    void *at = (char *)s + row->at;
    if (row->kind == IS_FLAG)
        return *(bool *)at = true;
    if (row->kind == IS_NUMBER)
        return text_to_int(view_text(value), at) && *(int64_t *)at <= row->max;
    *(const char **)at = value;
    return strlen(value) <= (size_t)row->max;
}

/* -1: go on; otherwise the exit status. */
static int read_options(struct settings *s, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return fputs(usage, stdout) < 0;
        if (strcmp(argv[i], "--version") == 0)
            return puts("genkan-card " GENKAN_VERSION) < 0;
        const struct option_row *row = find_row(argv[i]);
        const char *value = row && row->kind != IS_FLAG && i + 1 < argc ? argv[++i] : NULL;
        if (!row || (row->kind != IS_FLAG && !value) || !set_row(s, row, value)) {
            complain(argv[i], row ? "not a possible value" : "not an option; try --help");
            return 2;
        }
    }
    if (s->dir && s->port > 0)
        return -1;
    fputs(usage, stderr);
    return 2;
}

/* --- the card -------------------------------------------------------------------------------------------------- */

static enum err set_atr(struct settings *s, struct arena *a)
{
    bool random = s->atr && strcmp(s->atr, "random") == 0; /* made when the card is put in */
    return atr_read(&s->applet.atr, a, s->atr && !random ? s->atr : random ? "contactless" : "contact");
}

/* One card cannot be in two readers: two programs would overwrite each other's counters. */
static enum err lock_state(struct arena *a, const char *state)
{
    char *path = arena_printf(a, "%s.lock", state);
    int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd < 0)
        return ERR_IO;
    return flock(fd, LOCK_EX | LOCK_NB) == 0 ? ERR_OK : ERR_BUSY; /* held until the process ends */
}

static void on_alarm(void *ctx, const char *what)
{
    trace_alarm(ctx, what);
}

static enum err catch_signals(int *fd)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return ERR_IO;
    *fd = signalfd(-1, &set, SFD_CLOEXEC);
    return *fd >= 0 ? ERR_OK : ERR_IO;
}

static enum err run_station(const struct settings *s, struct applet *applet, struct trace *trace)
{
    struct station *station = calloc(1, sizeof *station);
    if (!station)
        return ERR_MEMORY;
    *station = (struct station){.applet = applet,
                                .trace = trace,
                                .port = (uint16_t)s->port,
                                .control = -1,
                                .inserted = !s->empty,
                                .delay_ms = (unsigned)s->delay,
                                .pace = s->how_fast,
                                .new_atr = s->atr && strcmp(s->atr, "random") == 0};
    enum err e = catch_signals(&station->signals);
    if (e == ERR_OK && s->control)
        e = control_listen(&station->control, s->control);
    if (e == ERR_OK)
        e = station_run(station);
    if (s->control)
        unlink(s->control);
    free(station);
    return e;
}

static int run_applet(const struct settings *s, struct applet *applet)
{
    struct trace trace;
    if (trace_open(&trace, s->trace) != ERR_OK)
        return complain(s->trace, "cannot be written");
    applet->alarm = on_alarm;
    applet->alarm_ctx = &trace;
    enum err e = run_station(s, applet, &trace);
    trace_close(&trace);
    return e == ERR_OK ? 0 : complain("card", err_words(e));
}

static int run_card(struct settings *s, struct arena *a)
{
    struct persona persona;
    struct pins pins;
    struct card_files files;
    const char *what = "", *state = s->state ? s->state : arena_printf(a, "%s/state.json", s->dir);
    char *chip = state ? arena_printf(a, "%s.chip", state) : NULL;
    if (!chip || lock_state(a, state) != ERR_OK)
        return complain(s->dir, "another genkan-card holds this card, or its state cannot be written");
    if (set_atr(s, a) != ERR_OK)
        return complain(s->atr, "neither the name of an ATR nor one in hexadecimal");
    if (pace_read(&s->how_fast, view_text(s->pace ? s->pace : "none")) != ERR_OK)
        return complain(s->pace, "none, contact or contactless");
    enum err e = persona_open(&persona, s->dir, chip, &what);
    if (e != ERR_OK)
        return complain(what, err_words(e));
    if (pins_open(&pins, persona.pins, state) != ERR_OK)
        return complain(state, "not a state file of genkan-card");
    if (files_make(&files, &persona, &s->files) != ERR_OK)
        return complain(s->dir, "the card's files could not be made");
    struct applet applet = {.files = &files, .pins = &pins, .options = s->applet};
    int status = run_applet(s, &applet);
    pins_close(&pins);
    persona_close(&persona);
    return status;
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "ctl") == 0)
        return run_ctl(argc - 2, argv + 2);
    if (strcmp(command, "reader") == 0)
        return run_reader(argc - 2, argv + 2);
    if (strcmp(command, "new") == 0)
        return issue_new(argc - 2, argv + 2);
    if (strcmp(command, "personas") == 0)
        return issue_personas(argc - 2);
    struct settings s = {.port = VPCD_PORT};
    int status = read_options(&s, argc, argv);
    if (status >= 0)
        return status;
    struct arena a;
    arena_open(&a, 1u << 20);
    status = run_card(&s, &a);
    arena_close(&a);
    return status;
}
