/* genkan-verify: checks receipts, bundles and checkpoints of a consent ledger offline. It opens the files it is given
 * and nothing else: no database, no network. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/hex.h"
#include "consent/log/bundle.h"
#include "consent/log/receipt_check.h"

enum { GOOD = 0, NOT_GOOD = 1, USAGE = 2, FAILED = 4, CEILING = 64 << 20 };

static const char USAGE_TEXT[] =
    "usage: genkan-verify receipt    --policy FILE --jwks FILE RECEIPT PROOF\n"
    "       genkan-verify bundle     --policy FILE [--from CHECKPOINT] BUNDLE\n"
    "       genkan-verify checkpoint --policy FILE CHECKPOINT\n"
    "\n"
    "Checks offline: a consent receipt with its proof, a stretch of the ledger, a signed head. The policy says whose\n"
    "signatures count; get it from somebody you trust, not from whom you check. Exit code 0: good; 1: not good;\n"
    "2: wrong command line; 4: a file cannot be read.\n";

struct words {
    const char *policy, *jwks, *from, *files[2];
    size_t n;
};

static bool read_words(struct words *w, int argc, char **argv)
{
    const struct {
        const char *name, **value;
    } options[] = {{"--policy", &w->policy}, {"--jwks", &w->jwks}, {"--from", &w->from}};
    for (int i = 2; i < argc; i++) {
        const char **value = NULL;
        for (size_t k = 0; k < sizeof options / sizeof *options; k++)
            if (strcmp(argv[i], options[k].name) == 0)
                value = options[k].value;
        if (value && (i + 1 == argc || *value))
            return false;
        if (value)
            *value = argv[++i];
        else if (argv[i][0] == '-' || w->n == 2)
            return false;
        else
            w->files[w->n++] = argv[i];
    }
    return w->policy != NULL;
}

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "genkan-verify: %s: %s\n", what, why);
    return FAILED;
}

static bool read_file(struct arena *a, const char *path, size_t max, struct view *out)
{
    enum err err = file_read(a, path, max, out);
    if (err)
        complain(path, err == ERR_NOT_FOUND ? "there is no such file" : err_words(err));
    return err == ERR_OK;
}

/* A receipt is often saved with a line end behind it. */
static struct view trim(struct view v)
{
    while (v.n > 0 && (v.p[v.n - 1] == '\n' || v.p[v.n - 1] == '\r'))
        v.n--;
    return v;
}

static void print_cosigners(const struct policy *p, const struct policy_verdict *v)
{
    printf("cosigned by: ");
    if (v->witnesses == 0)
        puts("nobody known");
    for (size_t i = 0, n = 0; i < p->n_nodes; i++)
        if (v->cosigned[i])
            printf("%.*s%s", (int)p->nodes[i].name.n, (const char *)p->nodes[i].name.p,
                   ++n < v->witnesses ? ", " : "\n");
}

static int check_receipt(struct arena *a, const struct words *w, const struct policy *policy)
{
    struct view receipt, jwks, proof;
    struct receipt_verdict v;
    const char *which;
    if (!w->jwks || w->from || w->n != 2)
        return fputs(USAGE_TEXT, stderr), USAGE;
    if (!read_file(a, w->files[0], RECEIPT_CHECK_MAX, &receipt) || !read_file(a, w->jwks, RECEIPT_CHECK_MAX, &jwks) ||
        !read_file(a, w->files[1], RECEIPT_CHECK_MAX, &proof))
        return FAILED;
    enum err err = receipt_check(&v, a, trim(receipt), jwks, proof, policy, &which);
    if (err == ERR_SYNTAX)
        return printf("NOT GOOD: %s is not of the right format\n", which), NOT_GOOD;
    if (err)
        return complain("receipt", err_words(err));
    if (v.answer != RECEIPT_GOOD) {
        printf("NOT GOOD: %s%s%s\n", receipt_answer_text(v.answer), v.answer == RECEIPT_POLICY ? ": " : "",
               v.answer == RECEIPT_POLICY ? policy_answer_text(v.policy.answer) : "");
        return NOT_GOOD;
    }
    printf("GOOD: signed by the issuer, and leaf %" PRId64 " of %" PRId64 " in %.*s\nevent: %.*s\n", v.index, v.size,
           (int)v.origin.n, (const char *)v.origin.p, (int)v.event.n, (const char *)v.event.p);
    print_cosigners(policy, &v.policy);
    return GOOD;
}

static void print_bundle(struct arena *a, const struct bundle_report *r)
{
    const char *root = hex_text(a, VIEW_ARRAY(r->root));
    printf("log:    %.*s\n", (int)r->origin.n, (const char *)r->origin.p);
    if (r->from < r->size)
        printf("leaves: %" PRId64 " to %" PRId64 " (%" PRId64 " erased)\n", r->from, r->size - 1, r->erased);
    else
        puts("leaves: none");
    printf("root:   %s\n", root ? root : "");
    for (int t = LEDGER_REQUESTED; t <= LEDGER_TYPE_LAST; t++)
        if (r->of_type[t] > 0)
            printf("  %-10s %" PRId64 "\n", ledger_type_name((enum ledger_type)t), r->of_type[t]);
}

static int judge_bundle(struct arena *a, const struct bundle_report *r, const struct policy *policy)
{
    print_bundle(a, r);
    if (r->faults == 0) {
        print_cosigners(policy, &r->verdict);
        puts("GOOD: every event is what the checkpoint signs");
        return GOOD;
    }
    for (int64_t i = 0; i < r->faults && i < BUNDLE_FAULTS_MAX; i++)
        if (r->first[i].index >= 0)
            printf("leaf %" PRId64 ": %s\n", r->first[i].index, r->first[i].what);
        else
            printf("%s\n", r->first[i].what);
    printf("NOT GOOD: %" PRId64 " %s\n", r->faults, r->faults == 1 ? "fault" : "faults");
    return NOT_GOOD;
}

static int check_bundle(struct arena *a, const struct words *w, const struct policy *policy)
{
    struct view text;
    struct bundle_report r;
    struct checkpoint earlier;
    int64_t line;
    if (w->jwks || w->n != 1)
        return fputs(USAGE_TEXT, stderr), USAGE;
    if (w->from && !read_file(a, w->from, NOTE_MAX, &text))
        return FAILED;
    if (w->from && checkpoint_read(&earlier, a, text) != ERR_OK)
        return complain(w->from, "not a checkpoint");
    FILE *in = fopen(w->files[0], "re");
    if (!in)
        return complain(w->files[0], "cannot be opened");
    enum err err = bundle_verify(&r, a, in, policy, w->from ? &earlier : NULL, &line);
    fclose(in);
    if (err == ERR_SYNTAX)
        return printf("NOT GOOD: line %" PRId64 " is not a bundle's\n", line), NOT_GOOD;
    return err ? complain(w->files[0], err_words(err)) : judge_bundle(a, &r, policy);
}

static int check_checkpoint(struct arena *a, const struct words *w, const struct policy *policy)
{
    struct view text;
    struct checkpoint c;
    struct policy_verdict v;
    if (w->jwks || w->from || w->n != 1)
        return fputs(USAGE_TEXT, stderr), USAGE;
    if (!read_file(a, w->files[0], NOTE_MAX, &text))
        return FAILED;
    if (checkpoint_read(&c, a, text) != ERR_OK)
        return puts("NOT GOOD: not a checkpoint"), NOT_GOOD;
    if (policy_decide(&v, policy, &c) != ERR_OK)
        return complain(w->files[0], "could not be checked");
    const char *root = hex_text(a, VIEW_ARRAY(c.root));
    printf("log:    %.*s\nleaves: %" PRId64 "\nroot:   %s\n", (int)c.origin.n, (const char *)c.origin.p, c.size,
           root ? root : "");
    print_cosigners(policy, &v);
    printf("%s%s\n", v.answer == POLICY_GOOD ? "GOOD" : "NOT GOOD: ",
           v.answer == POLICY_GOOD ? "" : policy_answer_text(v.answer));
    return v.answer == POLICY_GOOD ? GOOD : NOT_GOOD;
}

static const struct {
    const char *word;
    int (*run)(struct arena *a, const struct words *w, const struct policy *policy);
} checks[] = {{"receipt", check_receipt}, {"bundle", check_bundle}, {"checkpoint", check_checkpoint}};

static int run(struct arena *a, int argc, char **argv)
{
    struct words w = {0};
    const struct policy *policy;
    const char *why = "";
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (strcmp(argv[1], checks[i].word) != 0)
            continue;
        if (!read_words(&w, argc, argv))
            break;
        if (policy_read_file(&policy, a, w.policy, &why) != ERR_OK)
            return complain("policy", why);
        return checks[i].run(a, &w, policy);
    }
    fputs(USAGE_TEXT, stderr);
    return USAGE;
}

int main(int argc, char **argv)
{
    struct arena a;
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return puts("genkan-verify " GENKAN_VERSION), GOOD;
    if (argc < 2 || strcmp(argv[1], "--help") == 0)
        return fputs(USAGE_TEXT, argc < 2 ? stderr : stdout), argc < 2 ? USAGE : GOOD;
    arena_open(&a, CEILING);
    int code = run(&a, argc, argv);
    arena_close(&a);
    return code;
}
