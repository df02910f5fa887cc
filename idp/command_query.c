/* genkan audit list, count, reindex: an operator's questions to the ledger. Each is written down before it is answered,
 * like an auditor's. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "consent/block.h"
#include "consent/ledger.h"
#include "consent/listing.h"
#include "consent/tally.h"
#include "idp/desk.h"

enum { KEYS = 13, MORE = 4 };

struct asked {
    const char *words[KEYS];
    const char *format, *by, *limit, *cursor;
    bool every_event;
    struct query query;
    struct query_walk walk;
    struct tally_by tally;
    enum listing_format listing;
};

/* --- the command line --------------------------------------------------------------------------------------------- */

static int parse(struct asked *x, const struct command *self, int argc, const char *const *argv, const char **config)
{
    /* in the order of query_keys */
    static const char *const names[KEYS] = {"--since",    "--until", "--service", "--org", "--sector",
                                            "--field",    "--event", "--ground",  "--via", "--subject",
                                            "--resident", "--grant", "--session"};
    struct command_option options[KEYS + MORE];
    size_t n = 0;
    for (; n < KEYS; n++)
        options[n] = (struct command_option){names[n], &x->words[n], NULL};
    options[n++] = (struct command_option){"--format", &x->format, NULL};
    options[n++] = (struct command_option){"--every-event", NULL, &x->every_event};
    if (self->run == command_audit_count)
        options[n++] = (struct command_option){"--by", &x->by, NULL};
    else {
        options[n++] = (struct command_option){"--limit", &x->limit, NULL};
        options[n++] = (struct command_option){"--cursor", &x->cursor, NULL};
    }
    return command_parse(self, argc, argv, options, n, config, NULL, 0);
}

static int read_query(struct asked *x, const struct command *self)
{
    for (size_t i = 0; i < KEYS && query_keys[i]; i++) {
        const char *rule = "";
        if (x->words[i] && query_set(&x->query, view_text(query_keys[i]), view_text(x->words[i]), &rule))
            return command_fail(self, COMMAND_USAGE, "--%s %s, not %s", query_keys[i], rule, x->words[i]);
    }
    if (x->format && !listing_format_of(view_text(x->format), &x->listing))
        return command_fail(self, COMMAND_USAGE, "--format must be table, csv or json");
    return -1;
}

static int read_page(struct asked *x, const struct command *self)
{
    x->walk.every_event = x->every_event;
    if (x->limit && (!text_to_int(view_text(x->limit), &x->walk.limit) || x->walk.limit == 0))
        return command_fail(self, COMMAND_USAGE, "--limit must be a number of events, at least 1");
    if (x->cursor && !query_read_cursor(&x->walk, view_text(x->cursor)))
        return command_fail(self, COMMAND_USAGE, "--cursor must be what an earlier page ended with");
    return -1;
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

struct noting {
    struct desk *desk;
    const char *act;
    int64_t size; /* of the ledger before */
};

static enum err note_job(struct db *db, void *ctx)
{
    struct noting *n = ctx;
    struct ledger_head head;
    struct ledger_event e = {.type = LEDGER_OPERATOR, .at = clock_ms(&clock_real), .act = n->act, .via = "command"};
    enum err err = ledger_head_find(&head, db);
    n->size = head.size;
    return err ? err : ledger_append(n->desk->ledger, db, &e, NULL);
}

/* The answer is of the moment before the question was written down. */
static int note(struct asked *x, struct desk *desk)
{
    const char *words = query_words(&desk->arena, &x->query);
    struct noting n = {.desk = desk,
                       .act = words ? arena_printf(&desk->arena, "%s %s", desk->command->name, words) : NULL};
    enum err err = n.act ? store_write(desk->store, note_job, &n) : ERR_MEMORY;
    if (err)
        return command_fail(desk->command, COMMAND_FAILED, "the question could not be written down: %s",
                            err_words(err));
    if (!x->walk.snapshot)
        x->walk.snapshot = n.size;
    if (!x->walk.snapshot) /* the question itself is the first event, and not part of its answer */
        x->walk.from = x->walk.snapshot = 1;
    return -1;
}

static void show_progress(void *ctx, int64_t done, int64_t size)
{
    int *shown = ctx, percent = size ? (int)(done * 100 / size) : 100;
    if (percent == *shown)
        return;
    *shown = percent;
    fprintf(stderr, "\r%3d %% [%-*.*s]%s", percent, 40, percent * 40 / 100, "########################################",
            percent == 100 ? "\n" : "");
}

/* A bar only where a person waits and it does not run into the answer. */
static void show_bar(struct asked *x, int *shown)
{
    if (isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO)) {
        x->walk.progress = show_progress;
        x->walk.progress_ctx = shown;
    }
}

static int answered(const struct command *self, enum err err)
{
    if (err == ERR_IO)
        return command_fail(self, COMMAND_FAILED, "the answer could not be written");
    return err ? command_fail(self, COMMAND_FAILED, "%s; try `genkan audit verify`", err_words(err)) : COMMAND_DONE;
}

static int list(struct asked *x, struct desk *desk)
{
    struct db *db = store_borrow(desk->store);
    enum err err = listing_write(&x->walk, db, &x->query, x->listing, stdout);
    store_return(desk->store, db);
    if (!err && x->listing == LISTING_TABLE)
        printf("%" PRId64 " events\n", x->walk.matched);
    const char *cursor = err ? NULL : query_cursor(&desk->arena, &x->walk);
    if (cursor)
        fprintf(stderr, "there is more: --cursor %s\n", cursor);
    return answered(desk->command, err);
}

/* --- counting ----------------------------------------------------------------------------------------------------- */

static enum err print(struct buf *b)
{
    struct view line;
    enum err err = buf_done(b, &line);
    if (!err && fwrite(line.p, 1, line.n, stdout) != line.n)
        err = ERR_IO;
    b->n = 0;
    return err;
}

static enum err print_groups(const struct asked *x, const struct tally *t)
{
    struct buf b;
    buf_open(&b, NULL, 65536);
    tally_put_head(&b, &x->tally, x->listing);
    enum err err = print(&b);
    for (size_t i = 0; i < t->n && !err; i++) {
        tally_put_group(&b, &x->tally, x->listing, &t->groups[i]);
        err = print(&b);
    }
    buf_close(&b);
    return err;
}

static int count(struct asked *x, struct desk *desk)
{
    struct tally t = {.n = 0};
    struct db *db = store_borrow(desk->store);
    enum err err = tally_count(&t, &desk->arena, &x->walk, db, &x->query, &x->tally);
    store_return(desk->store, db);
    if (err == ERR_LIMIT)
        return command_fail(desk->command, COMMAND_FAILED, "more than %d groups; ask for fewer", TALLY_GROUPS);
    if (!err)
        err = print_groups(x, &t);
    return answered(desk->command, err || fflush(stdout) == 0 ? err : ERR_IO);
}

/* --- the commands ------------------------------------------------------------------------------------------------- */

static int ask(struct asked *x, const struct command *self, const char *config,
               int (*answer)(struct asked *x, struct desk *desk))
{
    struct desk desk;
    int shown = -1, code = desk_open(&desk, self, config, DESK_WRITE);
    show_bar(x, &shown);
    if (code == -1)
        code = note(x, &desk);
    if (code == -1)
        code = answer(x, &desk);
    desk_close(&desk);
    return code;
}

int command_audit_list(const struct command *self, int argc, const char *const *argv)
{
    struct asked x = {.format = NULL};
    const char *config;
    int code = parse(&x, self, argc, argv, &config);
    if (code == -1)
        code = read_query(&x, self);
    if (code == -1)
        code = read_page(&x, self);
    return code == -1 ? ask(&x, self, config, list) : code;
}

int command_audit_count(const struct command *self, int argc, const char *const *argv)
{
    struct asked x = {.by = NULL};
    const char *config, *rule;
    int code = parse(&x, self, argc, argv, &config);
    if (code == -1)
        code = read_query(&x, self);
    x.walk.every_event = x.every_event;
    if (code == -1 && tally_read(&x.tally, view_text(x.by ? x.by : "service"), &rule))
        code = command_fail(self, COMMAND_USAGE, "--by %s", rule);
    return code == -1 ? ask(&x, self, config, count) : code;
}

/* --- the index ---------------------------------------------------------------------------------------------------- */

static enum err forget_job(struct db *db, void *ctx)
{
    (void)ctx;
    return block_forget(db);
}

int command_audit_reindex(const struct command *self, int argc, const char *const *argv)
{
    const char *config;
    struct desk desk;
    size_t done = 0, total = 0;
    int code = command_parse(self, argc, argv, NULL, 0, &config, NULL, 0);
    if (code != -1)
        return code;
    code = desk_open(&desk, self, config, DESK_WRITE);
    enum err err = code == -1 ? store_write(desk.store, forget_job, NULL) : ERR_OK;
    do {
        if (code == -1 && !err)
            err = block_catch_up(&done, desk.store, 256);
        total += done;
    } while (code == -1 && !err && done == 256);
    if (code == -1)
        code = err ? command_fail(self, COMMAND_FAILED, "%s", err_words(err)) : COMMAND_DONE;
    if (code == COMMAND_DONE)
        printf("%zu blocks of %d events\n", total, BLOCK_EVENTS);
    desk_close(&desk);
    return code;
}
