#include "limits.h"

#include <microhttpd.h>
#include <openssl/evp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "load.h"
#include "process.h"

/* --- bare libmicrohttpd ----------------------------------------------------------------------------------------- */

enum { ANSWER_MAX = 65536, STEPS = 3 };

/* CLS: how many bytes to answer. */
static enum MHD_Result hello(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                             const char *version, const char *data, size_t *n, void **context)
{
    static char seen, text[ANSWER_MAX];
    (void)url, (void)method, (void)version, (void)data, (void)n;
    if (!*context) {
        *context = &seen;
        return MHD_YES;
    }
    struct MHD_Response *response = MHD_create_response_from_buffer(*(const size_t *)cls, text, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, "Content-Type", "text/plain");
    enum MHD_Result ok = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return ok;
}

/* A process of its own, so that its CPU time is its own. */
static pid_t start_bare(uint16_t *port, size_t size)
{
    int pipe_fd[2];
    if (pipe(pipe_fd) != 0)
        exit(1);
    pid_t pid = fork();
    if (pid != 0) {
        close(pipe_fd[1]);
        if (pid < 0 || read(pipe_fd[0], port, sizeof(*port)) != sizeof(*port))
            exit(1);
        close(pipe_fd[0]);
        return pid;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, hello, &size, MHD_OPTION_END);
    uint16_t mine = d ? MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port : 0;
    if (!d || write(pipe_fd[1], &mine, sizeof(mine)) != sizeof(mine))
        _exit(1);
    for (;;)
        pause();
}

static size_t write_hello(const void *ctx, struct load_client *c, char *to, size_t room)
{
    (void)ctx, (void)c;
    return (size_t)snprintf(to, room, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

static const char *read_hello(const void *ctx, struct load_client *c, const char *body)
{
    size_t head = (size_t)(body - c->answer);
    return strncmp(c->answer, "HTTP/1.1 200", 12) == 0 && c->n == head + *(const size_t *)ctx ? NULL : "no hello";
}

double limit_answer_us(unsigned clients, size_t size, double *per_second)
{
    uint16_t port = 0;
    size_t sent = size < ANSWER_MAX ? size : ANSWER_MAX;
    pid_t pid = start_bare(&port, sent);
    struct load load = {.port = port,
                        .clients = clients,
                        .cycles = 2000,
                        .steps = STEPS,
                        .ctx = &sent,
                        .write = write_hello,
                        .read = read_hello};
    load_run(&load);
    load.cycles = 20000;
    int64_t from = process_cpu_ns(pid);
    struct load_result r = load_run(&load);
    int64_t cpu = process_cpu_ns(pid) - from;
    kill(pid, SIGKILL);
    process_end(pid);
    *per_second = STEPS * r.cycles / r.seconds;
    return (double)cpu / 1e3 / (STEPS * r.cycles);
}

/* --- signatures ------------------------------------------------------------------------------------------------- */

static void sign_once(EVP_MD_CTX *ctx, EVP_PKEY *key, const unsigned char *data, size_t n)
{
    unsigned char signature[512];
    size_t size = sizeof(signature);
    if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(ctx, signature, &size, data, n) != 1)
        exit(1);
}

static double signature_us(EVP_PKEY *key, int times)
{
    unsigned char data[600] = {1};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!key || !ctx)
        exit(1);
    for (int i = 0; i < times / 10; i++)
        sign_once(ctx, key, data, sizeof(data));
    int64_t from = thread_cpu_ns();
    for (int i = 0; i < times; i++)
        sign_once(ctx, key, data, sizeof(data));
    double us = (double)(thread_cpu_ns() - from) / 1e3 / times;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return us;
}

double limit_es256_us(void)
{
    return signature_us(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), 20000);
}

double limit_rs256_us(void)
{
    return signature_us(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048), 1000);
}

static void verify_once(EVP_MD_CTX *ctx, EVP_PKEY *key, const unsigned char *data, size_t n, const unsigned char *sig,
                        size_t size)
{
    if (EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 || EVP_DigestVerify(ctx, sig, size, data, n) != 1)
        exit(1);
}

double limit_es256_verify_us(void)
{
    enum { TIMES = 10000 };
    unsigned char data[600] = {1}, sig[128];
    size_t size = sizeof(sig);
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!key || !ctx || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(ctx, sig, &size, data, sizeof(data)) != 1)
        exit(1);
    int64_t from = thread_cpu_ns();
    for (int i = 0; i < TIMES; i++)
        verify_once(ctx, key, data, sizeof(data), sig, size);
    double us = (double)(thread_cpu_ns() - from) / 1e3 / TIMES;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return us;
}

/* --- durable rows ----------------------------------------------------------------------------------------------- */

static void sql(sqlite3 *db, const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK) {
        fprintf(stderr, "bench: %s: %s\n", text, sqlite3_errmsg(db));
        exit(1);
    }
}

static sqlite3 *open_rows(const char *path)
{
    sqlite3 *db;
    if (sqlite3_open(path, &db) != SQLITE_OK)
        exit(1);
    sql(db, "PRAGMA journal_mode=WAL");
    sql(db, "PRAGMA synchronous=FULL");
    sql(db, "CREATE TABLE event (position INTEGER PRIMARY KEY, class INTEGER, salt BLOB, event TEXT, digest BLOB)");
    return db;
}

static void step(sqlite3_stmt *s)
{
    if (sqlite3_step(s) != SQLITE_DONE)
        exit(1);
    sqlite3_reset(s);
}

/* A row of the size of a disclosure in the ledger. */
static void commit_rows(sqlite3_stmt *const statements[3], unsigned rows)
{
    static const char event[400] = "{";
    step(statements[0]);
    for (unsigned i = 0; i < rows; i++) {
        sqlite3_bind_blob(statements[1], 1, event, 32, SQLITE_STATIC);
        sqlite3_bind_text(statements[1], 2, event, sizeof(event), SQLITE_STATIC);
        sqlite3_bind_blob(statements[1], 3, event, 32, SQLITE_STATIC);
        step(statements[1]);
    }
    step(statements[2]);
}

double limit_row_us(const char *folder, unsigned rows, double *commits_per_second)
{
    static const char *const texts[3] = {
        "BEGIN IMMEDIATE", "INSERT INTO event (class, salt, event, digest) VALUES (5, ?, ?, ?)", "COMMIT"};
    char path[300];
    snprintf(path, sizeof(path), "%s/limit-%u.db", folder, rows);
    sqlite3 *db = open_rows(path);
    sqlite3_stmt *statements[3];
    for (int i = 0; i < 3; i++)
        if (sqlite3_prepare_v2(db, texts[i], -1, &statements[i], NULL) != SQLITE_OK)
            exit(1);
    unsigned commits = rows < 8 ? 3000 : 1000;
    for (unsigned i = 0; i < 100; i++)
        commit_rows(statements, rows);
    int64_t cpu = thread_cpu_ns(), wall = wall_ns();
    for (unsigned i = 0; i < commits; i++)
        commit_rows(statements, rows);
    cpu = thread_cpu_ns() - cpu;
    wall = wall_ns() - wall;
    for (int i = 0; i < 3; i++)
        sqlite3_finalize(statements[i]);
    sqlite3_close(db);
    unlink(path);
    *commits_per_second = commits / ((double)wall / 1e9);
    return (double)cpu / 1e3 / (commits * rows);
}
