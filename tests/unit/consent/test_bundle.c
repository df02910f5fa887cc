/* Bundles and receipts as they leave the house, checked by what checks them elsewhere: the functions, and the program
 * genkan-verify itself. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/jws.h"
#include "consent/audit.h"
#include "consent/log/bundle.h"
#include "consent/log/receipt_check.h"
#include "consent/proof.h"
#include "consent/publish.h"
#include "rig.h"

static struct rig r;
static struct publish_config config;
static const struct policy *policy;

static const char *in_folder(const char *name)
{
    return arena_printf(&r.arena, "%s/%s", r.folder, name);
}

static void put_file(const char *name, struct view v)
{
    cr_assert_eq(file_write(in_folder(name), v, 0600), ERR_OK);
}

static void publish_now(void)
{
    struct publisher *p;
    const char *why;
    cr_assert_eq(publisher_open(&p, &config, &r.arena, &why), ERR_OK, "%s", why);
    cr_assert_eq(publisher_publish(p, &r.arena, &why), ERR_OK);
    publisher_close(p);
}

static void open_log(void)
{
    const char *vkey, *why;
    rig_open(&r);
    config = (struct publish_config){.store = r.store, .origin = VIEW("id.example/ledger"), .clock = &clock_real};
    config.folder = in_folder("ledger");
    config.key_path = in_folder("ledger.pem");
    for (int i = 0; i < 5; i++)
        rig_append(&r, i % 2 ? LEDGER_DISCLOSED : LEDGER_GIVEN, RIG_NOW * 1000 + i);
    publish_now();
    cr_assert_eq(publish_key_text(&vkey, &r.arena, config.key_path, config.origin), ERR_OK);
    put_file("policy", view_text(arena_printf(&r.arena, "log %s\nquorum none\n", vkey)));
    cr_assert_eq(policy_read_file(&policy, &r.arena, in_folder("policy"), &why), ERR_OK);
}

static void close_log(void)
{
    char command[200];
    snprintf(command, sizeof command, "rm -rf %s", r.folder);
    rig_close(&r);
    cr_assert_eq(system(command), 0);
}

TestSuite(bundle, .init = open_log, .fini = close_log);

static struct view export_from(int64_t from)
{
    char *text = NULL;
    size_t n = 0;
    int64_t size;
    FILE *out = open_memstream(&text, &n);
    struct db *db = store_borrow(r.store);
    cr_assert_eq(audit_export(out, &r.arena, db, config.folder, from, &size), ERR_OK);
    store_return(r.store, db);
    fclose(out);
    struct view kept = arena_copy(&r.arena, view_bytes(text, n));
    free(text);
    return kept;
}

static struct bundle_report report;

/* Faults, or -1: not a bundle at all. */
static int64_t check(struct view bundle, const struct checkpoint *earlier)
{
    struct arena a;
    int64_t line;
    FILE *in = fmemopen((void *)(uintptr_t)bundle.p, bundle.n, "r");
    arena_open(&a, 1 << 20);
    enum err err = bundle_verify(&report, &a, in, policy, earlier, &line);
    fclose(in);
    arena_close(&a);
    cr_assert(err == ERR_OK || err == ERR_SYNTAX, "%s", err_name(err));
    return err ? -1 : report.faults;
}

static struct checkpoint *published(void)
{
    struct view text;
    struct checkpoint *c = arena_alloc(&r.arena, sizeof *c);
    cr_assert_eq(file_read(&r.arena, in_folder("ledger/checkpoint"), NOTE_MAX, &text), ERR_OK);
    cr_assert_eq(checkpoint_read(c, &r.arena, text), ERR_OK);
    return c;
}

Test(bundle, of_the_whole_log_is_good)
{
    cr_expect_eq(check(export_from(0), NULL), 0);
    cr_expect_eq(report.size, 5);
    cr_expect_eq(report.of_type[LEDGER_GIVEN], 3);
    cr_expect_eq(report.of_type[LEDGER_DISCLOSED], 2);
}

Test(bundle, with_any_byte_changed_is_not)
{
    struct view good = export_from(0);
    uint8_t *bytes = (uint8_t *)(uintptr_t)good.p;
    for (size_t i = 0; i < good.n; i++) {
        bytes[i] ^= 0x01;
        cr_expect_neq(check(good, NULL), 0, "byte %zu", i);
        bytes[i] ^= 0x01;
    }
    cr_assert_eq(check(good, NULL), 0);
}

Test(bundle, cut_off_anywhere_is_not)
{
    struct view good = export_from(0);
    for (size_t n = 1; n < good.n; n++)
        cr_expect_neq(check(view_part(good, 0, n), NULL), 0, "%zu bytes", n);
}

Test(bundle, goes_on_from_a_checkpoint_that_was_kept_and_from_no_other)
{
    struct checkpoint *kept = published(), *other = published();
    for (int i = 0; i < 300; i++)
        rig_append(&r, LEDGER_DISCLOSED, i);
    publish_now();
    cr_expect_eq(check(export_from(5), kept), 0);
    cr_expect_eq(report.from, 5);
    cr_expect_eq(report.size, 305);
    cr_expect_gt(check(export_from(4), kept), 0, "begins elsewhere");
    other->root[0] ^= 1;
    cr_expect_gt(check(export_from(5), other), 0, "another history");
    cr_expect_eq(check(export_from(257), NULL), 0);
}

struct erase_job {
    const int64_t *indexes;
    size_t n;
};

static enum err erase(struct db *db, void *ctx)
{
    const struct erase_job *e = ctx;
    return ledger_erase(r.ledger, db, e->indexes, e->n, RIG_NOW * 1000);
}

Test(bundle, is_not_made_while_an_erasure_waits_to_be_published)
{
    static const int64_t indexes[] = {1};
    struct erase_job job = {indexes, 1};
    char *text = NULL;
    size_t n = 0;
    int64_t size;
    cr_assert_eq(store_write(r.store, erase, &job), ERR_OK);
    FILE *out = open_memstream(&text, &n);
    struct db *db = store_borrow(r.store);
    cr_expect_eq(audit_export(out, &r.arena, db, config.folder, 0, &size), ERR_CONFLICT, "it would be called a fault");
    cr_expect_eq(audit_export(out, &r.arena, db, config.folder, 2, &size), ERR_OK, "what it does not touch");
    store_return(r.store, db);
    fclose(out);
    free(text);
    publish_now();
    cr_expect_eq(check(export_from(0), NULL), 0);
    cr_expect_eq(report.erased, 1);
}

Test(bundle, in_pieces_is_the_same)
{
    struct audit_bundle b;
    char *text = NULL;
    size_t n = 0;
    bool end = false;
    struct view whole = export_from(1);
    FILE *out = open_memstream(&text, &n);
    struct db *db = store_borrow(r.store);
    cr_assert_eq(audit_bundle_open(&b, &r.arena, config.folder, 1), ERR_OK);
    for (int i = 0; !end && i < 10; i++)
        cr_assert_eq(audit_bundle_write(&b, out, db, 3, &end), ERR_OK);
    store_return(r.store, db);
    fclose(out);
    cr_expect(end && view_equal(whole, view_bytes(text, n)));
    free(text);
    cr_expect_eq(audit_bundle_open(&b, &r.arena, config.folder, 6), ERR_LIMIT);
    cr_expect_eq(audit_bundle_open(&b, &r.arena, "/nowhere", 0), ERR_NOT_FOUND);
}

Test(bundle, accepts_an_erasure_that_is_named_and_no_other)
{
    static const int64_t indexes[] = {1, 3};
    struct erase_job job = {indexes, 2};
    cr_assert_eq(store_write(r.store, erase, &job), ERR_OK);
    publish_now();
    cr_expect_eq(check(export_from(0), NULL), 0);
    cr_expect_eq(report.erased, 2);
    rig_tamper(&r, "UPDATE ledger_event SET salt = NULL, event = NULL WHERE position = 2");
    cr_expect_eq(check(export_from(0), NULL), 1);
    cr_expect_eq(report.first[0].index, 2);
}

Test(bundle, of_a_log_the_policy_does_not_know_is_not_good)
{
    const char *why;
    put_file("other", VIEW("log example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\nquorum none\n"));
    cr_assert_eq(policy_read_file(&policy, &r.arena, in_folder("other"), &why), ERR_OK);
    cr_expect_gt(check(export_from(0), NULL), 0);
}

/* --- receipts --------------------------------------------------------------------------------------------------- */

static struct jws_key *issuer;
static struct view jwks, proof;

static void make_issuer(void)
{
    struct buf b;
    struct json_out o;
    cr_assert_eq(jws_key_make(&issuer, JWS_ES256), ERR_OK);
    buf_open(&b, &r.arena, 4096);
    json_out_open(&o, &b);
    buf_put_text(&b, "{\"keys\":[");
    jws_key_put_jwk(&o, issuer);
    buf_put_text(&b, "]}");
    cr_assert_eq(buf_done(&b, &jwks), ERR_OK);
    cr_assert_eq(proof_find(&proof, &r.arena, config.folder, 2, VIEW_NONE), ERR_OK);
}

/* A receipt about leaf INDEX, with REPLACE (a piece of the payload) written WITH instead. */
static struct view receipt_of(int64_t index, const char *replace, const char *with)
{
    struct ledger_leaf leaf;
    struct buf b, signed_text;
    struct json_out o;
    const char *payload;
    struct view out;
    struct db *db = store_borrow(r.store);
    cr_assert_eq(ledger_leaf_find(&leaf, &r.arena, db, index), ERR_OK);
    store_return(r.store, db);
    buf_open(&b, &r.arena, 8192);
    json_out_open(&o, &b);
    json_begin(&o);
    json_key(&o, "ledger");
    json_begin(&o);
    json_pair(&o, "event", leaf.event);
    json_pair_int(&o, "index", index);
    json_pair_text(&o, "origin", "id.example/ledger");
    json_pair_text(&o, "salt", base64url_text(&r.arena, leaf.salt));
    json_end(&o);
    json_end(&o);
    cr_assert_eq(buf_done_text(&b, &payload), ERR_OK);
    const char *at = replace ? strstr(payload, replace) : NULL;
    cr_assert(!replace || at, "%s", replace);
    if (at)
        payload = arena_printf(&r.arena, "%.*s%s%s", (int)(at - payload), payload, with, at + strlen(replace));
    buf_open(&signed_text, &r.arena, 16384);
    cr_assert_eq(jws_sign(&signed_text, issuer, "receipt+jwt", view_text(payload)), ERR_OK);
    cr_assert_eq(buf_done(&signed_text, &out), ERR_OK);
    return out;
}

static int answer_of(struct view receipt, struct view keys, struct view p)
{
    struct receipt_verdict v;
    const char *which;
    enum err err = receipt_check(&v, &r.arena, receipt, keys, p, policy, &which);
    cr_assert(err == ERR_OK || err == ERR_SYNTAX, "%s", err_name(err));
    return err ? -1 : (int)v.answer;
}

Test(bundle, receipt_with_its_proof_is_good)
{
    make_issuer();
    cr_expect_eq(answer_of(receipt_of(2, NULL, NULL), jwks, proof), RECEIPT_GOOD);
    jws_key_close(issuer);
}

Test(bundle, receipt_that_says_something_else_is_refused)
{
    static const struct {
        const char *replace, *with;
        enum receipt_answer answer;
    } rows[] = {{"\"index\":2", "\"index\":3", RECEIPT_OTHER_LEAF},
                {"id.example/ledger", "id.example/lodger", RECEIPT_OTHER_LEAF},
                {"a-booking", "b-booking", RECEIPT_NOT_INCLUDED},
                {"\\\"given\\\"", "\\\"refused\\\"", RECEIPT_NOT_INCLUDED},
                {"\\\"given\\\"", "\\\"taken\\\"", RECEIPT_BAD_EVENT},
                {"{\\\"at\\\"", "{ \\\"at\\\"", RECEIPT_BAD_EVENT},
                {"\"salt\":\"", "\"salt\":\"AA", RECEIPT_NO_LEDGER},
                {"\"salt\"", "\"sold\"", RECEIPT_NO_LEDGER},
                {"\"ledger\"", "\"lodger\"", RECEIPT_NO_LEDGER}};
    make_issuer();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(answer_of(receipt_of(2, rows[i].replace, rows[i].with), jwks, proof), (int)rows[i].answer, "%s",
                     rows[i].with);
    jws_key_close(issuer);
}

Test(bundle, receipt_of_another_issuer_or_with_another_proof_is_refused)
{
    struct view other;
    make_issuer();
    struct view receipt = receipt_of(2, NULL, NULL), own = jwks;
    cr_assert_eq(proof_find(&other, &r.arena, config.folder, 3, VIEW_NONE), ERR_OK);
    cr_expect_eq(answer_of(receipt, jwks, other), RECEIPT_OTHER_LEAF);
    cr_expect_eq(answer_of(receipt, VIEW("{\"keys\":[]}"), proof), RECEIPT_NOT_SIGNED);
    cr_expect_eq(answer_of(receipt, VIEW("[]"), proof), -1);
    jws_key_close(issuer);
    make_issuer();
    cr_expect_eq(answer_of(receipt, jwks, proof), RECEIPT_NOT_SIGNED);
    cr_expect_eq(answer_of(receipt, own, proof), RECEIPT_GOOD);
    jws_key_close(issuer);
}

Test(bundle, proof_with_any_byte_changed_is_refused)
{
    make_issuer();
    struct view receipt = receipt_of(2, NULL, NULL);
    uint8_t *bytes = (uint8_t *)(uintptr_t)proof.p;
    for (size_t i = 0; i < proof.n; i++) {
        struct receipt_verdict v = {0};
        const char *which;
        struct arena a;
        arena_open(&a, 1 << 20);
        bytes[i] ^= 0x01;
        enum err err = receipt_check(&v, &a, receipt, jwks, proof, policy, &which);
        cr_expect(err == ERR_SYNTAX || err == ERR_LIMIT || v.answer != RECEIPT_GOOD, "byte %zu", i);
        bytes[i] ^= 0x01;
        arena_close(&a);
    }
    jws_key_close(issuer);
}

/* --- the program ------------------------------------------------------------------------------------------------ */

static int run(const char *arguments)
{
    const char *command =
        arena_printf(&r.arena, "cd %s && %s/genkan-verify %s >out 2>&1", r.folder, BUILD_DIR, arguments);
    int status = system(command);
    return WEXITSTATUS(status);
}

Test(bundle, program_says_good_or_not_by_its_exit_code)
{
    make_issuer();
    put_file("receipt", receipt_of(2, NULL, NULL));
    put_file("forged", receipt_of(2, "a-booking", "b-booking"));
    put_file("jwks", jwks);
    put_file("proof", proof);
    put_file("bundle", export_from(0));
    put_file("short", view_part(export_from(0), 0, 700));
    cr_expect_eq(run("receipt --policy policy --jwks jwks receipt proof"), 0);
    cr_expect_eq(run("receipt --policy policy --jwks jwks forged proof"), 1);
    cr_expect_eq(run("receipt --policy policy --jwks jwks proof receipt"), 1);
    cr_expect_eq(run("receipt --policy policy receipt proof"), 2);
    cr_expect_eq(run("receipt --jwks jwks receipt proof"), 2);
    cr_expect_eq(run("receipt --policy none --jwks jwks receipt proof"), 4);
    cr_expect_eq(run("bundle --policy policy bundle"), 0);
    cr_expect_eq(run("bundle --policy policy --from ledger/checkpoint bundle"), 1);
    cr_expect_eq(run("bundle --policy policy short"), 1);
    cr_expect_eq(run("bundle --policy policy none"), 4);
    cr_expect_eq(run("checkpoint --policy policy ledger/checkpoint"), 0);
    cr_expect_eq(run("checkpoint --policy policy proof"), 1);
    cr_expect_eq(run("nothing"), 2);
    cr_expect_eq(run("--help"), 0);
    jws_key_close(issuer);
}
