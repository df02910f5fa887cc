/* The command line as an operator types it: every command in this process, with its output in files. */
#include <criterion/criterion.h>
#include <poll.h>
#include <pty.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "consent/ledger.h"
#include "http/server.h"
#include "idp/command.h"
#include "idp/state/clients.h"
#include "idp/state/config.h"
#include "idp/state/self_registered.h"
#include "idp/tokens/keys.h"
#include "sessions/login.h"
#include "sessions/notice.h"
#include "sessions/resident.h"
#include "store/store.h"
#include "tests/lib/atlas.h"
#include "tests/lib/key_folder.h"

static struct arena a;
static char folder[64], config_path[96], registration_path[96];

static const char *path_of(const char *name)
{
    return arena_printf(&a, "%s/%s", folder, name);
}

static void write_text(const char *path, const char *text)
{
    cr_assert_eq(file_write(path, view_text(text), 0600), ERR_OK, "%s", path);
}

static const char *config_text(const char *more)
{
    return arena_printf(&a,
                        "issuer = \"http://localhost:8080\"\nlisten = {\"127.0.0.1:0\"}\ndata = \"%s/data\"\n"
                        "jpki {\n trust = test\n roots = \"" BUILD_DIR "/testpki/trust\"\n crl = \"" BUILD_DIR
                        "/testpki/crl\"\n ocsp = off\n}\n%s",
                        folder, more);
}

static const char registration[] =
    "{\"client_id\":\"a-booking\",\"client_name\":\"予約\",\"client_name#en\":\"Booking\","
    "\"organization\":{\"id\":\"a-city\",\"name\":\"A市\",\"name#en\":\"A City\"},\"sector\":\"a-city\","
    "\"redirect_uris\":[\"https://a.example/cb\"],\"fields\":[{\"id\":\"name\",\"required\":true,"
    "\"purpose\":\"確認\",\"purpose#en\":\"To know\"}]}";

static void open_folder(void)
{
    arena_open(&a, 4 << 20);
    snprintf(folder, sizeof folder, "/tmp/genkan-command-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(config_path, sizeof config_path, "%s/genkan.conf", folder);
    snprintf(registration_path, sizeof registration_path, "%s/a.json", folder);
    write_text(config_path, config_text(""));
    write_text(registration_path, registration);
}

static void make_data(void)
{
    key_folder_make(&a, path_of("data"), 1795305600);
}

static void remove_all(const char *path)
{
    char **names;
    size_t n;
    if (file_list(&a, path, "", &names, &n) == ERR_OK)
        for (size_t i = 0; i < n; i++) {
            const char *inner = arena_printf(&a, "%s/%s", path, names[i]);
            if (unlink(inner) != 0)
                remove_all(inner);
        }
    rmdir(path);
}

static void close_folder(void)
{
    remove_all(path_of("data/keys"));
    remove_all(path_of("data"));
    remove_all(folder);
    arena_close(&a);
}

TestSuite(command, .init = open_folder, .fini = close_folder);

struct output {
    int code;
    const char *out, *err;
};

static void take_over(int fd, const char *path)
{
    cr_assert_not_null(freopen(path, "w", fd == 1 ? stdout : stderr));
}

static struct output run_words(const char *const *argv)
{
    struct output o;
    struct view out, err;
    int argc = 0;
    int saved[2] = {dup(1), dup(2)};
    while (argv[argc])
        argc++;
    take_over(1, path_of("out"));
    take_over(2, path_of("err"));
    o.code = command_main(argc, argv);
    fflush(stdout);
    fflush(stderr);
    dup2(saved[0], 1);
    dup2(saved[1], 2);
    close(saved[0]);
    close(saved[1]);
    cr_assert_eq(file_read(&a, path_of("out"), 1 << 20, &out), ERR_OK);
    cr_assert_eq(file_read(&a, path_of("err"), 1 << 20, &err), ERR_OK);
    o.out = arena_text(&a, out);
    o.err = arena_text(&a, err);
    return o;
}

/* LINE is split at spaces. With the configuration of this test. */
__attribute__((format(printf, 1, 2))) static struct output genkan(const char *format, ...)
{
    char line[512];
    const char *argv[24] = {"genkan"};
    int argc = 1;
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc++] = "--config";
    argv[argc++] = config_path;
    return run_words(argv);
}

#define HAS(TEXT, PART) cr_expect(strstr(TEXT, PART), "no \"%s\" in: %s", PART, TEXT)

/* --- the command line ------------------------------------------------------------------------------------------- */

Test(command, refuses_what_it_does_not_know)
{
    static const char *const lines[] = {"",
                                        "dance",
                                        "client",
                                        "client dance",
                                        "audit",
                                        "serve now",
                                        "check-config a b",
                                        "audit list --colour red",
                                        "audit list --since 2026-13-01",
                                        "audit list --since 2026-05-00",
                                        "audit list --since yesterday",
                                        "audit list --until 2026-02-29",
                                        "audit list --field shoe_size",
                                        "audit list --event danced",
                                        "audit list --format xml",
                                        "audit list --format csv --format json",
                                        "audit list extra",
                                        "audit list --limit 0",
                                        "audit list --limit many",
                                        "audit list --cursor 5",
                                        "audit list --by service",
                                        "audit list --service a\"b",
                                        "audit count --by colour",
                                        "audit count --limit 5",
                                        "audit count --since soon",
                                        "auditor invite",
                                        "auditor invite a b",
                                        "auditor remove",
                                        "client add",
                                        "client add a b",
                                        "client add --json=yes a",
                                        "client remove",
                                        "client update",
                                        "client update a b",
                                        "client history",
                                        "grant suspend",
                                        "grant resume",
                                        "grant suspend --service a b",
                                        "grant dance",
                                        "login",
                                        "login disowned extra",
                                        "notice",
                                        "notice list extra",
                                        "notice retry",
                                        "notice retry 0",
                                        "notice retry many",
                                        "notice retry 1 2",
                                        "notice drop",
                                        "notice drop 1 --service a",
                                        "client history --colour a",
                                        "key rotate --use door",
                                        "key rotate --alg none",
                                        "key rotate --use card --alg RS256",
                                        "key rotate --use profile --alg ES256",
                                        "key rotate --use encryption --force",
                                        "key rotate --use profile --force"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct output o = genkan("%s", lines[i]);
        cr_expect_eq(o.code, COMMAND_USAGE, "%s: %d", lines[i], o.code);
        cr_expect(*o.err, "%s says nothing", lines[i]);
    }
}

Test(command, explains_itself_and_each_command)
{
    size_t n;
    const struct command *table = command_table(&n);
    const char *help[] = {"genkan", "--help", NULL}, *version[] = {"genkan", "--version", NULL};
    struct output all = run_words(help);
    cr_expect_eq(all.code, 0);
    HAS(run_words(version).out, "genkan " GENKAN_VERSION);
    for (size_t i = 0; i < n; i++) {
        HAS(all.out, table[i].name);
        struct output o = genkan("%s --help", table[i].name);
        cr_expect_eq(o.code, 0);
        HAS(o.out, "usage: genkan ");
        HAS(o.out, table[i].summary);
    }
}

Test(command, has_every_command_and_option_in_its_man_page)
{
    struct view page;
    size_t n;
    const struct command *table = command_table(&n);
    cr_assert_eq(file_read(&a, SOURCE_DIR "/docs/man/genkan.8", 1 << 20, &page), ERR_OK);
    const char *text = arena_text(&a, page);
    for (size_t i = 0; i < n; i++) {
        HAS(text, arena_printf(&a, ".Cm %s\n", table[i].name));
        for (const char *p = strstr(table[i].help, "  --"); p; p = strstr(p + 1, "\n  --")) {
            const char *name = strstr(p, "--") + 1;
            HAS(text, arena_printf(&a, "Fl %.*s", (int)strcspn(name, " \n"), name));
        }
    }
}

/* --- configuration ---------------------------------------------------------------------------------------------- */

Test(command, names_file_line_key_and_rule_of_a_bad_configuration)
{
    write_text(config_path, config_text("workers = many\n"));
    struct output o = genkan("check-config");
    cr_expect_eq(o.code, COMMAND_CONFIG);
    HAS(o.err, "genkan.conf:10: workers must be a whole number from 1 to 64");
    cr_expect_eq(genkan("serve").code, COMMAND_CONFIG);
    cr_expect_eq(genkan("key list").code, COMMAND_CONFIG);
    unlink(config_path);
    o = genkan("check-config");
    cr_expect_eq(o.code, COMMAND_CONFIG);
    HAS(o.err, "there is no such file");
}

Test(command, check_config_looks_into_the_folders_it_names)
{
    const char *named[] = {"genkan", "check-config", config_path, NULL};
    cr_expect_eq(genkan("check-config").code, COMMAND_DONE);
    cr_expect_eq(run_words(named).code, COMMAND_DONE);
    write_text(config_path, "issuer = \"http://localhost\"\ndata = /d\njpki {\n trust = test\n roots = /nowhere\n}\n");
    struct output o = genkan("check-config");
    cr_expect_eq(o.code, COMMAND_CONFIG);
    HAS(o.err, "jpki.roots");
    write_text(config_path,
               arena_printf(&a,
                            "issuer = \"http://localhost\"\ndata = /d\njpki {\n trust = test\n roots = \"%s"
                            "\"\n crl = \"%s\"\n}\n",
                            BUILD_DIR "/testpki/trust", "/nowhere"));
    o = genkan("check-config");
    cr_expect_eq(o.code, COMMAND_CONFIG);
    HAS(o.err, "jpki.crl");
    write_text(config_path,
               arena_printf(&a, "issuer = \"http://localhost\"\ndata = /nowhere/at/all\njpki {\n trust = test\n"
                                " roots = \"" BUILD_DIR "/testpki/trust\"\n}\n"));
    o = genkan("check-config");
    cr_expect_eq(o.code, COMMAND_CONFIG);
    HAS(o.err, "data: /nowhere/at/all cannot be made: there is no folder /nowhere/at");
    write_text(config_path,
               arena_printf(&a,
                            "issuer = \"https://localhost\"\nlisten = {\"127.0.0.1:80\", \"0.0.0.0:80\"}\n"
                            "data = \"%s/data\"\njpki {\n trust = test\n roots = \"" BUILD_DIR "/testpki/trust\"\n}\n",
                            folder));
    o = genkan("check-config");
    cr_expect_eq(o.code, COMMAND_DONE);
    HAS(o.out, "note: listen: 0.0.0.0:80 is plain http");
    cr_expect_null(strstr(o.out, "127.0.0.1:80 is"));
    write_text(config_path, config_text("ledger { policy = /nowhere }\n"));
    o = genkan("check-config");
    cr_expect_eq(o.code, COMMAND_CONFIG);
    HAS(o.err, "ledger.policy: /nowhere cannot be read");
}

Test(command, check_config_looks_into_the_file_of_places)
{
    const char *path = arena_printf(&a, "%s/city.mmdb", folder);
    write_text(config_path, config_text(arena_printf(&a, "places { database = \"%s\" }\n", path)));
    struct output o = genkan("check-config");
    cr_expect_eq(o.code, COMMAND_CONFIG);
    HAS(o.err, "city.mmdb: there is no such file");
    write_text(path, "of another format");
    o = genkan("check-config");
    cr_expect_eq(o.code, COMMAND_CONFIG);
    HAS(o.err, "places.database: ");
    HAS(o.err, "city.mmdb: is no MaxMind DB file, or a damaged one");
    atlas_make(path, &atlas_small);
    o = genkan("check-config");
    cr_expect_eq(o.code, COMMAND_DONE);
    HAS(o.out, "note: places.database: Genkan-Test-City of 2026-11-30");
    unlink(path);
}

Test(command, sample_configuration_and_man_page_know_every_key)
{
    static const char *const keys[] = {"issuer",
                                       "listen",
                                       "data",
                                       "workers",
                                       "connections",
                                       "trust",
                                       "roots",
                                       "pins",
                                       "crl",
                                       "ocsp",
                                       "ocsp_timeout",
                                       "port",
                                       "idle",
                                       "absolute",
                                       "level",
                                       "certificate",
                                       "key",
                                       "ocsp_responders",
                                       "ocsp_certificate",
                                       "ocsp_key"};
    struct view sample, page;
    struct config *config;
    struct config_fault fault;
    cr_assert_eq(file_read(&a, SOURCE_DIR "/idp/genkan.conf", 1 << 20, &sample), ERR_OK);
    cr_assert_eq(file_read(&a, SOURCE_DIR "/docs/man/genkan.conf.5", 1 << 20, &page), ERR_OK);
    cr_expect_eq(config_read_text(&config, &a, "genkan.conf", sample, &fault), ERR_OK);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        HAS(arena_text(&a, sample), arena_printf(&a, "%s = ", keys[i]));
        HAS(arena_text(&a, page), arena_printf(&a, "%s", keys[i]));
    }
}

Test(command, every_commented_key_of_the_sample_may_be_uncommented)
{
    struct view sample;
    struct config *config;
    struct config_fault fault;
    cr_assert_eq(file_read(&a, SOURCE_DIR "/idp/genkan.conf", 1 << 20, &sample), ERR_OK);
    char *text = arena_text(&a, sample), *from = text;
    while ((from = strchr(from, '#'))) {
        if (from[1] != ' ' || from[2] == ' ')
            *from = ' ';
        from++;
    }
    enum err err = config_read_text(&config, &a, "genkan.conf", view_text(text), &fault);
    cr_assert_eq(err, ERR_OK, "line %d: %s %s", fault.line, fault.key, fault.rule);
    cr_expect_str_eq(config->tls.key, "/etc/genkan/tls/key.pem");
    cr_expect_eq(config->jpki.n_pins, 1);
}

/* --- services --------------------------------------------------------------------------------------------------- */

Test(command, works_on_no_data_folder_that_serve_has_not_made)
{
    cr_expect_eq(genkan("client add %s", registration_path).code, COMMAND_CONFIG);
    cr_expect_eq(genkan("client list").code, COMMAND_CONFIG);
    cr_expect_eq(genkan("key list").code, COMMAND_CONFIG);
    cr_expect_eq(genkan("audit verify").code, COMMAND_CONFIG);
    cr_expect_eq(genkan("issuer-file").code, COMMAND_CONFIG);
    cr_expect_neq(access(path_of("data"), F_OK), 0, "and makes none");
}

Test(command, client_add_refuses_a_bad_registration_naming_member_and_rule)
{
    make_data();
    cr_expect_eq(genkan("client add /nowhere.json").code, COMMAND_CONFIG);
    write_text(registration_path, "{\"client_id\":\"x\"");
    cr_expect_eq(genkan("client add %s", registration_path).code, COMMAND_CONFIG);
    write_text(registration_path, "{\"client_id\":\"x\",\"colour\":\"red\"}");
    struct output o = genkan("client add %s", registration_path);
    cr_expect_eq(o.code, COMMAND_CONFIG);
    HAS(o.err, "colour");
    write_text(registration_path, registration);
    o = genkan("client add --id other %s", registration_path);
    cr_expect_eq(o.code, COMMAND_CONFIG);
    cr_expect_null(strstr(genkan("client list").out, "a-booking"));
    cr_expect(strstr(genkan("audit list").out, "\n0 events\n"));
}

static enum err secret_hash_row(void *ctx, const struct row *row)
{
    memcpy(ctx, row_blob(row, 0).p, 32);
    return ERR_OK;
}

Test(command, client_add_prints_a_secret_once_and_keeps_its_hash)
{
    make_data();
    struct output o = genkan("client add %s", registration_path);
    cr_assert_eq(o.code, COMMAND_DONE, "%s", o.err);
    HAS(o.out, "client_id:     a-booking\n");
    const char *secret = strstr(o.out, "client_secret: ") + 15;
    cr_expect_eq(strcspn(secret, "\n"), 43);
    uint8_t hash[32], stored[32];
    sha256(hash, view_bytes(secret, 43));
    struct store *store;
    cr_assert_eq(store_open(&store, &(struct store_config){.path = path_of("data/genkan.db"), .readers = 1}, NULL),
                 ERR_OK);
    struct db *db = store_borrow(store);
    cr_expect_eq(db_each(db, "SELECT secret_hash FROM client", NO_VALUES, secret_hash_row, stored), ERR_OK);
    store_return(store, db);
    store_close(store);
    cr_expect_arr_eq(hash, stored, 32);
    cr_expect_null(strstr(genkan("client list --json").out, "secret"));
    HAS(genkan("client list").out, "name!");
    HAS(genkan("audit list --event operator").out, "client add");
}

static enum err secret_is_absent(void *ctx, const struct row *row)
{
    *(bool *)ctx = !view_is(row_blob(row, 0));
    return ERR_OK;
}

Test(command, client_add_makes_no_secret_for_a_method_without_one)
{
    bool absent = false;
    make_data();
    write_text(registration_path, arena_printf(&a,
                                               "%.*s,\"token_endpoint_auth_method\":\"private_key_jwt\","
                                               "\"jwks_uri\":\"https://a.example/jwks\"}",
                                               (int)strlen(registration) - 1, registration));
    struct output o = genkan("client add --json %s", registration_path);
    cr_assert_eq(o.code, COMMAND_DONE, "%s", o.err);
    cr_expect_str_eq(o.out, "{\"client_id\":\"a-booking\"}\n");
    struct store *store;
    cr_assert_eq(store_open(&store, &(struct store_config){.path = path_of("data/genkan.db"), .readers = 1}, NULL),
                 ERR_OK);
    struct db *db = store_borrow(store);
    cr_expect_eq(db_each(db, "SELECT secret_hash FROM client", NO_VALUES, secret_is_absent, &absent), ERR_OK);
    store_return(store, db);
    store_close(store);
    cr_expect(absent);
}

static void write_server(const char *id, const char *resource)
{
    write_text(registration_path,
               arena_printf(&a,
                            "{\"client_id\":\"%s\",\"client_name\":\"API\",\"organization\":{\"id\":\"a-city\","
                            "\"name\":\"A市\"},\"sector\":\"a-city\",\"grant_types\":[\"client_credentials\"],"
                            "\"response_types\":[],\"client_uri\":\"https://a.example/\",\"resource\":\"%s\","
                            "\"authorization_details_definitions\":[{\"type\":\"https://a.example/t\",\"title\":\"題\","
                            "\"title#en\":\"t\",\"sentence\":\"文\",\"sentence#en\":\"s\",\"members\":[]}]}",
                            id, resource));
}

/* RFC 9396 2: a type is one server's. */
Test(command, client_add_refuses_a_type_of_authorization_details_that_another_service_defines)
{
    make_data();
    write_server("api", "https://a.example/");
    struct output o = genkan("client add %s", registration_path);
    cr_assert_eq(o.code, COMMAND_DONE, "%s", o.err);
    cr_expect_eq(genkan("client update %s", registration_path).code, COMMAND_DONE, "its own it may define again");
    write_server("other", "https://b.example/");
    o = genkan("client add %s", registration_path);
    cr_expect_eq(o.code, COMMAND_NO);
    HAS(o.err, "https://a.example/t is a type of another service");
}

/* The registration with MORE members. */
static void write_more(const char *more)
{
    write_text(registration_path, arena_printf(&a, "%.*s,%s}", (int)strlen(registration) - 1, registration, more));
}

/* RFC 8707 2: whoever names it means one. */
Test(command, client_add_and_update_refuse_a_resource_that_another_service_has)
{
    static const char resource[] = "\"resource\":\"https://a.example/\"";
    make_data();
    write_server("api", "https://a.example/");
    cr_assert_eq(genkan("client add %s", registration_path).code, COMMAND_DONE);
    write_more(resource);
    struct output o = genkan("client add %s", registration_path);
    cr_expect_eq(o.code, COMMAND_NO);
    HAS(o.err, "resource: https://a.example/ is the resource of another service");
    write_text(registration_path, registration);
    cr_assert_eq(genkan("client add %s", registration_path).code, COMMAND_DONE);
    write_more(resource);
    o = genkan("client update %s", registration_path);
    cr_expect_eq(o.code, COMMAND_NO);
    HAS(o.err, "resource: https://a.example/ is the resource of another service");
    cr_assert_eq(genkan("client remove api").code, COMMAND_DONE);
    cr_expect_eq(genkan("client update %s", registration_path).code, COMMAND_DONE, "nobody has it any more");
}

Test(command, client_add_refuses_a_sector_document_that_cannot_be_had)
{
    make_data();
    write_more("\"sector_identifier_uri\":\"https://127.0.0.1:1/sector.json\"");
    struct output o = genkan("client add %s", registration_path);
    cr_expect_eq(o.code, COMMAND_NO);
    HAS(o.err, "sector_identifier_uri cannot be fetched");
    cr_expect_null(strstr(genkan("client list").out, "a-booking"));
}

Test(command, client_update_makes_a_secret_only_when_the_method_begins_to_need_one)
{
    make_data();
    write_more("\"token_endpoint_auth_method\":\"none\"");
    cr_assert_eq(genkan("client add %s", registration_path).code, COMMAND_DONE);
    write_text(registration_path, registration);
    struct output o = genkan("client update %s", registration_path);
    cr_assert_eq(o.code, COMMAND_DONE, "%s", o.err);
    HAS(o.out, "client_id:     a-booking\nclient_secret: ");
    HAS(o.out, "\na-booking: this registration counts from now on\n");
    write_more("\"policy_uri\":\"https://a.example/privacy\"");
    o = genkan("client update %s", registration_path);
    cr_assert_eq(o.code, COMMAND_DONE, "%s", o.err);
    cr_expect_null(strstr(o.out, "client_secret"), "the secret that is there stays");
    cr_expect_str_eq(o.out, "a-booking: this registration counts from now on\n");
    cr_expect_str_eq(o.err, "");
}

static enum err self_register_job(struct db *db, void *ctx)
{
    static const uint8_t token[SHA256_SIZE] = {1};
    const struct invite invite = {.id = VIEW("i"), .terms = VIEW("{}"), .uses = 1, .created_at = 1, .expires_at = 2};
    enum err e = invites_record(db, &invite, token);
    (void)ctx;
    return e ? e : self_registered_record(db, VIEW("a-booking"), invite.id, token, 1);
}

static enum err self_registered_job(struct db *db, void *ctx)
{
    static const uint8_t token[SHA256_SIZE] = {1};
    struct self_registered found;
    *(enum err *)ctx = self_registered_find(&found, db, &a, VIEW("a-booking"), token);
    return ERR_OK;
}

/* In one write to the database of the data folder. */
static void in_store(store_job *job, void *ctx)
{
    struct store *store;
    cr_assert_eq(store_open(&store, &(struct store_config){.path = path_of("data/genkan.db"), .readers = 1}, NULL),
                 ERR_OK);
    cr_assert_eq(store_write(store, job, ctx), ERR_OK);
    store_close(store);
}

Test(command, client_update_makes_a_service_the_operators)
{
    enum err found;
    make_data();
    cr_assert_eq(genkan("client add %s", registration_path).code, COMMAND_DONE);
    in_store(self_register_job, NULL);
    in_store(self_registered_job, &found);
    cr_assert_eq(found, ERR_OK);
    cr_assert_eq(genkan("client update %s", registration_path).code, COMMAND_DONE);
    in_store(self_registered_job, &found);
    cr_expect_eq(found, ERR_NOT_FOUND, "nobody undoes over the network what the operator decided");
}

/* --- a service that is tried ------------------------------------------------------------------------------------- */

static bool careful; /* it looks at signatures */
static char first_token[8192];

/* A token that is not the first one it saw is a forged one here. */
static void hear_token(struct answer *answer, struct view token, int good)
{
    bool forged = first_token[0] && !view_equal_text(token, first_token);
    snprintf(first_token, sizeof first_token, "%.*s", (int)token.n, (const char *)token.p);
    answer_body(answer, careful && forged ? 400 : good, "text/plain", VIEW(""));
}

static void hear_logout(void *ctx, const struct request *r, struct answer *answer)
{
    (void)ctx;
    hear_token(answer, form_get(r->form, "logout_token"), 200);
    if (answer->status == 400)
        first_token[0] = 0;
}

static void hear_event(void *ctx, const struct request *r, struct answer *answer)
{
    (void)ctx;
    hear_token(answer, r->body, 202);
}

static void serve_page(void *ctx, const struct request *r, struct answer *answer)
{
    (void)ctx;
    (void)r;
    answer_body(answer, 200, "text/plain", VIEW("hello"));
}

static void serve_keys(void *ctx, const struct request *r, struct answer *answer)
{
    (void)ctx;
    (void)r;
    answer_body(
        answer, 200, "application/json",
        VIEW("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
             "\"y\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}]}"));
}

static const struct route SERVICE[] = {{METHOD_GET, "/cb", serve_page, 0, 0},
                                       {METHOD_GET, "/bye", serve_page, 0, 0},
                                       {METHOD_GET, "/jwks", serve_keys, 0, 0},
                                       {METHOD_POST, "/logout", hear_logout, 16384, 0},
                                       {METHOD_POST, "/events", hear_event, 16384, ROUTE_BODY}};

static struct server *open_service(void)
{
    static const char *const listen[] = {"127.0.0.1:0"}, *const hosts[] = {"127.0.0.1"};
    const struct server_config c = {.listen = listen,
                                    .n_listen = 1,
                                    .hosts = hosts,
                                    .n_hosts = 1,
                                    .routes = SERVICE,
                                    .n_routes = sizeof SERVICE / sizeof *SERVICE,
                                    .workers = 1,
                                    .slow_workers = 1};
    struct server *s;
    cr_assert_eq(server_open(&s, &c), ERR_OK);
    return s;
}

static struct output try_service(struct server *s, const char *logout_path, const char *more)
{
    unsigned port = server_port(s, 0);
    make_data();
    write_text(registration_path,
               arena_printf(&a,
                            "{\"client_id\":\"a\",\"client_name\":\"A\",\"organization\":{\"id\":\"a\",\"name\":\"A\"},"
                            "\"sector\":\"a\",\"redirect_uris\":[\"http://127.0.0.1:%u/cb\"],"
                            "\"post_logout_redirect_uris\":[\"http://127.0.0.1:%u%s\"],"
                            "\"backchannel_logout_uri\":\"http://127.0.0.1:%u/logout\","
                            "\"events_uri\":\"http://127.0.0.1:%u/events\","
                            "\"token_endpoint_auth_method\":\"private_key_jwt\","
                            "\"jwks_uri\":\"http://127.0.0.1:%u/jwks\"%s}",
                            port, port, logout_path, port, port, port, more));
    struct output o = genkan("client add %s", registration_path);
    cr_assert_eq(o.code, COMMAND_DONE, "%s", o.err);
    first_token[0] = 0;
    return genkan("client try a");
}

Test(command, client_try_of_nobody_says_so)
{
    make_data();
    cr_expect_eq(genkan("client try nobody").code, COMMAND_NO);
    cr_expect_eq(genkan("client try").code, COMMAND_USAGE);
}

Test(command, client_try_finds_a_service_that_believes_forged_tokens)
{
    struct server *s = open_service();
    careful = false;
    struct output o = try_service(s, "/bye", "");
    server_close(s);
    cr_expect_eq(o.code, COMMAND_NO, "%s", o.out);
    HAS(o.out, "takes a logout token with a wrong signature");
    HAS(o.out, "takes a security event with a wrong signature");
}

Test(command, client_try_finds_pages_that_are_missing_and_keys_that_do_not_fit)
{
    struct server *s = open_service();
    careful = true;
    struct output o = try_service(s, "/nowhere", ",\"token_endpoint_auth_signing_alg\":\"RS256\"");
    server_close(s);
    cr_expect_eq(o.code, COMMAND_NO, "%s", o.out);
    HAS(o.out, "BAD   post_logout_redirect_uris");
    HAS(o.out, "has no key for its client assertions");
}

Test(command, client_try_finds_a_service_that_is_down)
{
    struct server *s = open_service();
    careful = true;
    cr_expect_eq(try_service(s, "/bye", "").code, COMMAND_DONE);
    server_close(s);
    struct output o = genkan("client try a");
    cr_expect_eq(o.code, COMMAND_NO);
    HAS(o.out, "BAD   redirect_uris");
    HAS(o.out, "BAD   backchannel_logout_uri");
    HAS(o.out, "nothing came: ");
}

Test(command, client_try_is_content_with_a_careful_service)
{
    struct server *s = open_service();
    careful = true;
    struct output o = try_service(s, "/bye", "");
    server_close(s);
    cr_expect_eq(o.code, COMMAND_DONE, "%s%s", o.out, o.err);
    HAS(o.out, "good  redirect_uris");
    HAS(o.out, "has a key for its client assertions");
    HAS(o.out, "refuses a logout token with a wrong signature");
    HAS(o.out, "takes a security event (RFC 8935 2.2)");
    HAS(o.out, "note  redirect_uris");
    cr_expect_null(strstr(o.out, "BAD"));
}

#define TERMS                                                                                                          \
    "{\"organization\":{\"id\":\"c\",\"name\":\"C\"},\"fields\":[{\"id\":\"name\",\"required\":true,\"purpose\":"      \
    "\"p\","                                                                                                           \
    "\"purpose#en\":\"p\"}]}"

Test(command, client_invite_refuses_terms_that_would_let_anybody_be_anything)
{
    make_data();
    write_text(registration_path, "{\"fields\":[]}");
    struct output o = genkan("client invite %s", registration_path);
    cr_expect_eq(o.code, COMMAND_CONFIG);
    HAS(o.err, "organization is required");
    write_text(registration_path, "{\"organization\":{\"id\":\"c\",\"name\":\"C\"},\"client_id\":\"c\"}");
    HAS(genkan("client invite %s", registration_path).err, "client_id is made");
    write_text(registration_path, "{\"organization\":{\"id\":\"c\",\"name\":\"C\"},\"fields\":[{\"id\":\"shoe\"}]}");
    HAS(genkan("client invite %s", registration_path).err, "fields[0].id");
    write_text(registration_path, "[]");
    cr_expect_eq(genkan("client invite %s", registration_path).code, COMMAND_CONFIG);
    write_text(registration_path, TERMS);
    cr_expect_eq(genkan("client invite --uses 0 %s", registration_path).code, COMMAND_USAGE);
    cr_expect_eq(genkan("client invite --uses 1001 %s", registration_path).code, COMMAND_USAGE);
    cr_expect_eq(genkan("client invite --days x %s", registration_path).code, COMMAND_USAGE);
    cr_expect_null(strstr(genkan("client invites").out, "202"));
}

Test(command, client_invite_prints_a_token_once_and_uninvite_ends_it)
{
    make_data();
    write_text(registration_path, TERMS);
    struct output o = genkan("client invite --id c-city --uses 3 --days 30 %s", registration_path);
    cr_assert_eq(o.code, COMMAND_DONE, "%s", o.err);
    const char *token = strstr(o.out, "initial_access_token: ") + 22;
    cr_expect_eq(strcspn(token, "\n"), 43);
    HAS(genkan("client invites").out, "c-city                       3");
    cr_expect_eq(genkan("client invite --id c-city %s", registration_path).code, COMMAND_NO);
    cr_expect_str_eq(genkan("client uninvite c-city").out, "c-city: revoked; services that registered with it stay\n");
    HAS(genkan("client invites").out, "revoked");
    cr_expect_eq(genkan("client uninvite c-city").code, COMMAND_NO);
    HAS(genkan("audit list --event operator").out, "client uninvite");
}

Test(command, client_invite_takes_terms_whose_keys_the_service_will_say)
{
    make_data();
    write_text(registration_path, "{\"organization\":{\"id\":\"c\",\"name\":\"C\"},\"profile\":\"fapi2\"}");
    struct output o = genkan("client invite %s", registration_path);
    cr_expect_eq(o.code, COMMAND_DONE, "%s", o.err);
}

Test(command, client_add_names_the_rule_of_the_profile_that_is_broken)
{
    make_data();
    write_text(registration_path, arena_printf(&a,
                                               "%.*s,\"profile\":\"fapi2\",\"id_token_signed_response_alg\":\"RS256\","
                                               "\"jwks_uri\":\"https://a.example/jwks\"}",
                                               (int)strlen(registration) - 1, registration));
    struct output o = genkan("client add %s", registration_path);
    cr_expect_eq(o.code, COMMAND_CONFIG);
    HAS(o.err, "id_token_signed_response_alg must be ES256, PS256 or EdDSA in profile fapi2 (FAPI 2.0 5.4.1)");
}

Test(command, client_add_refuses_an_id_that_is_taken_and_remove_one_that_is_not)
{
    make_data();
    cr_expect_eq(genkan("client add --json %s", registration_path).code, COMMAND_DONE);
    cr_expect_eq(genkan("client add %s", registration_path).code, COMMAND_NO);
    struct output o = genkan("client remove b-booking");
    cr_expect_eq(o.code, COMMAND_NO);
    cr_expect_str_eq(o.out, "");
    o = genkan("client remove a-booking");
    cr_expect_eq(o.code, COMMAND_DONE);
    cr_expect_str_eq(o.out, "a-booking: removed; consents and ledger stay\n");
    cr_expect_str_eq(o.err, "");
    cr_expect_eq(genkan("client remove a-booking").code, COMMAND_NO);
    cr_expect_null(strstr(genkan("client list").out, "a-booking"));
    HAS(genkan("audit list").out, "\n2 events\n");
    cr_expect_eq(genkan("audit verify").code, COMMAND_DONE);
}

static enum err fill_up(struct db *db, void *ctx)
{
    (void)ctx;
    return db_run(db,
                  "INSERT INTO client (id, registration, secret_hash, created_at, updated_at)"
                  " WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < $1)"
                  " SELECT 'm' || n, '{}', zeroblob(32), 1, 1 FROM i",
                  VALUES(V_INT(CLIENTS_MAX)));
}

Test(command, client_add_refuses_one_more_than_there_may_be)
{
    struct store *store;
    make_data();
    cr_assert_eq(store_open(&store, &(struct store_config){.path = path_of("data/genkan.db"), .readers = 1}, NULL),
                 ERR_OK);
    cr_assert_eq(store_write(store, fill_up, NULL), ERR_OK);
    store_close(store);
    struct output o = genkan("client add %s", registration_path);
    cr_expect_eq(o.code, COMMAND_NO);
    HAS(o.err, "10000 services");
    cr_expect_null(strstr(o.out, "client_secret"));
    cr_expect_null(strstr(genkan("audit list").out, "client add"));
}

/* --- auditing --------------------------------------------------------------------------------------------------- */

/* --- progress: for a person at a terminal, and for nobody else -----------------------------------------------------
 */

struct terminal {
    int master, slave, saved[2];
};

/* Standard error is a terminal; standard output too, or a file. */
static void at_terminal(struct terminal *t, bool all)
{
    cr_assert_eq(openpty(&t->master, &t->slave, NULL, NULL, NULL), 0);
    fflush(NULL);
    for (int i = 0; i < 2; i++)
        t->saved[i] = dup(1 + i);
    take_over(1, path_of("out"));
    if (all)
        dup2(t->slave, 1);
    dup2(t->slave, 2);
}

/* What was drawn. */
static const char *leave_terminal(struct terminal *t)
{
    static char drawn[65536];
    size_t n = 0;
    fflush(NULL);
    for (int i = 0; i < 2; i++) {
        dup2(t->saved[i], 1 + i);
        close(t->saved[i]);
    }
    struct pollfd p = {.fd = t->master, .events = POLLIN};
    while (n + 1 < sizeof drawn && poll(&p, 1, 100) > 0) {
        ssize_t got = read(t->master, drawn + n, sizeof drawn - 1 - n);
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    drawn[n] = '\0';
    close(t->slave);
    close(t->master);
    return drawn;
}

static const char *drawn_by(const char *command, bool all)
{
    struct terminal t;
    const char *argv[8] = {"genkan", "audit", command, "--config", config_path};
    int argc = 5;
    at_terminal(&t, all);
    int code = command_main(argc, argv);
    const char *drawn = leave_terminal(&t);
    cr_assert_eq(code, COMMAND_DONE, "%s", drawn);
    return drawn;
}

static enum err append_some(struct db *db, void *ctx)
{
    const struct ledger_event e = {.type = LEDGER_OPERATOR, .at = 1, .via = "command", .act = "test"};
    enum err err = ERR_OK;
    for (int i = 0; i < 10000 && !err; i++)
        err = ledger_append(ctx, db, &e, NULL);
    return err;
}

/* As many leaves as it takes for a verification to be worth a bar. */
static void make_large_ledger(void)
{
    struct store *store;
    struct ledger *ledger;
    const char *why;
    struct keys *keys;
    make_data();
    genkan("client add %s", registration_path);
    cr_assert_eq(keys_open(&keys, path_of("data/keys"), &why), ERR_OK, "%s", why);
    cr_assert_eq(store_open(&store, &(struct store_config){.path = path_of("data/genkan.db"), .readers = 1}, NULL),
                 ERR_OK);
    cr_assert_eq(ledger_open(&ledger, store, keys_secret(keys, SECRET_AUDIT)), ERR_OK);
    for (int i = 0; i < 7; i++)
        cr_assert_eq(store_write_soon(store, append_some, ledger), ERR_OK);
    ledger_close(ledger);
    store_close(store);
    keys_close(keys);
}

Test(command, audit_verify_draws_a_bar_on_a_terminal_and_nothing_elsewhere)
{
    make_large_ledger();
    const char *drawn = drawn_by("verify", false);
    cr_expect_not_null(strstr(drawn, "\r[#"), "%s", drawn);
    cr_expect_not_null(strstr(drawn, "[########################################] 100 %  70001 of 70001 leaves\r\n"),
                       "it ends with a line of its own: %s", drawn);
    struct output o = genkan("audit verify");
    cr_expect_eq(o.code, COMMAND_DONE);
    cr_expect_null(strchr(o.out, '#'), "%s", o.out);
    cr_expect_null(strchr(o.err, '#'), "%s", o.err);
}

Test(command, audit_list_draws_a_bar_only_where_it_does_not_run_into_the_answer)
{
    make_data();
    genkan("client add %s", registration_path);
    const char *drawn = drawn_by("list", false);
    cr_expect_not_null(strstr(drawn, "\r100 % [########################################]\r\n"), "%s", drawn);
    drawn = drawn_by("list", true);
    cr_expect_null(strchr(drawn, '#'), "%s", drawn);
    cr_expect_not_null(strstr(drawn, "events"), "the answer: %s", drawn);
    struct output o = genkan("audit list");
    cr_expect_str_empty(o.err, "%s", o.err);
    cr_expect_null(strchr(o.out, '#'), "%s", o.out);
}

static enum err spoil(struct db *db, void *ctx)
{
    (void)ctx;
    return db_run(db, "UPDATE ledger_event SET event = replace(event, 'a-booking', 'b-booking')", NO_VALUES);
}

Test(command, audit_verify_tells_an_altered_ledger_by_its_exit_code)
{
    struct store *store;
    make_data();
    genkan("client add %s", registration_path);
    struct output o = genkan("audit verify");
    cr_expect_eq(o.code, COMMAND_DONE);
    HAS(o.out, "nothing was altered");
    cr_assert_eq(store_open(&store, &(struct store_config){.path = path_of("data/genkan.db"), .readers = 1}, NULL),
                 ERR_OK);
    cr_assert_eq(store_write(store, spoil, NULL), ERR_OK);
    store_close(store);
    o = genkan("audit verify");
    cr_expect_eq(o.code, COMMAND_NO);
    HAS(o.out, "changed 0: salt and event do not fit the digest");
    HAS(o.out, "ALTERED: 1 fault\n");
}

Test(command, audit_list_takes_days_of_japan)
{
    make_data();
    genkan("client add %s", registration_path);
    HAS(genkan("audit list --since 1970-01-01 --until 2999-12-31").out, "\n1 events\n");
    HAS(genkan("audit list --until 2026-01-01").out, "\n0 events\n");
    HAS(genkan("audit list --since 2999-01-01").out, "\n0 events\n");
    HAS(genkan("audit list --org a-city --service a-booking --field name --format json").out, "{\"position\":0,");
    HAS(genkan("audit list --format csv").out, "position,time,event");
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, part)); p += strlen(part))
        n++;
    return n;
}

Test(command, audit_list_pages_and_counts_and_writes_the_questions_down)
{
    make_data();
    genkan("client add %s", registration_path);
    genkan("client update %s", registration_path);
    struct output o = genkan("audit list --limit 1 --format json");
    HAS(o.err, "--cursor 1.");
    cr_expect_eq(count(o.out, "\n"), 1);
    const char *cursor = strstr(o.err, "--cursor ");
    o = genkan("audit list --format json %.*s", (int)strcspn(cursor, "\n"), cursor);
    cr_expect(!strstr(o.out, "{\"position\":0,") && strstr(o.out, "{\"position\":1,"), "%s", o.out);
    o = genkan("audit count --by event,service --format csv");
    HAS(o.out, "event,service,n\r\n");
    HAS(o.out, "\"operator\",\"a-booking\",");
    HAS(genkan("audit count --by event --format json").out, "{\"event\":\"operator\",\"n\":");
    o = genkan("audit list --event operator");
    HAS(o.out, "audit list everything");
    HAS(o.out, "audit count everything");
    HAS(genkan("audit reindex").out, "0 blocks");
    HAS(genkan("audit list --every-event").out, "client add");
}

/* Whoever takes a bundle has every event there is. */
Test(command, audit_export_is_in_the_ledger_before_a_byte_is_written)
{
    make_data();
    genkan("client add %s", registration_path);
    cr_expect_eq(genkan("audit export").code, COMMAND_NO, "nothing is published");
    HAS(genkan("audit list --event operator").out, "audit export from=0");
}

Test(command, a_number_may_begin_with_a_dash)
{
    make_data();
    HAS(genkan("auditor remove -AAAAAAAAAAAAAAAAAAAAA").err, "there is no auditor -A");
    HAS(genkan("auditor remove --AAAAAAAAAAAAAAAAAAAA").err, "is not understood here");
    HAS(genkan("auditor remove -A").err, "is not understood here");
    const char *ended[] = {"genkan", "auditor", "remove", "--config", config_path, "--", "--AAAAAAAAAAAAAAAAAAAA",
                           NULL};
    HAS(run_words(ended).err, "there is no auditor --A");
    const char *two[] = {"genkan", "auditor", "remove", "--config", config_path, "--", "-A", "-B", NULL};
    HAS(run_words(two).err, "-B is not understood here");
}

Test(command, an_auditor_is_invited_listed_and_removed)
{
    make_data();
    struct output o = genkan("auditor invite Kansa");
    cr_expect_eq(o.code, COMMAND_DONE);
    HAS(o.out, "/audit/join");
    o = genkan("auditor list");
    HAS(o.out, "  invited ");
    HAS(o.out, "  Kansa\n");
    cr_expect_eq(genkan("auditor remove AAAAAAAAAAAAAAAAAAAAAA").code, COMMAND_NO);
    cr_expect_eq(genkan("auditor remove nobody").code, COMMAND_NO);
    const char *id = arena_text(&a, view_bytes(o.out, 22));
    o = genkan("auditor remove %s", id);
    cr_expect_eq(o.code, COMMAND_DONE);
    cr_expect_str_eq(o.out, arena_printf(&a, "%s: no auditor any more\n", id));
    HAS(genkan("auditor list").out, "  removed ");
    o = genkan("audit list --event operator");
    HAS(o.out, "auditor invite Kansa");
    HAS(o.out, "auditor remove Kansa");
}

/* --- versions of a registration -------------------------------------------------------------------------------- */

Test(command, client_update_keeps_the_secret_and_every_version)
{
    make_data();
    cr_expect_eq(genkan("client update %s", registration_path).code, COMMAND_NO, "nobody is registered");
    cr_expect_eq(genkan("client history a-booking").code, COMMAND_NO);
    genkan("client add %s", registration_path);
    struct output first = genkan("client history a-booking");
    cr_expect_eq(first.code, COMMAND_DONE);
    cr_expect_eq(count(first.out, "\n"), 2);
    HAS(first.out, "name!");
    cr_expect_eq(genkan("client update %s", registration_path).code, COMMAND_DONE);
    cr_expect_str_eq(genkan("client history a-booking").out, first.out, "word for word the same is no version");
    char *other = arena_text(&a, view_text(registration));
    memcpy(strstr(other, "To know"), "To tell", 7);
    write_text(registration_path, other);
    cr_expect_eq(genkan("client update %s", registration_path).code, COMMAND_DONE);
    struct output o = genkan("client history a-booking");
    cr_expect_eq(count(o.out, "\n"), 3);
    o = genkan("client history --json a-booking");
    cr_expect_eq(count(o.out, "\n"), 2);
    HAS(o.out, "{\"version\":1,");
    HAS(o.out, "To know");
    HAS(o.out, "To tell");
    HAS(genkan("audit list --event operator").out, "client update");
    HAS(genkan("client list").out, "a-booking");
    cr_expect_eq(genkan("client remove a-booking").code, COMMAND_DONE);
    cr_expect_eq(genkan("client update %s", registration_path).code, COMMAND_NO);
    cr_expect_eq(count(genkan("client history a-booking").out, "\n"), 3, "kept");
    write_text(registration_path, "{}");
    cr_expect_eq(genkan("client update %s", registration_path).code, COMMAND_CONFIG);
}

/* --- consents --------------------------------------------------------------------------------------------------- */

static enum err give_consents(struct db *db, void *ctx)
{
    enum err e = ERR_OK;
    (void)ctx;
    for (int i = 0; i < 250 && !e; i++) {
        struct ident resident = ident_mint(), id = ident_mint();
        e = db_run(db, "INSERT INTO resident (id, created_at) VALUES ($1, 0)", VALUES(V_IDENT(resident)));
        if (!e)
            e = db_run(
                db,
                "INSERT INTO consent (id, resident, client, org, sector, subject, terms_hash, ask_hash, decisions, "
                "duration, given_at, expires_at) VALUES ($1, $2, 'a-booking', 'a-city', 'a-city', 's', "
                "zeroblob(32), zeroblob(32), '', 3, 1, NULL)",
                VALUES(V_IDENT(id), V_IDENT(resident)));
    }
    return e;
}

Test(command, grant_suspend_stops_all_consents_of_a_service_and_resume_lets_them_go_on)
{
    struct store *store;
    make_data();
    genkan("client add %s", registration_path);
    cr_assert_eq(store_open(&store, &(struct store_config){.path = path_of("data/genkan.db"), .readers = 1}, NULL),
                 ERR_OK);
    cr_assert_eq(store_write(store, give_consents, NULL), ERR_OK);
    store_close(store);
    cr_expect_eq(genkan("grant suspend no+number").code, COMMAND_USAGE);
    cr_expect_eq(genkan("grant suspend AAAAAAAAAAAAAAAAAAAAAQ").code, COMMAND_NO);
    HAS(genkan("grant suspend --service nobody").out, "0 suspended");
    HAS(genkan("grant suspend --service a-booking").out, "250 suspended");
    HAS(genkan("grant suspend --service a-booking").out, "0 suspended");
    HAS(genkan("audit list --event suspended").out, "\n250 events\n");
    HAS(genkan("grant resume --service a-booking").out, "250 resumed");
    HAS(genkan("grant resume --service a-booking").out, "0 resumed");
    struct output events = genkan("audit list --event suspended --format json --limit 1");
    const char *member = strstr(events.out, "\"grant\":\"");
    char grant[32] = "";
    cr_assert(member && sscanf(member, "\"grant\":\"%22[^\"]", grant) == 1, "%s", events.out);
    HAS(genkan("grant suspend %s", grant).out, "1 suspended");
    cr_expect_eq(genkan("grant suspend %s", grant).code, COMMAND_NO);
    HAS(genkan("grant resume %s", grant).out, "1 resumed");
    cr_expect_eq(genkan("grant resume %s", grant).code, COMMAND_NO);
    cr_expect_eq(genkan("audit verify").code, COMMAND_DONE);
}

/* --- keys ------------------------------------------------------------------------------------------------------- */

Test(command, key_rotate_retires_the_active_key_and_writes_it_down)
{
    make_data();
    struct output before = genkan("key list");
    cr_expect_eq(before.code, COMMAND_DONE);
    cr_expect_eq(count(before.out, " retired "), 0);
    cr_expect_eq(genkan("key rotate --alg ES256 --force").code, COMMAND_DONE);
    struct output after = genkan("key list");
    cr_expect_eq(count(after.out, " retired "), 1);
    cr_expect_eq(count(after.out, " active "), count(before.out, " active "));
    cr_expect_eq(genkan("key rotate --use card --force").code, COMMAND_DONE);
    struct output events = genkan("audit list");
    HAS(events.out, "key rotate token ES256");
    HAS(events.out, "key rotate card ES256");
    cr_expect_null(strstr(events.out, "RS256"));
}

Test(command, key_list_shows_every_key_there_is)
{
    make_data();
    struct output o = genkan("key list");
    cr_expect_eq(o.code, COMMAND_DONE);
    static const char *const rows[] = {
        "token      RS256   active", "token      ES256   next",   "token      PS256   active",
        "token      EdDSA   next",   "card       ES256   active", "encryption RSA     active",
        "encryption ECDH    active", "profile    AES256  active", "ledger     Ed25519"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        HAS(o.out, rows[i]);
    HAS(o.out, "/profile-1.key");
    write_text(path_of("data/keys/profile-2.key"), "of a rotation that was interrupted");
    HAS(genkan("key list").out, "profile    AES256  next");
    cr_expect_eq(count(genkan("key list").out, "\nprofile "), 2);
    cr_expect_eq(genkan("key rotate --alg PS256 --force").code, COMMAND_DONE);
    HAS(genkan("key list").out, "token      PS256   retired");
    cr_expect_eq(genkan("key rotate --use encryption").code, COMMAND_DONE);
    HAS(genkan("key list").out, "encryption ECDH    retired");
    HAS(genkan("audit list").out, "key rotate encryption");
}

Test(command, key_rotate_refuses_a_key_that_services_may_not_know)
{
    make_data();
    cr_assert_eq(genkan("key rotate --alg ES256 --force").code, COMMAND_DONE);
    struct output before = genkan("key list"), events = genkan("audit list"), o = genkan("key rotate --alg ES256");
    cr_expect_eq(o.code, COMMAND_NO);
    HAS(o.err, "token ES256");
    HAS(o.err, "--force");
    cr_expect_eq(genkan("key rotate").code, COMMAND_NO, "none of them, if not all of them");
    cr_expect_str_eq(genkan("key list").out, before.out, "nothing changed");
    cr_expect_eq(count(genkan("audit list").out, "key rotate"), count(events.out, "key rotate"),
                 "and nothing is written down");
}

Test(command, refuses_keys_that_others_may_read)
{
    make_data();
    cr_assert_eq(chmod(path_of("data/keys/keys.json"), 0644), 0);
    struct output o = genkan("key list");
    cr_expect_eq(o.code, COMMAND_FAILED);
    HAS(o.err, "others may read");
}

Test(command, issuer_file_has_the_keys_an_agent_needs_and_no_private_one)
{
    make_data();
    struct output o = genkan("issuer-file --label Osaka");
    cr_expect_eq(o.code, COMMAND_DONE);
    HAS(o.out, "\"iss\":\"http://localhost:8080\"");
    HAS(o.out, "\"label\":\"Osaka\"");
    cr_expect_eq(count(o.out, "\"kid\":"), 2);
    cr_expect_null(strstr(o.out, "\"d\":"));
    HAS(genkan("issuer-file").out, "\"label\":\"localhost:8080\"");
}

/* --- roots ------------------------------------------------------------------------------------------------------- */

#define REAL SOURCE_DIR "/tests/vectors/jpki-roots"

static void open_production(void)
{
    write_text(config_path, arena_printf(&a,
                                         "issuer = \"https://id.example.lg.jp\"\ndata = \"%s/data\"\n"
                                         "jpki {\n trust = production\n roots = \"%s/roots\"\n ocsp = on\n}\n",
                                         folder, folder));
}

Test(command, roots_import_refuses_every_file_when_one_is_not_a_pinned_root)
{
    open_production();
    struct output o = genkan("roots import " REAL "/auth/auth03.cer " REAL "/imitation/auth.cer");
    cr_expect_eq(o.code, COMMAND_NO);
    HAS(o.err, "imitation/auth.cer: its SHA-256 fingerprint is not pinned for this use");
    cr_expect_neq(access(path_of("roots"), F_OK), 0, "nothing was written");
    o = genkan("roots import " BUILD_DIR "/testpki/auth/ca3.pem");
    cr_expect_eq(o.code, COMMAND_NO);
    HAS(o.err, "not the JPKI's name for this use (a test root?)");
    o = genkan("roots import %s", config_path);
    cr_expect_eq(o.code, COMMAND_NO);
    HAS(o.err, "no certificate in it");
    cr_expect_eq(genkan("roots import").code, COMMAND_USAGE);
    cr_expect_eq(genkan("roots list").code, COMMAND_CONFIG, "there is no folder yet");
}

Test(command, roots_import_takes_the_real_roots_and_list_says_when_they_expire)
{
    open_production();
    struct output o = genkan("roots import " REAL "/sign/sign02.cer " REAL "/auth/auth03.cer");
    cr_expect_eq(o.code, COMMAND_DONE, "%s", o.err);
    cr_expect_eq(access(path_of("roots/auth/64114f29620c24ed.cer"), F_OK), 0);
    cr_expect_eq(access(path_of("roots/sign/79679c33e4cc9319.cer"), F_OK), 0);
    o = genkan("roots list");
    cr_expect_eq(o.code, COMMAND_DONE);
    HAS(o.out, "auth  auth 03   2023-07-16  2033-07-15");
    HAS(o.out, "sign  sign 02   2019-09-15  2029-09-14");
    cr_expect_eq(genkan("roots import " REAL "/auth/auth03.cer").code, COMMAND_DONE, "again");
    cr_expect_eq(genkan("roots list").code, COMMAND_DONE);
}

Test(command, roots_list_says_no_when_nobody_could_log_in)
{
    open_production();
    cr_expect_eq(genkan("roots import " REAL "/auth/auth01.cer").code, COMMAND_DONE);
    struct output o = genkan("roots list");
    cr_expect_eq(o.code, COMMAND_NO);
    HAS(o.out, "expired");
    HAS(o.err, "no root for logging in is valid today");
}

/* --- logins ------------------------------------------------------------------------------------------------------ */

static enum err disown_job(struct db *db, void *ctx)
{
    struct login l = {.session = {{0x3f, 0xa9, 0x12, 0xc0}}, .at = 1795305600, .agent = VIEW("firefox windows")};
    (void)ctx;
    enum err e = resident_mint(&l.resident, db, 1795305600);
    if (!e)
        e = login_record(db, &l);
    return e ? e : login_disown(db, &a, l.resident, l.session, 1795309200);
}

Test(command, lists_the_logins_that_residents_disowned)
{
    struct store *store;
    make_data();
    struct output o = genkan("login disowned");
    cr_expect_eq(o.code, COMMAND_DONE);
    cr_expect_str_eq(o.out, "");
    cr_assert_eq(store_open(&store, &(struct store_config){.path = path_of("data/genkan.db"), .readers = 1}, NULL),
                 ERR_OK);
    cr_assert_eq(store_write(store, disown_job, NULL), ERR_OK);
    store_close(store);
    o = genkan("login disowned");
    HAS(o.out, "3fa9-12c0  2026-11-22T00:00:00Z  2026-11-22T01:00:00Z  firefox windows");
    o = genkan("login disowned --json");
    HAS(o.out, "{\"login\":\"3fa9-12c0\",\"at\":\"2026-11-22T00:00:00Z\",");
}

/* --- notices ----------------------------------------------------------------------------------------------------- */

static enum err give_up_job(struct db *db, void *ctx)
{
    const struct notice n = {
        .channel = NOTICE_LOGOUT, .client = VIEW("a-booking"), .sub = VIEW("s"), .created_at = 1795305600};
    (void)ctx;
    enum err e = notice_add(db, &n);
    return e ? e : notice_give_up(db, 1, VIEW("status 500"), 1795392000);
}

Test(command, shows_tries_again_and_drops_what_services_have_not_heard)
{
    struct store *store;
    make_data();
    cr_expect_eq(genkan("notice retry 1").code, COMMAND_NO);
    cr_assert_eq(store_open(&store, &(struct store_config){.path = path_of("data/genkan.db"), .readers = 1}, NULL),
                 ERR_OK);
    cr_assert_eq(store_write(store, give_up_job, NULL), ERR_OK);
    store_close(store);
    HAS(genkan("notice list").out, "given up: status 500");
    HAS(genkan("notice list --json").out, "\"client\":\"a-booking\"");
    HAS(genkan("notice retry 1").out, "to be tried again: 1");
    HAS(genkan("notice list").out, "waits");
    cr_expect_eq(genkan("notice drop --service b-booking").code, COMMAND_NO);
    HAS(genkan("notice drop --service a-booking").out, "dropped: 1");
    cr_expect_str_eq(genkan("notice list").out, "");
}
