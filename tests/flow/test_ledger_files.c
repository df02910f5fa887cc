/* The published ledger as anybody gets it, and its proof of what happened to Hanako. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "consent/log/receipt_check.h"
#include "consent/log/tlog_proof.h"
#include "consent/proof.h"
#include "consent/publish.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct browser anybody;

static void open_stage(void)
{
    stage_open(&stage);
    cr_assert(resident_visits(&stage.hanako, &stage.a_city));
    struct tokens t = service_redeem(&stage.a_city, service_receive(&stage.a_city, &stage.hanako.browser, NULL));
    service_userinfo(&stage.a_city, t.access, NULL);
    provider_publish(genkan);
    provider_browser(genkan, &anybody);
}

static void close_stage(void)
{
    browser_close(&anybody);
    stage_close(&stage);
}

TestSuite(ledger_files, .init = open_stage, .fini = close_stage);

static int get(const char *path)
{
    return browser_get(&anybody, arena_printf(&genkan->a, PROVIDER_ISSUER "%s", path)) ? anybody.status : 0;
}

Test(ledger_files, are_served_to_anybody_and_give_the_root_that_is_signed)
{
    struct checkpoint c;
    struct tree t;
    uint8_t root[TREE_HASH];
    cr_assert_eq(get("/ledger/checkpoint"), 200);
    cr_expect_str_eq(anybody.content_type, "text/plain; charset=utf-8");
    cr_assert_eq(checkpoint_read(&c, &genkan->a, arena_copy(&genkan->a, anybody.body)), ERR_OK);
    cr_expect(c.size >= 3 && c.size < 256, "%d", (int)c.size);
    cr_assert_eq(get(arena_printf(&genkan->a, "/ledger/tile/0/000.p/%d", (int)c.size)), 200);
    cr_expect_str_eq(anybody.content_type, "application/octet-stream");
    cr_expect(strstr(anybody.headers, "immutable"));
    cr_assert_eq(anybody.body.n, (size_t)c.size * TREE_HASH);
    tree_open(&t);
    for (int64_t i = 0; i < c.size; i++)
        tree_append(&t, anybody.body.p + i * TREE_HASH);
    tree_root(root, &t);
    cr_expect_arr_eq(root, c.root, TREE_HASH);
}

Test(ledger_files, are_the_only_files_that_can_be_reached)
{
    static const char *const bad[] = {"/ledger/",
                                      "/ledger/tile/0/000",
                                      "/ledger/tile/0/001",
                                      "/ledger/tile/0/000.p/0",
                                      "/ledger/tile/0/0",
                                      "/ledger/checkpoint/",
                                      "/ledger/%2e%2e/keys/ledger.pem",
                                      "/ledger/ledger.pem",
                                      "/ledger/verify.pem",
                                      "/ledger/checkpoint.last"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(get(bad[i]), 404, "%s: %d", bad[i], anybody.status);
}

Test(ledger_files, page_may_load_only_what_lies_beside_it)
{
    cr_assert_eq(get("/ledger/verify.html"), 200);
    cr_expect(strstr(anybody.headers, "default-src 'none'; script-src 'self'"));
    cr_expect_eq(get("/ledger/verify.js"), 200);
    cr_expect_eq(get("/ledger/verify.css"), 200);
}

static struct view taken(const char *path)
{
    struct browser *hers = &stage.hanako.browser;
    cr_assert(browser_get(hers, arena_printf(&genkan->a, PROVIDER_ISSUER "%s", path)));
    cr_assert_eq(hers->status, 200, "%s: %d", path, hers->status);
    return arena_copy(&genkan->a, hers->body);
}

static enum receipt_answer checked(struct view receipt, struct view proof, const struct policy *policy)
{
    struct receipt_verdict v = {0};
    const char *which = "";
    cr_assert_eq(get("/jwks"), 200);
    struct view keys = arena_copy(&genkan->a, anybody.body);
    cr_assert_eq(receipt_check(&v, &genkan->a, receipt, keys, proof, policy, &which), ERR_OK, "%s", which);
    return v.answer;
}

/* All four files as she gets them: her receipt, its proof, the issuer's keys, and the log's key on paper. */
Test(ledger_files, prove_a_receipt_of_her_page)
{
    struct view receipt = taken("/me/services/a-city/receipt.jws");
    struct view proof = taken("/me/services/a-city/receipt.tlog-proof");
    struct policy_fault fault;
    struct policy *policy, *other;
    const char *key;
    const struct config *c = genkan->config;
    cr_assert_eq(publish_key_text(&key, &genkan->a, c->ledger.key, view_text(c->ledger.origin)), ERR_OK);
    struct view text = view_text(arena_printf(&genkan->a, "log %s\nquorum none\n", key));
    cr_assert_eq(policy_read(&policy, &genkan->a, text, &fault), ERR_OK);
    cr_expect_eq(checked(receipt, proof, policy), RECEIPT_GOOD);
    struct view of_another =
        VIEW("log example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\nquorum none\n");
    cr_assert_eq(policy_read(&other, &genkan->a, of_another, &fault), ERR_OK);
    cr_expect_eq(checked(receipt, proof, other), RECEIPT_POLICY, "a log that nobody trusts");
    cr_assert(resident_visits(&stage.hanako, &stage.b_city));
    provider_publish(genkan);
    cr_expect_eq(checked(receipt, taken("/me/services/b-city/receipt.tlog-proof"), policy), RECEIPT_OTHER_LEAF);
}

Test(ledger_files, prove_what_was_disclosed)
{
    int64_t index = provider_number(genkan, "SELECT position FROM ledger_event WHERE class = 5");
    struct ledger_leaf leaf;
    struct tlog_proof p;
    struct view text;
    uint8_t digest[32], hash[32];
    struct db *db = store_borrow(genkan->op->store);
    cr_assert_eq(ledger_leaf_find(&leaf, &genkan->a, db, index), ERR_OK);
    store_return(genkan->op->store, db);
    cr_assert_eq(proof_find(&text, &genkan->a, genkan->config->ledger.folder, index, VIEW_NONE), ERR_OK);
    cr_assert_eq(tlog_proof_read(&p, &genkan->a, text), ERR_OK);
    leaf_digest(digest, leaf.salt, leaf.event);
    leaf_hash(hash, (unsigned)leaf.type, digest);
    cr_expect(tree_includes(&p.path, index, p.checkpoint.size, hash, p.checkpoint.root));
}
