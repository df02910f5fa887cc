#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "consent/ledger.h"
#include "idp/desk.h"
#include "idp/tokens/keys.h"
#include "jpki/proof/issuer.h"

/* --- list ------------------------------------------------------------------------------------------------------- */

int command_key_list(const struct command *self, int argc, const char *const *argv)
{
    const char *config;
    int code = command_parse(self, argc, argv, NULL, 0, &config, NULL, 0);
    if (code != -1)
        return code;
    struct desk desk;
    code = desk_open(&desk, self, config, DESK_KEYS);
    if (code == -1) {
        printf("%-6s %-6s %-8s %-20s %s\n", "use", "alg", "state", "since", "key id");
        for (size_t i = 0; i < keys_count(desk.keys); i++) {
            const struct key_row *row = keys_at(desk.keys, i);
            const char *since = clock_utc_text(&desk.arena, row->since);
            printf("%-6s %-6s %-8s %-20s %s\n", key_use_name(row->use), jws_alg_name(jws_key_alg(row->key)),
                   key_state_name(row->state), since ? since : "", jws_key_id(row->key));
        }
        code = COMMAND_DONE;
    }
    desk_close(&desk);
    return code;
}

/* --- rotate ----------------------------------------------------------------------------------------------------- */

static int read_use(const struct command *self, const char *use, const char *alg, enum key_use *out)
{
    bool card = use && strcmp(use, "card") == 0;
    if (use && !card && strcmp(use, "token") != 0)
        return command_fail(self, COMMAND_USAGE, "--use must be token or card");
    if (alg && strcmp(alg, "RS256") != 0 && strcmp(alg, "ES256") != 0)
        return command_fail(self, COMMAND_USAGE, "--alg must be RS256 or ES256");
    if (card && alg && strcmp(alg, "ES256") != 0)
        return command_fail(self, COMMAND_USAGE, "card requests are signed with ES256 only");
    *out = card ? KEY_CARD : KEY_TOKEN;
    return -1;
}

struct rotation {
    struct ledger *ledger;
    const char *act;
};

static enum err rotation_job(struct db *db, void *ctx)
{
    const struct rotation *r = ctx;
    const struct ledger_event e = {
        .type = LEDGER_OPERATOR, .at = clock_ms(&clock_real), .via = "command", .act = r->act};
    return ledger_append(r->ledger, db, &e, NULL);
}

static enum err rotate_one(struct desk *desk, enum key_use use, enum jws_alg alg)
{
    struct rotation r = {desk->ledger,
                         arena_printf(&desk->arena, "key rotate %s %s", key_use_name(use), jws_alg_name(alg))};
    enum err err = r.act ? keys_rotate(desk->keys_folder, use, alg, clock_s(&clock_real)) : ERR_MEMORY;
    return err ? err : store_write(desk->store, rotation_job, &r);
}

static int rotate(const struct command *self, struct desk *desk, enum key_use use, const char *alg)
{
    static const enum jws_alg algs[] = {JWS_RS256, JWS_ES256};
    for (size_t i = 0; i < 2; i++) {
        const char *name = jws_alg_name(algs[i]);
        if ((alg && strcmp(alg, name) != 0) || (use == KEY_CARD && algs[i] != JWS_ES256))
            continue;
        enum err err = rotate_one(desk, use, algs[i]);
        if (err)
            return command_fail(self, COMMAND_FAILED, "%s %s: %s", key_use_name(use), name, err_name(err));
        printf("%s %s: the next key signs from now on\n", key_use_name(use), name);
    }
    puts("a running server follows on SIGHUP (systemctl reload genkan)");
    if (use == KEY_CARD)
        puts("residents' computers need the new `genkan issuer-file`");
    return COMMAND_DONE;
}

int command_key_rotate(const struct command *self, int argc, const char *const *argv)
{
    const char *config, *use = NULL, *alg = NULL;
    const struct command_option options[] = {{"--use", &use, NULL}, {"--alg", &alg, NULL}};
    enum key_use which;
    int code = command_parse(self, argc, argv, options, 2, &config, NULL, 0);
    if (code == -1)
        code = read_use(self, use, alg, &which);
    if (code != -1)
        return code;
    struct desk desk;
    code = desk_open(&desk, self, config, DESK_WRITE);
    if (code == -1)
        code = rotate(self, &desk, which, alg);
    desk_close(&desk);
    return code;
}

/* --- issuer file ------------------------------------------------------------------------------------------------ */

/* The agent takes requests signed by the active key and, so that a rotation needs no race, by the next one. */
static size_t card_keys(const struct jws_key **out, const struct keys *keys)
{
    size_t n = 0;
    for (size_t i = 0; i < keys_count(keys) && n < PROOF_ISSUER_KEYS; i++) {
        const struct key_row *row = keys_at(keys, i);
        if (row->use == KEY_CARD && row->state != KEY_RETIRED)
            out[n++] = row->key;
    }
    return n;
}

int command_issuer_file(const struct command *self, int argc, const char *const *argv)
{
    const char *config, *label = NULL;
    const struct command_option options[] = {{"--label", &label, NULL}};
    int code = command_parse(self, argc, argv, options, 1, &config, NULL, 0);
    if (code != -1)
        return code;
    struct desk desk;
    code = desk_open(&desk, self, config, DESK_KEYS);
    if (code == -1) {
        const struct jws_key *keys[PROOF_ISSUER_KEYS];
        struct buf b;
        const char *text = NULL;
        buf_open(&b, &desk.arena, PROOF_ISSUER_MAX);
        enum err err =
            proof_issuer_write(&b, view_text(desk.config->issuer), view_text(label ? label : desk.config->issuer_host),
                               keys, card_keys(keys, desk.keys));
        if (!err)
            err = buf_done_text(&b, &text);
        if (!err)
            fputs(text, stdout);
        code = err ? command_fail(self, COMMAND_FAILED, "%s", err_name(err)) : COMMAND_DONE;
    }
    desk_close(&desk);
    return code;
}
