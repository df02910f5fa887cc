#include "tests/lib/provider.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/file.h"
#include "base/hash.h"
#include "consent/audit.h"
#include "consent/listing.h"
#include "consent/publish.h"
#include "idp/command.h"
#include "idp/endpoints/discovery.h"
#include "idp/routes.h"
#include "idp/state/clients.h"
#include "idp/state/invites.h"
#include "idp/state/registration.h"
#include "idp/state/upkeep.h"
#include "idp/tokens/keys.h"
#include "store/sqlite.h"
#include "tests/lib/key_folder.h"
#include "webui/page.h"

static const char BY_FILES[] = "crl = \"" BUILD_DIR "/testpki/crl\"\n ocsp = off\n";

static const char NO_LIMITS[] = "interactions_per_minute = 0\n card_transactions_per_minute = 0\n "
                                "pushed_requests_per_minute = 0\n card_proofs_per_account = 0\n "
                                "card_links_per_account = 0\n";

static void read_config(struct provider *p, const struct provider_options *o)
{
    struct config_fault fault = {0};
    const char *text =
        arena_printf(&p->a,
                     "issuer = \"" PROVIDER_ISSUER "\"\nlisten = {\"%s\"}\ndata = \"%s/data\"\n"
                     "workers = 2\njpki {\n trust = \"test\"\n roots = \"%s/trust\"\n %s}\n"
                     "limits {\n %s}\nevents { wait = 0 }\nlog { level = info }\n",
                     o && o->listen ? o->listen : "127.0.0.1:0", p->folder, p->pki,
                     o && o->revocation ? o->revocation : BY_FILES, o && o->limits ? o->limits : NO_LIMITS);
    text = arena_printf(&p->a, "%s%s", text, o && o->more ? o->more : "");
    FILE *file = fopen(arena_printf(&p->a, "%s/test.conf", p->folder), "w"); /* for commands */
    cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
    enum err e = config_read_text(&p->config, &p->a, "test.conf", view_text(text), &fault);
    cr_assert_eq(e, ERR_OK, "%s, line %d: %s %s", err_name(e), fault.line, fault.key, fault.rule);
}

static void listen_on(struct provider *p, size_t ceiling)
{
    static const char *const HOSTS[] = {"localhost:8080"};
    struct server_config c = {.listen = p->config->listen,
                              .n_listen = p->config->n_listen,
                              .hosts = HOSTS,
                              .n_hosts = 1,
                              .proxy = {.trusted = p->config->proxy.trusted,
                                        .n_trusted = p->config->proxy.n_trusted,
                                        .words = p->config->proxy.words},
                              .ctx = p->op,
                              .fault = routes_fault,
                              .workers = p->config->workers,
                              .per_address_max = p->config->limits.connections_per_address,
                              .log_name = "genkan",
                              .slow_workers = 1,
                              .arena_ceiling = ceiling};
    c.routes = routes(&c.n_routes);
    enum err e = server_open(&p->server, &c);
    cr_assert_eq(e, ERR_OK, "server_open: %s", err_name(e));
    p->port = server_port(p->server, 0);
}

static void start(struct provider *p)
{
    const char *why = "";
    const struct clock clock = clock_of_fake(&p->clock);
    struct pages *pages;
    enum err e = op_open(&p->op, p->config, &clock, &p->a, &why);
    cr_assert_eq(e, ERR_OK, "%s: %s", err_name(e), why);
    cr_assert_eq(pages_open(&pages), ERR_OK);
    p->op->pages = pages;
    cr_assert_eq(discovery_write(&p->op->discovery, &p->a, p->op), ERR_OK);
    listen_on(p, 0);
}

void provider_limit_memory(struct provider *p, size_t ceiling)
{
    server_close(p->server);
    listen_on(p, ceiling);
}

void provider_stop(struct provider *p)
{
    if (!p->op)
        return;
    const struct pages *pages = p->op->pages;
    server_close(p->server);
    op_close(p->op);
    pages_close((struct pages *)(uintptr_t)pages);
    p->op = NULL;
    p->server = NULL;
}

void provider_open(struct provider *p, const struct provider_options *options)
{
    *p = (struct provider){.folder = "/tmp/genkan-test-XXXXXX"};
    arena_open(&p->a, 64 << 20);
    cr_assert_not_null(mkdtemp(p->folder));
    clock_fake_set(&p->clock, clock_ms(&clock_real)); /* the test PKI is of today */
    p->log = open(arena_printf(&p->a, "%s/log", p->folder), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    cr_assert_geq(p->log, 0);
    log_set_fd(p->log);
    p->pki = options && options->pki ? options->pki : BUILD_DIR "/testpki";
    read_config(p, options);
    key_folder_make(&p->a, p->config->data, provider_now(p));
    start(p);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void provider_close(struct provider *p)
{
    provider_stop(p);
    log_set_fd(2);
    close(p->log);
    arena_close(&p->a);
    nftw(p->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void provider_restart(struct provider *p)
{
    provider_stop(p);
    start(p);
}

void provider_pass(struct provider *p, int64_t seconds)
{
    clock_fake_add(&p->clock, seconds * 1000);
}

int64_t provider_now(struct provider *p)
{
    return atomic_load(&p->clock.ms) / 1000;
}

void provider_browser(struct provider *p, struct browser *b)
{
    browser_open(b, PROVIDER_ISSUER, p->port);
}

/* --- services --------------------------------------------------------------------------------------------------- */

struct registering {
    struct view id, registration;
    uint8_t secret_hash[SHA256_SIZE];
    int64_t now;
};

static enum err register_job(struct db *db, void *ctx)
{
    const struct registering *r = ctx;
    return clients_record(db, r->id, r->registration, r->secret_hash, r->now);
}

static enum err remove_job(struct db *db, void *ctx)
{
    const struct registering *r = ctx;
    return clients_remove(db, r->id, r->now);
}

void provider_add_client(struct provider *p, const char *id, const char *registration, const char *secret)
{
    struct registering r = {view_text(id), view_text(registration), {0}, provider_now(p)};
    struct registration_fault fault = {0};
    struct client *client;
    enum err e = registration_read(&client, &p->a, r.registration, r.id, &fault);
    cr_assert_eq(e, ERR_OK, "%s: %s %s", id, fault.member, fault.rule);
    sha256(r.secret_hash, view_text(secret));
    cr_assert_eq(store_write(p->op->store, register_job, &r), ERR_OK);
}

static enum err update_job(struct db *db, void *ctx)
{
    const struct registering *r = ctx;
    return clients_update(db, r->id, r->registration, VIEW_NONE, r->now);
}

void provider_update_client(struct provider *p, const char *id, const char *registration)
{
    struct registering r = {view_text(id), view_text(registration), {0}, provider_now(p)};
    struct registration_fault fault = {0};
    struct client *client;
    enum err e = registration_read(&client, &p->a, r.registration, r.id, &fault);
    cr_assert_eq(e, ERR_OK, "%s: %s %s", id, fault.member, fault.rule);
    cr_assert_eq(store_write(p->op->store, update_job, &r), ERR_OK);
    provider_look_again(p);
}

void provider_look_again(struct provider *p)
{
    clients_look_again(p->op->clients);
}

struct inviting {
    struct invite invite;
    uint8_t token[SHA256_SIZE];
};

static enum err invite_job(struct db *db, void *ctx)
{
    const struct inviting *i = ctx;
    return invites_record(db, &i->invite, i->token);
}

const char *provider_invite(struct provider *p, const char *terms, int uses)
{
    struct inviting i = {{.id = view_text(chance_id(&p->a)),
                          .terms = view_text(terms),
                          .uses = uses,
                          .created_at = provider_now(p),
                          .expires_at = provider_now(p) + 86400},
                         {0}};
    struct registration_fault fault = {0};
    const char *token = chance_ticket(&p->a);
    sha256(i.token, view_text(token));
    cr_assert_eq(invites_check_terms(&p->a, i.invite.terms, &fault), ERR_OK, "%s %s", fault.member, fault.rule);
    cr_assert_eq(store_write(p->op->store, invite_job, &i), ERR_OK);
    return token;
}

void provider_remove_client(struct provider *p, const char *id)
{
    struct registering r = {.id = view_text(id), .now = provider_now(p)};
    cr_assert_eq(store_write(p->op->store, remove_job, &r), ERR_OK);
}

const char *provider_log(struct provider *p)
{
    struct view text;
    cr_assert_eq(file_read(&p->a, arena_printf(&p->a, "%s/log", p->folder), 8 << 20, &text), ERR_OK);
    return arena_text(&p->a, text);
}

/* --- looking inside --------------------------------------------------------------------------------------------- */

int64_t provider_number(struct provider *p, const char *sql)
{
    int64_t n = -1;
    struct db *db = store_borrow(p->op->store);
    enum err e = db_number(db, sql, &n); /* prepared for this once: many a test writes its SQL as it goes */
    store_return(p->op->store, db);
    cr_assert(!e || e == ERR_NOT_FOUND, "%s: %s", sql, err_name(e));
    return n;
}

size_t provider_deliver(struct provider *p)
{
    struct upkeep_round round = {0};
    cr_assert_eq(upkeep_deliver(p->op, &round), ERR_OK);
    return round.told;
}

void provider_sweep(struct provider *p)
{
    cr_assert_eq(upkeep_sweep(p->op), ERR_OK);
}

void provider_publish(struct provider *p)
{
    const char *why = "";
    struct publisher *publisher;
    const struct publish_config config = {.store = p->op->store,
                                          .folder = p->config->ledger.folder,
                                          .key_path = p->config->ledger.key,
                                          .origin = view_text(p->config->ledger.origin),
                                          .clock = &p->op->clock};
    cr_assert_eq(publisher_open(&publisher, &config, &p->a, &why), ERR_OK, "%s", why);
    cr_assert_eq(publisher_publish(publisher, &p->a, &why), ERR_OK, "%s", why);
    publisher_close(publisher);
}

bool provider_ledger_is_whole(struct provider *p)
{
    struct audit_report report;
    struct db *db = store_borrow(p->op->store);
    enum err e = audit_verify(&report, &(struct audit_scope){0}, &db, 1);
    store_return(p->op->store, db);
    cr_assert_eq(e, ERR_OK, "audit_verify: %s", err_name(e));
    for (int64_t i = 0; i < report.faults && i < AUDIT_FAULTS_MAX; i++)
        cr_log_error("ledger: %s at %lld: %s", audit_fault_name(report.first[i].kind), (long long)report.first[i].index,
                     report.first[i].what);
    return report.faults == 0;
}

const char *provider_ledger_list(struct provider *p, const char *client)
{
    struct query query = {.client = view_text(client)};
    struct query_walk walk = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct db *db = store_borrow(p->op->store);
    enum err e = listing_write(&walk, db, &query, LISTING_CSV, out);
    store_return(p->op->store, db);
    fclose(out);
    cr_assert_eq(e, ERR_OK, "listing_write: %s", err_name(e));
    const char *kept = arena_text(&p->a, view_bytes(text, size));
    free(text);
    return kept;
}

const char *provider_persona(struct provider *p, const char *kind_and_name)
{
    return arena_printf(&p->a, "%s/%s", p->pki, kind_and_name);
}

int provider_command(struct provider *p, const char *format, ...)
{
    const char *argv[24] = {"genkan"};
    int argc = 1;
    va_list args;
    struct buf b;
    const char *text;
    struct view words, word;
    buf_open(&b, &p->a, 4096);
    va_start(args, format);
    char line[2048];
    cr_assert_lt(vsnprintf(line, sizeof line, format, args), (int)sizeof line);
    va_end(args);
    buf_put_text(&b, line);
    buf_printf(&b, " --config %s/test.conf", p->folder);
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    words = view_text(text);
    while (view_next(&words, ' ', &word) && argc < 23)
        argv[argc++] = arena_text(&p->a, word);
    return command_main(argc, argv);
}
