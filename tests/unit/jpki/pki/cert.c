#include "jpki/pki/cert.h"
#include "jpki/pki/name.h"

#include <openssl/x509v3.h>

#include "jpki/pki/der.h"
#include "pki_rig.h"

static struct pki_rig r;
static X509 *hanako;
static EVP_PKEY *ca;

static void open_all(void)
{
    pki_rig_open(&r, "crl", NO_FETCH);
    hanako = pki_rig_x509(&r, "residents/hanako/auth.der");
    ca = pki_rig_key(&r, "auth/ca3.key");
}

static void close_all(void)
{
    X509_free(hanako);
    EVP_PKEY_free(ca);
    pki_rig_close(&r);
}

TestSuite(cert, .init = open_all, .fini = close_all);

static struct cert read_as(enum cert_fault fault)
{
    struct cert c;
    enum cert_fault got;
    enum err e = cert_read(&c, &r.a, pki_rig_signed(&r, hanako, ca, EVP_sha256()), &got);
    cr_expect_eq(got, fault, "%s instead of %s", cert_fault_name(got), cert_fault_name(fault));
    cr_expect_eq(e, fault ? ERR_SYNTAX : ERR_OK);
    return c;
}

static void replace(int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509_EXTENSION_free(X509_delete_ext(hanako, X509_get_ext_by_NID(hanako, nid, -1)));
    X509_EXTENSION *ext = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
    cr_assert_not_null(ext, "%s", value);
    cr_assert(X509_add_ext(hanako, ext, -1));
    X509_EXTENSION_free(ext);
}

static void replace_raw(int nid, struct view der)
{
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(value, der.p, (int)der.n);
    X509_EXTENSION_free(X509_delete_ext(hanako, X509_get_ext_by_NID(hanako, nid, -1)));
    X509_EXTENSION *ext = X509_EXTENSION_create_by_NID(NULL, nid, 0, value);
    cr_assert(X509_add_ext(hanako, ext, -1));
    X509_EXTENSION_free(ext);
    ASN1_OCTET_STRING_free(value);
}

/* One bit "unused" in a signature that ends in 0 is DER, and would leave the signature as it was. */
Test(cert, refuses_a_signature_that_does_not_fill_its_octets)
{
    struct view der = VIEW_NONE;
    for (int i = 1; !der.n || der.p[der.n - 1] & 1; i++) {
        cr_assert(ASN1_INTEGER_set(X509_get_serialNumber(hanako), i));
        der = pki_rig_signed(&r, hanako, ca, EVP_sha256());
    }
    uint8_t *p = arena_alloc(&r.a, der.n), *unused = p + der.n - (size_t)EVP_PKEY_get_size(ca) - 1;
    struct cert c;
    enum cert_fault fault;
    memcpy(p, der.p, der.n);
    cr_assert(*unused == 0 && cert_read(&c, &r.a, der, &fault) == ERR_OK);
    *unused = 1;
    cr_expect_eq(cert_read(&c, &r.a, view_bytes(p, der.n), &fault), ERR_SYNTAX);
    cr_expect_eq(fault, CERT_NOT_X509);
}

/* --- serial numbers -------------------------------------------------------------------------------------------- */

static void set_serial(const char *hex, bool negative)
{
    BIGNUM *n = NULL;
    cr_assert(BN_hex2bn(&n, hex));
    BN_set_negative(n, negative);
    cr_assert(BN_to_ASN1_INTEGER(n, X509_get_serialNumber(hanako)));
    BN_free(n);
}

Test(cert, refuses_serial_numbers_that_are_not_positive_or_too_long)
{
    set_serial("2A000001", true);
    (void)read_as(CERT_BAD_SERIAL);
    set_serial("0", false);
    (void)read_as(CERT_BAD_SERIAL);
    set_serial("010000000000000000000000000000000000000000", false);
    (void)read_as(CERT_BAD_SERIAL);
    set_serial("8000000000000000000000000000000000000000", false); /* 20 octets and a sign octet */
    (void)read_as(CERT_BAD_SERIAL);
}

Test(cert, takes_the_longest_serial_number_and_keeps_its_encoding)
{
    set_serial("7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", false);
    cr_expect_eq(read_as(CERT_FINE).serial.n, 20);
    set_serial("80", false);
    struct cert c = read_as(CERT_FINE);
    cr_expect(view_equal(c.serial_der, view_bytes("\x02\x02\x00\x80", 4)));
    cr_expect(view_equal(c.serial, view_bytes("\x00\x80", 2)));
}

/* --- extensions ------------------------------------------------------------------------------------------------ */

Test(cert, refuses_a_certificate_of_version_1)
{
    X509_set_version(hanako, X509_VERSION_1);
    (void)read_as(CERT_NOT_X509);
}

Test(cert, refuses_a_key_usage_without_any_use)
{
    replace_raw(NID_key_usage, view_bytes("\x03\x01\x00", 3));
    (void)read_as(CERT_BAD_EXTENSION);
}

Test(cert, refuses_extensions_that_are_not_what_they_say)
{
    static const int kinds[] = {NID_key_usage,   NID_certificate_policies,     NID_crl_distribution_points,
                                NID_info_access, NID_authority_key_identifier, NID_subject_key_identifier};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        X509 *whole = X509_dup(hanako);
        replace_raw(kinds[i], view_bytes("\x0C\x01x", 3));
        (void)read_as(CERT_BAD_EXTENSION);
        replace_raw(kinds[i], view_bytes("\x30\x80\x00\x00", 4));
        (void)read_as(CERT_BAD_EXTENSION);
        X509_free(hanako);
        hanako = whole;
    }
}

Test(cert, refuses_more_policies_than_anybody_has)
{
    CERTIFICATEPOLICIES *policies = sk_POLICYINFO_new_null();
    for (int i = 0; i <= CERT_POLICIES_MAX; i++) {
        POLICYINFO *info = POLICYINFO_new();
        info->policyid = OBJ_txt2obj(arena_printf(&r.a, "1.2.%d", i), 1);
        sk_POLICYINFO_push(policies, info);
        cr_assert(X509_add1_ext_i2d(hanako, NID_certificate_policies, policies, 1, X509V3_ADD_REPLACE) == 1);
        (void)read_as(i < CERT_POLICIES_MAX ? CERT_FINE : CERT_BAD_EXTENSION);
    }
    CERTIFICATEPOLICIES_free(policies);
}

Test(cert, refuses_addresses_of_responders_that_are_no_web_addresses)
{
    static const char *const urls[] = {"OCSP;URI:ftp://127.0.0.1/", "OCSP;URI:file:///etc/passwd",
                                       "OCSP;URI:http://127.0.0.1/a b", "OCSP;URI:http://127.0.0.1/\x01",
                                       "OCSP;URI:gopher://x"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        replace(NID_info_access, urls[i]);
        (void)read_as(CERT_BAD_EXTENSION);
    }
    char *long_url = arena_printf(&r.a, "OCSP;URI:http://127.0.0.1/%0200d", 0);
    replace(NID_info_access, long_url);
    (void)read_as(CERT_BAD_EXTENSION);
}

Test(cert, takes_the_first_responder_and_no_other_access)
{
    replace(NID_info_access,
            "caIssuers;URI:http://ca.example/,OCSP;URI:https://one.example/,OCSP;URI:http://two.example/");
    cr_expect_str_eq(read_as(CERT_FINE).ocsp_url, "https://one.example/");
}

static void put_point(bool with_reasons, bool with_issuer)
{
    CRL_DIST_POINTS *points = X509_get_ext_d2i(hanako, NID_crl_distribution_points, NULL, NULL);
    DIST_POINT *point = sk_DIST_POINT_value(points, 0);
    if (with_reasons) {
        point->reasons = ASN1_BIT_STRING_new();
        ASN1_BIT_STRING_set_bit(point->reasons, 1, 1);
    }
    if (with_issuer) {
        GENERAL_NAME *name = GENERAL_NAME_new();
        GENERAL_NAME_set0_value(name, GEN_DIRNAME, X509_NAME_dup(X509_get_subject_name(hanako)));
        point->CRLissuer = sk_GENERAL_NAME_new_null();
        sk_GENERAL_NAME_push(point->CRLissuer, name);
    }
    cr_assert(X509_add1_ext_i2d(hanako, NID_crl_distribution_points, points, 0, X509V3_ADD_REPLACE) == 1);
    CRL_DIST_POINTS_free(points);
}

Test(cert, passes_over_distribution_points_for_some_reasons_or_of_another_issuer)
{
    cr_expect(read_as(CERT_FINE).crl_point.p);
    put_point(true, false);
    cr_expect(!read_as(CERT_FINE).crl_point.p);
    replace(NID_crl_distribution_points, "URI:http://crl.example/");
    cr_expect(!read_as(CERT_FINE).crl_point.p, "an address is no directory name");
}

Test(cert, passes_over_a_distribution_point_with_another_issuer)
{
    put_point(false, true);
    cr_expect(!read_as(CERT_FINE).crl_point.p);
}

/* --- the profile of the test PKI itself (facts 4.2) ------------------------------------------------------------ */

static void expect_order(const char *path, const int *nids, size_t n)
{
    X509 *x = pki_rig_x509(&r, path);
    cr_expect_eq(X509_get_ext_count(x), (int)n, "%s", path);
    for (int i = 0; i < X509_get_ext_count(x) && (size_t)i < n; i++) {
        X509_EXTENSION *ext = X509_get_ext(x, i);
        int nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));
        bool critical = nid == NID_key_usage || nid == NID_certificate_policies || nid == NID_basic_constraints;
        cr_expect_eq(nid, nids[i], "%s: extension %d is %s", path, i, OBJ_nid2sn(nid));
        cr_expect_eq(X509_EXTENSION_get_critical(ext), critical, "%s: %s", path, OBJ_nid2sn(nid));
    }
    X509_free(x);
}

Test(cert, certificates_of_the_test_pki_have_the_profiles_extensions_in_its_order)
{
    static const int auth[] = {
        NID_key_usage,   NID_certificate_policies,     NID_issuer_alt_name,       NID_crl_distribution_points,
        NID_info_access, NID_authority_key_identifier, NID_subject_key_identifier};
    static const int sign[] = {NID_key_usage,
                               NID_subject_alt_name,
                               NID_certificate_policies,
                               NID_issuer_alt_name,
                               NID_crl_distribution_points,
                               NID_info_access,
                               NID_authority_key_identifier,
                               NID_subject_key_identifier};
    static const int root[] = {NID_key_usage, NID_subject_alt_name, NID_basic_constraints, NID_crl_distribution_points,
                               NID_subject_key_identifier};
    expect_order("residents/hanako/auth.der", auth, 7);
    expect_order("residents/hanako/sign.der", sign, 8);
    expect_order("auth/ca3.der", root, 5);
    expect_order("sign/ca1.der", root, 5);
}

Test(cert, reads_the_facts_of_a_card)
{
    struct cert c = read_as(CERT_FINE);
    cr_expect(view_equal(c.der, c.der) && c.key.kind == CERT_KEY_RSA && c.key.bits == 2048 &&
              c.sig == CERT_SIG_RSA_SHA256);
    cr_expect(c.has_usage && c.usage == CERT_USE_SIGNATURE && !c.is_ca && !c.has_ext_usage && !c.san.p);
    cr_expect(c.n_policies == 1 && cert_has_policy(&c, VIEW(VERIFY_POLICY_AUTH)) &&
              !cert_has_policy(&c, VIEW(VERIFY_POLICY_SIGN)));
    cr_expect(c.ski.n == 20 && c.aki.n == 20 && view_starts(view_text(c.ocsp_url), VIEW("http://127.0.0.1:")));
    cr_expect(der_is_strict(c.crl_point) && der_is_strict(c.issuer_der) && der_is_strict(c.subject_der));
    cr_expect_lt(c.not_before, r.now);
    cr_expect_gt(c.not_after, r.now);
}

/* --- names as text ------------------------------------------------------------------------------------------------ */

#define C_JP "\x31\x0B\x30\x09\x06\x03\x55\x04\x06\x13\x02JP"

Test(cert, has_an_issuer_that_can_be_told)
{
    static const struct {
        struct view name;
        const char *text; /* NULL: none */
    } rows[] = {
        {VIEW(""), NULL},
        {VIEW("\x31\x00"), NULL},
        {VIEW("\x30\x02\x31\x00x"), NULL},
        {VIEW("\x30\x03\x02\x01\x00"), NULL},
        {VIEW("\x30\x06\x31\x04\x30\x02\x05\x00"), NULL},
        {VIEW("\x30\x00"), ""},
        {VIEW("\x30\x0D" C_JP), "C=JP"},
        {VIEW("\x30\x1A" C_JP C_JP), "C=JP,C=JP"},
        {VIEW("\x30\x18\x31\x16\x30\x09\x06\x03\x55\x04\x06\x13\x02JP\x30\x09\x06\x03\x55\x04\x0A\x0C\x02"
              "x "),
         "C=JP+O=x\\ "},
        {VIEW("\x30\x13\x31\x11\x30\x0F\x06\x03\x55\x04\x0B\x0C\x08#a,+\"\\<>"), "OU=\\#a\\,\\+\\\"\\\\\\<\\>"},
        /* 2.5.4.5 and 1.2.392.200149 have no keyword */
        {VIEW("\x30\x0D\x31\x0B\x30\x09\x06\x03\x55\x04\x05\x13\x02JP"), "2.5.4.5=#13024a50"},
        {VIEW("\x30\x10\x31\x0E\x30\x0C\x06\x06\x2A\x83\x08\x8C\x9B\x55\x0C\x02JP"), "1.2.392.200149=#0c024a50"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct view text = VIEW_NONE;
        enum err e = name_text(&text, &r.a, rows[i].name, 64);
        cr_expect_eq(e, rows[i].text ? ERR_OK : ERR_SYNTAX, "row %zu", i);
        cr_expect(!rows[i].text || view_equal_text(text, rows[i].text), "row %zu: %.*s", i, (int)text.n,
                  (const char *)text.p);
    }
    struct view text;
    cr_expect_eq(name_text(&text, &r.a, VIEW("\x30\x0D" C_JP), 3), ERR_LIMIT);
    struct cert c;
    const struct trust_root *root;
    pki_rig_cert(&r, "residents/hanako", TRUST_SIGN, &c, &root);
    cr_assert_eq(name_text(&text, &r.a, c.issuer_der, 1024), ERR_OK);
    cr_expect(view_ends(text, VIEW("OU=JPKI for digital signature,O=GENKAN-TEST,C=JP")), "%.*s", (int)text.n,
              (const char *)text.p);
}

Test(cert, holds_no_name_of_the_person_in_an_authentication_certificate)
{
    struct view der = pki_rig_file(&r, "residents/hanako/auth.der");
    cr_expect_null(memmem(der.p, der.n, "大阪　花子", strlen("大阪　花子")));
    cr_expect_null(memmem(der.p, der.n, "19560314", 8));
}
