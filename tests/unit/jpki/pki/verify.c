#include "jpki/pki/verify.h"

#include <openssl/ec.h>

#include "pki_rig.h"
#include "tests/lib/openssl_path.h"

#define DAY 86400

static struct pki_rig r;

static void open_rig(void)
{
    pki_rig_open(&r, "crl", NO_FETCH);
}

static void close_rig(void)
{
    pki_rig_close(&r);
}

TestSuite(verify, .init = open_rig, .fini = close_rig);

static void expect(const char *card, enum trust_purpose purpose, enum verify_refusal refusal, enum verify_blame blame)
{
    struct verify_verdict v = pki_rig_verdict(&r, card, purpose);
    cr_expect_eq(v.refusal, refusal, "%s, purpose %d: %s instead of %s", card, purpose, verify_refusal_name(v.refusal),
                 verify_refusal_name(refusal));
    cr_expect_eq(v.blame, blame, "%s: blame %d", card, v.blame);
    cr_expect_eq(v.account_input.p != NULL, refusal == VERIFY_GOOD, "%s: account input", card);
}

/* --- one thing wrong at a time --------------------------------------------------------------------------------- */

static const struct refusal_row {
    const char *card;
    enum verify_refusal refusal;
    enum verify_blame blame;
} refusals[] = {
    {"bad/expired", VERIFY_EXPIRED, VERIFY_BLAME_CARD},
    {"bad/not-yet", VERIFY_NOT_YET_VALID, VERIFY_BLAME_CARD},
    {"bad/revoked", VERIFY_REVOKED, VERIFY_BLAME_CARD},
    {"bad/on-hold", VERIFY_REVOKED, VERIFY_BLAME_CARD},
    {"bad/expired-issuer", VERIFY_ISSUER_EXPIRED, VERIFY_BLAME_CARD},
    {"bad/other-hierarchy", VERIFY_ISSUER_OTHER_HIERARCHY, VERIFY_BLAME_PROOF},
    {"bad/wrong-policy", VERIFY_POLICY, VERIFY_BLAME_PROOF},
    {"bad/no-policy", VERIFY_POLICY, VERIFY_BLAME_PROOF},
    {"bad/ca-true", VERIFY_IS_CA, VERIFY_BLAME_PROOF},
    {"bad/sha1", VERIFY_CERT_SHA1, VERIFY_BLAME_PROOF},
    {"bad/sha512", VERIFY_CERT_ALGORITHM, VERIFY_BLAME_PROOF},
    {"bad/critical-ext", VERIFY_CERT_UNKNOWN_CRITICAL, VERIFY_BLAME_PROOF},
    {"bad/small-key", VERIFY_KEY_SIZE, VERIFY_BLAME_PROOF},
    {"bad/strange-key", VERIFY_KEY_KIND, VERIFY_BLAME_PROOF},
    {"bad/own-root", VERIFY_ISSUER_SIGNATURE, VERIFY_BLAME_PROOF},
    {"bad/own-root-key-id", VERIFY_ISSUER_KEY_ID, VERIFY_BLAME_PROOF},
    {"bad/duplicate-ext", VERIFY_CERT_DUPLICATE_EXTENSION, VERIFY_BLAME_PROOF},
    {"bad/wrong-usage", VERIFY_KEY_USAGE, VERIFY_BLAME_PROOF},
    {"bad/no-usage", VERIFY_KEY_USAGE, VERIFY_BLAME_PROOF},
    {"bad/signs-certs", VERIFY_KEY_USAGE, VERIFY_BLAME_PROOF},
    {"bad/wrong-ext-usage", VERIFY_EXT_KEY_USAGE, VERIFY_BLAME_PROOF},
    {"bad/zero-serial", VERIFY_CERT_BAD_SERIAL, VERIFY_BLAME_PROOF},
    {"bad/no-crl-point", VERIFY_REVOCATION_UNKNOWN, VERIFY_BLAME_US},
};

Test(verify, refuses_each_bad_authentication_certificate_with_its_own_reason)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        expect(refusals[i].card, TRUST_AUTH, refusals[i].refusal, refusals[i].blame);
}

Test(verify, refuses_each_bad_sign_certificate_with_its_own_reason)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        expect(refusals[i].card, TRUST_SIGN, refusals[i].refusal, refusals[i].blame);
}

Test(verify, tells_the_reason_of_a_revocation_and_never_releases_a_hold)
{
    struct verify_verdict lost = pki_rig_verdict(&r, "bad/revoked", TRUST_AUTH);
    struct verify_verdict hold = pki_rig_verdict(&r, "bad/on-hold", TRUST_AUTH);
    cr_expect_eq(lost.revocation.reason, 1);
    cr_expect_eq(lost.revocation.revoked_at, r.now - DAY);
    cr_expect_eq(hold.revocation.reason, 6);
}

/* Our reader and our profile are narrower than OpenSSL's judgement, never wider (docs/decisions/certificates.md). */
static void expect_openssl_agrees(const char *card, enum trust_purpose purpose)
{
    struct verify_verdict v;
    const char *why;
    struct verify_facts facts = pki_rig_facts(&r, card, purpose, VIEW("m"));
    cr_assert_eq(verify_certificate(&v, &r.a, r.trust, &facts), ERR_OK);
    if (v.refusal == VERIFY_GOOD)
        cr_expect(openssl_path_is_good(facts.der, v.root, r.now, &why), "%s: %s", card, why);
}

Test(verify, takes_no_path_that_openssl_refuses)
{
    static const char *const good[] = {"hanako", "taro", "generation2", "long-name", "overseas", "nextgen"};
    for (enum trust_purpose p = TRUST_AUTH; p <= TRUST_SIGN; p++) {
        for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
            expect_openssl_agrees(refusals[i].card, p);
        for (size_t i = 0; i < sizeof good / sizeof *good; i++)
            expect_openssl_agrees(arena_printf(&r.a, "residents/%s", good[i]), p);
    }
}

/* --- what is sent as a proof ----------------------------------------------------------------------------------- */

static enum verify_refusal judge(const struct verify_facts *facts)
{
    struct verify_verdict v;
    cr_assert_eq(verify_proof(&v, &r.a, r.trust, r.revocation, facts), ERR_OK);
    cr_expect(v.refusal != VERIFY_GOOD || v.account_input.p);
    return v.refusal;
}

static struct verify_facts hanako(void)
{
    return pki_rig_facts(&r, "residents/hanako", TRUST_AUTH, VIEW("the message"));
}

Test(verify, refuses_a_signature_over_another_message)
{
    struct verify_facts facts = hanako();
    facts.message = VIEW("The message");
    cr_expect_eq(judge(&facts), VERIFY_PROOF_SIGNATURE);
}

Test(verify, refuses_a_signature_by_another_card)
{
    struct verify_facts facts = hanako();
    facts.sig = pki_rig_facts(&r, "residents/taro", TRUST_AUTH, VIEW("the message")).sig;
    cr_expect_eq(judge(&facts), VERIFY_PROOF_SIGNATURE);
}

Test(verify, refuses_a_signature_with_any_bit_changed)
{
    struct verify_facts facts = hanako();
    struct view copy = arena_copy(&r.a, facts.sig);
    uint8_t *p = arena_alloc(&r.a, copy.n);
    for (size_t i = 0; i < copy.n; i += 17) {
        memcpy(p, copy.p, copy.n);
        p[i] ^= 0x10;
        facts.sig = view_bytes(p, copy.n);
        cr_expect_eq(judge(&facts), VERIFY_PROOF_SIGNATURE);
    }
}

Test(verify, refuses_an_empty_a_short_and_a_long_signature)
{
    struct verify_facts facts = hanako();
    struct view whole = facts.sig;
    facts.sig = VIEW_NONE;
    cr_expect_eq(judge(&facts), VERIFY_PROOF_SIGNATURE);
    facts.sig = view_part(whole, 0, whole.n - 1);
    cr_expect_eq(judge(&facts), VERIFY_PROOF_SIGNATURE);
    uint8_t *p = arena_alloc(&r.a, whole.n + 1);
    memcpy(p, whole.p, whole.n);
    facts.sig = view_bytes(p, whole.n + 1);
    cr_expect_eq(judge(&facts), VERIFY_PROOF_SIGNATURE);
}

Test(verify, refuses_an_algorithm_that_is_not_the_keys)
{
    struct verify_facts facts = hanako();
    static const enum jws_alg wrong[] = {JWS_NONE_GIVEN, JWS_ES256, JWS_ES384};
    for (size_t i = 0; i < 3; i++) {
        facts.alg = wrong[i];
        cr_expect_eq(judge(&facts), VERIFY_PROOF_ALGORITHM);
    }
    facts = pki_rig_facts(&r, "residents/nextgen", TRUST_AUTH, VIEW("m"));
    facts.alg = JWS_RS256;
    cr_expect_eq(judge(&facts), VERIFY_PROOF_ALGORITHM);
}

Test(verify, refuses_the_sign_certificate_for_a_login)
{
    struct verify_facts facts = pki_rig_facts(&r, "residents/hanako", TRUST_SIGN, VIEW("m"));
    facts.purpose = TRUST_AUTH;
    cr_expect_eq(judge(&facts), VERIFY_ISSUER_OTHER_HIERARCHY);
}

Test(verify, refuses_the_authentication_certificate_for_a_registration)
{
    struct verify_facts facts = pki_rig_facts(&r, "residents/hanako", TRUST_AUTH, VIEW("m"));
    facts.purpose = TRUST_SIGN;
    cr_expect_eq(judge(&facts), VERIFY_ISSUER_OTHER_HIERARCHY);
}

Test(verify, refuses_the_root_itself_as_a_card)
{
    struct verify_facts facts = hanako();
    facts.der = pki_rig_file(&r, "auth/ca3.der");
    cr_expect_eq(judge(&facts), VERIFY_KEY_USAGE);
}

Test(verify, refuses_every_truncation_of_a_certificate)
{
    struct verify_facts facts = hanako();
    struct view whole = facts.der;
    for (size_t n = 0; n < whole.n; n++) {
        facts.der = view_part(whole, 0, n);
        cr_expect_eq(judge(&facts), VERIFY_CERT_NOT_DER, "%zu bytes", n);
    }
}

Test(verify, refuses_a_certificate_with_filler_behind_it)
{
    struct verify_facts facts = hanako();
    uint8_t *p = arena_alloc(&r.a, facts.der.n + 1);
    memcpy(p, facts.der.p, facts.der.n);
    p[facts.der.n] = 0xFF;
    facts.der = view_bytes(p, facts.der.n + 1);
    cr_expect_eq(judge(&facts), VERIFY_CERT_NOT_DER);
}

Test(verify, refuses_a_certificate_larger_than_any_card_has)
{
    struct verify_facts facts = hanako();
    facts.der = view_bytes(arena_alloc(&r.a, CERT_SIZE_MAX + 1), CERT_SIZE_MAX + 1);
    cr_expect_eq(judge(&facts), VERIFY_CERT_TOO_BIG);
}

/* Whatever single byte is changed, the certificate is no longer accepted: nothing in it is outside of the signature. */
Test(verify, accepts_no_certificate_with_a_changed_byte)
{
    struct verify_facts facts = hanako();
    struct view whole = facts.der;
    uint8_t *p = arena_alloc(&r.a, whole.n);
    for (size_t i = 0; i < whole.n; i++) {
        struct arena a;
        struct verify_verdict v;
        arena_open(&a, 1 << 20);
        memcpy(p, whole.p, whole.n);
        p[i] ^= 0x01;
        facts.der = view_bytes(p, whole.n);
        enum err e = verify_certificate(&v, &a, r.trust, &facts);
        cr_expect(e || v.refusal != VERIFY_GOOD, "byte %zu", i);
        arena_close(&a);
    }
}

/* --- dates ----------------------------------------------------------------------------------------------------- */

Test(verify, knows_the_last_second_of_a_certificate)
{
    struct verify_facts facts = hanako();
    struct verify_verdict v;
    cr_assert_eq(verify_certificate(&v, &r.a, r.trust, &facts), ERR_OK);
    int64_t first = v.cert.not_before, last = v.cert.not_after;
    cr_expect_eq((last + 9 * 3600 + 1) % DAY, 0, "ends with the day in Japan");
    static const struct {
        int from_first, step;
        enum verify_refusal refusal;
    } rows[] = {{1, -1, VERIFY_NOT_YET_VALID}, {1, 0, VERIFY_GOOD}, {0, 0, VERIFY_GOOD}, {0, 1, VERIFY_EXPIRED}};
    for (size_t i = 0; i < 4; i++) {
        facts.now = (rows[i].from_first ? first : last) + rows[i].step;
        cr_assert_eq(verify_certificate(&v, &r.a, r.trust, &facts), ERR_OK);
        cr_expect_eq(v.refusal, rows[i].refusal, "row %zu: %s", i, verify_refusal_name(v.refusal));
    }
}

/* --- what is accepted ------------------------------------------------------------------------------------------ */

Test(verify, accepts_the_cards_of_all_residents_for_both_uses)
{
    static const char *const cards[] = {"hanako",        "taro",   "generation2", "substitute", "former-name",
                                        "katakana",      "romaji", "long-name",   "overseas",   "unknown-birthday",
                                        "unknown-birth", "nextgen"};
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++) {
        const char *card = arena_printf(&r.a, "residents/%s", cards[i]);
        expect(card, TRUST_AUTH, VERIFY_GOOD, VERIFY_BLAME_NONE);
        expect(card, TRUST_SIGN, VERIFY_GOOD, VERIFY_BLAME_NONE);
    }
    expect("residents/minor", TRUST_AUTH, VERIFY_GOOD, VERIFY_BLAME_NONE);
}

Test(verify, accepts_a_card_that_ocsp_does_not_know_when_only_lists_are_asked)
{
    expect("bad/unlisted", TRUST_AUTH, VERIFY_GOOD, VERIFY_BLAME_NONE);
}

Test(verify, finds_the_right_generation_among_roots_of_one_name)
{
    struct verify_verdict v2 = pki_rig_verdict(&r, "residents/generation2", TRUST_AUTH);
    struct verify_verdict v3 = pki_rig_verdict(&r, "residents/hanako", TRUST_AUTH);
    cr_assert(v2.root && v3.root);
    cr_expect(view_equal(v2.root->cert.subject_der, v3.root->cert.subject_der));
    cr_expect(!view_equal(v2.root->cert.ski, v3.root->cert.ski));
    cr_expect(view_equal(v2.root->cert.der, pki_rig_file(&r, "auth/ca2.der")));
    cr_expect(view_equal(v3.root->cert.der, pki_rig_file(&r, "auth/ca3.der")));
}

Test(verify, makes_the_account_input_of_issuer_and_serial)
{
    struct verify_verdict v = pki_rig_verdict(&r, "residents/hanako", TRUST_AUTH);
    struct verify_verdict again = pki_rig_verdict(&r, "residents/hanako", TRUST_AUTH);
    struct verify_verdict sign = pki_rig_verdict(&r, "residents/hanako", TRUST_SIGN);
    struct verify_verdict other = pki_rig_verdict(&r, "residents/taro", TRUST_AUTH);
    cr_expect(view_starts(v.account_input, v.cert.issuer_der));
    cr_expect(view_ends(v.account_input, v.cert.serial_der));
    cr_expect_eq(v.account_input.n, v.cert.issuer_der.n + v.cert.serial_der.n);
    cr_expect(view_equal(v.account_input, again.account_input));
    cr_expect(!view_equal(v.account_input, sign.account_input));
    cr_expect(!view_equal(v.account_input, other.account_input));
}

/* The coming card answers in one of two writings of the same two numbers. */
static struct view raw_of(struct view der)
{
    const unsigned char *p = der.p;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)der.n);
    uint8_t *raw = arena_alloc(&r.a, 96);
    cr_assert(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 48) == 48 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 48, 48) == 48);
    ECDSA_SIG_free(sig);
    return view_bytes(raw, 96);
}

Test(verify, accepts_an_es384_signature_in_der_and_as_two_numbers)
{
    struct verify_facts facts = pki_rig_facts(&r, "residents/nextgen", TRUST_AUTH, VIEW("m"));
    cr_expect_eq(judge(&facts), VERIFY_GOOD);
    facts.sig = raw_of(facts.sig);
    cr_expect_eq(judge(&facts), VERIFY_GOOD);
    facts.message = VIEW("n");
    cr_expect_eq(judge(&facts), VERIFY_PROOF_SIGNATURE);
}

/* --- we could not ---------------------------------------------------------------------------------------------- */

Test(verify, gives_no_verdict_when_memory_runs_out_anywhere)
{
    struct verify_facts facts = hanako();
    bool judged = false;
    for (size_t ceiling = 0; ceiling < 64 * 1024 && !judged; ceiling += 16) {
        struct arena a;
        struct verify_verdict v;
        arena_open(&a, ceiling);
        enum err e = verify_proof(&v, &a, r.trust, r.revocation, &facts);
        judged = e == ERR_OK;
        if (judged)
            cr_expect_eq(v.refusal, VERIFY_GOOD);
        else
            cr_expect(e == ERR_MEMORY && v.refusal == VERIFY_NO_VERDICT && v.blame == VERIFY_BLAME_US &&
                          !v.account_input.p,
                      "ceiling %zu: %s, %s", ceiling, err_name(e), verify_refusal_name(v.refusal));
        arena_close(&a);
    }
    cr_expect(judged);
}
