#include "bare.h"

#include <microhttpd.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "load.h"
#include "process.h"
#include "rows.h"

enum { ANSWER_MAX = 65536, SIGNATURE_MAX = 512 };

/* What all threads of the bare server have in common. */
struct shared {
    pthread_mutex_t lock; /* guards rows */
    struct rows rows;
    EVP_PKEY *es256, *rs256;
};

/* A thread of it, with a daemon and a port of its own. */
struct server {
    struct shared *shared;
    struct MHD_Daemon *daemon;
    /* One for each use: a context stays with the key of its first time (EVP_DigestSignInit). */
    EVP_MD_CTX *by_es256, *by_rs256, *check;
    unsigned char signature[SIGNATURE_MAX]; /* by es256, to be checked */
    size_t signature_n;
    struct MHD_Connection *waiting[LOAD_CLIENTS]; /* for the commit */
    size_t n_waiting;
    unsigned rows; /* to be committed */
};

static const unsigned char signed_text[600] = {1}; /* about as long as an ID token */

_Noreturn static void fail(const char *what)
{
    fprintf(stderr, "bench: bare server: %s\n", what);
    _exit(1);
}

static size_t sign(EVP_MD_CTX *ctx, EVP_PKEY *key, unsigned char signature[SIGNATURE_MAX])
{
    size_t n = SIGNATURE_MAX;
    if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(ctx, signature, &n, signed_text, sizeof(signed_text)) != 1)
        fail("cannot sign");
    return n;
}

static void verify(struct server *s)
{
    if (EVP_DigestVerifyInit(s->check, NULL, EVP_sha256(), NULL, s->shared->es256) != 1 ||
        EVP_DigestVerify(s->check, s->signature, s->signature_n, signed_text, sizeof(signed_text)) != 1)
        fail("cannot verify");
}

/* The letters of bare.h. */
static void do_work(struct server *s, const char *work)
{
    unsigned char signature[SIGNATURE_MAX];
    for (; *work; work++) {
        if (*work == 'e')
            sign(s->by_es256, s->shared->es256, signature);
        else if (*work == 'r')
            sign(s->by_rs256, s->shared->rs256, signature);
        else if (*work == 'v')
            verify(s);
        else
            s->rows++;
    }
}

static void commit(struct server *s)
{
    struct rows *rows = &s->shared->rows;
    pthread_mutex_lock(&s->shared->lock);
    rows_begin(rows);
    for (; s->rows; s->rows--)
        rows_insert(rows);
    rows_commit(rows);
    pthread_mutex_unlock(&s->shared->lock);
}

static enum MHD_Result answer(struct MHD_Connection *connection, size_t bytes)
{
    static char text[ANSWER_MAX];
    struct MHD_Response *response = MHD_create_response_from_buffer(bytes, text, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, "Content-Type", "text/plain");
    enum MHD_Result ok = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return ok;
}

static bool is_alone(struct server *s)
{
    return MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections == 1;
}

/* URL: "/BYTES/WORK". */
static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *n, void **context)
{
    static char seen, worked;
    struct server *s = cls;
    char *work;
    size_t bytes = strtoul(url + 1, &work, 10);
    (void)method, (void)version, (void)data, (void)n;
    if (!*context) {
        *context = &seen;
        return MHD_YES;
    }
    if (*context == &worked)
        return answer(connection, bytes);
    do_work(s, work + 1);
    *context = &worked;
    if (s->rows && is_alone(s))
        commit(s);
    if (!s->rows || !strchr(work, 'd'))
        return answer(connection, bytes);
    MHD_suspend_connection(connection);
    s->waiting[s->n_waiting++] = connection;
    return MHD_YES;
}

/* What has come to this thread since its last commit is committed together, and then answered. */
static void settle(struct server *s)
{
    if (!s->rows)
        return;
    commit(s);
    while (s->n_waiting)
        MHD_resume_connection(s->waiting[--s->n_waiting]);
}

static void *run(void *ctx)
{
    struct server *s = ctx;
    for (;;) {
        MHD_run_wait(s->daemon, -1);
        settle(s);
    }
    return NULL;
}

static uint16_t open_server(struct server *s, struct shared *shared)
{
    s->shared = shared;
    s->by_es256 = EVP_MD_CTX_new();
    s->by_rs256 = EVP_MD_CTX_new();
    s->check = EVP_MD_CTX_new();
    if (!s->by_es256 || !s->by_rs256 || !s->check)
        fail("no memory");
    s->signature_n = sign(s->by_es256, shared->es256, s->signature);
    s->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, s, MHD_OPTION_END);
    if (!s->daemon)
        fail("cannot listen");
    return MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

_Noreturn static void serve(const char *folder, int tell, unsigned threads)
{
    static struct shared shared = {.lock = PTHREAD_MUTEX_INITIALIZER};
    static struct server servers[BARE_THREADS];
    uint16_t ports[BARE_THREADS];
    pthread_t thread;
    char path[300];
    snprintf(path, sizeof(path), "%s/limit.db", folder);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    rows_open(&shared.rows, path);
    shared.es256 = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    shared.rs256 = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    if (!shared.es256 || !shared.rs256)
        fail("no keys");
    for (unsigned i = 0; i < threads; i++)
        ports[i] = open_server(&servers[i], &shared);
    if (write(tell, ports, threads * sizeof(ports[0])) != (ssize_t)(threads * sizeof(ports[0])))
        fail("cannot tell its ports");
    close(tell);
    for (unsigned i = 1; i < threads; i++)
        if (pthread_create(&thread, NULL, run, &servers[i]) != 0)
            fail("no thread");
    run(&servers[0]);
    _exit(1);
}

void bare_open(struct bare *b, const char *folder, unsigned threads)
{
    int pipe_fd[2];
    if (threads > BARE_THREADS || pipe(pipe_fd) != 0)
        fail("no pipe, or too many threads");
    b->threads = threads;
    b->pid = fork();
    if (b->pid == 0)
        serve(folder, pipe_fd[1], threads);
    close(pipe_fd[1]);
    ssize_t n = (ssize_t)(threads * sizeof(b->ports[0]));
    if (b->pid < 0 || read(pipe_fd[0], b->ports, (size_t)n) != n)
        fail("did not start");
    close(pipe_fd[0]);
}

void bare_close(struct bare *b)
{
    kill(b->pid, SIGKILL);
    process_end(b->pid);
}

static size_t write_step(const void *ctx, struct load_client *c, char *to, size_t room)
{
    const struct bare_step *step = &((const struct bare_cycle *)ctx)->steps[c->step];
    return (size_t)snprintf(to, room, "GET /%u/%s HTTP/1.1\r\nHost: localhost\r\n\r\n", step->bytes, step->work);
}

static const char *read_step(const void *ctx, struct load_client *c, const char *body)
{
    const struct bare_step *step = &((const struct bare_cycle *)ctx)->steps[c->step];
    size_t head = (size_t)(body - c->answer);
    return strncmp(c->answer, "HTTP/1.1 200", 12) == 0 && c->n == head + step->bytes ? NULL : "no hello";
}

double bare_us(const struct bare *b, const struct bare_cycle *cycle, unsigned clients, unsigned cycles,
               double *per_second)
{
    struct load load = {.ports = b->ports,
                        .n_ports = b->threads,
                        .clients = clients,
                        .cycles = cycles,
                        .steps = cycle->n,
                        .ctx = cycle,
                        .write = write_step,
                        .read = read_step};
    int64_t from = process_cpu_ns(b->pid);
    struct load_result r = load_run(&load);
    int64_t cpu = process_cpu_ns(b->pid) - from;
    if (per_second)
        *per_second = cycle->n * r.cycles / r.seconds;
    return (double)cpu / 1e3 / r.cycles;
}
