/* Against a real responder: `openssl ocsp`. What no honest responder does is done by the messenger in between. */
#include "tests/lib/ocsp.h"

#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include "base/clock.h"
#include "pki_rig.h"

static struct pki_rig r;
static struct ocsp_responder responder;

/* The messenger: hands the question to the responder and the answer back, unless told to misbehave. */
static struct messenger {
    int asked;
    enum err fail;
    struct view garbage;                                              /* said instead of the answer */
    struct view (*twist_question)(struct arena *a, struct view body); /* what the responder gets to see */
    struct view (*twist_answer)(struct arena *a, struct view body);
} messenger;

static enum err carry(void *ctx, struct arena *a, const char *url, const char *content_type, struct view body,
                      struct view *out)
{
    struct messenger *m = ctx;
    m->asked++;
    cr_expect(view_starts(view_text(url), VIEW("http://127.0.0.1:")), "%s", url);
    cr_expect_str_eq(content_type, "application/ocsp-request");
    *out = m->garbage;
    if (m->fail || m->garbage.p)
        return m->fail;
    if (m->twist_question)
        body = m->twist_question(a, body);
    enum err e = ocsp_post(&responder.port, a, url, content_type, body, out);
    if (!e && m->twist_answer)
        *out = m->twist_answer(a, *out);
    return e;
}

static void open_with(const char *signer, const char *key, const char *minutes)
{
    struct ocsp_setup setup = {.pki = PKI, .authority = "auth3", .signer = signer, .key = key, .minutes = minutes};
    messenger = (struct messenger){0};
    pki_rig_open(&r, NULL, (struct revocation_fetch){carry, &messenger});
    r.now = clock_s(&clock_real); /* the responder has a clock of its own */
    cr_assert(ocsp_responder_start(&responder, &setup));
}

static void open_honest(void)
{
    open_with(NULL, NULL, "15");
}

static void close_all(void)
{
    ocsp_responder_stop(&responder);
    pki_rig_close(&r);
}

TestSuite(ocsp, .init = open_honest, .fini = close_all);
TestSuite(ocsp_signer, .fini = close_all);

static struct revocation_answer ask_at(const char *card, int64_t now)
{
    struct cert c;
    const struct trust_root *root;
    struct revocation_answer answer;
    pki_rig_cert(&r, card, TRUST_AUTH, &c, &root);
    cr_assert_eq(revocation_check(&answer, r.revocation, &r.a, &c, root, now), ERR_OK);
    return answer;
}

static void expect_why(enum revocation_why why, int64_t now)
{
    struct revocation_answer answer = ask_at("residents/hanako", now);
    cr_expect_eq(answer.state, REVOCATION_UNKNOWN);
    cr_expect_eq(answer.why, why, "%s instead of %s", revocation_why_name(answer.why), revocation_why_name(why));
}

/* --- what the responder says ----------------------------------------------------------------------------------- */

Test(ocsp, says_good)
{
    struct revocation_answer answer = ask_at("residents/hanako", r.now);
    cr_expect_eq(answer.state, REVOCATION_GOOD, "%s", revocation_why_name(answer.why));
    cr_expect_eq(answer.source, REVOCATION_FROM_OCSP);
    cr_expect(answer.as_of <= clock_s(&clock_real) && answer.as_of > r.now - 10); /* a responder may be slow to start */
}

Test(ocsp, says_revoked_and_why)
{
    struct revocation_answer lost = ask_at("bad/revoked", r.now);
    cr_expect_eq(lost.state, REVOCATION_REVOKED);
    cr_expect_eq(lost.reason, 1);
    struct revocation_answer hold = ask_at("bad/on-hold", r.now);
    cr_expect_eq(hold.state, REVOCATION_REVOKED);
    cr_expect_eq(hold.reason, 6);
}

Test(ocsp, what_the_responder_does_not_know_is_unknown)
{
    struct revocation_answer answer = ask_at("bad/unlisted", r.now);
    cr_expect_eq(answer.state, REVOCATION_UNKNOWN);
    cr_expect_eq(answer.why, REVOCATION_OCSP_SAYS_UNKNOWN);
}

Test(ocsp, a_certificate_without_address_of_a_responder_is_unknown)
{
    struct revocation_answer answer = ask_at("bad/no-ocsp-url", r.now);
    cr_expect_eq(answer.why, REVOCATION_OCSP_NO_URL);
    cr_expect_eq(messenger.asked, 0);
}

/* A responder of authority 3 says "unknown" about another generation's certificates. */
Test(ocsp, a_responder_of_another_generation_is_no_help)
{
    struct revocation_answer answer = ask_at("residents/generation2", r.now);
    cr_expect_eq(answer.state, REVOCATION_UNKNOWN);
}

/* --- what goes wrong on the way -------------------------------------------------------------------------------- */

Test(ocsp, a_responder_that_is_down_makes_it_unknown)
{
    ocsp_responder_stop(&responder);
    expect_why(REVOCATION_OCSP_UNREACHABLE, r.now);
}

Test(ocsp, failures_of_the_connection_are_told_apart)
{
    static const struct {
        enum err err;
        enum revocation_why why;
    } rows[] = {{ERR_TIMEOUT, REVOCATION_OCSP_TIMEOUT},
                {ERR_UNAVAILABLE, REVOCATION_OCSP_UNREACHABLE},
                {ERR_IO, REVOCATION_OCSP_UNREACHABLE},
                {ERR_LIMIT, REVOCATION_OCSP_MALFORMED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        messenger.fail = rows[i].err;
        expect_why(rows[i].why, r.now);
    }
}

Test(ocsp, garbage_is_malformed)
{
    static const struct view garbage[] = {{(const uint8_t *)"", 0},
                                          {(const uint8_t *)"<html>", 6},
                                          {(const uint8_t *)"\x30\x00", 2},
                                          {(const uint8_t *)"\x30\x03\x0a\x01\x00", 5}};
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        messenger.garbage = garbage[i];
        expect_why(REVOCATION_OCSP_MALFORMED, r.now);
    }
}

Test(ocsp, an_answer_larger_than_any_is_malformed)
{
    messenger.garbage = view_bytes(arena_alloc(&r.a, 70000), 70000);
    expect_why(REVOCATION_OCSP_MALFORMED, r.now);
}

Test(ocsp, an_error_status_is_a_refusal)
{
    static uint8_t status[] = {0x30, 0x03, 0x0a, 0x01, 0};
    static const uint8_t errors[] = {1, 2, 3, 5,
                                     6}; /* malformedRequest internalError tryLater sigRequired unauthorized */
    for (size_t i = 0; i < sizeof errors; i++) {
        status[4] = errors[i];
        messenger.garbage = VIEW_ARRAY(status);
        expect_why(REVOCATION_OCSP_REFUSED, r.now);
    }
}

static size_t changed_byte;

static struct view change_byte(struct arena *a, struct view body)
{
    uint8_t *p = arena_alloc(a, body.n);
    memcpy(p, body.p, body.n);
    p[changed_byte < body.n ? changed_byte : body.n - 1] ^= 0x01;
    return view_bytes(p, body.n);
}

/* Whichever byte is changed on the way, the answer is never "good". */
Test(ocsp, an_answer_changed_on_the_way_is_never_good)
{
    messenger.twist_answer = change_byte;
    struct revocation_answer answer;
    for (changed_byte = 0; changed_byte < 2200; changed_byte += 43) {
        answer = ask_at("residents/hanako", r.now);
        cr_expect_eq(answer.state, REVOCATION_UNKNOWN, "byte %zu", changed_byte);
    }
}

/* --- nonce ----------------------------------------------------------------------------------------------------- */

static struct view kept_answer;

static struct view keep_answer(struct arena *a, struct view body)
{
    if (!kept_answer.p)
        kept_answer = arena_copy(a, body);
    return kept_answer;
}

Test(ocsp, an_old_answer_played_again_has_the_wrong_nonce)
{
    messenger.twist_answer = keep_answer;
    cr_expect_eq(ask_at("residents/hanako", r.now).state, REVOCATION_GOOD);
    /* 15 minutes later the cache has forgotten it; a clock that stands still must not help the replay */
    expect_why(REVOCATION_OCSP_NONCE, r.now + 60 * 15);
    cr_expect_eq(messenger.asked, 2);
}

static struct view without_nonce(struct arena *a, struct view body)
{
    const unsigned char *p = body.p;
    OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &p, (long)body.n);
    int i = OCSP_REQUEST_get_ext_by_NID(request, NID_id_pkix_OCSP_Nonce, -1);
    cr_assert(i >= 0, "the question has a nonce");
    X509_EXTENSION_free(OCSP_REQUEST_delete_ext(request, i));
    uint8_t *out = arena_alloc(a, body.n), *end = out;
    int n = i2d_OCSP_REQUEST(request, &end);
    OCSP_REQUEST_free(request);
    return view_bytes(out, (size_t)n);
}

Test(ocsp, an_answer_without_nonce_is_not_taken)
{
    messenger.twist_question = without_nonce;
    expect_why(REVOCATION_OCSP_NONCE, r.now);
}

static void reopen(struct revocation_config config)
{
    revocation_close(r.revocation);
    config.trust = r.trust;
    config.ocsp = true;
    config.fetch = (struct revocation_fetch){carry, &messenger};
    cr_assert_eq(revocation_open(&r.revocation, &config, NULL), ERR_OK);
}

Test(ocsp, an_answer_without_nonce_is_taken_where_the_operator_says_so_but_never_a_wrong_one)
{
    reopen((struct revocation_config){.nonce_optional = true});
    messenger.twist_question = without_nonce;
    cr_expect_eq(ask_at("residents/hanako", r.now).state, REVOCATION_GOOD);
    messenger.twist_question = NULL;
    messenger.twist_answer = keep_answer;
    cr_expect_eq(ask_at("residents/taro", r.now).state, REVOCATION_GOOD);
    expect_why(REVOCATION_OCSP_NONCE, r.now + 60 * 15);
}

/* --- about whom ------------------------------------------------------------------------------------------------ */

/* The nonce stays, the certificate asked about becomes taro's. */
static struct view about_taro(struct arena *a, struct view body)
{
    X509 *taro = pki_rig_x509(&r, "residents/taro/auth.der"), *ca = pki_rig_x509(&r, "auth/ca3.der");
    const unsigned char *p = body.p;
    OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &p, (long)body.n), *other = OCSP_REQUEST_new();
    OCSP_request_add0_id(other, OCSP_cert_to_id(EVP_sha1(), taro, ca));
    X509_free(taro);
    X509_free(ca);
    int i = OCSP_REQUEST_get_ext_by_NID(request, NID_id_pkix_OCSP_Nonce, -1);
    OCSP_REQUEST_add_ext(other, OCSP_REQUEST_get_ext(request, i), -1);
    uint8_t *out = arena_alloc(a, 1024), *end = out;
    int n = i2d_OCSP_REQUEST(other, &end);
    OCSP_REQUEST_free(request);
    OCSP_REQUEST_free(other);
    return view_bytes(out, (size_t)n);
}

Test(ocsp, an_answer_about_somebody_else_is_not_taken)
{
    messenger.twist_question = about_taro;
    expect_why(REVOCATION_OCSP_OTHER_CERT, r.now);
}

/* --- when ------------------------------------------------------------------------------------------------------ */

Test(ocsp, a_stale_answer_is_not_taken)
{
    cr_expect_eq(ask_at("residents/taro", r.now + 15 * 60 + 200).state, REVOCATION_GOOD,
                 "within five minutes of grace");
    expect_why(REVOCATION_OCSP_STALE, r.now + 15 * 60 + 310);
}

Test(ocsp, an_answer_from_the_future_is_not_taken)
{
    cr_expect_eq(ask_at("residents/taro", r.now - 200).state, REVOCATION_GOOD);
    expect_why(REVOCATION_OCSP_NOT_YET, r.now - 310);
}

Test(ocsp_signer, an_answer_without_next_update_is_good_for_a_quarter_of_an_hour)
{
    open_with(NULL, NULL, NULL);
    cr_expect_eq(ask_at("residents/taro", r.now + 900).state, REVOCATION_GOOD);
    expect_why(REVOCATION_OCSP_STALE, r.now + 900 + 310);
}

/* --- by whom --------------------------------------------------------------------------------------------------- */

Test(ocsp_signer, the_authority_itself_may_answer)
{
    open_with("auth/ca3.pem", "auth/ca3.key", "15");
    cr_expect_eq(ask_at("residents/hanako", r.now).state, REVOCATION_GOOD);
}

Test(ocsp_signer, a_responder_of_the_other_hierarchy_is_not_appointed)
{
    open_with("ocsp/sign3.pem", NULL, "15");
    expect_why(REVOCATION_OCSP_SIGNER, r.now);
}

Test(ocsp_signer, a_responder_of_another_generation_under_the_same_name_is_not_appointed)
{
    open_with("ocsp/auth2.pem", NULL, "15");
    expect_why(REVOCATION_OCSP_SIGNER, r.now);
}

Test(ocsp_signer, a_responder_without_the_extended_key_usage_is_not_appointed)
{
    open_with("ocsp/not-appointed.pem", NULL, "15");
    expect_why(REVOCATION_OCSP_SIGNER, r.now);
}

Test(ocsp_signer, a_responder_whose_certificate_has_expired_is_not_appointed)
{
    open_with("ocsp/expired.pem", NULL, "15");
    expect_why(REVOCATION_OCSP_SIGNER, r.now);
}

Test(ocsp_signer, a_responder_of_a_self_made_authority_is_not_appointed)
{
    open_with("ocsp/forged.pem", NULL, "15");
    expect_why(REVOCATION_OCSP_SIGNER, r.now);
}

/* --- cache ----------------------------------------------------------------------------------------------------- */

Test(ocsp, an_answer_is_used_again_for_a_quarter_of_an_hour_and_no_longer)
{
    cr_expect_eq(ask_at("residents/hanako", r.now).source, REVOCATION_FROM_OCSP);
    cr_expect_eq(ask_at("residents/hanako", r.now + 800).source, REVOCATION_FROM_CACHE);
    cr_expect_eq(messenger.asked, 1);
    (void)ask_at("residents/hanako", r.now + 905);
    cr_expect_eq(messenger.asked, 2);
}

Test(ocsp, a_revocation_is_remembered_as_such)
{
    (void)ask_at("bad/revoked", r.now);
    struct revocation_answer again = ask_at("bad/revoked", r.now + 1);
    cr_expect_eq(again.source, REVOCATION_FROM_CACHE);
    cr_expect_eq(again.state, REVOCATION_REVOKED);
    cr_expect_eq(again.reason, 1);
}

Test(ocsp, unknown_is_never_remembered)
{
    messenger.fail = ERR_TIMEOUT;
    expect_why(REVOCATION_OCSP_TIMEOUT, r.now);
    messenger.fail = ERR_OK;
    cr_expect_eq(ask_at("residents/hanako", r.now).state, REVOCATION_GOOD);
    (void)ask_at("bad/unlisted", r.now);
    (void)ask_at("bad/unlisted", r.now);
    cr_expect_eq(messenger.asked, 4, "the responder's own \"unknown\" is asked for again, too");
}

Test(ocsp_signer, an_answer_that_is_good_for_an_hour_is_asked_for_again_after_a_quarter)
{
    open_with(NULL, NULL, "60");
    cr_expect_eq(ask_at("residents/hanako", r.now).source, REVOCATION_FROM_OCSP);
    cr_expect_eq(ask_at("residents/hanako", r.now + 901).source, REVOCATION_FROM_OCSP);
}

Test(ocsp, an_answer_is_not_used_before_it_was_given)
{
    cr_expect_eq(ask_at("residents/hanako", r.now).state, REVOCATION_GOOD);
    (void)ask_at("residents/hanako", r.now - 100);
    cr_expect_eq(messenger.asked, 2);
}

Test(ocsp, the_cache_keeps_its_bound)
{
    reopen((struct revocation_config){.cache_entries = 4});
    static const char *const cards[] = {"hanako", "taro", "substitute", "katakana", "romaji", "overseas", "minor"};
    struct revocation_stock stock;
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
        cr_expect_eq(ask_at(arena_printf(&r.a, "residents/%s", cards[i]), r.now).state, REVOCATION_GOOD);
    revocation_stock(r.revocation, &stock);
    cr_expect_eq(stock.cached, 4);
}

/* --- with lists beside it -------------------------------------------------------------------------------------- */

Test(ocsp, a_fresh_list_does_not_stand_in_unless_the_operator_says_so)
{
    reopen((struct revocation_config){.crl_folder = PKI "/crl"});
    messenger.fail = ERR_UNAVAILABLE;
    expect_why(REVOCATION_OCSP_UNREACHABLE, r.now);
    reopen((struct revocation_config){.crl_folder = PKI "/crl", .crl_stands_in = true});
    struct revocation_answer answer = ask_at("residents/hanako", r.now);
    cr_expect_eq(answer.state, REVOCATION_GOOD);
    cr_expect_eq(answer.source, REVOCATION_FROM_CRL);
}

Test(ocsp, a_list_does_not_stand_in_for_a_responder_that_says_unknown)
{
    reopen((struct revocation_config){.crl_folder = PKI "/crl", .crl_stands_in = true});
    cr_expect_eq(ask_at("bad/unlisted", r.now).why, REVOCATION_OCSP_SAYS_UNKNOWN);
}

Test(ocsp, a_stale_list_does_not_stand_in)
{
    reopen((struct revocation_config){.crl_folder = PKI "/crl-bad/stale", .crl_stands_in = true});
    messenger.fail = ERR_UNAVAILABLE;
    expect_why(REVOCATION_OCSP_UNREACHABLE, r.now);
}

Test(ocsp, what_a_list_calls_revoked_is_not_asked_again)
{
    reopen((struct revocation_config){.crl_folder = PKI "/crl"});
    cr_expect_eq(ask_at("bad/revoked", r.now).state, REVOCATION_REVOKED);
    cr_expect_eq(messenger.asked, 0);
}

/* --- the verdict ----------------------------------------------------------------------------------------------- */

Test(ocsp, a_login_is_refused_and_we_are_to_blame_while_the_responder_is_down)
{
    cr_expect_eq(pki_rig_verdict(&r, "residents/hanako", TRUST_AUTH).refusal, VERIFY_GOOD);
    ocsp_responder_stop(&responder);
    struct verify_verdict v = pki_rig_verdict(&r, "residents/taro", TRUST_AUTH);
    cr_expect_eq(v.refusal, VERIFY_REVOCATION_UNKNOWN);
    cr_expect_eq(v.blame, VERIFY_BLAME_US);
    cr_expect_eq(v.revocation.why, REVOCATION_OCSP_UNREACHABLE);
}

Test(ocsp, a_bad_proof_costs_the_responder_nothing)
{
    struct verify_verdict v;
    struct verify_facts facts = pki_rig_facts(&r, "residents/hanako", TRUST_AUTH, VIEW("m"));
    facts.message = VIEW("n");
    cr_assert_eq(verify_proof(&v, &r.a, r.trust, r.revocation, &facts), ERR_OK);
    cr_expect_eq(v.refusal, VERIFY_PROOF_SIGNATURE);
    cr_expect_eq(messenger.asked, 0);
}
