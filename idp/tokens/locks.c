#include "idp/tokens/locks.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

#define LOCKS_MAX     16
#define FILE_LIMIT    65536
#define ARENA_CEILING (1 << 20)

struct locks {
    struct lock_row rows[LOCKS_MAX];
    size_t n;
};

static const enum jwe_alg kinds[] = {JWE_RSA_OAEP_256, JWE_ECDH_ES};
#define KINDS (sizeof kinds / sizeof kinds[0])

static struct view row_id(const struct lock_row *row)
{
    return jwe_key_id(row->key);
}

void locks_close(struct locks *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->n; i++)
        jwe_key_close((struct jwe_key *)(uintptr_t)l->rows[i].key);
    free(l);
}

/* --- files ------------------------------------------------------------------------------------------------------- */

static char *path_of(struct arena *a, const char *folder, struct view kid)
{
    return arena_printf(a, "%s/%.*s.pem", folder, (int)kid.n, (const char *)kid.p);
}

/* The kid becomes a file name: only what a thumbprint is made of. */
static bool is_kid(struct view kid)
{
    for (size_t i = 0; i < kid.n; i++) {
        uint8_t c = kid.p[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return kid.n == 43;
}

static enum err read_row(struct locks *l, struct arena *a, const char *folder, const struct json *j)
{
    struct lock_row row = {.alg = jwe_alg_of(json_member_text(j, "alg"))};
    struct view kid = json_member_text(j, "kid"), pem;
    struct jwe_key *key;

    if (!is_kid(kid) || row.alg == JWE_NONE_GIVEN || l->n == LOCKS_MAX ||
        !json_int(json_member(j, "since"), &row.since) || !json_bool(json_member(j, "retired"), &row.retired))
        return ERR_CONFIG;
    char *path = path_of(a, folder, kid);
    enum err e = path ? file_read_secret(a, path, FILE_LIMIT, &pem) : ERR_MEMORY;
    if (e || (e = jwe_key_read_pem(&key, pem)))
        return e == ERR_NOT_FOUND || e == ERR_SYNTAX ? ERR_CONFIG : e;
    row.key = key;
    l->rows[l->n++] = row;
    return view_equal(kid, jwe_key_id(key)) && jwe_key_fits(key, row.alg) ? ERR_OK : ERR_CONFIG;
}

static enum err read_list(struct locks *l, struct arena *a, const char *folder)
{
    struct view text;
    struct json *j;
    char *path = arena_printf(a, "%s/locks.json", folder);
    enum err e = path ? file_read_secret(a, path, FILE_LIMIT, &text) : ERR_MEMORY;

    if (e)
        return e;
    if ((e = json_read(&j, a, text, NULL)))
        return e == ERR_SYNTAX ? ERR_CONFIG : e;
    const struct json *list = json_member(j, "locks");
    for (size_t i = 0; !e && i < json_count(list); i++)
        e = read_row(l, a, folder, json_at(list, i));
    return e;
}

static enum err write_list(const struct locks *l, struct arena *a, const char *folder)
{
    struct buf b;
    struct view text;
    struct json_out o;
    char *path = arena_printf(a, "%s/locks.json", folder);

    if (!path)
        return ERR_MEMORY;
    buf_open(&b, a, FILE_LIMIT);
    json_out_open(&o, &b);
    json_begin(&o);
    json_key(&o, "locks");
    json_begin_array(&o);
    for (size_t i = 0; i < l->n; i++) {
        json_begin(&o);
        json_pair_text(&o, "alg", jwe_alg_name(l->rows[i].alg));
        json_pair(&o, "kid", row_id(&l->rows[i]));
        json_pair_bool(&o, "retired", l->rows[i].retired);
        json_pair_int(&o, "since", l->rows[i].since);
        json_end(&o);
    }
    json_end_array(&o);
    json_end(&o);
    enum err e = buf_done(&b, &text);
    return e ? e : file_write(path, text, 0600);
}

static enum err add(struct locks *l, struct arena *a, const char *folder, enum jwe_alg alg, int64_t now)
{
    struct jwe_key *key;
    struct view text;
    struct buf pem;
    enum err e = l->n == LOCKS_MAX ? ERR_LIMIT : jwe_key_make(&key, alg);

    if (e)
        return e;
    l->rows[l->n++] = (struct lock_row){.key = key, .alg = alg, .since = now};
    char *path = path_of(a, folder, jwe_key_id(key));
    if (!path)
        return ERR_MEMORY;
    buf_open(&pem, NULL, FILE_LIMIT);
    e = jwe_key_write_pem(&pem, key);
    if (!e)
        e = buf_done(&pem, &text);
    if (!e)
        e = file_write(path, text, 0600);
    buf_close(&pem);
    return e;
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

enum err locks_open(struct locks **out, const char *folder)
{
    struct arena a;
    struct locks *l = calloc(1, sizeof *l);

    *out = NULL;
    if (!l)
        return ERR_MEMORY;
    arena_open(&a, ARENA_CEILING);
    enum err e = read_list(l, &a, folder);
    arena_close(&a);
    if (e)
        locks_close(l);
    else
        *out = l;
    return e;
}

static const struct jwe_key *in_use(const struct locks *l, enum jwe_alg alg)
{
    for (size_t i = 0; i < l->n; i++)
        if (!l->rows[i].retired && jwe_key_fits(l->rows[i].key, alg))
            return l->rows[i].key;
    return NULL;
}

static enum err add_missing(struct locks *l, struct arena *a, const char *folder, int64_t now, bool *added)
{
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < KINDS; i++) {
        if (in_use(l, kinds[i]))
            continue;
        *added = true;
        e = add(l, a, folder, kinds[i], now);
    }
    return e;
}

/* The list is written before files are removed: a crash leaves files that nobody asks for. */
static enum err write_without_old(struct locks *l, struct arena *a, const char *folder, int64_t now)
{
    struct lock_row gone[LOCKS_MAX];
    size_t n_gone = 0, n = 0;

    for (size_t i = 0; i < l->n; i++) {
        if (l->rows[i].retired && now - l->rows[i].since >= LOCK_RETIRE_S)
            gone[n_gone++] = l->rows[i];
        else
            l->rows[n++] = l->rows[i];
    }
    l->n = n;
    enum err e = write_list(l, a, folder);
    for (size_t i = 0; i < n_gone; i++) {
        char *path = path_of(a, folder, row_id(&gone[i]));
        if (!e && path)
            unlink(path);
        jwe_key_close((struct jwe_key *)(uintptr_t)gone[i].key);
    }
    return e;
}

static enum err change(const char *folder, int64_t now, bool rotate)
{
    struct arena a;
    struct locks *l;
    bool changed = rotate;
    enum err e = locks_open(&l, folder);

    if (e == ERR_NOT_FOUND) {
        l = calloc(1, sizeof *l);
        e = l ? ERR_OK : ERR_MEMORY;
    }
    if (e)
        return e;
    for (size_t i = 0; rotate && i < l->n; i++)
        if (!l->rows[i].retired)
            l->rows[i] = (struct lock_row){l->rows[i].key, l->rows[i].alg, true, now};
    arena_open(&a, ARENA_CEILING);
    e = add_missing(l, &a, folder, now, &changed);
    if (!e && changed)
        e = write_without_old(l, &a, folder, now);
    arena_close(&a);
    locks_close(l);
    return e;
}

enum err locks_complete(const char *folder, int64_t now)
{
    return change(folder, now, false);
}

enum err locks_rotate(const char *folder, int64_t now)
{
    return change(folder, now, true);
}

/* --- asking ------------------------------------------------------------------------------------------------------ */

size_t locks_count(const struct locks *l)
{
    return l ? l->n : 0;
}

const struct lock_row *locks_at(const struct locks *l, size_t i)
{
    return l && i < l->n ? &l->rows[i] : NULL;
}

const struct jwe_key *locks_find(const struct locks *l, struct view kid, enum jwe_alg alg)
{
    if (!l)
        return NULL;
    if (!view_is(kid))
        return in_use(l, alg);
    for (size_t i = 0; i < l->n; i++)
        if (view_equal(kid, row_id(&l->rows[i])) && jwe_key_fits(l->rows[i].key, alg))
            return l->rows[i].key;
    return NULL;
}

void locks_put_jwks(struct json_out *o, const struct locks *l)
{
    for (size_t i = 0; i < locks_count(l); i++)
        if (!l->rows[i].retired)
            jwe_key_put_jwk(o, l->rows[i].key);
}
