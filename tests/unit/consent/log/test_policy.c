#include <criterion/criterion.h>
#include <stdio.h>

#include "consent/log/policy.h"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 16 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(policy, .init = open_arena, .fini = close_arena);

#define LOG "log example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n"
#define W1  "witness w1 remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"

static const char *fault_of(const char *text)
{
    struct policy *p;
    struct policy_fault fault;
    enum err err = policy_read(&p, &a, view_text(text), &fault);
    cr_assert(err == ERR_OK || (err == ERR_SYNTAX && fault.rule), "%s", text);
    return err ? fault.rule : NULL;
}

#define FOO "log example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

Test(policy, good_ones_are_read)
{
    static const char *const good[] = {"quorum none\n",
                                       "quorum none",
                                       LOG "quorum none\n",
                                       "# comment\n\n  \t# more\n" LOG " quorum\tnone \n",
                                       LOG W1 "\nquorum w1\n",
                                       LOG W1 " https://w.example/\ngroup g any w1\nquorum g\n",
                                       W1 "\ngroup g 1 w1\ngroup h all g\nquorum h\n" LOG,
                                       FOO " https://l.example/\nquorum none\n",
                                       "# \xe3\x82\xab\xff any octet above 0x80\nquorum none\n"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect_null(fault_of(good[i]), "%s: %s", good[i], fault_of(good[i]));
}

Test(policy, bad_ones_are_refused_with_the_rule)
{
    static const char *const bad[] = {"",
                                      LOG,
                                      "quorum\n",
                                      "quorum none none\n",
                                      "quorum none\nquorum none\n",
                                      "quorum w1\n" W1 "\n",
                                      LOG LOG "quorum none\n",
                                      "log nokey\nquorum none\n",
                                      "log remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2\n"
                                      "quorum none\n",
                                      "witness w1 example.com/foo+530d903a+"
                                      "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\nquorum w1\n",
                                      W1 "\n" W1 "\nquorum w1\n",
                                      W1 "\nwitness w2 remora.n621.de+da77ade7+"
                                         "BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2\nquorum w1\n",
                                      "witness none remora.n621.de+da77ade7+"
                                      "BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2\nquorum none\n",
                                      W1 " url more\nquorum w1\n",
                                      W1 "\ngroup g any\nquorum g\n",
                                      W1 "\ngroup g 0 w1\nquorum g\n",
                                      W1 "\ngroup g 2 w1\nquorum g\n",
                                      W1 "\ngroup g -1 w1\nquorum g\n",
                                      W1 "\ngroup g most w1\nquorum g\n",
                                      W1 "\ngroup g any w2\nquorum g\n",
                                      W1 "\ngroup g any none\nquorum g\n",
                                      W1 "\ngroup g any g\nquorum g\n",
                                      W1 "\ngroup g any w1 w1\nquorum g\n",
                                      W1 "\ngroup g any w1\ngroup h any w1\nquorum h\n",
                                      W1 "\ngroup w1 any w1\nquorum w1\n",
                                      "what is this\nquorum none\n",
                                      "quorum none\r\n",
                                      "quorum none # no comment here\n",
                                      "quorum\vnone\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not_null(fault_of(bad[i]), "%s", bad[i]);
}

Test(policy, names_the_line_that_is_wrong)
{
    struct policy *p;
    struct policy_fault fault;
    cr_expect_eq(policy_read(&p, &a, VIEW("# one\nquorum none\nfoo\n"), &fault), ERR_SYNTAX);
    cr_expect_eq(fault.line, 3);
}

/* --- verdicts --------------------------------------------------------------------------------------------------- */

enum { WITNESSES = 4 };
static struct ed25519_key *log_key, *witness_keys[WITNESSES];
static struct note_key log_name, witness_names[WITNESSES];

static void make_keys(void)
{
    cr_assert_eq(ed25519_make(&log_key), ERR_OK);
    log_name = note_key_of(VIEW("id.example/ledger"), NOTE_ED25519, log_key);
    for (size_t i = 0; i < WITNESSES; i++) {
        cr_assert_eq(ed25519_make(&witness_keys[i]), ERR_OK);
        witness_names[i] =
            note_key_of(view_text(arena_printf(&a, "w%zu.example", i)), NOTE_COSIGNATURE, witness_keys[i]);
    }
}

static void put_key(struct buf *b, const char *before, const struct note_key *k)
{
    buf_put_text(b, before);
    note_key_put(b, k);
    buf_put_byte(b, '\n');
}

/* Two cities, X with three witnesses of which two are wanted, Y with one. */
static const struct policy *two_cities(const char *quorum)
{
    struct buf b;
    struct view text;
    struct policy *p;
    struct policy_fault fault;
    buf_open(&b, &a, 8192);
    put_key(&b, "log ", &log_name);
    for (size_t i = 0; i < WITNESSES; i++)
        put_key(&b, arena_printf(&a, "witness %zu ", i), &witness_names[i]);
    buf_printf(&b, "group X 2 0 1 2\ngroup both all X 3\nquorum %s\n", quorum);
    cr_assert_eq(buf_done(&b, &text), ERR_OK);
    cr_assert_eq(policy_read(&p, &a, text, &fault), ERR_OK, "%s", fault.rule);
    return p;
}

/* Which witnesses sign: bits of WHO; bit 8: the log; bit 9: an extra wrong signature of witness 0. */
static enum policy_answer answer(const struct policy *p, unsigned who)
{
    static const char text[] = "id.example/ledger\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    struct buf b;
    struct view note;
    struct checkpoint c;
    struct policy_verdict v;
    buf_open(&b, &a, 8192);
    buf_put_text(&b, text);
    buf_put_byte(&b, '\n');
    if (who & 256)
        cr_assert_eq(note_put_signature(&b, view_text(text), &log_name, log_key, 0), ERR_OK);
    for (size_t i = 0; i < WITNESSES; i++)
        if (who & 1U << i)
            cr_assert_eq(note_put_signature(&b, view_text(text), &witness_names[i], witness_keys[i], 1000 + (int64_t)i),
                         ERR_OK);
    if (who & 512)
        cr_assert_eq(note_put_signature(&b, VIEW("other\n"), &witness_names[0], witness_keys[0], 5), ERR_OK);
    buf_put_text(&b, "— stranger AAAAAAA=\n");
    cr_assert_eq(buf_done(&b, &note), ERR_OK);
    cr_assert_eq(checkpoint_read(&c, &a, note), ERR_OK);
    cr_assert_eq(policy_decide(&v, p, &c), ERR_OK);
    return v.answer;
}

Test(policy, decides_by_log_and_quorum)
{
    static const struct {
        const char *quorum;
        unsigned who;
        enum policy_answer answer;
    } rows[] = {{"both", 0, POLICY_NOT_SIGNED},
                {"both", 15, POLICY_NOT_SIGNED},
                {"both", 256, POLICY_NO_WITNESSES},
                {"both", 256 + 7, POLICY_NO_WITNESSES},
                {"both", 256 + 8, POLICY_NO_WITNESSES},
                {"both", 256 + 9, POLICY_NO_WITNESSES},
                {"both", 256 + 11, POLICY_GOOD},
                {"both", 256 + 14, POLICY_GOOD},
                {"both", 256 + 15, POLICY_GOOD},
                {"both", 256 + 15 + 512, POLICY_BAD_SIGNATURE},
                {"X", 256 + 3, POLICY_GOOD},
                {"X", 256 + 1, POLICY_NO_WITNESSES},
                {"3", 256 + 8, POLICY_GOOD},
                {"3", 256 + 7, POLICY_NO_WITNESSES},
                {"none", 256, POLICY_GOOD},
                {"none", 15, POLICY_NOT_SIGNED},
                {"none", 256 + 512, POLICY_BAD_SIGNATURE}};
    make_keys();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq((int)answer(two_cities(rows[i].quorum), rows[i].who), (int)rows[i].answer, "row %zu", i);
}

Test(policy, does_not_know_other_logs)
{
    struct policy *p;
    struct policy_fault fault;
    make_keys();
    cr_assert_eq(policy_read(&p, &a, VIEW(LOG "quorum none\n"), &fault), ERR_OK);
    cr_expect_eq((int)answer(p, 256), POLICY_UNKNOWN_LOG);
}
