#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/trace.h"
#include "consent/log/policy.h"
#include "http/listener.h"
#include "http/server.h"
#include "idp/admin.h"
#include "idp/certificate.h"
#include "idp/desk.h"
#include "idp/endpoints/discovery.h"
#include "idp/notify.h"
#include "idp/routes.h"
#include "idp/state/herald.h"
#include "idp/state/op.h"
#include "idp/state/places.h"
#include "idp/state/upkeep.h"
#include "jpki/pki/revocation.h"
#include "webui/page.h"

enum { SERVE_CEILING = 4 << 20, DRAIN_MS = 20000, KEPT_MS = 500, LOOK_S = 10, FILES_BESIDE = 256 };

struct serve {
    const struct command *command;
    const char *config_path;
    struct arena arena; /* lives as long as the server */
    struct config *config;
    struct op *op;
    struct pages *pages;
    struct server *server;
    struct admin *admin;
    struct certificate certificate;
    int64_t started; /* milliseconds of the steady clock */
};

/* --- starting --------------------------------------------------------------------------------------------------- */

static int open_op(struct serve *s)
{
    const char *why = NULL;
    enum err err = op_open(&s->op, s->config, &clock_real, &s->arena, &why);
    if (err)
        return command_fail(s->command, err == ERR_CONFIG || err == ERR_NOT_FOUND ? COMMAND_CONFIG : COMMAND_FAILED,
                            "%s", why ? why : err_words(err));
    err = pages_open(&s->pages);
    if (err)
        return command_fail(s->command, COMMAND_FAILED, "pages: %s", err_words(err));
    s->op->pages = s->pages;
    err = discovery_write(&s->op->discovery, &s->arena, s->op);
    if (err)
        return command_fail(s->command, COMMAND_FAILED, "discovery: %s", err_words(err));
    malloc_trim(0); /* what reading roots and lists took and will not be needed again */
    return -1;
}

/* A log that is not the one that was signed must not grow: no request is answered on it. */
static int open_herald(struct serve *s)
{
    const char *why = NULL;
    enum err err = herald_open(&s->op->herald, s->op, &s->arena, &why);
    if (!err)
        return -1;
    return command_fail(s->command,
                        err == ERR_CONFLICT ? COMMAND_NO
                        : err == ERR_CONFIG ? COMMAND_CONFIG
                                            : COMMAND_FAILED,
                        "the ledger: %s", why ? why : err_words(err));
}

/* A connection is a file. What is missing is taken as far as the system lets us; the rest is the operator's to give. */
static int allow_files(const struct serve *s)
{
    const rlim_t need = s->config->connections + FILES_BESIDE;
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= need)
        return -1;
    files.rlim_cur = files.rlim_max < need ? files.rlim_max : need;
    if (files.rlim_cur < need || setrlimit(RLIMIT_NOFILE, &files) != 0)
        return command_fail(s->command, COMMAND_CONFIG,
                            "connections: %u and %d other files need a limit of %llu open files, but it is %llu "
                            "(LimitNOFILE of the unit, ulimit -Hn)",
                            s->config->connections, FILES_BESIDE, (unsigned long long)need,
                            (unsigned long long)files.rlim_max);
    return -1;
}

static int open_server(struct serve *s)
{
    const struct config *c = s->config;
    const char *hosts[] = {c->issuer_host};
    struct server_config config = {.listen = c->listen,
                                   .n_listen = c->n_listen,
                                   .hosts = hosts,
                                   .n_hosts = 1,
                                   .listen_mtls = c->mtls.listen,
                                   .n_listen_mtls = c->mtls.n_listen,
                                   .mtls_host = c->mtls.host,
                                   .proxy = {.trusted = c->proxy.trusted,
                                             .n_trusted = c->proxy.n_trusted,
                                             .words = c->proxy.words,
                                             .https = c->issuer_https,
                                             .cert_header = c->proxy.client_certificate},
                                   .ctx = s->op,
                                   .fault = routes_fault,
                                   .workers = c->workers,
                                   .slow_workers = OP_SLOW_WORKERS,
                                   .connections_max = c->connections,
                                   .per_address_max = c->limits.connections_per_address,
                                   .hsts = c->issuer_https,
                                   .log_name = "genkan"};
    struct arena a; /* the key is wiped with it */
    config.routes = routes(&config.n_routes);
    arena_open(&a, SERVE_CEILING);
    certificate_watch(&s->certificate, c);
    const char *bad = certificate_read(&config.tls, c, &a);
    int code = bad ? command_fail(s->command, COMMAND_CONFIG, "%s", bad) : -1;
    enum err err = bad ? ERR_OK : server_open(&s->server, &config);
    arena_close(&a);
    if (code != -1)
        return code;
    if (err)
        return command_fail(s->command, COMMAND_FAILED, "cannot listen on %s%s: %s", c->listen[0],
                            c->n_listen > 1 ? " and the others" : "", listener_words(err));
    return -1;
}

static int start(struct serve *s)
{
    int code = allow_files(s);
    if (code == -1)
        code = open_op(s);
    if (code == -1)
        code = open_herald(s);
    if (code == -1)
        code = open_server(s);
    if (code != -1)
        return code;
    enum err err = admin_open(&s->admin, s->op, s->server);
    if (err)
        return command_fail(s->command, COMMAND_FAILED, "admin.socket, admin.listen: %s", listener_words(err));
    err = upkeep_open(&s->op->upkeep, s->op);
    return err ? command_fail(s->command, COMMAND_FAILED, "the background thread: %s", err_words(err)) : -1;
}

static void announce(const struct serve *s)
{
    for (size_t i = 0; i < s->config->n_listen; i++)
        log_event(LOG_INFO, "listening", LOG_STR("address", s->config->listen[i]),
                  LOG_INT("port", server_port(s->server, i)));
    log_event(LOG_INFO, "started", LOG_STR("issuer", s->config->issuer), LOG_STR("version", GENKAN_VERSION),
              LOG_INT("ms", clock_steady_ms() - s->started));
    notify_send("READY=1");
}

/* --- running ---------------------------------------------------------------------------------------------------- */

/* Log level, keys and revocation lists follow at once; what cannot is named and the server goes on as it is. */
static void reload_config(const struct serve *s, struct arena *a)
{
    struct config *next;
    struct config_fault fault;
    enum err err = config_read(&next, a, s->config_path, &fault);
    if (err) {
        log_event(LOG_ERROR, "reload_failed", LOG_STR("file", s->config_path), LOG_INT("line", fault.line),
                  LOG_STR("key", fault.key ? fault.key : ""),
                  LOG_STR("rule", fault.rule ? fault.rule : err_words(err)));
        return;
    }
    log_set_level(next->log.level);
    const char *keys[CONFIG_KEYS_MAX];
    size_t n = config_restart_keys(keys, s->config, next);
    for (size_t i = 0; i < n; i++)
        log_event(LOG_WARN, "restart_needed", LOG_STR("key", keys[i]));
}

static void reload(struct serve *s)
{
    char state[64];
    struct arena a;
    struct timespec now;
    const char *why = NULL;
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
             (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    notify_send(state);
    arena_open(&a, SERVE_CEILING);
    reload_config(s, &a);
    enum err err = op_reload(s->op, &a, &why);
    if (err)
        log_event(LOG_ERROR, "reload_failed", LOG_STR("rule", why ? why : err_words(err)));
    else
        log_event(LOG_INFO, "reloaded", LOG_STR("file", s->config_path));
    arena_close(&a);
    certificate_follow(&s->certificate, s->server, true);
    notify_send("READY=1");
}

/* A proxy may have sent a request on a connection it keeps just before it is closed, and must not send it again if it
 * is a POST (RFC 9110 9.2.2). So those it keeps stay a moment: what comes on them is answered, with Connection: close.
 */
static bool drain(const struct serve *s)
{
    const struct timespec moment = {.tv_nsec = 5000000};
    int64_t until = clock_steady_ms() + KEPT_MS;
    bool all = server_drain(s->server, DRAIN_MS);
    while (all && server_connections(s->server) > 0 && clock_steady_ms() < until)
        nanosleep(&moment, NULL);
    return all && server_drain(s->server, DRAIN_MS);
}

static void run(struct serve *s, const sigset_t *signals)
{
    const struct timespec look = {.tv_sec = LOOK_S};
    int number = 0;
    struct trace t;
    do {
        trace_begin_run(&t, VIEW_NONE);
        trace_enter(&t);
        number = sigtimedwait(signals, NULL, &look);
        if (number == SIGHUP)
            reload(s);
        else if (number < 0)
            certificate_follow(&s->certificate, s->server, false);
    } while (number != SIGTERM && number != SIGINT);
    notify_send("STOPPING=1");
    log_event(LOG_INFO, "stopping", LOG_INT("signal", number));
    bool all = drain(s);
    log_event(LOG_INFO, "stopped", LOG_INT("cut_off", !all));
    trace_enter(NULL);
}

static void stop(struct serve *s)
{
    admin_close(s->admin);
    if (s->server)
        server_close(s->server);
    op_close(s->op);
    pages_close(s->pages);
    arena_close(&s->arena);
}

/* Before there is a thread, so that all of them leave the signals to sigtimedwait. */
static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int command_serve(const struct command *self, int argc, const char *const *argv)
{
    struct serve s = {.command = self, .started = clock_steady_ms()};
    sigset_t signals;
    int code = command_parse(self, argc, argv, NULL, 0, &s.config_path, NULL, 0);
    if (code != -1)
        return code;
    mallopt(M_ARENA_MAX, 2); /* a heap for every thread would only spread the same memory wider */
    umask(077);
    block_signals(&signals);
    arena_open(&s.arena, SERVE_CEILING);
    code = desk_read_config(&s.config, &s.arena, self, s.config_path);
    if (code == -1) {
        log_set_level(s.config->log.level);
        code = start(&s);
    }
    if (code == -1) {
        announce(&s);
        run(&s, &signals);
        code = COMMAND_DONE;
    }
    stop(&s);
    return code;
}

/* --- check-config ----------------------------------------------------------------------------------------------- */

static int check_roots(const struct command *self, const struct config *c)
{
    char why[256] = "";
    struct trust *trust = NULL;
    struct revocation *revocation = NULL;
    struct trust_config config = {c->jpki.trust == CONFIG_TRUST_TEST ? TRUST_TEST : TRUST_PRODUCTION, c->jpki.roots,
                                  c->jpki.pins, c->jpki.n_pins};
    enum err err = trust_open(&trust, &config, why);
    if (err)
        return command_fail(self, COMMAND_CONFIG, "jpki.roots: %s", *why ? why : c->jpki.roots);
    struct revocation_config crl = {.trust = trust, .crl_folder = c->jpki.crl, .ocsp = false};
    err = c->jpki.crl ? revocation_open(&revocation, &crl, why) : ERR_OK;
    revocation_close(revocation);
    trust_close(trust);
    return err ? command_fail(self, COMMAND_CONFIG, "jpki.crl: %s", *why ? why : c->jpki.crl) : -1;
}

static int check_tls(const struct command *self, const struct config *c, struct arena *a)
{
    struct server_tls tls;
    const char *why = certificate_read(&tls, c, a);
    if (!why && server_check_tls(&tls, &why) == ERR_OK)
        return -1;
    return command_fail(self, COMMAND_CONFIG, "%s", why);
}

/* The first start makes the data folder, but not the folders above it. */
static int check_data(const struct command *self, const struct config *c, struct arena *a)
{
    struct stat st;
    char *parent = arena_text(a, view_text(c->data));
    if (!parent)
        return command_fail(self, COMMAND_FAILED, "not enough memory");
    if (stat(c->data, &st) == 0)
        return S_ISDIR(st.st_mode) ? -1 : command_fail(self, COMMAND_CONFIG, "data: %s is not a folder", c->data);
    *strrchr(parent, '/') = '\0'; /* it is an absolute path */
    if (errno == ENOENT && *parent && stat(parent, &st) != 0)
        return command_fail(self, COMMAND_CONFIG, "data: %s cannot be made: there is no folder %s", c->data, parent);
    return -1;
}

static int check_policy(const struct command *self, const struct config *c, struct arena *a)
{
    const struct policy *policy;
    const char *why = "";
    if (!c->ledger.policy || policy_read_file(&policy, a, c->ledger.policy, &why) == ERR_OK)
        return -1;
    return command_fail(self, COMMAND_CONFIG, "ledger.policy: %s", why);
}

/* Its vendor's name and its age are the operator's to judge. */
static int check_places(const struct command *self, const struct config *c, struct arena *a)
{
    struct places_about about;
    const char *why = "";
    if (!c->places.database)
        return -1;
    if (places_check(&about, a, c->places.database, &why))
        return command_fail(self, COMMAND_CONFIG, "%s", why);
    printf("note: places.database: %s of %s\n", about.kind, clock_jst_date(a, about.made_at));
    return -1;
}

/* Not refused: a proxy may do the TLS on another machine and have nothing to say about the client. */
static void note_plain(const struct config *c)
{
    for (size_t i = 0; i < c->n_listen && c->issuer_https && !c->tls.key && !c->proxy.n_trusted; i++)
        if (strncmp(c->listen[i], "127.", 4) != 0 && strncmp(c->listen[i], "[::1]", 5) != 0)
            printf("note: listen: %s is plain http for whoever reaches it: there is no section tls, and no proxy is "
                   "trusted\n",
                   c->listen[i]);
}

int command_check_config(const struct command *self, int argc, const char *const *argv)
{
    struct serve s = {.command = self};
    const char *file = NULL;
    int code = command_parse(self, argc, argv, NULL, 0, &s.config_path, &file, 1);
    if (code != -1)
        return code;
    s.config_path = file ? file : s.config_path;
    arena_open(&s.arena, SERVE_CEILING);
    code = desk_read_config(&s.config, &s.arena, self, s.config_path);
    if (code == -1)
        code = check_roots(self, s.config);
    if (code == -1)
        code = check_tls(self, s.config, &s.arena);
    if (code == -1)
        code = check_data(self, s.config, &s.arena);
    if (code == -1)
        code = check_policy(self, s.config, &s.arena);
    if (code == -1)
        code = check_places(self, s.config, &s.arena);
    if (code == -1) {
        note_plain(s.config);
        printf("%s can be used\n", s.config_path);
        code = COMMAND_DONE;
    }
    arena_close(&s.arena);
    return code;
}
