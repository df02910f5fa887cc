#include "jpki/pki/counts.h"

void counts_add(struct counts *c, const struct revocation_answer *answer)
{
    if (answer->state == REVOCATION_UNKNOWN)
        atomic_fetch_add_explicit(&c->unknown[answer->why], 1, memory_order_relaxed);
    else
        atomic_fetch_add_explicit(&c->answers[answer->state][answer->source], 1, memory_order_relaxed);
}

static uint64_t value(atomic_ullong *n)
{
    return atomic_load_explicit(n, memory_order_relaxed);
}

static void put_plain(struct buf *out, const char *name, atomic_ullong *n)
{
    buf_printf(out, "# TYPE %s counter\n%s %llu\n", name, name, (unsigned long long)value(n));
}

static void put_answers(struct buf *out, struct counts *c)
{
    static const char *const sources[] = {"none", "crl", "ocsp", "cache"};
    static const char *const states[] = {"unknown", "good", "revoked"};
    buf_put_text(out, "# TYPE genkan_revocation_answers_total counter\n");
    for (int state = REVOCATION_GOOD; state < REVOCATION_STATES; state++)
        for (int source = 0; source < REVOCATION_SOURCES; source++)
            if (value(&c->answers[state][source]))
                buf_printf(out, "genkan_revocation_answers_total{state=\"%s\",source=\"%s\"} %llu\n", states[state],
                           sources[source], (unsigned long long)value(&c->answers[state][source]));
}

static void put_unknown(struct buf *out, struct counts *c)
{
    buf_put_text(out, "# TYPE genkan_revocation_unknown_total counter\n");
    for (int why = 0; why < REVOCATION_WHYS; why++)
        if (value(&c->unknown[why]))
            buf_printf(out, "genkan_revocation_unknown_total{why=\"%s\"} %llu\n", revocation_why_name(why),
                       (unsigned long long)value(&c->unknown[why]));
}

void counts_put(struct buf *out, struct counts *c)
{
    put_answers(out, c);
    put_unknown(out, c);
    put_plain(out, "genkan_ocsp_requests_total", &c->asked);
    put_plain(out, "genkan_ocsp_failovers_total", &c->failed_over);
    put_plain(out, "genkan_ocsp_given_up_total", &c->given_up);
    put_plain(out, "genkan_crl_reloads_total", &c->reloads);
    put_plain(out, "genkan_crl_reload_failures_total", &c->reload_failures);
}

void counts_sum(struct counts *c, uint64_t *good, uint64_t *revoked, uint64_t *unknown)
{
    *good = *revoked = *unknown = 0;
    for (int source = 0; source < REVOCATION_SOURCES; source++) {
        *good += value(&c->answers[REVOCATION_GOOD][source]);
        *revoked += value(&c->answers[REVOCATION_REVOKED][source]);
    }
    for (int why = 0; why < REVOCATION_WHYS; why++)
        *unknown += value(&c->unknown[why]);
}
