#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/text.h"
#include "consent/audit.h"
#include "consent/ledger.h"
#include "consent/proof.h"
#include "consent/publish.h"
#include "idp/desk.h"
#include "store/store.h"

/* --- verify ----------------------------------------------------------------------------------------------------- */

/* A bar of forty signs, drawn over itself. */
static void show_progress(void *ctx, int64_t done, int64_t size)
{
    static const char full[] = "########################################";
    int n = (int)(done * 40 / size);
    (void)ctx;
    fprintf(stderr, "\r[%-40.*s] %3d %%  %" PRId64 " of %" PRId64 " leaves", n, full, (int)(done * 100 / size), done,
            size);
    if (done == size)
        fputc('\n', stderr);
}

static const char *root_text(struct arena *a, const struct ledger_head *h)
{
    const char *text = hex_text(a, VIEW_ARRAY(h->root));
    return text ? text : "";
}

static void show_faults(const struct audit_report *r)
{
    int64_t listed = r->faults < AUDIT_FAULTS_MAX ? r->faults : AUDIT_FAULTS_MAX;
    for (int64_t i = 0; i < listed; i++) {
        const struct audit_fault *f = &r->first[i];
        if (f->kind == AUDIT_HEAD || f->kind == AUDIT_CHECKPOINT)
            printf("%s: %s\n", audit_fault_name(f->kind), f->what);
        else if (f->many > 1)
            printf("%s %" PRId64 " to %" PRId64 ": %s\n", audit_fault_name(f->kind), f->index, f->index + f->many - 1,
                   f->what);
        else
            printf("%s %" PRId64 ": %s\n", audit_fault_name(f->kind), f->index, f->what);
    }
    if (r->faults > listed)
        printf("and %" PRId64 " more\n", r->faults - listed);
}

/* What lies beside the database; a part that cannot be read narrows the verification and is said. */
struct beside {
    struct audit_scope scope;
    struct note_key key;
    struct checkpoint from, to;
};

static int read_checkpoint(const struct command *self, struct desk *desk, struct checkpoint *out, const char *option,
                           const char *path)
{
    struct view text;
    enum err err = file_read(&desk->arena, path, NOTE_MAX, &text);
    if (err)
        return command_unreadable(self, path, err);
    err = checkpoint_read(out, &desk->arena, text);
    return err ? command_fail(self, COMMAND_USAGE, "%s: %s is not a checkpoint: %s", option, path, err_words(err)) : -1;
}

/* Whose signatures count: the key of the configuration, or if it may not be read, the policy's for this log. */
static bool find_key(struct beside *b, struct desk *desk)
{
    const struct config *c = desk->config;
    const struct policy *p = b->scope.policy;
    const char *text;
    if (publish_key_text(&text, &desk->arena, c->ledger.key, view_text(c->ledger.origin)) == ERR_OK)
        return note_key_read(&b->key, &desk->arena, view_text(text)) == ERR_OK;
    for (size_t i = 0; p && i < p->n_logs; i++)
        if (view_equal_text(p->logs[i].key.name, c->ledger.origin)) {
            b->key = p->logs[i].key;
            return true;
        }
    return false;
}

static int read_beside(const struct command *self, struct desk *desk, struct beside *b, const char *from,
                       const char *to)
{
    const struct config *c = desk->config;
    const char *last = arena_printf(&desk->arena, "%s.last", c->ledger.key), *why = NULL;
    if (policy_read_file(&b->scope.policy, &desk->arena, c->ledger.policy, &why) != ERR_OK)
        return command_fail(self, COMMAND_CONFIG, "ledger.policy: %s", why);
    b->scope.folder = c->ledger.folder;
    b->scope.last = last && access(last, R_OK) == 0 ? last : NULL;
    b->scope.key = find_key(b, desk) ? &b->key : NULL;
    if (!b->scope.key)
        fputs("signatures are not checked: the log's key is neither readable nor in ledger.policy\n", stderr);
    int code = from ? read_checkpoint(self, desk, &b->from, "--from", from) : -1;
    if (code == -1 && to)
        code = read_checkpoint(self, desk, &b->to, "--to", to);
    b->scope.from = from ? &b->from : NULL;
    b->scope.to = to ? &b->to : NULL;
    return code;
}

static void show_report(struct desk *desk, const struct audit_report *r)
{
    printf("leaves: %" PRId64 " (%" PRId64 " erased), events hashed again: %" PRId64 "\nroot:   %s\n", r->stored.size,
           r->erased, r->hashed, root_text(&desk->arena, &r->stored));
    if (r->published >= 0)
        printf("published: %" PRId64 " leaves, cosigned by %zu known witnesses\n", r->published, r->witnesses);
}

static int verify(const struct command *self, struct desk *desk, const struct beside *b)
{
    struct audit_report r;
    struct db *dbs[DESK_READERS];
    for (size_t i = 0; i < DESK_READERS; i++)
        dbs[i] = store_borrow(desk->store);
    enum err err = audit_verify(&r, &b->scope, dbs, DESK_READERS);
    for (size_t i = 0; i < DESK_READERS; i++)
        store_return(desk->store, dbs[i]);
    if (err)
        return command_fail(self, COMMAND_FAILED, "could not read the ledger: %s", err_words(err));
    show_report(desk, &r);
    if (r.faults == 0) {
        puts("nothing was altered: every event fits its leaf, the leaves give the stored tree");
        return COMMAND_DONE;
    }
    show_faults(&r);
    printf("rows give: %s\nALTERED: %" PRId64 " %s\n", root_text(&desk->arena, &r.computed), r.faults,
           r.faults == 1 ? "fault" : "faults");
    return COMMAND_NO;
}

int command_audit_verify(const struct command *self, int argc, const char *const *argv)
{
    struct beside b = {.scope = {.progress = isatty(STDERR_FILENO) ? show_progress : NULL}};
    const char *config, *from = NULL, *to = NULL;
    const struct command_option options[] = {{"--from", &from, NULL}, {"--to", &to, NULL}};
    int code = command_parse(self, argc, argv, options, 2, &config, NULL, 0);
    if (code != -1)
        return code;
    struct desk desk;
    code = desk_open(&desk, self, config, DESK_READ);
    if (code == -1)
        code = read_beside(self, &desk, &b, from, to);
    if (code == -1)
        code = verify(self, &desk, &b);
    desk_close(&desk);
    return code;
}

/* --- export ----------------------------------------------------------------------------------------------------- */

struct taking {
    const struct desk *desk;
    const char *act;
};

static enum err note_job(struct db *db, void *ctx)
{
    const struct taking *t = ctx;
    const struct ledger_event e = {
        .type = LEDGER_OPERATOR, .at = clock_ms(&clock_real), .act = t->act, .via = "command"};
    return ledger_append(t->desk->ledger, db, &e, NULL);
}

/* A bundle answers every question at once: like a question it is in the ledger before it is answered. */
static int note(const struct command *self, struct desk *desk, int64_t from)
{
    struct taking t = {desk, arena_printf(&desk->arena, "%s from=%" PRId64, self->name, from)};
    enum err err = t.act ? store_write(desk->store, note_job, &t) : ERR_MEMORY;
    return err ? command_fail(self, COMMAND_FAILED, "the export could not be written down: %s", err_words(err)) : -1;
}

static void say_how_to_check(const char *path, const char *kept, int64_t from, int64_t size)
{
    const char *file = path ? path : "FILE";
    if (from < size)
        fprintf(stderr, "leaves %" PRId64 " to %" PRId64, from, size - 1);
    else
        fputs("no leaf since then", stderr);
    fprintf(stderr, "; check with: genkan-verify bundle --policy POLICY%s%s %s\n", kept ? " --from " : "",
            kept ? kept : "", file);
}

static int export_to(const struct command *self, struct desk *desk, const char *path, const char *kept, int64_t from)
{
    int64_t size = 0;
    FILE *out = path ? fopen(path, "wxe") : stdout;
    if (!out)
        return command_fail(self, COMMAND_FAILED, "%s cannot be made (it must not be there yet)", path);
    struct db *db = store_borrow(desk->store);
    enum err err = audit_export(out, &desk->arena, db, desk->config->ledger.folder, from, &size);
    store_return(desk->store, db);
    if (path && fclose(out) != 0 && !err)
        err = ERR_IO;
    if (err && path)
        unlink(path);
    if (err == ERR_NOT_FOUND)
        return command_fail(self, COMMAND_NO, "nothing is published in %s yet", desk->config->ledger.folder);
    if (err == ERR_LIMIT)
        return command_fail(self, COMMAND_NO, "--from is behind the published checkpoint");
    if (err == ERR_CONFLICT)
        return command_fail(self, COMMAND_FAILED,
                            "events were erased, and the checkpoint that counts the erasure is not "
                            "published yet; try again in ten seconds, with `genkan serve` running");
    if (err)
        return command_fail(self, COMMAND_FAILED, "%s; try `genkan audit verify`", err_words(err));
    say_how_to_check(path, kept, from, size);
    return COMMAND_DONE;
}

int command_audit_export(const struct command *self, int argc, const char *const *argv)
{
    const char *config, *from = NULL, *file = NULL;
    const struct command_option options[] = {{"--from", &from, NULL}};
    struct checkpoint c = {0};
    int code = command_parse(self, argc, argv, options, 1, &config, &file, 1);
    if (code != -1)
        return code;
    struct desk desk;
    code = desk_open(&desk, self, config, DESK_WRITE);
    if (code == -1 && from)
        code = read_checkpoint(self, &desk, &c, "--from", from);
    if (code == -1)
        code = note(self, &desk, c.size);
    if (code == -1)
        code = export_to(self, &desk, file, from, c.size);
    desk_close(&desk);
    return code;
}

/* --- proof ------------------------------------------------------------------------------------------------------ */

int command_audit_proof(const struct command *self, int argc, const char *const *argv)
{
    const char *config, *words[2] = {NULL, NULL};
    int64_t index;
    int code = command_parse(self, argc, argv, NULL, 0, &config, words, 2);
    if (code != -1)
        return code;
    if (!words[0] || !text_to_int(view_text(words[0]), &index))
        return command_fail(self, COMMAND_USAGE,
                            "which leaf? Its position is a number, as `genkan audit list` shows it");
    struct desk desk;
    struct view proof;
    code = desk_open(&desk, self, config, DESK_CONFIG);
    if (code == -1) {
        enum err err = proof_find(&proof, &desk.arena, desk.config->ledger.folder, index, VIEW_NONE);
        if (!err && words[1])
            err = file_write(words[1], proof, 0644);
        else if (!err)
            fwrite(proof.p, 1, proof.n, stdout);
        code = err == ERR_NOT_FOUND ? command_fail(self, COMMAND_NO, "no published checkpoint counts leaf %s", words[0])
               : err                ? command_fail(self, COMMAND_FAILED, "%s", err_words(err))
                                    : COMMAND_DONE;
    }
    desk_close(&desk);
    return code;
}
