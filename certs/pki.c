#include "certs/pki.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

#define POLICY_AUTH "1.2.392.200149.8.5.1.3.30"
#define POLICY_SIGN "1.2.392.200149.8.5.1.1.20"

void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

EVP_PKEY *pki_make_rsa(unsigned bits)
{
    EVP_PKEY *key = EVP_RSA_gen(bits);
    must(key, "cannot make an RSA key");
    return key;
}

EVP_PKEY *pki_make_ec(const char *curve)
{
    EVP_PKEY *key = EVP_EC_gen(curve);
    must(key, "cannot make an EC key");
    return key;
}

EVP_PKEY *pki_make_ed25519(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    must(key, "cannot make an Ed25519 key");
    return key;
}

/* The countries' attribute is a PrintableString, everything else a UTF8String. */
static void put_rdn(X509_NAME *name, int nid, const char *text)
{
    int type = nid == NID_countryName ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING;
    must(X509_NAME_add_entry_by_NID(name, nid, type, (const unsigned char *)text, -1, -1, 0), "cannot write a name");
}

static X509_NAME *open_name(void)
{
    X509_NAME *name = X509_NAME_new();
    must(name, "out of memory");
    put_rdn(name, NID_countryName, "JP");
    return name;
}

static const char *unit_name(enum hierarchy h)
{
    return h == AUTH ? "JPKI for user authentication" : "JPKI for digital signature";
}

X509_NAME *pki_authority_name(enum hierarchy h)
{
    X509_NAME *name = open_name();
    put_rdn(name, NID_organizationName, "GENKAN-TEST");
    put_rdn(name, NID_organizationalUnitName, unit_name(h));
    put_rdn(name, NID_organizationalUnitName, "GENKAN-TEST is no authority");
    return name;
}

/* The roots carry their name in Japanese as an alternative name, and certificates repeat it as the issuer's. */
static X509_NAME *japanese_name(enum hierarchy h)
{
    X509_NAME *name = open_name();
    put_rdn(name, NID_organizationName, "玄関試験用認証局");
    put_rdn(name, NID_organizationalUnitName,
            h == AUTH ? "公的個人認証サービス利用者証明用" : "公的個人認証サービス署名用");
    put_rdn(name, NID_organizationalUnitName, "試験専用");
    return name;
}

X509_NAME *pki_crl_point_name(enum hierarchy h, const struct town *town)
{
    char city[100];
    snprintf(city, sizeof city, "%s CRLDP", town->city);
    X509_NAME *name = open_name();
    put_rdn(name, NID_organizationName, "GENKAN-TEST");
    put_rdn(name, NID_organizationalUnitName, unit_name(h));
    put_rdn(name, NID_organizationalUnitName, "CRL Distribution Points");
    put_rdn(name, NID_organizationalUnitName, town->prefecture);
    put_rdn(name, NID_commonName, city);
    return name;
}

/* Facts 4.2: auth C, CN; sign C, L, L, CN. No personal name in either. */
static X509_NAME *subject_name(const struct leaf *leaf)
{
    char id[40];
    snprintf(id, sizeof id, "%08XGENKAN%s003A", leaf->serial ^ (leaf->hierarchy == AUTH ? 0x99000000U : 0x55000000U),
             leaf->town->code);
    X509_NAME *name = open_name();
    if (leaf->hierarchy == SIGN) {
        put_rdn(name, NID_localityName, leaf->town->prefecture);
        put_rdn(name, NID_localityName, leaf->town->city);
    }
    put_rdn(name, NID_commonName, id);
    return name;
}

/* --- extensions ------------------------------------------------------------------------------------------------ */

static void put_ext(X509 *cert, int nid, void *value, bool critical)
{
    must(value && X509_add1_ext_i2d(cert, nid, value, critical, X509V3_ADD_APPEND) == 1, "cannot add an extension");
}

static void put_usage(X509 *cert, unsigned bits)
{
    ASN1_BIT_STRING *s = ASN1_BIT_STRING_new();
    must(s, "out of memory");
    for (int i = 0; i < 9; i++)
        if (bits & 1U << i)
            must(ASN1_BIT_STRING_set_bit(s, i, 1), "out of memory");
    put_ext(cert, NID_key_usage, s, true);
    ASN1_BIT_STRING_free(s);
}

static GENERAL_NAMES *names_of(X509_NAME *name)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    GENERAL_NAME *general = GENERAL_NAME_new();
    must(names && general, "out of memory");
    GENERAL_NAME_set0_value(general, GEN_DIRNAME, name);
    must(sk_GENERAL_NAME_push(names, general) > 0, "out of memory");
    return names;
}

static void put_directory_name(X509 *cert, int nid, X509_NAME *name)
{
    GENERAL_NAMES *names = names_of(name);
    put_ext(cert, nid, names, false);
    GENERAL_NAMES_free(names);
}

static void put_crl_point(X509 *cert, X509_NAME *name)
{
    DIST_POINT *point = DIST_POINT_new();
    CRL_DIST_POINTS *points = sk_DIST_POINT_new_null();
    must(point && points, "out of memory");
    point->distpoint = DIST_POINT_NAME_new();
    must(point->distpoint, "out of memory");
    point->distpoint->type = 0;
    point->distpoint->name.fullname = names_of(name);
    must(sk_DIST_POINT_push(points, point) > 0, "out of memory");
    put_ext(cert, NID_crl_distribution_points, points, false);
    CRL_DIST_POINTS_free(points);
}

static void put_policy(X509 *cert, const char *oid)
{
    POLICYINFO *info = POLICYINFO_new();
    POLICYQUALINFO *qualifier = POLICYQUALINFO_new();
    CERTIFICATEPOLICIES *policies = CERTIFICATEPOLICIES_new();
    must(info && qualifier && policies, "out of memory");
    info->policyid = OBJ_txt2obj(oid, 1);
    qualifier->pqualid = OBJ_nid2obj(NID_id_qt_cps);
    qualifier->d.cpsuri = ASN1_IA5STRING_new();
    info->qualifiers = sk_POLICYQUALINFO_new_null();
    must(info->policyid && qualifier->d.cpsuri && info->qualifiers, "out of memory");
    must(ASN1_STRING_set(qualifier->d.cpsuri, "http://testpki.invalid/cps.html", -1), "out of memory");
    must(sk_POLICYQUALINFO_push(info->qualifiers, qualifier) > 0, "out of memory");
    must(sk_POLICYINFO_push(policies, info) > 0, "out of memory");
    put_ext(cert, NID_certificate_policies, policies, true);
    CERTIFICATEPOLICIES_free(policies);
}

static void put_ocsp_url(X509 *cert, const char *url)
{
    ACCESS_DESCRIPTION *access = ACCESS_DESCRIPTION_new();
    AUTHORITY_INFO_ACCESS *info = AUTHORITY_INFO_ACCESS_new();
    ASN1_IA5STRING *uri = ASN1_IA5STRING_new();
    must(access && info && uri && ASN1_STRING_set(uri, url, -1), "out of memory");
    access->method = OBJ_nid2obj(NID_ad_OCSP);
    GENERAL_NAME_set0_value(access->location, GEN_URI, uri);
    must(sk_ACCESS_DESCRIPTION_push(info, access) > 0, "out of memory");
    put_ext(cert, NID_info_access, info, false);
    AUTHORITY_INFO_ACCESS_free(info);
}

static ASN1_OCTET_STRING *octets(struct view v)
{
    ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
    must(s && ASN1_OCTET_STRING_set(s, v.p, (int)v.n), "out of memory");
    return s;
}

static void put_authority_key_id(X509 *cert, X509 *ca)
{
    const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(ca);
    AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();
    must(ski && aki, "the authority has no key id");
    aki->keyid = octets(view_bytes(ASN1_STRING_get0_data(ski), (size_t)ASN1_STRING_length(ski)));
    put_ext(cert, NID_authority_key_identifier, aki, false);
    AUTHORITY_KEYID_free(aki);
}

static void put_subject_key_id(X509 *cert, struct view claimed)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    must(X509_pubkey_digest(cert, EVP_sha1(), digest, &n), "cannot digest a key");
    ASN1_OCTET_STRING *ski = octets(claimed.p ? claimed : view_bytes(digest, n));
    put_ext(cert, NID_subject_key_identifier, ski, false);
    ASN1_OCTET_STRING_free(ski);
}

static void put_authority_flag(X509 *cert, bool is_ca)
{
    BASIC_CONSTRAINTS *bc = BASIC_CONSTRAINTS_new();
    must(bc, "out of memory");
    bc->ca = is_ca ? 0xFF : 0;
    put_ext(cert, NID_basic_constraints, bc, true);
    BASIC_CONSTRAINTS_free(bc);
}

static void put_ext_usage(X509 *cert, int nid)
{
    EXTENDED_KEY_USAGE *usage = sk_ASN1_OBJECT_new_null();
    must(usage && sk_ASN1_OBJECT_push(usage, OBJ_nid2obj(nid)) > 0, "out of memory");
    put_ext(cert, NID_ext_key_usage, usage, false);
    sk_ASN1_OBJECT_free(usage);
}

/* An extension nobody knows, out of the arc for examples. */
static X509_EXTENSION *strange_ext(void)
{
    ASN1_OBJECT *oid = OBJ_txt2obj("2.999.1", 1);
    ASN1_OCTET_STRING *value = octets(VIEW("\x05\x00"));
    X509_EXTENSION *ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
    must(ext, "out of memory");
    ASN1_OBJECT_free(oid);
    ASN1_OCTET_STRING_free(value);
    return ext;
}

/* --- the six otherNames (facts 4.4) ---------------------------------------------------------------------------- */

static void put_other_name(GENERAL_NAMES *names, char last, const char *text)
{
    char oid[] = "1.2.392.200149.8.5.5.x";
    oid[sizeof oid - 2] = last;
    ASN1_UTF8STRING *utf8 = ASN1_UTF8STRING_new();
    ASN1_TYPE *value = ASN1_TYPE_new();
    GENERAL_NAME *general = GENERAL_NAME_new();
    ASN1_OBJECT *type = OBJ_txt2obj(oid, 1);
    must(utf8 && value && general && type && ASN1_STRING_set(utf8, text, -1), "out of memory");
    ASN1_TYPE_set(value, V_ASN1_UTF8STRING, utf8);
    must(GENERAL_NAME_set0_othername(general, type, value), "out of memory");
    must(sk_GENERAL_NAME_push(names, general) > 0, "out of memory");
}

static void put_person(X509 *cert, const struct leaf *leaf)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    must(names, "out of memory");
    bool bad = leaf->defect == BAD_NAMES;
    put_other_name(names, '1', leaf->name);
    put_other_name(names, bad ? '3' : '4', bad ? leaf->gender : leaf->birth);
    put_other_name(names, bad ? '4' : '3', bad ? leaf->birth : leaf->gender);
    put_other_name(names, '5', leaf->address);
    put_other_name(names, '2', leaf->name_map);
    put_other_name(names, '6', leaf->address_map);
    put_ext(cert, NID_subject_alt_name, names, false);
    GENERAL_NAMES_free(names);
}

/* --- certificates ---------------------------------------------------------------------------------------------- */

static X509 *open_cert(X509_NAME *subject, const X509_NAME *issuer, EVP_PKEY *key, uint32_t serial, int64_t from,
                       int64_t to)
{
    X509 *cert = X509_new();
    must(cert && X509_set_version(cert, X509_VERSION_3), "out of memory");
    must(ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial), "out of memory");
    must(X509_set_subject_name(cert, subject) && X509_set_issuer_name(cert, issuer), "cannot set names");
    must(ASN1_TIME_set(X509_getm_notBefore(cert), from) && ASN1_TIME_set(X509_getm_notAfter(cert), to), "bad date");
    must(X509_set_pubkey(cert, key), "cannot set a key");
    X509_NAME_free(subject);
    return cert;
}

static const EVP_MD *digest_for(EVP_PKEY *signer)
{
    return EVP_PKEY_get_base_id(signer) == EVP_PKEY_EC && EVP_PKEY_get_bits(signer) == 384 ? EVP_sha384()
                                                                                           : EVP_sha256();
}

X509 *pki_make_root(enum hierarchy h, EVP_PKEY *key, uint32_t serial, int64_t from, int64_t to, struct view key_id)
{
    X509_NAME *issuer = pki_authority_name(h);
    X509 *cert = open_cert(pki_authority_name(h), issuer, key, serial, from, to);
    X509_NAME_free(issuer);
    put_usage(cert, 1U << 5 | 1U << 6);
    put_directory_name(cert, NID_subject_alt_name, japanese_name(h));
    put_authority_flag(cert, true);
    put_crl_point(cert, pki_authority_name(h));
    put_subject_key_id(cert, key_id);
    must(X509_sign(cert, key, digest_for(key)) > 0, "cannot sign a root");
    return cert;
}

static void put_leaf_usage(X509 *cert, const struct leaf *leaf)
{
    unsigned right = leaf->hierarchy == AUTH ? 1U : 3U;
    if (leaf->defect == WRONG_USAGE)
        put_usage(cert, 1U << 2); /* keyEncipherment */
    else if (leaf->defect == SIGNS_CERTS)
        put_usage(cert, right | 1U << 5);
    else if (leaf->defect != NO_USAGE)
        put_usage(cert, right);
}

static void put_leaf_policy(X509 *cert, const struct leaf *leaf)
{
    const char *right = leaf->hierarchy == AUTH ? POLICY_AUTH : POLICY_SIGN;
    if (leaf->defect != NO_POLICY)
        put_policy(cert, leaf->defect == WRONG_POLICY ? "1.2.392.200149.8.5.1.9.99" : right);
}

/* Facts 4.2, in the order given there; what a defect adds stands where it disturbs least. */
static void put_leaf_exts(X509 *cert, const struct leaf *leaf)
{
    enum hierarchy h = leaf->hierarchy;
    put_leaf_usage(cert, leaf);
    if (leaf->defect == CA_TRUE)
        put_authority_flag(cert, true);
    if (leaf->defect == WRONG_EXT_USAGE)
        put_ext_usage(cert, NID_server_auth);
    if (h == SIGN)
        put_person(cert, leaf);
    put_leaf_policy(cert, leaf);
    if (leaf->defect == DUPLICATE_EXT)
        put_leaf_policy(cert, leaf);
    put_directory_name(cert, NID_issuer_alt_name, japanese_name(h));
    if (leaf->defect != NO_CRL_POINT)
        put_crl_point(cert, pki_crl_point_name(h, leaf->town));
    if (leaf->defect != NO_OCSP_URL)
        put_ocsp_url(cert, leaf->ocsp_url);
    put_authority_key_id(cert, leaf->ca->cert);
    put_subject_key_id(cert, VIEW_NONE);
    if (leaf->defect == CRITICAL_EXT) {
        X509_EXTENSION *ext = strange_ext();
        must(X509_add_ext(cert, ext, -1), "out of memory");
        X509_EXTENSION_free(ext);
    }
}

X509 *pki_make_leaf(const struct leaf *leaf)
{
    uint32_t serial = leaf->defect == ZERO_SERIAL ? 0 : leaf->serial;
    X509 *cert =
        open_cert(subject_name(leaf), X509_get_subject_name(leaf->ca->cert), leaf->key, serial, leaf->from, leaf->to);
    put_leaf_exts(cert, leaf);
    const EVP_MD *md = digest_for(leaf->ca->key);
    if (leaf->defect == SIGNED_SHA1)
        md = EVP_sha1();
    else if (leaf->defect == SIGNED_SHA512)
        md = EVP_sha512();
    must(X509_sign(cert, leaf->ca->key, md) > 0, "cannot sign a certificate");
    return cert;
}

X509 *pki_make_responder(const struct authority *ca, EVP_PKEY *key, uint32_t serial, int64_t from, int64_t to,
                         bool appointed)
{
    X509_NAME *subject = open_name();
    put_rdn(subject, NID_organizationName, "GENKAN-TEST");
    put_rdn(subject, NID_organizationalUnitName, unit_name(ca->hierarchy));
    put_rdn(subject, NID_commonName, "OCSP responder");
    X509 *cert = open_cert(subject, X509_get_subject_name(ca->cert), key, serial, from, to);
    put_usage(cert, 1U);
    if (appointed)
        put_ext_usage(cert, NID_OCSP_sign);
    put_authority_key_id(cert, ca->cert);
    put_subject_key_id(cert, VIEW_NONE);
    must(X509_sign(cert, ca->key, digest_for(ca->key)) > 0, "cannot sign a responder");
    return cert;
}

/* --- CRLs ------------------------------------------------------------------------------------------------------ */

static void put_crl_entry(X509_CRL *crl, const struct revoked_serial *entry)
{
    X509_REVOKED *revoked = X509_REVOKED_new();
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    ASN1_TIME *at = ASN1_TIME_set(NULL, entry->at);
    must(revoked && serial && at && ASN1_INTEGER_set_uint64(serial, entry->serial), "out of memory");
    must(X509_REVOKED_set_serialNumber(revoked, serial) && X509_REVOKED_set_revocationDate(revoked, at), "bad entry");
    if (entry->reason >= 0) {
        ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
        must(reason && ASN1_ENUMERATED_set(reason, entry->reason), "out of memory");
        must(X509_REVOKED_add1_ext_i2d(revoked, NID_crl_reason, reason, 0, 0) == 1, "bad reason");
        ASN1_ENUMERATED_free(reason);
    }
    must(X509_CRL_add0_revoked(crl, revoked), "out of memory");
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(at);
}

static void put_crl_scope(X509_CRL *crl, enum hierarchy h, const struct town *town, bool ca_only)
{
    ISSUING_DIST_POINT *scope = ISSUING_DIST_POINT_new();
    must(scope, "out of memory");
    scope->distpoint = DIST_POINT_NAME_new();
    must(scope->distpoint, "out of memory");
    scope->distpoint->type = 0;
    scope->distpoint->name.fullname = names_of(pki_crl_point_name(h, town));
    scope->onlyuser = ca_only ? 0 : 0xFF;
    scope->onlyCA = ca_only ? 0xFF : 0;
    must(X509_CRL_add1_ext_i2d(crl, NID_issuing_distribution_point, scope, 1, 0) == 1, "bad scope");
    ISSUING_DIST_POINT_free(scope);
}

static void put_crl_exts(X509_CRL *crl, const struct authority *ca, const struct town *town, enum crl_defect defect)
{
    AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(ca->cert);
    must(aki && number && ASN1_INTEGER_set(number, 1), "out of memory");
    aki->keyid = octets(view_bytes(ASN1_STRING_get0_data(ski), (size_t)ASN1_STRING_length(ski)));
    must(X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, aki, 0, 0) == 1, "bad CRL");
    must(X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1, "bad CRL");
    if (town)
        put_crl_scope(crl, ca->hierarchy, town, defect == CRL_CA_ONLY);
    if (defect == CRL_DELTA)
        must(X509_CRL_add1_ext_i2d(crl, NID_delta_crl, number, 1, 0) == 1, "bad CRL");
    if (defect == CRL_CRITICAL_EXT) {
        X509_EXTENSION *ext = strange_ext();
        must(X509_CRL_add_ext(crl, ext, -1), "out of memory");
        X509_EXTENSION_free(ext);
    }
    AUTHORITY_KEYID_free(aki);
    ASN1_INTEGER_free(number);
}

X509_CRL *pki_make_crl(const struct authority *ca, const struct town *town, const struct revoked_serial *entries,
                       size_t n, int64_t from, int64_t to, enum crl_defect defect)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *last = ASN1_TIME_set(NULL, from), *next = ASN1_TIME_set(NULL, to);
    must(crl && last && next && X509_CRL_set_version(crl, X509_CRL_VERSION_2), "out of memory");
    must(X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->cert)), "bad CRL");
    must(X509_CRL_set1_lastUpdate(crl, last) && X509_CRL_set1_nextUpdate(crl, next), "bad CRL");
    for (size_t i = 0; i < n; i++)
        put_crl_entry(crl, &entries[i]);
    must(X509_CRL_sort(crl), "bad CRL");
    put_crl_exts(crl, ca, town, defect);
    must(X509_CRL_sign(crl, ca->key, defect == CRL_SHA1 ? EVP_sha1() : digest_for(ca->key)) > 0, "cannot sign a CRL");
    ASN1_TIME_free(last);
    ASN1_TIME_free(next);
    return crl;
}

/* RFC 5280 5.2.3: the number of a list grows. */
static void count_up(X509_CRL *crl)
{
    ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
    int64_t n = 0;
    must(number && ASN1_INTEGER_get_int64(&n, number) && ASN1_INTEGER_set_int64(number, n + 1), "bad CRL");
    must(X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, X509V3_ADD_REPLACE) == 1, "bad CRL");
    ASN1_INTEGER_free(number);
}

X509_CRL *pki_renew_crl(const struct authority *ca, X509_CRL *old, const struct revoked_serial *entries, size_t n,
                        int64_t from, int64_t to)
{
    X509_CRL *crl = X509_CRL_dup(old);
    ASN1_TIME *last = ASN1_TIME_set(NULL, from), *next = ASN1_TIME_set(NULL, to);
    must(crl && last && next, "out of memory");
    must(X509_CRL_set1_lastUpdate(crl, last) && X509_CRL_set1_nextUpdate(crl, next), "bad CRL");
    for (size_t i = 0; i < n; i++)
        put_crl_entry(crl, &entries[i]);
    must(X509_CRL_sort(crl), "bad CRL");
    count_up(crl);
    must(X509_CRL_sign(crl, ca->key, digest_for(ca->key)) > 0, "cannot sign a CRL");
    ASN1_TIME_free(last);
    ASN1_TIME_free(next);
    return crl;
}
