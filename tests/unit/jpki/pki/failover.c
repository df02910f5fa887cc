/* Several responders, one of which is real: `openssl ocsp`. */
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "pki_rig.h"
#include "tests/lib/ocsp.h"

#define SECOND "http://127.0.0.2:1/second"
#define THIRD  "http://127.0.0.3:1/third"

static struct pki_rig r;
static struct ocsp_responder responder;

/* Who was asked, and who answers: the others cannot be reached. */
static struct desk {
    int own, second, third; /* how often: the certificate's own, the operator's two */
    bool own_up, second_up, third_up;
    enum err fail;        /* of those who do not answer */
    int64_t ms;           /* what a failure takes */
    struct view question; /* the last one */
} desk;

static int64_t now_ms;

static int64_t steady_ms(void)
{
    return now_ms;
}

static enum err carry(void *ctx, struct arena *a, const char *url, const char *content_type, struct view body,
                      struct view *out)
{
    struct desk *d = ctx;
    bool second = strcmp(url, SECOND) == 0, third = strcmp(url, THIRD) == 0;
    bool up = second ? d->second_up : third ? d->third_up : d->own_up;
    *(second ? &d->second : third ? &d->third : &d->own) += 1;
    d->question = arena_copy(&r.a, body);
    if (up)
        return ocsp_post(&responder.port, a, url, content_type, body, out);
    now_ms += d->ms;
    return d->fail;
}

static void open_revocation(const char *certificate, const char *key)
{
    static const char *const responders[] = {SECOND, THIRD};
    char why[256];
    revocation_close(r.revocation);
    struct revocation_config config = {.trust = r.trust,
                                       .ocsp = true,
                                       .fetch = {carry, &desk},
                                       .responders = responders,
                                       .n_responders = 2,
                                       .sign_certificate = certificate,
                                       .sign_key = key,
                                       .steady_ms = steady_ms};
    cr_assert_eq(revocation_open(&r.revocation, &config, why), ERR_OK, "%s", why);
}

static void open_all(void)
{
    struct ocsp_setup setup = {.pki = PKI, .authority = "auth3", .minutes = "15"};
    desk = (struct desk){.fail = ERR_UNAVAILABLE, .ms = 5};
    now_ms = 0;
    pki_rig_open(&r, NULL, NO_FETCH);
    r.now = clock_s(&clock_real); /* the responder has a clock of its own */
    open_revocation(NULL, NULL);
    cr_assert(ocsp_responder_start(&responder, &setup));
}

static void close_all(void)
{
    ocsp_responder_stop(&responder);
    pki_rig_close(&r);
}

TestSuite(failover, .init = open_all, .fini = close_all);

static struct revocation_answer ask(const char *card)
{
    struct cert c;
    const struct trust_root *root;
    struct revocation_answer answer;
    pki_rig_cert(&r, card, TRUST_AUTH, &c, &root);
    cr_assert_eq(revocation_check(&answer, r.revocation, &r.a, &c, root, r.now), ERR_OK);
    return answer;
}

static void was_asked(int own, int second, int third)
{
    cr_expect(desk.own == own && desk.second == second && desk.third == third, "own %d, second %d, third %d", desk.own,
              desk.second, desk.third);
}

Test(failover, when_nobody_answers_nothing_is_known)
{
    cr_expect_eq(ask("residents/hanako").why, REVOCATION_OCSP_UNREACHABLE);
    was_asked(1, 1, 1);
    desk.fail = ERR_TIMEOUT;
    cr_expect_eq(ask("residents/taro").why, REVOCATION_OCSP_TIMEOUT);
}

Test(failover, the_certificates_own_responder_is_asked_first_and_alone)
{
    desk.own_up = desk.second_up = desk.third_up = true;
    cr_expect_eq(ask("residents/hanako").state, REVOCATION_GOOD);
    was_asked(1, 0, 0);
}

Test(failover, the_next_one_is_asked_when_one_fails)
{
    desk.third_up = true;
    cr_expect_eq(ask("residents/hanako").state, REVOCATION_GOOD);
    was_asked(1, 1, 1);
    cr_expect_eq(ask("bad/revoked").state, REVOCATION_REVOKED);
}

Test(failover, what_is_said_is_final_also_that_it_is_not_known)
{
    desk.own_up = desk.second_up = true;
    cr_expect_eq(ask("bad/revoked").state, REVOCATION_REVOKED);
    cr_expect_eq(ask("bad/unlisted").why, REVOCATION_OCSP_SAYS_UNKNOWN);
    was_asked(2, 0, 0);
}

Test(failover, a_certificate_that_names_no_responder_is_asked_about_at_the_operators)
{
    desk.second_up = true;
    cr_expect_eq(ask("bad/no-ocsp-url").state, REVOCATION_GOOD);
    was_asked(0, 1, 0);
}

Test(failover, no_further_responder_is_begun_with_when_patience_is_over)
{
    desk.third_up = true;
    desk.ms = 4000;
    cr_expect_eq(ask("residents/hanako").why, REVOCATION_OCSP_UNREACHABLE);
    was_asked(1, 1, 0);
}

Test(failover, one_that_keeps_failing_is_left_alone_and_tried_again_later)
{
    desk.second_up = true;
    static const char *const cards[] = {"residents/hanako", "residents/taro", "residents/substitute"};
    for (size_t i = 0; i < 3; i++)
        cr_expect_eq(ask(cards[i]).state, REVOCATION_GOOD);
    was_asked(3, 3, 0);
    cr_expect_eq(ask("residents/katakana").state, REVOCATION_GOOD);
    was_asked(3, 4, 0);
    now_ms += 10000;
    desk.own_up = true;
    cr_expect_eq(ask("residents/romaji").state, REVOCATION_GOOD);
    was_asked(4, 4, 0);
    cr_expect_eq(ask("residents/overseas").state, REVOCATION_GOOD);
    was_asked(5, 4, 0);
}

Test(failover, when_all_of_them_rest_nothing_is_known_and_nobody_waits)
{
    static const char *const cards[] = {"residents/hanako", "residents/taro", "residents/substitute"};
    for (size_t i = 0; i < 3; i++)
        cr_expect_eq(ask(cards[i]).why, REVOCATION_OCSP_UNREACHABLE);
    was_asked(3, 3, 3);
    cr_expect_eq(ask("residents/katakana").why, REVOCATION_OCSP_RESTING);
    was_asked(3, 3, 3);
}

/* --- counted --------------------------------------------------------------------------------------------------- */

Test(failover, every_outcome_is_counted)
{
    struct buf b;
    const char *text;
    struct revocation_sums sums;
    desk.second_up = true;
    (void)ask("residents/hanako");
    (void)ask("residents/hanako"); /* kept */
    (void)ask("bad/revoked");
    (void)ask("bad/unlisted");
    buf_open(&b, &r.a, 8192);
    revocation_put_metrics(&b, r.revocation);
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    static const char *const lines[] = {
        "genkan_revocation_answers_total{state=\"good\",source=\"ocsp\"} 1\n",
        "genkan_revocation_answers_total{state=\"good\",source=\"cache\"} 1\n",
        "genkan_revocation_answers_total{state=\"revoked\",source=\"ocsp\"} 1\n",
        "genkan_revocation_unknown_total{why=\"REVOCATION_OCSP_SAYS_UNKNOWN\"} 1\n",
        "genkan_ocsp_requests_total 6\n",
        "genkan_ocsp_failovers_total 3\n",
        "genkan_ocsp_given_up_total 1\n",
        "genkan_crl_reloads_total 0\n",
        "# TYPE genkan_ocsp_answers_kept gauge\ngenkan_ocsp_answers_kept 2\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        cr_expect(strstr(text, lines[i]) != NULL, "%s not in\n%s", lines[i], text);
    revocation_sums(r.revocation, &sums);
    cr_expect(sums.good == 2 && sums.revoked == 1 && sums.unknown == 1 && sums.asked == 6 && sums.failed_over == 3);
}

/* --- signed questions ------------------------------------------------------------------------------------------ */

static const char *owned_key(void)
{
    static char path[] = "/tmp/genkan-ocsp-key-XXXXXX";
    struct view pem = pki_rig_file(&r, "residents/taro/auth.key");
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, pem.p, pem.n) == (ssize_t)pem.n);
    close(fd);
    return path;
}

static const char *certificate_pem(void)
{
    const char *path = "/tmp/genkan-ocsp-cert.pem";
    FILE *f = fopen(path, "w");
    X509 *x = pki_rig_x509(&r, "residents/taro/auth.der");
    cr_assert(f && PEM_write_X509(f, x));
    X509_free(x);
    fclose(f);
    return path;
}

static OCSP_REQUEST *last_question(void)
{
    const unsigned char *p = desk.question.p;
    OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &p, (long)desk.question.n);
    cr_assert_not_null(request);
    return request;
}

Test(failover, questions_are_signed_only_if_the_operator_has_a_key_for_it)
{
    desk.own_up = true;
    (void)ask("residents/hanako");
    OCSP_REQUEST *bare = last_question();
    cr_expect(!OCSP_request_is_signed(bare));
    const char *key = owned_key(), *certificate = certificate_pem();
    open_revocation(certificate, key);
    cr_expect_eq(ask("residents/hanako").state, REVOCATION_GOOD);
    OCSP_REQUEST *request = last_question();
    cr_expect(OCSP_request_is_signed(request));
    X509 *who = pki_rig_x509(&r, "residents/taro/auth.der");
    STACK_OF(X509) *certs = sk_X509_new_null();
    X509_STORE *store = X509_STORE_new();
    sk_X509_push(certs, who);
    cr_expect_eq(OCSP_request_verify(request, certs, store, OCSP_NOVERIFY), 1);
    X509_STORE_free(store);
    sk_X509_free(certs);
    X509_free(who);
    OCSP_REQUEST_free(request);
    OCSP_REQUEST_free(bare);
    (void)unlink(key);
    (void)unlink(certificate);
}

static void expect_no_signer(const char *certificate, const char *key, const char *rule)
{
    char why[256];
    struct revocation *refused;
    struct revocation_config config = {
        .trust = r.trust, .ocsp = true, .fetch = {carry, &desk}, .sign_certificate = certificate, .sign_key = key};
    cr_expect_eq(revocation_open(&refused, &config, why), ERR_CONFIG);
    cr_expect(strstr(why, rule) != NULL, "\"%s\" should say \"%s\"", why, rule);
}

Test(failover, refuses_a_key_that_is_not_the_certificates_or_that_others_may_read)
{
    const char *key = owned_key(), *certificate = certificate_pem();
    expect_no_signer("/nonexistent", key, "no certificate in PEM");
    expect_no_signer(PKI "/auth/ca3.pem", key, "not the key of the certificate");
    expect_no_signer(certificate, "/nonexistent", "no private key");
    cr_assert_eq(chmod(key, 0644), 0);
    expect_no_signer(certificate, key, "only its owner may read");
    (void)unlink(key);
    (void)unlink(certificate);
}
