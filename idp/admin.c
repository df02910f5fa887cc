#include "idp/admin.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "consent/ledger.h"
#include "idp/state/clients.h"
#include "idp/state/config.h"
#include "idp/state/health.h"
#include "idp/state/tally.h"
#include "jpki/pki/revocation.h"
#include "sessions/notice.h"
#include "store/store.h"

enum { METRICS_MAX = 1 << 20, JSON_MAX = 4096, ANSWER_MAX = 1 << 20, PATIENCE_S = 10 };

struct admin {
    struct op *op;
    struct server *main, *server;
    int64_t started; /* unix seconds */
};

/* --- metrics --------------------------------------------------------------------------------------------------------
 */

static void put(struct buf *b, const char *name, const char *kind, const char *help, int64_t value)
{
    buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n%s %" PRId64 "\n", name, help, name, kind, name, value);
}

static void put_tally(struct buf *b, const struct tally *t)
{
    static const struct {
        const char *name, *help;
    } rows[TALLY_COUNT] = {
        [TALLY_LOGINS] = {"genkan_card_proofs_total", "Cards that have proven who they are."},
        [TALLY_DISCLOSURES] = {"genkan_disclosures_total", "Answers of UserInfo that had fields in them."},
        [TALLY_TOLD] = {"genkan_notices_told_total", "Notices that a service has taken."},
        [TALLY_NOT_TOLD] = {"genkan_notices_failed_total", "Tries to tell a service that failed."},
        [TALLY_GIVEN_UP] = {"genkan_notices_given_up_total", "Notices that will not be tried again."},
    };
    for (size_t i = 0; i < TALLY_COUNT; i++)
        put(b, rows[i].name, "counter", rows[i].help, (int64_t)atomic_load(&t->happened[i]));
}

/* Many reasons share an OAuth error: told by error, each once. */
static void put_refusals(struct buf *b, const struct tally *t)
{
    buf_put_text(b, "# HELP genkan_refusals_total Refusals by OAuth error.\n# TYPE genkan_refusals_total counter\n");
    for (int r = REFUSAL_NONE + 1; r < REFUSAL_COUNT; r++) {
        const char *error = refusal_row((enum refusal)r)->error;
        uint64_t n = 0;
        bool told = !error;
        for (int i = REFUSAL_NONE + 1; i < REFUSAL_COUNT; i++) {
            const char *other = refusal_row((enum refusal)i)->error;
            bool same = error && other && strcmp(error, other) == 0;
            told |= same && i < r;
            n += same ? atomic_load(&t->refusals[i]) : 0;
        }
        if (!told && n)
            buf_printf(b, "genkan_refusals_total{error=\"%s\"} %" PRIu64 "\n", error, n);
    }
}

static void put_store(struct buf *b, const struct op *op, struct arena *a)
{
    const struct store_figures figures = store_figures(op->store);
    struct ledger_head head = {.size = 0};
    int64_t waiting = 0;
    struct db *db = store_borrow(op->store);
    bool known = ledger_head_find(&head, db) == ERR_OK && notice_count(&waiting, db, a) == ERR_OK;
    store_return(op->store, db);
    put(b, "genkan_store_groups_total", "counter", "Groups of writes that were committed.", (int64_t)figures.groups);
    put(b, "genkan_store_jobs_total", "counter", "Writes in these groups.", (int64_t)figures.jobs);
    put(b, "genkan_store_reruns_total", "counter", "Writes that ran again because their group failed.",
        (int64_t)figures.reruns);
    if (!known)
        return;
    put(b, "genkan_ledger_entries", "gauge", "Leaves of the ledger.", head.size);
    put(b, "genkan_notices_waiting", "gauge", "Notices to services that wait.", waiting);
}

static void put_health(struct buf *b, const struct op *op)
{
    struct health h;
    health_look(&h, op);
    put(b, "genkan_ready", "gauge", "Can it serve? 1: yes.", h.ready);
    put(b, "genkan_disk_free_bytes", "gauge", "Free on the disk of the data folder.", h.disk_free);
    put(b, "genkan_ledger_published_age_seconds", "gauge", "Since the ledger was last published; -1: not by us.",
        h.ledger_age);
    put(b, "genkan_crls_stale", "gauge", "Is a revocation list past its nextUpdate?", h.crls_stale);
}

static int64_t count_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int64_t n = -1; /* the folder itself is one of them */
    while (folder && readdir(folder))
        n++;
    if (folder)
        closedir(folder);
    return n - 2; /* . and .. */
}

static void put_process(struct buf *b, const struct admin *admin)
{
    long pages = 0;
    struct rlimit files = {0};
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%*s %ld", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    getrlimit(RLIMIT_NOFILE, &files);
    put(b, "process_resident_memory_bytes", "gauge", "Resident memory.", pages * sysconf(_SC_PAGESIZE));
    put(b, "process_open_fds", "gauge", "Open files.", count_files());
    put(b, "process_max_fds", "gauge", "Files it may open.", (int64_t)files.rlim_cur);
    put(b, "process_start_time_seconds", "gauge", "When it started.", admin->started);
    put(b, "genkan_http_connections", "gauge", "Connections of residents, services and proxies.",
        server_connections(admin->main));
    int64_t expires = server_certificate_expires(admin->main);
    if (expires)
        put(b, "genkan_tls_certificate_expiry_seconds", "gauge", "When the certificate runs out, unix time.", expires);
}

static void metrics(void *ctx, const struct request *r, struct answer *answer)
{
    const struct admin *admin = ctx;
    struct view body;
    struct buf b;
    buf_open(&b, r->arena, METRICS_MAX);
    buf_put_text(&b, "# HELP genkan_build_info Which Genkan this is.\n# TYPE genkan_build_info gauge\n"
                     "genkan_build_info{version=\"" GENKAN_VERSION "\"} 1\n");
    put_process(&b, admin);
    put_health(&b, admin->op);
    put_tally(&b, admin->op->tally);
    put_refusals(&b, admin->op->tally);
    put_store(&b, admin->op, r->arena);
    revocation_put_metrics(&b, admin->op->revocation);
    server_put_metrics(&b, admin->main);
    if (buf_done(&b, &body) == ERR_OK)
        answer_body(answer, 200, "text/plain; version=0.0.4; charset=utf-8", body);
}

/* --- health and status ----------------------------------------------------------------------------------------------
 */

static void healthz(void *ctx, const struct request *r, struct answer *answer)
{
    (void)ctx;
    (void)r;
    answer_body(answer, 200, "application/json", VIEW("{\"alive\":true}"));
}

static void put_status(struct json_out *o, const struct admin *admin)
{
    json_pair_text(o, "version", GENKAN_VERSION);
    json_pair_text(o, "issuer", admin->op->config->issuer);
    json_pair_int(o, "pid", getpid());
    json_pair_int(o, "started", admin->started);
    json_pair_int(o, "connections", server_connections(admin->main));
}

static void answer_health(const struct admin *admin, const struct request *r, struct answer *answer, bool with_status)
{
    struct health h;
    struct json_out o;
    struct view body;
    struct buf b;
    health_look(&h, admin->op);
    buf_open(&b, r->arena, JSON_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    if (with_status)
        put_status(&o, admin);
    health_put(&o, &h);
    json_end(&o);
    if (buf_done(&b, &body) == ERR_OK)
        answer_body(answer, h.ready || with_status ? 200 : 503, "application/json", body);
}

static void readyz(void *ctx, const struct request *r, struct answer *answer)
{
    answer_health(ctx, r, answer, false);
}

static void status(void *ctx, const struct request *r, struct answer *answer)
{
    answer_health(ctx, r, answer, true);
}

/* --- changes --------------------------------------------------------------------------------------------------------
 */

/* A command has changed the data folder: services are looked at with the next request, keys now. */
static void changed(void *ctx, const struct request *r, struct answer *answer)
{
    const struct admin *admin = ctx;
    const char *why = NULL;
    clients_look_again(admin->op->clients);
    enum err e = op_reload(admin->op, r->arena, &why);
    log_event(e ? LOG_ERROR : LOG_INFO, e ? "change_refused" : "change_taken", LOG_STR("why", why && e ? why : ""));
    answer_body(answer, e ? 503 : 200, "text/plain; charset=utf-8", view_text(e ? why : "taken\n"));
}

static const struct route table[] = {
    {METHOD_GET, "/metrics", metrics, 0, 0},
    {METHOD_GET, "/healthz", healthz, 0, 0},
    {METHOD_GET, "/readyz", readyz, 0, 0},
    {METHOD_GET, "/status", status, 0, 0},
    {METHOD_POST, "/changed", changed, 0, ROUTE_LOCAL},
};

enum err admin_open(struct admin **out, struct op *op, struct server *main)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]"};
    const struct config *c = op->config;
    const char *listen[CONFIG_LISTEN_MAX + 1];
    struct server_config config = {.listen = listen,
                                   .hosts = hosts,
                                   .n_hosts = sizeof hosts / sizeof *hosts,
                                   .routes = table,
                                   .n_routes = sizeof table / sizeof *table,
                                   .workers = 1,
                                   .slow_workers = 1,
                                   .connections_max = 16,
                                   .thread_prefix = "admin-"};
    *out = NULL;
    struct admin *admin = calloc(1, sizeof *admin);
    char *local = NULL;
    if (!admin || (c->admin.socket && asprintf(&local, "unix:%s", c->admin.socket) < 0)) {
        free(admin);
        return ERR_MEMORY;
    }
    *admin = (struct admin){.op = op, .main = main, .started = clock_s(&clock_real)};
    for (size_t i = 0; i < c->admin.n_listen; i++)
        listen[config.n_listen++] = c->admin.listen[i];
    if (local)
        listen[config.n_listen++] = local;
    config.ctx = admin;
    enum err e = config.n_listen ? server_open(&admin->server, &config) : ERR_OK;
    free(local);
    if (e || !admin->server) {
        free(admin);
        return e;
    }
    for (size_t i = 0; i < c->admin.n_listen; i++)
        log_event(LOG_INFO, "admin_listening", LOG_STR("address", listen[i]),
                  LOG_INT("port", server_port(admin->server, i)));
    *out = admin;
    return ERR_OK;
}

void admin_close(struct admin *a)
{
    if (!a)
        return;
    server_close(a->server);
    free(a);
}

/* --- from a command -------------------------------------------------------------------------------------------------
 */

static enum err connect_to(int *fd, const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    if (strlen(path) >= sizeof at.sun_path)
        return ERR_UNAVAILABLE;
    memcpy(at.sun_path, path, strlen(path));
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return ERR_IO;
    setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(*fd, (struct sockaddr *)&at, sizeof at) == 0)
        return ERR_OK;
    enum err e = errno == EACCES ? ERR_PERMISSION : ERR_UNAVAILABLE;
    close(*fd);
    return e;
}

static enum err exchange(struct buf *answer, int fd, const char *request)
{
    size_t n = strlen(request);
    if (send(fd, request, n, MSG_NOSIGNAL) != (ssize_t)n)
        return ERR_IO;
    for (;;) {
        char piece[4096];
        ssize_t got = recv(fd, piece, sizeof piece, 0);
        if (got < 0)
            return ERR_IO;
        if (got == 0)
            return ERR_OK;
        buf_put(answer, view_bytes(piece, (size_t)got));
    }
}

enum err admin_ask(int *status_out, struct view *body, struct arena *a, const char *socket_path, const char *method,
                   const char *path)
{
    struct buf b;
    const char *text;
    int fd;
    const char *request = arena_printf(
        a, "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", method, path);
    enum err e = request ? connect_to(&fd, socket_path) : ERR_MEMORY;
    if (e)
        return e;
    buf_open(&b, a, ANSWER_MAX);
    e = exchange(&b, fd, request);
    close(fd);
    if (!e)
        e = buf_done_text(&b, &text);
    if (e)
        return e;
    const char *end = strstr(text, "\r\n\r\n");
    int64_t number;
    if (!end || strncmp(text, "HTTP/1.1 ", 9) != 0 || !text_to_int(view_bytes(text + 9, 3), &number))
        return ERR_SYNTAX;
    *status_out = (int)number;
    *body = view_text(end + 4);
    return ERR_OK;
}
