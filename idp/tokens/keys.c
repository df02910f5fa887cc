#include "idp/tokens/keys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/secret.h"

#define KEYS_MAX      32
#define SECRET_SIZE   32
#define FILE_LIMIT    65536
#define ARENA_CEILING (1 << 20)

struct keys {
    struct key_row rows[KEYS_MAX];
    size_t n;
    struct locks *locks;
    uint8_t secrets[SECRET_COUNT][SECRET_SIZE];
    struct hmac_key pairwise; /* SECRET_PAIRWISE, which each sign-on asks twice */
};

static const char *const use_names[] = {"token", "card"};
static const char *const state_names[] = {"next", "active", "retired"};

/* What a fresh folder gets. Each key serves one algorithm (RFC 8725 3.1): RS256 and PS256 share none. Folders of before
 * lack those that came later, until the server starts and completes them. */
static const struct {
    enum key_use use;
    enum jws_alg alg;
    bool later;
} kinds[] = {{KEY_TOKEN, JWS_RS256, false},
             {KEY_TOKEN, JWS_ES256, false},
             {KEY_CARD, JWS_ES256, false},
             {KEY_TOKEN, JWS_PS256, true},
             {KEY_TOKEN, JWS_EDDSA, true}};
#define KINDS (sizeof kinds / sizeof kinds[0])

const char *key_state_name(enum key_state s)
{
    return state_names[s];
}

const char *key_use_name(enum key_use u)
{
    return use_names[u];
}

/* --- one key and its file ---------------------------------------------------------------------------------------- */

static enum err read_key(struct keys *k, struct arena *a, const char *folder, struct key_row row, enum jws_alg alg,
                         struct view kid)
{
    struct view pem;
    struct jws_key *key;
    char *path = arena_printf(a, "%s/%.*s.pem", folder, (int)kid.n, (const char *)kid.p);

    if (!path)
        return ERR_MEMORY;
    enum err e = file_read_secret(a, path, FILE_LIMIT, &pem);
    if (e)
        return e;
    if ((e = jws_key_read_pem(&key, pem, alg)))
        return e;
    row.key = key;
    k->rows[k->n++] = row;
    return view_equal_text(kid, jws_key_id(key)) ? ERR_OK : ERR_CONFIG;
}

static enum err write_key(struct arena *a, const char *folder, const struct jws_key *key)
{
    struct buf pem;
    struct view text;
    char *path = arena_printf(a, "%s/%s.pem", folder, jws_key_id(key));

    if (!path)
        return ERR_MEMORY;
    buf_open(&pem, NULL, FILE_LIMIT);
    enum err e = jws_key_write_pem(&pem, key);
    if (!e)
        e = buf_done(&pem, &text);
    if (!e)
        e = file_write(path, text, 0600);
    buf_close(&pem);
    return e;
}

/* A new key in K and in its file. */
static enum err add_key(struct keys *k, struct arena *a, const char *folder, enum jws_alg alg, struct key_row row)
{
    struct jws_key *key;

    if (k->n == KEYS_MAX)
        return ERR_LIMIT;
    enum err e = jws_key_make(&key, alg);
    if (e)
        return e;
    row.key = key;
    k->rows[k->n++] = row;
    return write_key(a, folder, key);
}

/* --- the list ---------------------------------------------------------------------------------------------------- */

static int index_of(const char *const *names, int n, struct view name)
{
    for (int i = 0; i < n; i++)
        if (view_equal_text(name, names[i]))
            return i;
    return -1;
}

/* The kid becomes a file name: only base64url letters. */
static bool is_kid(struct view kid)
{
    for (size_t i = 0; i < kid.n; i++) {
        uint8_t c = kid.p[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return kid.n > 0 && kid.n <= 64;
}

static enum err read_row(struct keys *k, struct arena *a, const char *folder, const struct json *j)
{
    struct view kid = json_member_text(j, "kid");
    int use = index_of(use_names, 2, json_member_text(j, "use"));
    int state = index_of(state_names, 3, json_member_text(j, "state"));
    enum jws_alg alg = jws_alg_of(json_member_text(j, "alg"));
    int64_t since;

    if (use < 0 || state < 0 || alg == JWS_NONE_GIVEN || !is_kid(kid) || !json_int(json_member(j, "since"), &since) ||
        k->n == KEYS_MAX)
        return ERR_CONFIG;
    return read_key(k, a, folder, (struct key_row){NULL, (enum key_use)use, (enum key_state)state, since}, alg, kid);
}

static enum err read_list(struct keys *k, struct arena *a, const char *folder)
{
    struct view text;
    struct json *j;
    char *path = arena_printf(a, "%s/keys.json", folder);

    if (!path)
        return ERR_MEMORY;
    enum err e = file_read_secret(a, path, FILE_LIMIT, &text);
    if (e)
        return e;
    if ((e = json_read(&j, a, text, NULL)))
        return e == ERR_SYNTAX ? ERR_CONFIG : e;
    const struct json *list = json_member(j, "keys");
    for (size_t i = 0; !e && i < json_count(list); i++)
        e = read_row(k, a, folder, json_at(list, i));
    return e;
}

static enum err write_list(const struct keys *k, struct arena *a, const char *folder)
{
    struct buf b;
    struct view text;
    struct json_out o;
    char *path = arena_printf(a, "%s/keys.json", folder);

    if (!path)
        return ERR_MEMORY;
    buf_open(&b, a, FILE_LIMIT);
    json_out_open(&o, &b);
    json_begin(&o);
    json_key(&o, "keys");
    json_begin_array(&o);
    for (size_t i = 0; i < k->n; i++) {
        json_begin(&o);
        json_pair_text(&o, "alg", jws_alg_name(jws_key_alg(k->rows[i].key)));
        json_pair_text(&o, "kid", jws_key_id(k->rows[i].key));
        json_pair_int(&o, "since", k->rows[i].since);
        json_pair_text(&o, "state", state_names[k->rows[i].state]);
        json_pair_text(&o, "use", use_names[k->rows[i].use]);
        json_end(&o);
    }
    json_end_array(&o);
    json_end(&o);
    enum err e = buf_done(&b, &text);
    return e ? e : file_write(path, text, 0600);
}

/* --- secrets ----------------------------------------------------------------------------------------------------- */

static const struct {
    enum key_secret which;
    bool lasting;
    const char *info;
} secrets[] = {
    {SECRET_PAIRWISE, true, "genkan pairwise subjects"},  {SECRET_ACCOUNT, true, "genkan card accounts"},
    {SECRET_AUDIT, true, "genkan audit pseudonyms"},      {SECRET_CODE, false, "genkan authorization codes"},
    {SECRET_ACCESS, false, "genkan access tokens"},       {SECRET_REFRESH, false, "genkan refresh tokens"},
    {SECRET_CSRF, false, "genkan form tokens"},           {SECRET_LIKENESS, true, "genkan verified likeness"},
    {SECRET_NETWORK, false, "genkan networks of logins"},
};

static enum err write_secret(struct arena *a, const char *folder, const char *name)
{
    uint8_t bytes[SECRET_SIZE];
    char *path = arena_printf(a, "%s/%s", folder, name);

    if (!path)
        return ERR_MEMORY;
    chance_bytes(bytes, sizeof bytes);
    enum err e = file_write(path, VIEW_ARRAY(bytes), 0600);
    wipe(bytes, sizeof bytes);
    return e;
}

static enum err read_secret(struct keys *k, struct arena *a, const char *folder, const char *name, bool lasting)
{
    struct view bytes;
    char *path = arena_printf(a, "%s/%s", folder, name);

    if (!path)
        return ERR_MEMORY;
    enum err e = file_read_secret(a, path, SECRET_SIZE, &bytes);
    if (e)
        return e;
    if (bytes.n != SECRET_SIZE)
        return ERR_CONFIG;
    for (size_t i = 0; i < SECRET_COUNT; i++)
        if (secrets[i].lasting == lasting)
            hkdf_sha256(k->secrets[secrets[i].which], SECRET_SIZE, bytes, view_text(secrets[i].info));
    hmac_key_set(&k->pairwise, keys_secret(k, SECRET_PAIRWISE));
    return ERR_OK;
}

/* --- the whole folder -------------------------------------------------------------------------------------------- */

void keys_close(struct keys *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < k->n; i++)
        jws_key_close((struct jws_key *)(uintptr_t)k->rows[i].key);
    locks_close(k->locks);
    wipe(k->secrets, sizeof k->secrets);
    wipe(&k->pairwise, sizeof k->pairwise);
    free(k);
}

static enum err add_missing(struct keys *k, struct arena *a, const char *folder, int64_t now)
{
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < KINDS; i++) {
        if (keys_active(k, kinds[i].use, kinds[i].alg))
            continue;
        e = add_key(k, a, folder, kinds[i].alg, (struct key_row){NULL, kinds[i].use, KEY_ACTIVE, now});
        if (!e)
            e = add_key(k, a, folder, kinds[i].alg, (struct key_row){NULL, kinds[i].use, KEY_NEXT, now});
    }
    return e;
}

static enum err make_all(struct keys *k, struct arena *a, const char *folder, int64_t now)
{
    enum err e = write_secret(a, folder, "lasting.secret");

    if (!e)
        e = write_secret(a, folder, "passing.secret");
    if (!e)
        e = add_missing(k, a, folder, now);
    if (!e)
        e = locks_complete(folder, now);
    /* The list comes last: a folder without it is not a set of keys yet, and is made again. */
    return e ? e : write_list(k, a, folder);
}

enum err keys_make(const char *folder, int64_t now)
{
    struct arena a;
    struct keys *k = calloc(1, sizeof *k);

    if (!k)
        return ERR_MEMORY;
    arena_open(&a, ARENA_CEILING);
    char *list = arena_printf(&a, "%s/keys.json", folder);
    enum err e = list ? ERR_OK : ERR_MEMORY;
    if (!e && access(list, F_OK) == 0)
        e = ERR_CONFLICT;
    if (!e)
        e = file_make_folder(folder, 0700);
    if (!e)
        e = make_all(k, &a, folder, now);
    arena_close(&a);
    keys_close(k);
    return e;
}

static bool is_complete(const struct keys *k, bool later)
{
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].later <= later && !keys_active(k, kinds[i].use, kinds[i].alg))
            return false;
    return true;
}

static const char *reason(enum err e, const char *otherwise)
{
    if (e == ERR_PERMISSION)
        return "a key file may be read by others than its owner (must be mode 0600)";
    return e == ERR_NOT_FOUND ? "a key file is missing" : otherwise;
}

static enum err open_all(struct keys *k, struct arena *a, const char *folder, const char **why)
{
    enum err e = read_list(k, a, folder);

    *why = reason(e, "keys.json or a key in it cannot be used");
    if (e)
        return e;
    if ((e = read_secret(k, a, folder, "lasting.secret", true)) ||
        (e = read_secret(k, a, folder, "passing.secret", false))) {
        *why = reason(e, "a secret file cannot be used");
        return e == ERR_NOT_FOUND ? ERR_CONFIG : e;
    }
    *why = "an active key is missing in keys.json";
    if (!is_complete(k, false))
        return ERR_CONFIG;
    e = locks_open(&k->locks, folder);
    *why = reason(e, "locks.json or a key in it cannot be used");
    return e == ERR_NOT_FOUND ? ERR_OK : e; /* of before there were any: keys_complete makes them */
}

enum err keys_open(struct keys **out, const char *folder, const char **why)
{
    const char *ignored;
    struct arena a;
    struct keys *k = calloc(1, sizeof *k);

    *out = NULL;
    if (!k)
        return ERR_MEMORY;
    arena_open(&a, ARENA_CEILING);
    enum err e = open_all(k, &a, folder, why ? why : &ignored);
    arena_close(&a);
    if (e) {
        keys_close(k);
        return e;
    }
    *out = k;
    return ERR_OK;
}

/* --- changing a folder that is there ----------------------------------------------------------------------------- */

/* One change at a time: a list that is written back must be the one that was read. -1: cannot. */
static int lock_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

struct change {
    const char *folder;
    enum key_use use;
    enum jws_alg alg;
    int64_t now;
    bool at_once;
};

static enum err change_folder(const struct change *c,
                              enum err (*change)(struct keys *k, struct arena *a, const struct change *c))
{
    struct arena a;
    struct keys *k;
    int lock = lock_folder(c->folder);
    enum err e = keys_open(&k, c->folder, NULL);

    if (!e && lock < 0) {
        keys_close(k);
        e = ERR_IO;
    }
    if (!e) {
        arena_open(&a, ARENA_CEILING);
        e = change(k, &a, c);
        arena_close(&a);
        keys_close(k);
    }
    if (lock >= 0)
        close(lock);
    return e;
}

static enum err complete(struct keys *k, struct arena *a, const struct change *c)
{
    enum err e = locks_complete(c->folder, c->now);

    if (e || is_complete(k, true))
        return e;
    e = add_missing(k, a, c->folder, c->now);
    return e ? e : write_list(k, a, c->folder);
}

static enum err rotate_locks(struct keys *k, struct arena *a, const struct change *c)
{
    (void)k;
    (void)a;
    return locks_rotate(c->folder, c->now);
}

enum err keys_rotate_locks(const char *folder, int64_t now)
{
    return change_folder(&(struct change){.folder = folder, .now = now}, rotate_locks);
}

enum err keys_complete(const char *folder, int64_t now)
{
    return change_folder(&(struct change){.folder = folder, .now = now}, complete);
}

/* --- rotation ---------------------------------------------------------------------------------------------------- */

static bool is_kind(const struct key_row *row, enum key_use use, enum jws_alg alg)
{
    return row->use == use && jws_key_alg(row->key) == alg;
}

static void move_on(struct keys *k, enum key_use use, enum jws_alg alg, int64_t now)
{
    for (size_t i = 0; i < k->n; i++) {
        struct key_row *row = &k->rows[i];
        if (!is_kind(row, use, alg) || row->state == KEY_RETIRED)
            continue;
        row->state = row->state == KEY_NEXT ? KEY_ACTIVE : KEY_RETIRED;
        row->since = now;
    }
}

static bool is_over(const struct key_row *row, int64_t now)
{
    return row->state == KEY_RETIRED && now - row->since >= KEY_RETIRE_S;
}

/* Takes what is over out of the list, writes the list, then removes the files: a crash in between leaves files that
 * nobody asks for, never a list without its files. */
static enum err drop_and_write(struct keys *k, struct arena *a, const char *folder, int64_t now)
{
    struct key_row gone[KEYS_MAX];
    size_t n_gone = 0, n = 0;

    for (size_t i = 0; i < k->n; i++) {
        if (is_over(&k->rows[i], now))
            gone[n_gone++] = k->rows[i];
        else
            k->rows[n++] = k->rows[i];
    }
    k->n = n;
    enum err e = write_list(k, a, folder);
    for (size_t i = 0; i < n_gone; i++) {
        char *path = arena_printf(a, "%s/%s.pem", folder, jws_key_id(gone[i].key));
        if (!e && path)
            unlink(path);
        jws_key_close((struct jws_key *)(uintptr_t)gone[i].key);
    }
    return e;
}

int64_t keys_next_since(const struct keys *k, enum key_use use, enum jws_alg alg)
{
    for (size_t i = 0; i < k->n; i++)
        if (k->rows[i].state == KEY_NEXT && is_kind(&k->rows[i], use, alg))
            return k->rows[i].since;
    return 0;
}

static enum err rotate(struct keys *k, struct arena *a, const struct change *c)
{
    if (!keys_active(k, c->use, c->alg))
        return ERR_NOT_FOUND;
    if (!c->at_once && c->now - keys_next_since(k, c->use, c->alg) < KEY_KNOWN_S)
        return ERR_CONFLICT;
    move_on(k, c->use, c->alg, c->now);
    enum err e = add_key(k, a, c->folder, c->alg, (struct key_row){NULL, c->use, KEY_NEXT, c->now});
    return e ? e : drop_and_write(k, a, c->folder, c->now);
}

enum err keys_rotate(const char *folder, enum key_use use, enum jws_alg alg, int64_t now)
{
    return change_folder(&(struct change){folder, use, alg, now, false}, rotate);
}

enum err keys_rotate_at_once(const char *folder, enum key_use use, enum jws_alg alg, int64_t now)
{
    return change_folder(&(struct change){folder, use, alg, now, true}, rotate);
}

/* --- asking ------------------------------------------------------------------------------------------------------ */

size_t keys_count(const struct keys *k)
{
    return k->n;
}

const struct key_row *keys_at(const struct keys *k, size_t i)
{
    return i < k->n ? &k->rows[i] : NULL;
}

const struct jws_key *keys_active(const struct keys *k, enum key_use use, enum jws_alg alg)
{
    for (size_t i = 0; i < k->n; i++)
        if (k->rows[i].state == KEY_ACTIVE && is_kind(&k->rows[i], use, alg))
            return k->rows[i].key;
    return NULL;
}

const struct jws_key *keys_find(const struct keys *k, enum key_use use, struct view kid)
{
    for (size_t i = 0; i < k->n; i++)
        if (k->rows[i].use == use && view_equal_text(kid, jws_key_id(k->rows[i].key)))
            return k->rows[i].key;
    return NULL;
}

const struct locks *keys_locks(const struct keys *k)
{
    return k->locks;
}

void keys_put_jwks(struct buf *out, const struct keys *k, enum key_use use, int64_t now)
{
    struct json_out o;

    json_out_open(&o, out);
    json_begin(&o);
    json_key(&o, "keys");
    json_begin_array(&o);
    for (size_t i = 0; i < k->n; i++)
        if (k->rows[i].use == use && !is_over(&k->rows[i], now))
            jws_key_put_jwk(&o, k->rows[i].key);
    if (use == KEY_TOKEN)
        locks_put_jwks(&o, k->locks);
    json_end_array(&o);
    json_end(&o);
}

int64_t keys_jwks_until(const struct keys *k, enum key_use use, int64_t now)
{
    int64_t until = INT64_MAX;

    for (size_t i = 0; i < k->n; i++) {
        const struct key_row *row = &k->rows[i];
        if (row->use == use && row->state == KEY_RETIRED && !is_over(row, now) && row->since + KEY_RETIRE_S < until)
            until = row->since + KEY_RETIRE_S;
    }
    return until;
}

struct view keys_secret(const struct keys *k, enum key_secret which)
{
    INSIST(which < SECRET_COUNT);
    return VIEW_ARRAY(k->secrets[which]);
}

const struct hmac_key *keys_pairwise(const struct keys *k)
{
    return &k->pairwise;
}
