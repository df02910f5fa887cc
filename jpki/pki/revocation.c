#include "jpki/pki/revocation.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "jpki/pki/crl.h"
#include "jpki/pki/ocsp.h"

#define CRLS_MAX      8192 /* about 1,900 municipalities, two hierarchies, some generations */
#define ARENA_LIMIT   (256 * 1024 * 1024)
#define CACHE_DEFAULT 4096
#define CACHE_WAYS    4
#define WHY_SIZE      256

/* All CRLs of one reading of the folder. */
struct crl_set {
    struct arena arena;
    struct crl *crls;
    size_t n;
};

struct cached {
    uint8_t key[SHA256_SIZE]; /* of issuer key id and serial number */
    struct revocation_answer answer;
    int64_t from, until; /* unix seconds; until 0: free */
};

struct revocation {
    struct revocation_config config;
    char *crl_folder;
    pthread_rwlock_t crl_lock;
    struct crl_set *set;
    pthread_mutex_t cache_lock;
    struct cached *cache;
    size_t n_cache; /* a multiple of CACHE_WAYS */
};

/* --- the folder of CRLs ---------------------------------------------------------------------------------------- */

static void close_set(struct crl_set *set)
{
    for (size_t i = 0; set && i < set->n; i++)
        crl_close(&set->crls[i]);
    if (set) {
        free(set->crls);
        arena_close(&set->arena);
    }
    free(set);
}

static enum err open_set(struct crl_set **out)
{
    struct crl_set *set = calloc(1, sizeof *set);
    if (set)
        arena_open(&set->arena, ARENA_LIMIT);
    if (set)
        set->crls = calloc(CRLS_MAX, sizeof *set->crls);
    *out = set;
    if (set && set->crls)
        return ERR_OK;
    close_set(set);
    return ERR_MEMORY;
}

static enum err refuse(char *why, const char *file, const char *rule)
{
    if (why)
        snprintf(why, WHY_SIZE, "%s: %s", file, rule);
    return ERR_CONFIG;
}

static enum err add_file(struct crl_set *set, const struct trust *trust, const char *path, char *why)
{
    enum crl_fault fault;
    if (set->n == CRLS_MAX)
        return refuse(why, path, "too many CRLs");
    enum err e = crl_read_file(&set->crls[set->n], &set->arena, trust, path, &fault);
    if (e == ERR_LIMIT)
        return refuse(why, path, "too big");
    if (e == ERR_SYNTAX && fault == CRL_IS_DELTA)
        return ERR_OK; /* nothing can be asked of it, and nothing is lost without it */
    if (e == ERR_SYNTAX)
        return refuse(why, path, crl_fault_text(fault));
    set->n += e == ERR_OK;
    return e;
}

static enum err add_folder(struct crl_set *set, const struct trust *trust, const char *folder, char *why)
{
    char **names;
    size_t n;
    enum err e = file_list(&set->arena, folder, ".crl", &names, &n);
    for (size_t i = 0; !e && i < n; i++) {
        const char *path = arena_printf(&set->arena, "%s/%s", folder, names[i]);
        e = path ? add_file(set, trust, path, why) : ERR_MEMORY;
    }
    return e;
}

/* Full lists first, then by distribution point, so that a look-up is a binary search and not 8,000 comparisons. */
static int compare_points(struct view a, struct view b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_crls(const void *a, const void *b)
{
    return compare_points(((const struct crl *)a)->point, ((const struct crl *)b)->point);
}

/* The first list whose point is not before POINT. */
static size_t first_of(const struct crl_set *set, struct view point)
{
    size_t low = 0, high = set->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_points(set->crls[middle].point, point) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum err fill_set(struct crl_set *set, const struct trust *trust, const char *folder, char *why)
{
    static const char *const subs[] = {"auth", "sign"};
    enum err e = add_folder(set, trust, folder, why);
    if (e == ERR_NOT_FOUND && why)
        snprintf(why, WHY_SIZE, "%s: no such folder", folder);
    for (size_t i = 0; !e && i < 2; i++) {
        const char *sub = arena_printf(&set->arena, "%s/%s", folder, subs[i]);
        e = sub ? add_folder(set, trust, sub, why) : ERR_MEMORY;
        if (e == ERR_NOT_FOUND) /* sub-folders are a convenience */
            e = ERR_OK;
    }
    if (!e)
        qsort(set->crls, set->n, sizeof *set->crls, compare_crls);
    return e;
}

enum err revocation_reload(struct revocation *r, char why[256])
{
    struct crl_set *set = NULL, *old;
    if (why)
        *why = '\0';
    if (!r->crl_folder)
        return ERR_OK;
    enum err e = open_set(&set);
    if (!e)
        e = fill_set(set, r->config.trust, r->crl_folder, why);
    if (e) {
        close_set(set);
        return e;
    }
    pthread_rwlock_wrlock(&r->crl_lock);
    old = r->set;
    r->set = set;
    pthread_rwlock_unlock(&r->crl_lock);
    close_set(old);
    return ERR_OK;
}

/* --- opening --------------------------------------------------------------------------------------------------- */

static enum err allocate(struct revocation *r, const struct revocation_config *config)
{
    r->config = *config;
    r->config.crl_folder = NULL; /* the caller's; ours is a copy */
    size_t n = config->cache_entries ? config->cache_entries : CACHE_DEFAULT;
    r->n_cache = (n + CACHE_WAYS - 1) / CACHE_WAYS * CACHE_WAYS;
    r->cache = calloc(r->n_cache, sizeof *r->cache);
    r->crl_folder = config->crl_folder ? strdup(config->crl_folder) : NULL;
    return r->cache && (r->crl_folder || !config->crl_folder) ? ERR_OK : ERR_MEMORY;
}

enum err revocation_open(struct revocation **out, const struct revocation_config *config, char why[256])
{
    *out = NULL;
    if (why)
        *why = '\0';
    INSIST(config->trust && (!config->ocsp || config->fetch.post));
    struct revocation *r = calloc(1, sizeof *r);
    if (!r)
        return ERR_MEMORY;
    INSIST(pthread_rwlock_init(&r->crl_lock, NULL) == 0 && pthread_mutex_init(&r->cache_lock, NULL) == 0);
    enum err e = allocate(r, config);
    if (!e)
        e = revocation_reload(r, why);
    if (e)
        revocation_close(r);
    else
        *out = r;
    return e;
}

void revocation_close(struct revocation *r)
{
    if (!r)
        return;
    close_set(r->set);
    pthread_rwlock_destroy(&r->crl_lock);
    pthread_mutex_destroy(&r->cache_lock);
    free(r->cache);
    free(r->crl_folder);
    free(r);
}

/* --- asking the CRLs ------------------------------------------------------------------------------------------- */

static struct revocation_answer unknown(enum revocation_why why, enum revocation_source source)
{
    return (struct revocation_answer){.state = REVOCATION_UNKNOWN, .why = why, .source = source, .reason = -1};
}

/* What one list says. A revoked serial number stays revoked however old the list is (facts 5.3: nothing is ever
 * released); "not on the list" counts only while the list is fresh. */
static struct revocation_answer ask_list(const struct crl *crl, const struct cert *c, int64_t now)
{
    struct revocation_answer answer = unknown(REVOCATION_WHY_NONE, REVOCATION_FROM_CRL);
    struct serials_entry entry;
    answer.as_of = crl->this_update;
    if (serials_find(&entry, &crl->serials, c->serial)) {
        answer.state = REVOCATION_REVOKED;
        answer.reason = entry.reason;
        answer.revoked_at = entry.at;
    } else if (crl->this_update > now + REVOCATION_SKEW) {
        answer.why = REVOCATION_CRL_NOT_YET;
    } else if (crl->next_update < now - REVOCATION_SKEW) {
        answer.why = REVOCATION_CRL_STALE;
    } else {
        answer.state = REVOCATION_GOOD;
    }
    return answer;
}

/* Revoked in any list is revoked; otherwise good in a fresh one; otherwise the last reason why not. */
static void ask_point(struct revocation_answer *best, const struct crl_set *set, struct view point,
                      const struct cert *c, const struct trust_root *root, int64_t now)
{
    for (size_t i = first_of(set, point); i < set->n && view_equal(set->crls[i].point, point); i++) {
        if (!crl_covers(&set->crls[i], c, root))
            continue;
        struct revocation_answer answer = ask_list(&set->crls[i], c, now);
        if (answer.state >= best->state)
            *best = answer;
    }
}

static struct revocation_answer ask_crls(struct revocation *r, const struct cert *c, const struct trust_root *root,
                                         int64_t now)
{
    struct revocation_answer best = unknown(REVOCATION_CRL_MISSING, REVOCATION_FROM_CRL);
    pthread_rwlock_rdlock(&r->crl_lock);
    ask_point(&best, r->set, VIEW_NONE, c, root, now);
    if (c->crl_point.p)
        ask_point(&best, r->set, c->crl_point, c, root, now);
    pthread_rwlock_unlock(&r->crl_lock);
    return best;
}

/* --- asking the responder -------------------------------------------------------------------------------------- */

static void cache_key(uint8_t out[SHA256_SIZE], const struct cert *c, const struct trust_root *root)
{
    sha256_of(out, (const struct view[]){root->cert.der, c->serial_der}, 2);
}

static struct cached *cache_set(struct revocation *r, const uint8_t key[SHA256_SIZE])
{
    size_t h;
    memcpy(&h, key, sizeof h);
    return &r->cache[h % (r->n_cache / CACHE_WAYS) * CACHE_WAYS];
}

static bool cache_find(struct revocation *r, const uint8_t key[SHA256_SIZE], int64_t now, struct revocation_answer *out)
{
    bool found = false;
    pthread_mutex_lock(&r->cache_lock);
    struct cached *set = cache_set(r, key);
    for (size_t i = 0; i < CACHE_WAYS && !found; i++) {
        found = set[i].from <= now && now < set[i].until && memcmp(set[i].key, key, SHA256_SIZE) == 0;
        if (found)
            *out = set[i].answer;
    }
    pthread_mutex_unlock(&r->cache_lock);
    if (found)
        out->source = REVOCATION_FROM_CACHE;
    return found;
}

/* Takes the place of an older answer about the same certificate, or of the one that ends first. */
static void cache_put(struct revocation *r, const uint8_t key[SHA256_SIZE], int64_t now, int64_t until,
                      const struct revocation_answer *answer)
{
    if (until > now + REVOCATION_CACHE_MAX)
        until = now + REVOCATION_CACHE_MAX;
    if (until <= now)
        return;
    pthread_mutex_lock(&r->cache_lock);
    struct cached *set = cache_set(r, key), *place = set;
    for (size_t i = 0; i < CACHE_WAYS; i++) {
        if (set[i].until < place->until)
            place = &set[i];
        if (memcmp(set[i].key, key, SHA256_SIZE) == 0) {
            place = &set[i];
            break;
        }
    }
    memcpy(place->key, key, SHA256_SIZE);
    place->answer = *answer;
    place->from = now;
    place->until = until;
    pthread_mutex_unlock(&r->cache_lock);
}

static enum revocation_why why_of(enum err e)
{
    if (e == ERR_TIMEOUT)
        return REVOCATION_OCSP_TIMEOUT;
    return e == ERR_LIMIT ? REVOCATION_OCSP_MALFORMED : REVOCATION_OCSP_UNREACHABLE;
}

static enum err ask_responder(struct revocation_answer *out, int64_t *until, struct revocation *r, struct arena *a,
                              const struct cert *c, const struct trust_root *root, int64_t now)
{
    struct ocsp_question question;
    struct view body;
    enum err e = ocsp_ask(&question, a, c, root);
    if (e)
        return e;
    e = r->config.fetch.post(r->config.fetch.ctx, a, c->ocsp_url, "application/ocsp-request", question.der, &body);
    if (e == ERR_MEMORY)
        return e;
    if (e) {
        *out = unknown(why_of(e), REVOCATION_FROM_OCSP);
        return ERR_OK;
    }
    struct ocsp_terms terms = {now, r->config.nonce_optional};
    return ocsp_judge(out, until, &question, body, root, &terms);
}

static enum err ask_ocsp(struct revocation_answer *out, struct revocation *r, struct arena *a, const struct cert *c,
                         const struct trust_root *root, int64_t now)
{
    uint8_t key[SHA256_SIZE];
    int64_t until = 0;
    *out = unknown(REVOCATION_OCSP_NO_URL, REVOCATION_FROM_OCSP);
    if (!c->ocsp_url)
        return ERR_OK;
    cache_key(key, c, root);
    if (cache_find(r, key, now, out))
        return ERR_OK;
    enum err e = ask_responder(out, &until, r, a, c, root, now);
    if (!e && out->state != REVOCATION_UNKNOWN)
        cache_put(r, key, now, until, out);
    return e;
}

/* --- both ------------------------------------------------------------------------------------------------------ */

enum err revocation_check(struct revocation_answer *out, struct revocation *r, struct arena *a, const struct cert *c,
                          const struct trust_root *root, int64_t now)
{
    *out = unknown(REVOCATION_NO_SOURCE, REVOCATION_FROM_NONE);
    struct revocation_answer lists = *out;
    if (r->crl_folder)
        *out = lists = ask_crls(r, c, root, now);
    if (!r->config.ocsp || lists.state == REVOCATION_REVOKED)
        return ERR_OK;
    enum err e = ask_ocsp(out, r, a, c, root, now);
    if (!e && out->state == REVOCATION_UNKNOWN && r->config.crl_stands_in && lists.state == REVOCATION_GOOD &&
        out->why != REVOCATION_OCSP_SAYS_UNKNOWN)
        *out = lists;
    return e;
}

void revocation_stock(struct revocation *r, struct revocation_stock *out)
{
    *out = (struct revocation_stock){0};
    pthread_rwlock_rdlock(&r->crl_lock);
    for (size_t i = 0; r->set && i < r->set->n; i++) {
        const struct crl *crl = &r->set->crls[i];
        out->crls++;
        out->entries += crl->serials.n;
        if (!out->next_update || crl->next_update < out->next_update)
            out->next_update = crl->next_update;
    }
    pthread_rwlock_unlock(&r->crl_lock);
    pthread_mutex_lock(&r->cache_lock);
    for (size_t i = 0; i < r->n_cache; i++)
        out->cached += r->cache[i].until > 0;
    pthread_mutex_unlock(&r->cache_lock);
}

const char *revocation_why_name(enum revocation_why why)
{
    static const char *const names[] = {
        [REVOCATION_WHY_NONE] = "REVOCATION_WHY_NONE",
        [REVOCATION_NO_SOURCE] = "REVOCATION_NO_SOURCE",
        [REVOCATION_CRL_MISSING] = "REVOCATION_CRL_MISSING",
        [REVOCATION_CRL_STALE] = "REVOCATION_CRL_STALE",
        [REVOCATION_CRL_NOT_YET] = "REVOCATION_CRL_NOT_YET",
        [REVOCATION_OCSP_NO_URL] = "REVOCATION_OCSP_NO_URL",
        [REVOCATION_OCSP_UNREACHABLE] = "REVOCATION_OCSP_UNREACHABLE",
        [REVOCATION_OCSP_TIMEOUT] = "REVOCATION_OCSP_TIMEOUT",
        [REVOCATION_OCSP_MALFORMED] = "REVOCATION_OCSP_MALFORMED",
        [REVOCATION_OCSP_REFUSED] = "REVOCATION_OCSP_REFUSED",
        [REVOCATION_OCSP_SIGNER] = "REVOCATION_OCSP_SIGNER",
        [REVOCATION_OCSP_NONCE] = "REVOCATION_OCSP_NONCE",
        [REVOCATION_OCSP_OTHER_CERT] = "REVOCATION_OCSP_OTHER_CERT",
        [REVOCATION_OCSP_STALE] = "REVOCATION_OCSP_STALE",
        [REVOCATION_OCSP_NOT_YET] = "REVOCATION_OCSP_NOT_YET",
        [REVOCATION_OCSP_SAYS_UNKNOWN] = "REVOCATION_OCSP_SAYS_UNKNOWN",
    };
    return names[why];
}
