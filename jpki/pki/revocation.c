#include "jpki/pki/revocation.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "jpki/pki/answers.h"
#include "jpki/pki/counts.h"
#include "jpki/pki/crl_folder.h"
#include "jpki/pki/ocsp.h"
#include "jpki/pki/responders.h"

#define PATIENCE_MS 8000

struct revocation {
    struct revocation_config config;
    char *folder;
    pthread_rwlock_t lists_lock;
    struct crl_folder *lists;    /* NULL: no folder */
    pthread_mutex_t reload_lock; /* one at a time */
    struct answers *answers;
    struct responders *responders;
    struct ocsp_signer signer;
    struct counts counts;
};

/* --- the folder of CRLs ---------------------------------------------------------------------------------------- */

static void replace(struct revocation *r, struct crl_folder *lists)
{
    pthread_rwlock_wrlock(&r->lists_lock);
    struct crl_folder *old = r->lists;
    r->lists = lists;
    pthread_rwlock_unlock(&r->lists_lock);
    crl_folder_close(old);
}

/* Only a reload replaces the lists, and the caller holds its lock: what they are now can be read without the other. */
static enum err reload(struct revocation *r, char *why)
{
    struct crl_folder *lists;
    enum err e = crl_folder_open(&lists, r->folder, r->config.trust, r->lists, why);
    atomic_fetch_add(e ? &r->counts.reload_failures : &r->counts.reloads, 1);
    if (!e)
        replace(r, lists);
    return e;
}

enum err revocation_reload(struct revocation *r, char why[256])
{
    if (why)
        *why = '\0';
    if (!r->folder)
        return ERR_OK;
    pthread_mutex_lock(&r->reload_lock);
    enum err e = reload(r, why);
    pthread_mutex_unlock(&r->reload_lock);
    return e;
}

enum err revocation_refresh(struct revocation *r, bool *changed, char why[256])
{
    enum err e = ERR_OK;
    *changed = false;
    if (why)
        *why = '\0';
    if (!r->folder)
        return ERR_OK;
    pthread_mutex_lock(&r->reload_lock);
    *changed = !crl_folder_is_current(r->lists, r->folder);
    if (*changed)
        e = reload(r, why);
    pthread_mutex_unlock(&r->reload_lock);
    return e;
}

/* --- opening --------------------------------------------------------------------------------------------------- */

static enum err open_parts(struct revocation *r, const struct revocation_config *config, char *why)
{
    enum err e = ERR_OK;
    r->config = *config;
    r->config.crl_folder = NULL; /* the caller's; ours is a copy */
    if (!r->config.steady_ms)
        r->config.steady_ms = clock_steady_ms;
    if (!r->config.patience_ms)
        r->config.patience_ms = PATIENCE_MS;
    if (config->crl_folder && !(r->folder = strdup(config->crl_folder)))
        return ERR_MEMORY;
    if ((e = answers_open(&r->answers, config->cache_entries)) || (e = responders_open(&r->responders)))
        return e;
    if (config->sign_key)
        e = ocsp_signer_open(&r->signer, config->sign_certificate, config->sign_key, why);
    return e ? e : revocation_reload(r, why);
}

enum err revocation_open(struct revocation **out, const struct revocation_config *config, char why[256])
{
    *out = NULL;
    if (why)
        *why = '\0';
    INSIST(config->trust && (!config->ocsp || config->fetch.post));
    INSIST(!config->sign_key == !config->sign_certificate);
    struct revocation *r = calloc(1, sizeof *r);
    if (!r)
        return ERR_MEMORY;
    INSIST(pthread_rwlock_init(&r->lists_lock, NULL) == 0 && pthread_mutex_init(&r->reload_lock, NULL) == 0);
    enum err e = open_parts(r, config, why);
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
    crl_folder_close(r->lists);
    answers_close(r->answers);
    responders_close(r->responders);
    ocsp_signer_close(&r->signer);
    pthread_rwlock_destroy(&r->lists_lock);
    pthread_mutex_destroy(&r->reload_lock);
    free(r->folder);
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
static struct revocation_answer ask_lists(struct revocation *r, const struct cert *c, const struct trust_root *root,
                                          int64_t now)
{
    struct revocation_answer best = unknown(REVOCATION_CRL_MISSING, REVOCATION_FROM_CRL);
    const struct crl *crl;
    size_t at = 0;
    pthread_rwlock_rdlock(&r->lists_lock);
    while ((crl = crl_folder_next(r->lists, c, root, &at))) {
        struct revocation_answer answer = ask_list(crl, c, now);
        if (answer.state >= best.state)
            best = answer;
    }
    pthread_rwlock_unlock(&r->lists_lock);
    return best;
}

/* --- asking responders ----------------------------------------------------------------------------------------- */

/* One question of one login. */
struct inquiry {
    struct revocation *r;
    struct arena *arena;
    const struct cert *cert;
    const struct trust_root *root;
    int64_t now, end_ms;
    int64_t until; /* the answer may be said again until then */
    unsigned asked;
};

static enum revocation_why why_of(enum err e)
{
    if (e == ERR_TIMEOUT)
        return REVOCATION_OCSP_TIMEOUT;
    return e == ERR_LIMIT ? REVOCATION_OCSP_MALFORMED : REVOCATION_OCSP_UNREACHABLE;
}

static enum err ask_one(struct revocation_answer *out, struct inquiry *q, const char *url)
{
    const struct revocation_fetch *fetch = &q->r->config.fetch;
    struct ocsp_question question;
    struct view body;
    enum err e = ocsp_ask(&question, q->arena, q->cert, q->root, q->r->signer.key ? &q->r->signer : NULL);
    if (e)
        return e;
    e = fetch->post(fetch->ctx, q->arena, url, "application/ocsp-request", question.der, &body);
    if (e == ERR_MEMORY)
        return e;
    if (e) {
        *out = unknown(why_of(e), REVOCATION_FROM_OCSP);
        return ERR_OK;
    }
    struct ocsp_terms terms = {q->now, q->r->config.nonce_optional};
    return ocsp_judge(out, &q->until, &question, body, q->root, &terms);
}

/* Asks URL unless it rests. *OUT stays as it is then. An answer that says "unknown" is an answer; whatever cannot be
 * taken is a failure of this responder, and the next one is asked. */
static enum err try_one(struct revocation_answer *out, struct inquiry *q, const char *url, bool *answered)
{
    struct counts *counts = &q->r->counts;
    *answered = false;
    if (!responders_ask(q->r->responders, url, q->r->config.steady_ms()))
        return ERR_OK;
    atomic_fetch_add(&counts->asked, 1);
    if (q->asked++)
        atomic_fetch_add(&counts->failed_over, 1);
    enum err e = ask_one(out, q, url);
    *answered = !e && (out->state != REVOCATION_UNKNOWN || out->why == REVOCATION_OCSP_SAYS_UNKNOWN);
    if (!e && responders_report(q->r->responders, url, *answered, q->r->config.steady_ms()))
        atomic_fetch_add(&counts->given_up, 1);
    return e;
}

/* The certificate's own responder first, then the operator's. */
static const char *responder_at(const struct inquiry *q, size_t i)
{
    const struct revocation_config *config = &q->r->config;
    if (q->cert->ocsp_url && i == 0)
        return q->cert->ocsp_url;
    i -= q->cert->ocsp_url != NULL;
    return i < config->n_responders ? config->responders[i] : NULL;
}

static enum err ask_responders(struct revocation_answer *out, struct inquiry *q)
{
    bool answered = false;
    *out = unknown(responder_at(q, 0) ? REVOCATION_OCSP_RESTING : REVOCATION_OCSP_NO_URL, REVOCATION_FROM_OCSP);
    for (size_t i = 0; responder_at(q, i) && !answered; i++) {
        if (i && q->r->config.steady_ms() >= q->end_ms)
            break;
        enum err e = try_one(out, q, responder_at(q, i), &answered);
        if (e)
            return e;
    }
    return ERR_OK;
}

static enum err ask_ocsp(struct revocation_answer *out, struct revocation *r, struct arena *a, const struct cert *c,
                         const struct trust_root *root, int64_t now)
{
    if (answers_find(out, r->answers, c, root, now))
        return ERR_OK;
    struct inquiry q = {.r = r,
                        .arena = a,
                        .cert = c,
                        .root = root,
                        .now = now,
                        .end_ms = r->config.steady_ms() + r->config.patience_ms};
    enum err e = ask_responders(out, &q);
    if (!e && out->state != REVOCATION_UNKNOWN)
        answers_put(r->answers, c, root, now, q.until, out);
    return e;
}

/* --- both ------------------------------------------------------------------------------------------------------ */

static enum err check(struct revocation_answer *out, struct revocation *r, struct arena *a, const struct cert *c,
                      const struct trust_root *root, int64_t now)
{
    *out = unknown(REVOCATION_NO_SOURCE, REVOCATION_FROM_NONE);
    struct revocation_answer lists = *out;
    if (r->folder)
        *out = lists = ask_lists(r, c, root, now);
    if (!r->config.ocsp || lists.state == REVOCATION_REVOKED)
        return ERR_OK;
    enum err e = ask_ocsp(out, r, a, c, root, now);
    if (!e && out->state == REVOCATION_UNKNOWN && r->config.crl_stands_in && lists.state == REVOCATION_GOOD &&
        out->why != REVOCATION_OCSP_SAYS_UNKNOWN)
        *out = lists;
    return e;
}

enum err revocation_check(struct revocation_answer *out, struct revocation *r, struct arena *a, const struct cert *c,
                          const struct trust_root *root, int64_t now)
{
    enum err e = check(out, r, a, c, root, now);
    if (!e)
        counts_add(&r->counts, out);
    return e;
}

/* --- what is told ---------------------------------------------------------------------------------------------- */

void revocation_stock(struct revocation *r, struct revocation_stock *out)
{
    *out = (struct revocation_stock){.cached = answers_count(r->answers)};
    pthread_rwlock_rdlock(&r->lists_lock);
    if (r->lists) {
        out->crls = r->lists->n;
        out->deltas = r->lists->deltas;
        crl_folder_stock(r->lists, &out->entries, &out->next_update);
    }
    pthread_rwlock_unlock(&r->lists_lock);
}

static void put_gauge(struct buf *out, const char *name, int64_t value)
{
    buf_printf(out, "# TYPE %s gauge\n%s %lld\n", name, name, (long long)value);
}

void revocation_put_metrics(struct buf *out, struct revocation *r)
{
    struct revocation_stock stock;
    revocation_stock(r, &stock);
    counts_put(out, &r->counts);
    put_gauge(out, "genkan_crl_lists", (int64_t)stock.crls);
    put_gauge(out, "genkan_crl_entries", (int64_t)stock.entries);
    put_gauge(out, "genkan_crl_next_update_seconds", stock.next_update);
    put_gauge(out, "genkan_ocsp_answers_kept", (int64_t)stock.cached);
}

void revocation_sums(struct revocation *r, struct revocation_sums *out)
{
    counts_sum(&r->counts, &out->good, &out->revoked, &out->unknown);
    out->asked = atomic_load(&r->counts.asked);
    out->failed_over = atomic_load(&r->counts.failed_over);
    out->given_up = atomic_load(&r->counts.given_up);
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
        [REVOCATION_OCSP_RESTING] = "REVOCATION_OCSP_RESTING",
    };
    return names[why];
}
