/* Answers that no real responder gives: made here, signed with keys of the test PKI, and judged. */
#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include "jpki/pki/ocsp.h"
#include "pki_rig.h"

static struct pki_rig r;
static struct ocsp_question question;
static const struct trust_root *root;
static EVP_PKEY *ca_key, *key; /* of the authority, of the responder */
static X509 *ca, *responder;

/* What to make and how; tests change what they are about. */
static struct recipe {
    EVP_PKEY *key;
    const EVP_MD *md;
    bool twice, other_serial, critical_single, critical_basic, no_nonce, long_nonce;
    long from, to;
    int status;
} recipe;

static void open_all(void)
{
    struct cert c;
    pki_rig_open(&r, NULL, NO_FETCH);
    pki_rig_cert(&r, "residents/hanako", TRUST_AUTH, &c, &root);
    cr_assert_eq(ocsp_ask(&question, &r.a, &c, root, NULL), ERR_OK);
    ca_key = pki_rig_key(&r, "auth/ca3.key");
    key = pki_rig_key(&r, "ocsp/responder.key");
    ca = pki_rig_x509(&r, "auth/ca3.der");
    struct view pem = pki_rig_file(&r, "ocsp/auth3.pem");
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    responder = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    cr_assert_not_null(responder);
    recipe = (struct recipe){.key = key, .md = EVP_sha256(), .from = -10, .to = 900};
}

static void close_all(void)
{
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
    X509_free(ca);
    X509_free(responder);
    pki_rig_close(&r);
}

TestSuite(ocsp_judge, .init = open_all, .fini = close_all);

static X509_EXTENSION *strange(void)
{
    ASN1_OBJECT *oid = OBJ_txt2obj("2.999.1", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05\x00", 2);
    X509_EXTENSION *ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
    ASN1_OBJECT_free(oid);
    ASN1_OCTET_STRING_free(value);
    return ext;
}

static OCSP_SINGLERESP *add_single(OCSP_BASICRESP *basic)
{
    ASN1_TIME *from = ASN1_GENERALIZEDTIME_set(NULL, r.now + recipe.from);
    ASN1_TIME *to = ASN1_GENERALIZEDTIME_set(NULL, r.now + recipe.to);
    OCSP_CERTID *id = OCSP_CERTID_dup(question.id);
    ASN1_INTEGER *serial;
    OCSP_id_get0_info(NULL, NULL, NULL, &serial, id);
    if (recipe.other_serial)
        ASN1_INTEGER_set(serial, 4711);
    OCSP_SINGLERESP *single = OCSP_basic_add1_status(
        basic, id, recipe.status, 1, recipe.status == V_OCSP_CERTSTATUS_REVOKED ? from : NULL, from, to);
    cr_assert_not_null(single);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    return single;
}

static void add_ext(OCSP_BASICRESP *basic, OCSP_SINGLERESP *single)
{
    X509_EXTENSION *ext = strange();
    if (basic)
        cr_assert(OCSP_BASICRESP_add_ext(basic, ext, -1));
    if (single)
        cr_assert(OCSP_SINGLERESP_add_ext(single, ext, -1));
    X509_EXTENSION_free(ext);
}

static struct view encode(OCSP_BASICRESP *basic)
{
    OCSP_RESPONSE *response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    int n = i2d_OCSP_RESPONSE(response, NULL);
    uint8_t *der = arena_alloc(&r.a, (size_t)n), *end = der;
    cr_assert_eq(i2d_OCSP_RESPONSE(response, &end), n);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    return view_bytes(der, (size_t)n);
}

static struct view make(void)
{
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_SINGLERESP *single = add_single(basic);
    uint8_t nonce[OCSP_NONCE_LENGTH + 1] = {0};
    memcpy(nonce, question.nonce.p, OCSP_NONCE_LENGTH);
    if (recipe.twice) {
        recipe.status = V_OCSP_CERTSTATUS_GOOD;
        (void)add_single(basic);
    }
    if (!recipe.no_nonce)
        OCSP_basic_add1_nonce(basic, nonce, OCSP_NONCE_LENGTH + recipe.long_nonce);
    if (recipe.critical_single)
        add_ext(NULL, single);
    if (recipe.critical_basic)
        add_ext(basic, NULL);
    cr_assert(OCSP_basic_sign(basic, responder, recipe.key, recipe.md, NULL, 0));
    return encode(basic);
}

static struct revocation_answer judge(void)
{
    struct revocation_answer answer;
    int64_t next;
    struct ocsp_terms terms = {r.now, false};
    cr_assert_eq(ocsp_judge(&answer, &next, &question, make(), root, &terms), ERR_OK);
    cr_expect_eq(answer.state == REVOCATION_UNKNOWN, answer.why != REVOCATION_WHY_NONE);
    return answer;
}

static void expect_why(enum revocation_why why)
{
    struct revocation_answer answer = judge();
    cr_expect_eq(answer.why, why, "%s instead of %s", revocation_why_name(answer.why), revocation_why_name(why));
}

/* The responder's certificate, changed, and signed by WITH. */
static void appoint(EVP_PKEY *with, const EVP_MD *md)
{
    (void)pki_rig_signed(&r, responder, with, md);
}

static void set_responder_key(EVP_PKEY *of)
{
    cr_assert(X509_set_pubkey(responder, of));
    recipe.key = of;
}

/* --- what a sound one looks like ------------------------------------------------------------------------------- */

Test(ocsp_judge, takes_the_sound_answer_that_the_others_are_made_from)
{
    cr_expect_eq(judge().state, REVOCATION_GOOD);
    appoint(ca_key, EVP_sha256());
    cr_expect_eq(judge().state, REVOCATION_GOOD, "signing the responder again changes nothing");
    recipe.status = V_OCSP_CERTSTATUS_REVOKED;
    struct revocation_answer answer = judge();
    cr_expect_eq(answer.state, REVOCATION_REVOKED);
    cr_expect_eq(answer.revoked_at, r.now - 10);
}

/* --- the signer ------------------------------------------------------------------------------------------------ */

Test(ocsp_judge, refuses_an_answer_signed_over_sha1)
{
    recipe.md = EVP_sha1();
    expect_why(REVOCATION_OCSP_SIGNER);
}

Test(ocsp_judge, refuses_a_responder_certificate_signed_over_sha1)
{
    appoint(ca_key, EVP_sha1());
    expect_why(REVOCATION_OCSP_SIGNER);
}

Test(ocsp_judge, refuses_a_responder_with_a_short_key)
{
    EVP_PKEY *small = EVP_RSA_gen(1024);
    set_responder_key(small);
    appoint(ca_key, EVP_sha256());
    expect_why(REVOCATION_OCSP_SIGNER);
    EVP_PKEY_free(small);
}

Test(ocsp_judge, refuses_a_responder_that_may_not_sign)
{
    ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
    ASN1_BIT_STRING_set_bit(usage, 2, 1);
    cr_assert(X509_add1_ext_i2d(responder, NID_key_usage, usage, 0, X509V3_ADD_REPLACE) == 1);
    ASN1_BIT_STRING_free(usage);
    appoint(ca_key, EVP_sha256());
    expect_why(REVOCATION_OCSP_SIGNER);
}

Test(ocsp_judge, refuses_a_responder_whose_certificate_begins_tomorrow)
{
    ASN1_TIME_set(X509_getm_notBefore(responder), r.now + REVOCATION_SKEW + 1);
    appoint(ca_key, EVP_sha256());
    expect_why(REVOCATION_OCSP_SIGNER);
    ASN1_TIME_set(X509_getm_notBefore(responder), r.now + REVOCATION_SKEW);
    appoint(ca_key, EVP_sha256());
    cr_expect_eq(judge().state, REVOCATION_GOOD);
}

Test(ocsp_judge, refuses_a_responder_that_names_another_issuer)
{
    X509_set_issuer_name(responder, X509_get_subject_name(responder));
    appoint(ca_key, EVP_sha256());
    expect_why(REVOCATION_OCSP_SIGNER);
}

Test(ocsp_judge, refuses_a_card_that_plays_responder)
{
    X509_free(responder);
    responder = pki_rig_x509(&r, "residents/taro/auth.der");
    recipe.key = pki_rig_key(&r, "residents/taro/auth.key");
    expect_why(REVOCATION_OCSP_SIGNER);
    EVP_PKEY_free(recipe.key);
}

/* --- the contents ---------------------------------------------------------------------------------------------- */

Test(ocsp_judge, refuses_two_answers_about_one_certificate)
{
    recipe.status = V_OCSP_CERTSTATUS_REVOKED;
    recipe.twice = true;
    expect_why(REVOCATION_OCSP_OTHER_CERT);
}

Test(ocsp_judge, refuses_an_answer_about_another_serial_number)
{
    recipe.other_serial = true;
    expect_why(REVOCATION_OCSP_OTHER_CERT);
}

Test(ocsp_judge, refuses_unknown_critical_extensions)
{
    recipe.critical_single = true;
    expect_why(REVOCATION_OCSP_MALFORMED);
    recipe.critical_single = false;
    recipe.critical_basic = true;
    expect_why(REVOCATION_OCSP_MALFORMED);
}

Test(ocsp_judge, refuses_a_nonce_that_only_begins_like_ours)
{
    recipe.long_nonce = true;
    expect_why(REVOCATION_OCSP_NONCE);
    recipe.no_nonce = true;
    expect_why(REVOCATION_OCSP_NONCE);
}

Test(ocsp_judge, refuses_a_span_that_ends_before_it_begins)
{
    recipe.from = 100;
    recipe.to = 50;
    expect_why(REVOCATION_OCSP_MALFORMED);
}

Test(ocsp_judge, is_exact_about_the_five_minutes)
{
    static const struct {
        long from, to;
        enum revocation_why why;
    } rows[] = {{REVOCATION_SKEW, 900, REVOCATION_WHY_NONE},
                {REVOCATION_SKEW + 1, 900, REVOCATION_OCSP_NOT_YET},
                {-900, -REVOCATION_SKEW, REVOCATION_WHY_NONE},
                {-900, -REVOCATION_SKEW - 1, REVOCATION_OCSP_STALE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        recipe.from = rows[i].from;
        recipe.to = rows[i].to;
        expect_why(rows[i].why);
    }
}
