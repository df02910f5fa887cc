/* genkan-agent: see docs/man/genkan-agent.1. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "jpki/agent/check_look.h"
#include "jpki/agent/issuer_desk.h"
#include "jpki/agent/loopback.h"
#include "jpki/agent/setting.h"
#include "jpki/agent/welcome.h"
#include "jpki/card/reader_pcsc.h"

/* Browsers wake a tab in the background once a minute. A browser at a kiosk has ten seconds to finish a login before
 * its log-out may come. */
enum { BUSY_PATIENCE_MS = 20000, ABANDONED_MS = 75000, KIOSK_GRACE_MS = 10000 };

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "genkan-agent: %s%s%s\n", what, *why ? ": " : "", why);
    return 1;
}

/* A PIN passes through this process: it leaves no core file, and no other process of the user may look into it. */
static bool hide_memory(void)
{
    const struct rlimit none = {0, 0};
    return prctl(PR_SET_DUMPABLE, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0;
}

static enum err open_reader(void *ctx, struct reader *out)
{
    const struct setting *s = ctx;
    struct pcsc *p;
    enum err e = pcsc_open(&p, s->reader);
    if (!e)
        *out = pcsc_reader(p);
    return e;
}

static void close_reader(void *ctx, struct reader *reader)
{
    (void)ctx;
    pcsc_close(reader->ctx);
}

static const char *reader_name(void *ctx, struct reader *reader)
{
    (void)ctx;
    return pcsc_card_reader(reader->ctx);
}

static enum err open_reader_of(void *ctx, const char *name, struct reader *out)
{
    struct pcsc *p;
    (void)ctx;
    enum err e = pcsc_open(&p, name);
    if (!e)
        *out = pcsc_reader(p);
    return e;
}

static void add_signals(sigset_t *set)
{
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}

static void block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    add_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* The signals are blocked for our threads, not for the PIN windows we start. */
static void unblock_in_child(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int serve(struct setting *s, size_t n_issuers, struct kiosk *kiosk)
{
    sigset_t set;
    int got;
    struct errand *errand;
    struct loopback *loopback;
    const struct errand_tools tools = {.open_reader = open_reader,
                                       .close_reader = close_reader,
                                       .ctx = s,
                                       .kiosk = kiosk,
                                       .reader_name = reader_name,
                                       .window = pinentry_window(&s->pinentry),
                                       .busy_patience_ms = BUSY_PATIENCE_MS,
                                       .abandoned_ms = ABANDONED_MS};
    sigemptyset(&set);
    add_signals(&set);
    if (errand_open(&errand, &tools))
        return complain("cannot start", "no memory");
    const struct loopback_config config = {s->port, s->issuers, errand, kiosk, &clock_real};
    enum err e = loopback_open(&loopback, &config);
    if (e) {
        char text[96];
        snprintf(text, sizeof text, "port %u of 127.0.0.1 or [::1] cannot be had; another program may have it",
                 (unsigned)s->port);
        errand_close(errand);
        return complain(text, err_words(e));
    }
    log_event(LOG_INFO, "ready", LOG_INT("port", s->port), LOG_INT("issuers", (int64_t)n_issuers));
    sigwait(&set, &got);
    errand_shut(errand); /* the pages that wait are answered, windows closed */
    if (kiosk)
        kiosk_shut(kiosk);
    loopback_close(loopback);
    errand_close(errand);
    log_event(LOG_INFO, "stopped", LOG_INT("signal", got));
    return 0;
}

/* With the signals blocked before the first thread there is. */
static int serve_all(struct setting *s, size_t n_issuers)
{
    struct kiosk *kiosk = NULL;
    const struct kiosk_tools tools = {open_reader_of, close_reader, NULL, KIOSK_GRACE_MS};
    block_signals();
    pthread_atfork(NULL, NULL, unblock_in_child);
    if (s->kiosk && kiosk_open(&kiosk, &tools))
        return complain("cannot watch the card", "no memory or thread");
    int status = serve(s, n_issuers, kiosk);
    kiosk_close(kiosk);
    return status;
}

/* How many issuers there are now. One bad file is better seen at the start than at the first login; none is no mistake:
 * the administrator adds one later. */
static enum err count_issuers(const struct setting *s, size_t *n)
{
    static struct issuers issuers;
    struct arena arena;
    const char *problem;
    arena_open(&arena, (size_t)8 << 20);
    enum err e = issuers_read(&issuers, &arena, s->issuers, &problem);
    *n = issuers.n;
    if (e == ERR_NOT_FOUND)
        log_event(LOG_WARN, "no_issuers", LOG_STR("folder", s->issuers));
    else if (e)
        complain(problem, e == ERR_CONFIG ? "" : err_words(e));
    arena_close(&arena);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static int run(struct setting *s)
{
    size_t n_issuers;
    if (!hide_memory())
        return complain("cannot keep its memory out of core files", "");
    unsetenv("ASSUAN_DEBUG"); /* libassuan would print what pinentry says */
    log_set_level(s->level);
    if (access(s->pinentry.program, X_OK))
        return complain(s->pinentry.program, "no such program; install pinentry or name another with --pinentry");
    return count_issuers(s, &n_issuers) ? 1 : serve_all(s, n_issuers);
}

/* ---- the commands ---- */

static int check(const struct setting *s)
{
    static struct check_report report;
    struct arena arena;
    struct buf b;
    const char *text;
    arena_open(&arena, (size_t)64 << 20);
    report.arena = &arena;
    signal(SIGPIPE, SIG_IGN);
    check_look(&report, s);
    buf_open(&b, &arena, 64 * 1024);
    check_write(&b, &report, s->lang);
    int status = buf_done_text(&b, &text) || fputs(text, stdout) < 0 || check_problems(&report) > 0;
    arena_close(&arena);
    return status;
}

static int welcome(const struct setting *s)
{
    static const char page[] = GENKAN_DATA "/welcome.html";
    char mark[4096];
    if (s->first && (welcome_mark(mark, sizeof mark, getenv("XDG_STATE_HOME"), getenv("HOME")) || welcome_take(mark)))
        return 0;
    int status = welcome_open(page);
    fprintf(stderr, "genkan-agent: %s: %s\n", desk_word(s->lang, D_NO_WELCOME_PAGE), page);
    return status;
}

static int obey(struct setting *s)
{
    switch (s->command) {
    case AGENT_ISSUER_ADD:
        return issuer_desk_add(s, stdin, stdout);
    case AGENT_ISSUER_LIST:
        return issuer_desk_list(s, stdout);
    case AGENT_ISSUER_REMOVE:
        return issuer_desk_remove(s, stdin, stdout);
    case AGENT_CHECK:
        return check(s);
    case AGENT_WELCOME:
        return welcome(s);
    case AGENT_SERVE:
        break;
    }
    return run(s);
}

int main(int argc, char **argv)
{
    struct setting s;
    const char *problem;
    if (setting_read(&s, argc, argv, &problem)) {
        complain(problem, "try --help");
        return 2;
    }
    if (s.help)
        return fputs(setting_usage, stdout) < 0;
    if (s.version)
        return puts("genkan-agent " GENKAN_VERSION) < 0;
    return obey(&s);
}
