/* genkan-ledger-bench: how fast the ledger is, with the limit beside it. Not a test: nothing here passes or fails by
 * the clock. See docs/performance.md.
 * - make FOLDER COUNT: a store of COUNT disclosures of a year, of 50 services and a rare one, with its published tiles
 * - append FOLDER: durable appends of many callers, against bare inserts of the same size; p99 at half that load
 * - grow SMALL LARGE: appends to a small and to a large ledger in turns
 * - proof FOLDER: proofs of random leaves out of the published files
 * - verify FOLDER: `audit verify` on two threads: time, memory, and how much of it is SHA-256
 * - query FOLDER: the auditors' index is made; first pages of questions by service and month */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/clock.h"
#include "base/text.h"
#include "consent/audit.h"
#include "consent/block.h"
#include "consent/proof.h"
#include "consent/publish.h"

enum { CALLERS = 32, TURNS = 12, JOB = 4000, READERS = 4, SERVICES = 50, RARE = 100003, PAGE = 50 };
#define YEAR_MS INT64_C(31536000000)

static const uint8_t audit_key[32] = "the audit key of this bench ....";

struct bench {
    const char *folder;
    struct arena arena;
    struct store *store;
    struct ledger *ledger;
    struct ident resident, grant, session;
    uint8_t terms[32];
    int64_t made, count; /* COUNT: a year is spread over so many; 0: now */
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "genkan-ledger-bench: %s\n", what);
    exit(1);
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static const char *path_of(struct bench *b, const char *name)
{
    const char *path = arena_printf(&b->arena, "%s/%s", b->folder, name);
    must(path != NULL, "memory");
    return path;
}

static void open_store(struct bench *b, const char *name)
{
    struct store_config c = {.path = path_of(b, name), .readers = READERS};
    must(store_open(&b->store, &c, NULL) == ERR_OK, c.path);
}

static void open_ledger(struct bench *b)
{
    open_store(b, "genkan.db");
    must(ledger_open(&b->ledger, b->store, VIEW_ARRAY(audit_key)) == ERR_OK, "ledger");
    b->resident = ident_mint();
    b->grant = ident_mint();
    b->session = ident_mint();
    chance_bytes(b->terms, sizeof b->terms);
}

static void close_all(struct bench *b)
{
    store_close(b->store);
    ledger_close(b->ledger);
    b->store = NULL;
    b->ledger = NULL;
}

/* --- appending -------------------------------------------------------------------------------------------------- */

/* An ordinary release of three fields, as /userinfo writes it. */
static enum err append_one(struct bench *b, struct db *db)
{
    static const char *const ids[] = {"name", "address", "birthdate"};
    int64_t nth = b->made++, now = clock_ms(&clock_real);
    char client[16];
    snprintf(client, sizeof client, nth % RARE == RARE / 2 ? "rare" : "service-%02d", (int)(nth * 7 % SERVICES));
    struct ledger_event e = {.type = LEDGER_DISCLOSED,
                             .at = b->count ? now - YEAR_MS + nth * (YEAR_MS / b->count) : now,
                             .who = {b->resident, view_text(client), VIEW("a-city"), VIEW("27999"),
                                     VIEW("Zk2W1r0lY2q8S4J0o1D3bC5nX7pT9vU6wE8rQ2sA4yI"), b->session},
                             .grant = b->grant,
                             .ground = "consent",
                             .via = "userinfo",
                             .terms = VIEW_ARRAY(b->terms),
                             .n_fields = 3};
    for (size_t i = 0; i < 3; i++)
        e.fields[i] = field_find(view_text(ids[i]));
    return ledger_append(b->ledger, db, &e, NULL);
}

struct many {
    struct bench *b;
    int64_t n;
};

static enum err append_many(struct db *db, void *ctx)
{
    struct many *m = ctx;
    enum err err = ERR_OK;
    for (int64_t i = 0; i < m->n && !err; i++)
        err = append_one(m->b, db);
    return err;
}

static enum err append_job(struct db *db, void *ctx)
{
    return append_one(ctx, db);
}

/* The limit: a row of as many bytes and columns, and nothing else. */
static const char SQL_BARE[] = "INSERT INTO bare (class, salt, event, digest) VALUES ($1, $2, $3, $4)";
static uint8_t bare_event[4096];
static size_t bare_size;

static enum err bare_job(struct db *db, void *ctx)
{
    uint8_t salt[32] = {1}, digest[32] = {2};
    (void)ctx;
    return db_run(db, SQL_BARE,
                  VALUES(V_INT(5), V_BLOB(VIEW_ARRAY(salt)), V_TEXT(view_bytes(bare_event, bare_size)),
                         V_BLOB(VIEW_ARRAY(digest))));
}

static enum err make_bare(struct db *db, void *ctx)
{
    (void)ctx;
    return db_run(db,
                  "CREATE TABLE IF NOT EXISTS bare (id INTEGER PRIMARY KEY, class INTEGER NOT NULL, salt BLOB, "
                  "event TEXT, digest BLOB NOT NULL) STRICT",
                  NO_VALUES);
}

/* --- many callers ----------------------------------------------------------------------------------------------- */

struct load {
    struct bench *b;
    store_job *job;
    double until, each_us; /* EACH_US: between two beginnings of one caller; 0: as fast as it goes */
    _Atomic int64_t done;
    pthread_mutex_t lock;
    double *late; /* how long each took */
    size_t n_late, room;
};

static void note_time(struct load *l, double us)
{
    pthread_mutex_lock(&l->lock);
    if (l->n_late < l->room)
        l->late[l->n_late++] = us;
    pthread_mutex_unlock(&l->lock);
}

static void sleep_until(double at)
{
    double wait = at - now_us();
    if (wait > 0)
        usleep((useconds_t)wait);
}

static void *call(void *ctx)
{
    struct load *l = ctx;
    double due = now_us();
    while (now_us() < l->until) {
        if (l->each_us > 0) {
            due += l->each_us;
            sleep_until(due);
        }
        double from = l->each_us > 0 ? due : now_us(); /* from when it should have begun: waiting counts */
        must(store_write(l->b->store, l->job, l->b) == ERR_OK, "a write failed");
        note_time(l, now_us() - from);
        atomic_fetch_add(&l->done, 1);
    }
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

struct result {
    double rate, p50, p99, cpu; /* CPU of the process for one row, us */
};

static struct result run_load(struct bench *b, store_job *job, double rate, double seconds)
{
    struct load l = {.b = b, .job = job, .room = 4000000};
    pthread_t threads[CALLERS];
    pthread_mutex_init(&l.lock, NULL);
    l.late = malloc(l.room * sizeof *l.late);
    must(l.late != NULL, "memory");
    l.each_us = rate > 0 ? CALLERS * 1e6 / rate : 0;
    double from = now_us(), cpu = cpu_us();
    l.until = from + seconds * 1e6;
    for (size_t i = 0; i < CALLERS; i++)
        must(pthread_create(&threads[i], NULL, call, &l) == 0, "thread");
    for (size_t i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);
    double took = now_us() - from, done = (double)atomic_load(&l.done);
    qsort(l.late, l.n_late, sizeof *l.late, by_size);
    struct result r = {done * 1e6 / took, l.late[l.n_late / 2], l.late[l.n_late * 99 / 100], (cpu_us() - cpu) / done};
    free(l.late);
    return r;
}

/* Two kinds of load in turns, so that whatever else the machine does meets both. */
struct turns {
    double first[TURNS], second[TURNS], ratio[TURNS], first_cpu[TURNS], second_cpu[TURNS];
};

static double median(double *v)
{
    qsort(v, TURNS, sizeof *v, by_size);
    return (v[TURNS / 2 - 1] + v[TURNS / 2]) / 2;
}

static void take_turns(struct turns *t, struct bench *first, store_job *first_job, struct bench *second,
                       store_job *second_job)
{
    for (size_t i = 0; i < TURNS; i++) {
        struct result a = run_load(first, first_job, 0, 1), b = run_load(second, second_job, 0, 1);
        t->first[i] = a.rate;
        t->second[i] = b.rate;
        t->ratio[i] = a.rate / b.rate;
        t->first_cpu[i] = a.cpu;
        t->second_cpu[i] = b.cpu;
    }
}

static void print_turns(struct turns *t, const char *first, const char *second)
{
    double first_cpu = median(t->first_cpu), second_cpu = median(t->second_cpu);
    printf("%-22s %8.0f /s   CPU %5.1f us a row\n", first, median(t->first), first_cpu);
    printf("%-22s %8.0f /s   CPU %5.1f us a row\n", second, median(t->second), second_cpu);
    printf("median ratio of turns  %8.2f      CPU %5.2f\n", median(t->ratio), first_cpu / second_cpu);
}

static void measure_event(struct bench *b)
{
    struct ledger_leaf leaf;
    struct ledger_head head;
    struct db *db = store_borrow(b->store);
    must(ledger_head_find(&head, db) == ERR_OK && ledger_leaf_find(&leaf, &b->arena, db, head.size - 1) == ERR_OK,
         "a leaf");
    store_return(b->store, db);
    bare_size = leaf.event.n;
    memcpy(bare_event, leaf.event.p, leaf.event.n);
}

static int64_t leaves(struct bench *b)
{
    struct ledger_head head;
    struct db *db = store_borrow(b->store);
    must(ledger_head_find(&head, db) == ERR_OK, "head");
    store_return(b->store, db);
    return head.size;
}

static void open_bare(struct bench *bare, const struct bench *b)
{
    static const char *const names[] = {"bare.db", "bare.db-wal", "bare.db-shm"};
    *bare = (struct bench){.folder = b->folder};
    arena_open(&bare->arena, 1 << 20);
    for (size_t i = 0; i < 3; i++)
        unlink(path_of(bare, names[i]));
    open_store(bare, "bare.db");
    must(store_write(bare->store, make_bare, NULL) == ERR_OK, "table");
}

static void bench_append(struct bench *b)
{
    struct bench bare;
    struct turns t;
    open_ledger(b);
    must(store_write(b->store, append_job, b) == ERR_OK, "append");
    measure_event(b);
    printf("leaves at the beginning: %" PRId64 ", event %zu bytes, %d callers\n", leaves(b), bare_size, CALLERS);
    open_bare(&bare, b);
    take_turns(&t, b, append_job, &bare, bare_job);
    double full = median(t.first);
    print_turns(&t, "durable appends", "bare inserts");
    struct result half = run_load(b, append_job, full / 2, 5), bare_half = run_load(&bare, bare_job, full / 2, 5);
    printf("at half of that        %8.0f /s   p50 %6.0f us   p99 %6.0f us\n", half.rate, half.p50, half.p99);
    printf("bare, the same load    %8.0f /s   p50 %6.0f us   p99 %6.0f us\n", bare_half.rate, bare_half.p50,
           bare_half.p99);
    close_all(&bare);
    unlink(path_of(&bare, "bare.db"));
    arena_close(&bare.arena);
    close_all(b);
}

static void bench_grow(struct bench *small, const char *large_folder)
{
    struct bench large = {.folder = large_folder};
    struct turns t;
    arena_open(&large.arena, 1 << 20);
    open_ledger(small);
    open_ledger(&large);
    printf("leaves at the beginning: %" PRId64 " and %" PRId64 "\n", leaves(small), leaves(&large));
    take_turns(&t, small, append_job, &large, append_job);
    print_turns(&t, "the small ledger", "the large one");
    close_all(small);
    close_all(&large);
    arena_close(&large.arena);
}

/* --- making ----------------------------------------------------------------------------------------------------- */

static struct publisher *open_publisher(struct bench *b)
{
    struct publisher *p;
    const char *why = "";
    struct publish_config c = {.store = b->store, .origin = VIEW("bench.example/ledger"), .clock = &clock_real};
    c.folder = path_of(b, "ledger");
    c.key_path = path_of(b, "ledger.pem");
    must(publisher_open(&p, &c, &b->arena, &why) == ERR_OK, why);
    return p;
}

static void bench_make(struct bench *b, int64_t count)
{
    b->count = count;
    const char *why = "";
    mkdir(b->folder, 0700);
    open_ledger(b);
    double from = now_us();
    for (int64_t have = leaves(b); have < count; have = leaves(b)) {
        struct many m = {b, count - have < JOB ? count - have : JOB};
        must(store_write_soon(b->store, append_many, &m) == ERR_OK, "append");
        if (have % 1000000 < JOB)
            fprintf(stderr, "\r%" PRId64, have);
    }
    double made = now_us();
    struct publisher *p = open_publisher(b);
    must(publisher_publish(p, &b->arena, &why) == ERR_OK, why);
    printf("%" PRId64 " events in %.1f s, tiles and checkpoint in %.1f s\n", count, (made - from) / 1e6,
           (now_us() - made) / 1e6);
    publisher_close(p);
    close_all(b);
}

/* --- proofs ----------------------------------------------------------------------------------------------------- */

static void bench_proof(struct bench *b)
{
    enum { PROOFS = 5000 };
    static double took[PROOFS];
    struct arena a;
    struct view text;
    const char *why = "";
    open_ledger(b);
    int64_t size = leaves(b);
    struct publisher *p = open_publisher(b); /* what was appended since has no tile yet */
    must(publisher_publish(p, &b->arena, &why) == ERR_OK, why);
    publisher_close(p);
    close_all(b);
    const char *folder = path_of(b, "ledger");
    arena_open(&a, 1 << 20);
    for (size_t i = 0; i < PROOFS; i++) {
        uint64_t random;
        chance_bytes(&random, sizeof random);
        double from = now_us();
        must(proof_find(&text, &a, folder, (int64_t)(random % (uint64_t)size), VIEW_NONE) == ERR_OK, "a proof");
        took[i] = now_us() - from;
        arena_reset(&a);
    }
    arena_close(&a);
    qsort(took, PROOFS, sizeof *took, by_size);
    printf("proofs of %" PRId64 " leaves: p50 %.0f us, p99 %.0f us, slowest %.0f us\n", size, took[PROOFS / 2],
           took[PROOFS * 99 / 100], took[PROOFS - 1]);
}

/* --- verifying -------------------------------------------------------------------------------------------------- */

/* The hashes of one event: salt and event, the leaf, one inner node. */
static double sha_us(size_t event)
{
    enum { TIMES = 200000 };
    static uint8_t bytes[4096 + 32], out[32];
    double from = cpu_us();
    for (int i = 0; i < TIMES; i++) {
        sha256(out, view_bytes(bytes, event + 32));
        sha256(out, view_bytes(bytes, 35));
        sha256(out, view_bytes(bytes, 65));
    }
    return (cpu_us() - from) / TIMES;
}

static void bench_verify(struct bench *b, size_t threads)
{
    struct audit_report r;
    struct db *dbs[READERS];
    struct rusage usage;
    open_ledger(b);
    measure_event(b);
    struct audit_scope scope = {.folder = path_of(b, "ledger")};
    for (size_t i = 0; i < threads; i++)
        dbs[i] = store_borrow(b->store);
    double from = now_us(), cpu = cpu_us();
    must(audit_verify(&r, &scope, dbs, threads) == ERR_OK, "verify");
    double took = now_us() - from, used = cpu_us() - cpu;
    for (size_t i = 0; i < threads; i++)
        store_return(b->store, dbs[i]);
    getrusage(RUSAGE_SELF, &usage);
    double sha = sha_us(bare_size) * (double)r.hashed;
    printf("%" PRId64 " leaves, %" PRId64 " events hashed, %" PRId64 " faults, %zu threads: %.1f s, CPU %.1f s, "
           "of it SHA-256 %.1f s (%.0f %%), peak memory %ld MB\n",
           r.leaves, r.hashed, r.faults, threads, took / 1e6, used / 1e6, sha / 1e6, sha * 100 / used,
           usage.ru_maxrss / 1024);
    close_all(b);
}

/* --- asking ----------------------------------------------------------------------------------------------------- */

static enum err look(void *ctx, const struct query_event *e)
{
    *(int64_t *)ctx += (int64_t)e->text.n;
    return ERR_OK;
}

static void ask(struct bench *b, const char *what, const struct query *q)
{
    enum { TIMES = 20 };
    double took[TIMES];
    int64_t matched = 0, bytes = 0;
    struct db *db = store_borrow(b->store);
    for (int i = 0; i < TIMES; i++) {
        struct query_walk w = {.limit = PAGE};
        double from = now_us();
        must(query_each(&w, db, q, look, &bytes) == ERR_OK, "query");
        took[i] = now_us() - from;
        matched = w.matched;
    }
    store_return(b->store, db);
    double first = took[0];
    qsort(took, TIMES, sizeof *took, by_size);
    printf("%-46s %3" PRId64 " events   first time %7.1f ms   median %7.1f ms   slowest %7.1f ms\n", what, matched,
           first / 1e3, took[TIMES / 2] / 1e3, took[TIMES - 1] / 1e3);
}

static void make_index(struct bench *b)
{
    size_t done = 1, total = 0;
    double from = now_us(), cpu = cpu_us();
    while (done) {
        must(block_catch_up(&done, b->store, 1000) == ERR_OK, "index");
        total += done;
    }
    if (total)
        printf("index of %zu events made in %.1f s, CPU %.2f us an event\n", total * BLOCK_EVENTS,
               (now_us() - from) / 1e6, (cpu_us() - cpu) / (double)(total * BLOCK_EVENTS));
}

static void bench_query(struct bench *b)
{
    int64_t month = YEAR_MS / 12, now = clock_ms(&clock_real);
    open_ledger(b);
    make_index(b);
    struct query q = {.client = VIEW("service-07"), .since = now - 6 * month, .until = now - 5 * month};
    printf("%" PRId64 " leaves, pages of %d\n", leaves(b), PAGE);
    ask(b, "a service in a month half a year ago", &q);
    q.field = VIEW("address");
    q.type = LEDGER_DISCLOSED;
    ask(b, "addresses disclosed to a service in that month", &q);
    q.client = VIEW("rare");
    ask(b, "a rare service in that month", &q);
    q.client = VIEW("nobody");
    ask(b, "a service that never asked, in that month", &q);
    q.since = q.until = 0;
    ask(b, "a service that never asked, ever", &q);
    close_all(b);
}

int main(int argc, char **argv)
{
    struct bench b = {.folder = argc > 2 ? argv[2] : NULL};
    int64_t n = 2;
    must(argc >= 3, "usage: genkan-ledger-bench make|append|grow|proof|verify|query FOLDER [COUNT, FOLDER or THREADS]");
    bool grow = strcmp(argv[1], "grow") == 0 && argc == 4;
    must(argc < 4 || grow || text_to_int(view_text(argv[3]), &n), "a number");
    arena_open(&b.arena, 64 << 20);
    if (strcmp(argv[1], "make") == 0)
        bench_make(&b, argc > 3 ? n : 10000);
    else if (strcmp(argv[1], "append") == 0)
        bench_append(&b);
    else if (grow)
        bench_grow(&b, argv[3]);
    else if (strcmp(argv[1], "proof") == 0)
        bench_proof(&b);
    else if (strcmp(argv[1], "query") == 0)
        bench_query(&b);
    else if (strcmp(argv[1], "verify") == 0)
        bench_verify(&b, n < 1 || n > READERS ? 2 : (size_t)n);
    else
        must(false, "make, append, grow, proof, verify or query");
    arena_close(&b.arena);
    return 0;
}
