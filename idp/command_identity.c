/* genkan identity ask, list, show: from a person who asks "who received my data?" to her pseudonyms, for the operator
 * at the server's machine. The second pair of eyes is an auditor's, on /audit. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/file.h"
#include "idp/desk.h"
#include "idp/state/lookup.h"
#include "sessions/master.h"
#include "store/store.h"

enum { PERSON_BYTES = 1024, LISTED = 100 };

/* --- ask ---------------------------------------------------------------------------------------------------------- */

struct asking {
    struct desk *desk;
    struct identity_person person;
    struct view reason;
    struct ident id;
};

static enum err ask_job(struct db *db, void *ctx)
{
    struct asking *x = ctx;
    return identity_ask_person(&x->id, x->desk->ledger, &x->desk->arena, db, &auditor_operator, &x->person, x->reason,
                               clock_ms(&clock_real));
}

/* Not on the command line, where everybody on the machine could read it. */
static enum err read_lines(struct view *out, struct arena *a, const char *path)
{
    if (path)
        return file_read(a, path, PERSON_BYTES, out);
    char *text = arena_alloc(a, PERSON_BYTES);
    if (!text)
        return ERR_MEMORY;
    *out = view_bytes(text, fread(text, 1, PERSON_BYTES, stdin));
    return ferror(stdin) ? ERR_IO : ERR_OK;
}

static int read_person(struct asking *x, const struct command *self, const char *path)
{
    struct view text, name, birthdate;
    const char *key, *rule;
    enum err err = read_lines(&text, &x->desk->arena, path);
    if (err)
        return command_fail(self, COMMAND_USAGE, "%s cannot be read: %s", path ? path : "standard input",
                            err_words(err));
    bool two = view_next(&text, '\n', &name) && view_next(&text, '\n', &birthdate) && text.n == 0;
    if (!two)
        return command_fail(self, COMMAND_USAGE, "two lines are wanted: the name, then the birth date");
    err = lookup_read(&x->person, &x->desk->arena, name, birthdate, x->reason, &key, &rule);
    if (err == ERR_SYNTAX)
        return command_fail(self, COMMAND_USAGE, "%s %s", key, rule);
    return err ? command_fail(self, COMMAND_FAILED, "%s", err_words(err)) : -1;
}

static int ask(const struct command *self, struct asking *x)
{
    enum err err = store_write(x->desk->store, ask_job, x);
    if (err == ERR_SYNTAX)
        return command_fail(self, COMMAND_USAGE,
                            "name and reason must be one line, the reason of at most %d characters",
                            AUDITOR_REASON_MAX);
    if (err == ERR_LIMIT)
        return command_fail(self, COMMAND_NO, "%d requests of the operator, or %d of all, wait already",
                            IDENTITY_OPEN_ONE, IDENTITY_OPEN_ALL);
    if (err)
        return command_fail(self, COMMAND_FAILED, "%s", err_words(err));
    const char *id = base64url_text(&x->desk->arena, ident_view(&x->id));
    printf("%s\n", id ? id : "");
    fprintf(stderr, "An auditor must allow it at %s/audit within 7 days; then: genkan identity show %s\n",
            x->desk->config->issuer, id ? id : "");
    return COMMAND_DONE;
}

int command_identity_ask(const struct command *self, int argc, const char *const *argv)
{
    const char *config, *reason = NULL, *path = NULL;
    const struct command_option options[] = {{"--reason", &reason, NULL}};
    int code = command_parse(self, argc, argv, options, 1, &config, &path, 1);
    if (code == -1 && !reason)
        code = command_fail(self, COMMAND_USAGE, "--reason is missing");
    if (code != -1)
        return code;
    struct desk desk;
    struct asking x = {.desk = &desk, .reason = view_text(reason)};
    code = desk_open(&desk, self, config, DESK_WRITE);
    if (code == -1)
        code = read_person(&x, self, path);
    if (code == -1)
        code = ask(self, &x);
    desk_close(&desk);
    return code;
}

/* --- list --------------------------------------------------------------------------------------------------------- */

static int list(const struct command *self, struct desk *desk)
{
    static const char *const states[] = {"waiting", "allowed", "denied", "over"};
    struct identity_request *all;
    size_t n;
    int64_t now = clock_s(&clock_real);
    struct db *db = store_borrow(desk->store);
    enum err err = identity_list(&all, &n, &desk->arena, db, now, LISTED);
    store_return(desk->store, db);
    if (err)
        return command_fail(self, COMMAND_FAILED, "%s", err_words(err));
    for (size_t i = 0; i < n; i++) {
        struct view by = view_is(all[i].asked_by) ? all[i].asked_by : auditor_operator.name;
        printf("%s  %-9s  %-7s  %s  %.*s: %.*s\n", base64url_text(&desk->arena, ident_view(&all[i].id)),
               identity_is_of_person(&all[i]) ? "person" : "pseudonym", states[identity_state_of(&all[i], now)],
               clock_jst_date(&desk->arena, all[i].asked_at), (int)by.n, (const char *)by.p, (int)all[i].reason.n,
               (const char *)all[i].reason.p);
    }
    return COMMAND_DONE;
}

int command_identity_list(const struct command *self, int argc, const char *const *argv)
{
    const char *config;
    struct desk desk;
    int code = command_parse(self, argc, argv, NULL, 0, &config, NULL, 0);
    if (code != -1)
        return code;
    code = desk_open(&desk, self, config, DESK_READ);
    if (code == -1)
        code = list(self, &desk);
    desk_close(&desk);
    return code;
}

/* --- show --------------------------------------------------------------------------------------------------------- */

/* Only what the operator asked for, and an auditor allowed less than a day ago. */
static enum err find(struct identity_request *out, struct desk *desk, struct db *db, const char *id)
{
    struct view bytes;
    enum err err = base64url_read(&desk->arena, view_text(id), &bytes);
    struct ident request = err ? IDENT_NONE : ident_read(bytes);
    err = ident_is(request) ? identity_find(out, &desk->arena, db, request) : ERR_NOT_FOUND;
    if (!err && (!ident_equal(out->auditor, auditor_operator.id) ||
                 identity_state_of(out, clock_s(&clock_real)) != IDENTITY_ALLOWED))
        err = ERR_NOT_FOUND;
    return err;
}

static enum err look(struct lookup_answer *out, struct desk *desk, struct db *db, struct master *master, const char *id)
{
    struct identity_request r;
    struct lookup s = {.ledger = desk->ledger,
                       .store = desk->store,
                       .db = db,
                       .master = master,
                       .arena = &desk->arena,
                       .who = &auditor_operator,
                       .now_ms = clock_ms(&clock_real),
                       .patience_ms = INT_MAX};
    enum err err = find(&r, desk, db, id);
    return err ? err : lookup_run(out, &s, &r);
}

static int show(const struct command *self, struct desk *desk, const char *id)
{
    struct master *master;
    struct lookup_answer *answer = arena_alloc(&desk->arena, sizeof *answer);
    enum err err = answer ? master_open(&master, desk->config->profile.keys) : ERR_MEMORY;
    if (err)
        return command_fail(self, COMMAND_FAILED, "%s: %s", desk->config->profile.keys, err_words(err));
    struct db *db = store_borrow(desk->store);
    err = look(answer, desk, db, master, id);
    store_return(desk->store, db);
    master_close(master);
    if (err == ERR_NOT_FOUND)
        return command_fail(self, COMMAND_NO,
                            "%s is no request of the operator that is allowed now; see `genkan identity list`", id);
    if (err)
        return command_fail(self, COMMAND_FAILED, "%s: nobody may say who is there and who is not", err_words(err));
    for (size_t i = 0; i < answer->n; i++)
        printf("%.*s\n", (int)answer->pseudonyms[i].n, (const char *)answer->pseudonyms[i].p);
    if (answer->n == 0)
        fputs("nobody was found\n", stderr);
    if (answer->many)
        fputs("so many were found that the search stopped; there may be more\n", stderr);
    return COMMAND_DONE;
}

int command_identity_show(const struct command *self, int argc, const char *const *argv)
{
    const char *config, *id = NULL;
    struct desk desk;
    int code = command_parse(self, argc, argv, NULL, 0, &config, &id, 1);
    if (code == -1 && !id)
        code = command_fail(self, COMMAND_USAGE, "ID of the request is missing; see `genkan identity list`");
    if (code != -1)
        return code;
    code = desk_open(&desk, self, config, DESK_WRITE);
    if (code == -1)
        code = show(self, &desk, id);
    desk_close(&desk);
    return code;
}
