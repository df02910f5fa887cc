#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "consent/ledger.h"
#include "consent/publish.h"
#include "idp/desk.h"
#include "idp/profile_rotation.h"
#include "idp/tokens/keys.h"
#include "jpki/proof/issuer.h"
#include "sessions/data_key.h"
#include "sessions/master.h"
#include "store/store.h"

/* --- list ------------------------------------------------------------------------------------------------------- */

/* The key of checkpoints, as policies name it; it is never rotated, since a log is its key. */
static void show_ledger_key(struct desk *desk)
{
    const struct config *c = desk->config;
    const char *vkey;
    enum err err = publish_key_text(&vkey, &desk->arena, c->ledger.key, view_text(c->ledger.origin));
    printf("%-10s %-7s %-8s %-20s %s\n", "ledger", "Ed25519", err ? "none" : "active", "",
           err ? "the first `genkan serve` makes it" : vkey);
}

static void show_row(struct desk *desk, const char *use, const char *alg, const char *state, int64_t since,
                     const char *id)
{
    const char *at = clock_utc_text(&desk->arena, since);
    printf("%-10s %-7s %-8s %-20s %s\n", use, alg, state, at ? at : "", id);
}

/* The master keys of profile values: one, unless a rotation was interrupted. */
static enum err show_profile_keys(struct desk *desk)
{
    const char *folder = desk->config->profile.keys;
    struct master_row *rows;
    size_t n;
    int64_t current;
    struct db *db = store_borrow(desk->store);
    enum err err = data_key_current(&current, db, &desk->arena);
    store_return(desk->store, db);
    if (!err)
        err = master_list(&rows, &n, &desk->arena, folder);
    for (size_t i = 0; !err && i < n; i++) {
        const char *name = arena_printf(&desk->arena, "%s/profile-%lld.key", folder, (long long)rows[i].number);
        show_row(desk, "profile", "AES256",
                 rows[i].number < current   ? "retired"
                 : rows[i].number > current ? "next"
                                            : "active",
                 rows[i].made_at, name ? name : "");
    }
    return err;
}

int command_key_list(const struct command *self, int argc, const char *const *argv)
{
    const char *config;
    int code = command_parse(self, argc, argv, NULL, 0, &config, NULL, 0);
    if (code != -1)
        return code;
    struct desk desk;
    code = desk_open(&desk, self, config, DESK_LOOK);
    if (code == -1) {
        printf("%-10s %-7s %-8s %-20s %s\n", "use", "alg", "state", "since", "key id");
        for (size_t i = 0; i < keys_count(desk.keys); i++) {
            const struct key_row *row = keys_at(desk.keys, i);
            show_row(&desk, key_use_name(row->use), jws_alg_name(jws_key_alg(row->key)), key_state_name(row->state),
                     row->since, jws_key_id(row->key));
        }
        for (size_t i = 0; i < locks_count(keys_locks(desk.keys)); i++) {
            const struct lock_row *row = locks_at(keys_locks(desk.keys), i);
            show_row(&desk, "encryption", row->alg == JWE_ECDH_ES ? "ECDH" : "RSA", row->retired ? "retired" : "active",
                     row->since, (const char *)jwe_key_id(row->key).p);
        }
        enum err err = show_profile_keys(&desk);
        show_ledger_key(&desk);
        code = err ? command_fail(self, COMMAND_FAILED, "%s: %s", desk.config->profile.keys, err_words(err))
                   : COMMAND_DONE;
    }
    desk_close(&desk);
    return code;
}

/* --- rotate ----------------------------------------------------------------------------------------------------- */

static const enum jws_alg algs[] = {JWS_RS256, JWS_ES256, JWS_PS256, JWS_EDDSA};
enum { ALGS = sizeof algs / sizeof *algs };

static int read_use(const struct command *self, const char *use, const char *alg, enum key_use *out)
{
    bool card = use && strcmp(use, "card") == 0;
    if (use && !card && strcmp(use, "token") != 0)
        return command_fail(self, COMMAND_USAGE, "--use must be token, card, encryption or profile");
    bool known = !alg;
    for (size_t i = 0; i < ALGS; i++)
        known = known || strcmp(alg, jws_alg_name(algs[i])) == 0;
    if (!known)
        return command_fail(self, COMMAND_USAGE, "--alg must be RS256, ES256, PS256 or EdDSA");
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

struct choice {
    enum key_use use;
    const char *alg; /* NULL: all */
    bool force;
    int64_t now;
};

static bool is_chosen(const struct choice *c, enum jws_alg alg)
{
    return (!c->alg || strcmp(c->alg, jws_alg_name(alg)) == 0) && (c->use != KEY_CARD || alg == JWS_ES256);
}

/* All of them are asked before one is rotated. */
static int check_known(const struct command *self, struct desk *desk, const struct choice *c)
{
    for (size_t i = 0; i < ALGS && !c->force; i++) {
        int64_t known = keys_next_since(desk->keys, c->use, algs[i]) + KEY_KNOWN_S;
        const char *when = clock_utc_text(&desk->arena, known);
        if (is_chosen(c, algs[i]) && c->now < known)
            return command_fail(
                self, COMMAND_NO,
                "%s %s: whoever cached our keys may not know the next one before %s; wait, or use --force "
                "if the active key has leaked",
                key_use_name(c->use), jws_alg_name(algs[i]), when ? when : "two hours have passed");
    }
    return -1;
}

/* Written down first: better an event of a rotation that then failed, and is tried again, than one nobody knows of. */
static enum err rotate_one(struct desk *desk, const struct choice *c, enum jws_alg alg)
{
    struct rotation r = {desk->ledger, arena_printf(&desk->arena, "key rotate %s %s%s", key_use_name(c->use),
                                                    jws_alg_name(alg), c->force ? " --force" : "")};
    enum err err = r.act ? store_write(desk->store, rotation_job, &r) : ERR_MEMORY;
    if (err)
        return err;
    return c->force ? keys_rotate_at_once(desk->keys_folder, c->use, alg, c->now)
                    : keys_rotate(desk->keys_folder, c->use, alg, c->now);
}

static int rotate(const struct command *self, struct desk *desk, const struct choice *c)
{
    for (size_t i = 0; i < ALGS; i++) {
        const char *name = jws_alg_name(algs[i]);
        if (!is_chosen(c, algs[i]))
            continue;
        enum err err = rotate_one(desk, c, algs[i]);
        if (err)
            return command_fail(self, COMMAND_FAILED, "%s %s: %s", key_use_name(c->use), name, err_words(err));
        printf("%s %s: the next key signs from now on\n", key_use_name(c->use), name);
    }
    if (c->use == KEY_CARD)
        puts("residents' computers need the new `genkan issuer-file`");
    return COMMAND_DONE;
}

static int rotate_profile(const struct command *self, const struct choice *c, const char *config)
{
    if (c->alg || c->force)
        return command_fail(self, COMMAND_USAGE, "--use profile takes neither --alg nor --force");
    struct desk desk;
    int code = desk_open(&desk, self, config, DESK_WRITE);
    if (code == -1)
        code = profile_rotation_run(self, &desk);
    desk_close(&desk);
    return code;
}

/* Keys for encryption have no next one: whoever still encrypts to the old one is understood for two days more. */
static int rotate_encryption(const struct command *self, const struct choice *c, const char *config)
{
    if (c->alg || c->force)
        return command_fail(self, COMMAND_USAGE, "--use encryption takes neither --alg nor --force");
    struct desk desk;
    int code = desk_open(&desk, self, config, DESK_WRITE);
    if (code == -1) {
        struct rotation r = {desk.ledger, "key rotate encryption"};
        enum err err = store_write(desk.store, rotation_job, &r);
        if (!err)
            err = keys_rotate_locks(desk.keys_folder, c->now);
        if (err)
            code = command_fail(self, COMMAND_FAILED, "encryption: %s", err_words(err));
        else
            puts("encryption: new keys; the older ones open for two more days");
        code = err ? code : COMMAND_DONE;
    }
    desk_close(&desk);
    return code;
}

int command_key_rotate(const struct command *self, int argc, const char *const *argv)
{
    struct choice c = {.now = clock_s(&clock_real)};
    const char *config, *use = NULL;
    const struct command_option options[] = {
        {"--use", &use, NULL}, {"--alg", &c.alg, NULL}, {"--force", NULL, &c.force}};
    int code = command_parse(self, argc, argv, options, 3, &config, NULL, 0);
    if (code == -1 && use && strcmp(use, "profile") == 0)
        return rotate_profile(self, &c, config);
    if (code == -1 && use && strcmp(use, "encryption") == 0)
        return rotate_encryption(self, &c, config);
    if (code == -1)
        code = read_use(self, use, c.alg, &c.use);
    if (code != -1)
        return code;
    struct desk desk;
    code = desk_open(&desk, self, config, DESK_WRITE);
    if (code == -1)
        code = check_known(self, &desk, &c);
    if (code == -1)
        code = rotate(self, &desk, &c);
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
        code = err ? command_fail(self, COMMAND_FAILED, "%s", err_words(err)) : COMMAND_DONE;
    }
    desk_close(&desk);
    return code;
}
