/* genkan witness: watches that another municipality's log only grows (C2SP tlog-witness). */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "consent/log/witness.h"
#include "http/listener.h"
#include "http/server.h"
#include "idp/command.h"
#include "idp/notify.h"

enum { WITNESS_CEILING = 16 << 20, DRAIN_MS = 5000 };

struct witness_words {
    const char *name, *logs, *folder, *listen, *host;
    bool show_key;
};

/* --- requests --------------------------------------------------------------------------------------------------- */

static void add_checkpoint(void *ctx, const struct request *request, struct answer *answer)
{
    struct witness_answer out;
    enum err err = witness_add(ctx, request->arena, request->body, clock_s(&clock_real), &out);
    if (err) {
        log_event(LOG_ERROR, "witness_failed", LOG_STR("error", err_name(err)));
        return; /* an answer nobody filled is 500 */
    }
    log_event(out.status == 200 ? LOG_INFO : LOG_WARN, "add_checkpoint", LOG_INT("status", out.status),
              LOG_STR("why", out.why));
    answer_body(answer, out.status, out.content_type, out.body);
}

/* "GET <monitoring prefix>/<origin hash>/checkpoint" */
static void find_checkpoint(void *ctx, const struct request *request, struct answer *answer)
{
    struct view hash = view_part(request->path, 1, 64), rest = view_from(request->path, 65), text;
    enum err err =
        view_equal_text(rest, "/checkpoint") ? witness_find(ctx, request->arena, hash, &text) : ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND)
        answer_body(answer, 404, "text/plain; charset=utf-8", VIEW("not here\n"));
    else if (!err)
        answer_body(answer, 200, "text/plain; charset=utf-8", text);
}

static const struct route table[] = {
    {METHOD_POST, "/add-checkpoint", add_checkpoint, WITNESS_BODY_MAX, ROUTE_BODY},
    {METHOD_GET, "/*", find_checkpoint, 0, 0},
};

/* --- the server ------------------------------------------------------------------------------------------------- */

static void wait_for_the_end(void)
{
    sigset_t signals;
    int number = 0;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    while (sigwait(&signals, &number) != 0)
        ;
}

static int serve(const struct command *self, struct witness *w, const char *listen, const char *host)
{
    struct server *server;
    const char *hosts[] = {"localhost", "127.0.0.1", "[::1]", host};
    const struct server_config config = {.listen = &listen,
                                         .n_listen = 1,
                                         .routes = table,
                                         .n_routes = sizeof table / sizeof *table,
                                         .hosts = hosts,
                                         .n_hosts = host ? 4 : 3,
                                         .ctx = w,
                                         .workers = 2,
                                         .line_max = 1024,
                                         .per_address_max = 64,
                                         .log_name = NULL};
    enum err err = server_open(&server, &config);
    if (err)
        return command_fail(self, COMMAND_FAILED, "cannot listen on %s: %s", listen, listener_words(err));
    log_event(LOG_INFO, "listening", LOG_STR("address", listen), LOG_INT("port", server_port(server, 0)));
    notify_send("READY=1");
    wait_for_the_end();
    notify_send("STOPPING=1");
    server_drain(server, DRAIN_MS);
    server_close(server);
    return COMMAND_DONE;
}

static int fail(const struct command *self, enum err err, const char *folder, const char *why)
{
    return command_fail(self, err == ERR_CONFLICT || err == ERR_NOT_FOUND ? COMMAND_NO : COMMAND_FAILED, "%s: %s",
                        folder, why);
}

static int show_key(const struct command *self, struct arena *a, const struct witness_words *words)
{
    struct note_key key;
    struct buf b;
    const char *text, *why = "";
    enum err err = witness_key_read(&key, words->folder, view_text(words->name), a, &why);
    if (err)
        return fail(self, err, words->folder, why);
    buf_open(&b, a, 1024);
    note_key_put(&b, &key);
    if (buf_done_text(&b, &text) != ERR_OK)
        return command_fail(self, COMMAND_FAILED, "not enough memory");
    puts(text);
    return COMMAND_DONE;
}

static int run(const struct command *self, struct arena *a, const struct witness_words *words)
{
    const struct policy *logs;
    struct witness *w;
    const char *why = "";
    if (policy_read_file(&logs, a, words->logs, &why) != ERR_OK)
        return command_fail(self, COMMAND_CONFIG, "--logs: %s", why);
    if (logs->n_logs == 0)
        return command_fail(self, COMMAND_CONFIG, "--logs: %s names no log", words->logs);
    if (words->show_key)
        return show_key(self, a, words);
    enum err err = witness_open(&w, words->folder, view_text(words->name), logs, a, &why);
    if (err)
        return fail(self, err, words->folder, why);
    int code = serve(self, w, words->listen, words->host);
    witness_close(w);
    return code;
}

int command_witness(const struct command *self, int argc, const char *const *argv)
{
    struct witness_words w = {0};
    struct arena a;
    sigset_t signals;
    const char *config;
    const struct command_option options[] = {{"--name", &w.name, NULL},     {"--logs", &w.logs, NULL},
                                             {"--folder", &w.folder, NULL}, {"--listen", &w.listen, NULL},
                                             {"--host", &w.host, NULL},     {"--show-key", NULL, &w.show_key}};
    int code = command_parse(self, argc, argv, options, sizeof options / sizeof *options, &config, NULL, 0);
    if (code != -1)
        return code;
    if (!w.name || !w.logs || !w.folder)
        return command_fail(self, COMMAND_USAGE, "--name, --logs and --folder are needed; see --help");
    w.listen = w.listen ? w.listen : "127.0.0.1:8090";
    umask(077);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    arena_open(&a, WITNESS_CEILING);
    code = run(self, &a, &w);
    arena_close(&a);
    return code;
}
