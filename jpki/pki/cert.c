#include "jpki/pki/cert.h"

#include <openssl/err.h>

#include "base/text.h"
#include "jpki/pki/asn1.h"
#include "jpki/pki/der.h"

#define SERIAL_MAX 20
#define URL_MAX    200

/* What the readers of extensions need. */
struct exts {
    struct cert *cert;
    struct arena *arena;
    bool no_memory; /* "we could not" must not look like "the certificate is bad" */
};

static void free_x509(void *x509)
{
    X509_free(x509);
}

/* Certificate ::= SEQUENCE { tbsCertificate SEQUENCE { [0] version, serialNumber INTEGER, ... (RFC 5280 4.1) */
static bool read_serial(struct cert *c)
{
    struct der outer, tbs, version, serial;
    struct view rest = c->der;
    if (der_next(&outer, &rest) || (rest = outer.body, der_next(&tbs, &rest)))
        return false;
    rest = tbs.body;
    if (der_next(&version, &rest) || version.tag != 0xA0 || der_next(&serial, &rest) || serial.tag != 0x02)
        return false;
    c->serial_der = serial.all;
    c->serial = serial.body;
    return serial.body.n <= SERIAL_MAX && !(serial.body.p[0] & 0x80) && !(serial.body.n == 1 && serial.body.p[0] == 0);
}

static void read_algorithms(struct cert *c, X509 *x)
{
    EVP_PKEY *key = X509_get0_pubkey(x);
    c->sig = asn1_sig_of(X509_get0_tbs_sigalg(x));
    c->key = asn1_key_of(key);
    c->key_bits = key ? EVP_PKEY_get_bits(key) : 0;
}

static struct view keep(struct exts *e, struct view v)
{
    struct view copy = arena_copy(e->arena, v);
    e->no_memory |= !copy.p;
    return copy;
}

static const char *keep_text(struct exts *e, struct view v)
{
    const char *copy = arena_text(e->arena, v);
    e->no_memory |= !copy;
    return copy;
}

/* --- extensions: one reader each, false when the contents are not acceptable ----------------------------------- */

static bool read_usage(struct exts *e, void *value)
{
    const ASN1_BIT_STRING *bits = value;
    e->cert->has_usage = true;
    for (int i = 0; i < 9; i++)
        if (ASN1_BIT_STRING_get_bit(bits, i))
            e->cert->usage |= 1U << i;
    return e->cert->usage != 0; /* RFC 5280 4.2.1.3: at least one bit */
}

static bool read_constraints(struct exts *e, void *value)
{
    const BASIC_CONSTRAINTS *bc = value;
    e->cert->is_ca = bc->ca != 0;
    return true;
}

static bool read_ext_usage(struct exts *e, void *value)
{
    const EXTENDED_KEY_USAGE *usage = value;
    e->cert->has_ext_usage = true;
    for (int i = 0; i < sk_ASN1_OBJECT_num(usage); i++) {
        int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, i));
        e->cert->client_auth |= nid == NID_client_auth;
        e->cert->ocsp_signing |= nid == NID_OCSP_sign;
    }
    return sk_ASN1_OBJECT_num(usage) > 0;
}

static bool read_policies(struct exts *e, void *value)
{
    const CERTIFICATEPOLICIES *policies = value;
    struct cert *c = e->cert;
    int n = sk_POLICYINFO_num(policies);
    if (n < 1 || n > CERT_POLICIES_MAX)
        return false;
    for (int i = 0; i < n; i++) {
        char oid[100];
        int length = OBJ_obj2txt(oid, sizeof oid, sk_POLICYINFO_value(policies, i)->policyid, 1);
        if (length < 1 || (size_t)length >= sizeof oid)
            return false;
        c->policies[c->n_policies++] = keep_text(e, view_bytes(oid, (size_t)length));
    }
    return true;
}

static bool is_web_url(struct view v)
{
    return v.n <= URL_MAX && text_is_visible(v) &&
           (view_starts(v, VIEW("http://")) || view_starts(v, VIEW("https://")));
}

static bool read_info_access(struct exts *e, void *value)
{
    const AUTHORITY_INFO_ACCESS *info = value;
    for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(info); i++) {
        const ACCESS_DESCRIPTION *access = sk_ACCESS_DESCRIPTION_value(info, i);
        if (OBJ_obj2nid(access->method) != NID_ad_OCSP || access->location->type != GEN_URI || e->cert->ocsp_url)
            continue;
        struct view url = asn1_view(access->location->d.uniformResourceIdentifier);
        if (!is_web_url(url))
            return false;
        e->cert->ocsp_url = keep_text(e, url);
    }
    return true;
}

static bool read_crl_points(struct exts *e, void *value)
{
    const CRL_DIST_POINTS *points = value;
    for (int i = 0; i < sk_DIST_POINT_num(points) && !e->cert->crl_point.p; i++) {
        const DIST_POINT *point = sk_DIST_POINT_value(points, i);
        /* a point for some reasons only, or with another issuer, is not enough to call a certificate good */
        if (!point->distpoint || point->distpoint->type != 0 || point->reasons || point->CRLissuer)
            continue;
        struct view name = asn1_directory_name(point->distpoint->name.fullname);
        if (name.p)
            e->cert->crl_point = keep(e, name);
    }
    return true;
}

static bool read_authority_key_id(struct exts *e, void *value)
{
    const AUTHORITY_KEYID *aki = value;
    if (aki->keyid)
        e->cert->aki = keep(e, asn1_view(aki->keyid));
    return true;
}

static bool read_subject_key_id(struct exts *e, void *value)
{
    e->cert->ski = keep(e, asn1_view(value));
    return true;
}

/* What we understand. An extension may be critical only if its meaning is enforced by verify. */
static const struct ext_kind {
    int nid;
    bool may_be_critical;
    bool (*read)(struct exts *, void *value);
} ext_kinds[] = {
    {NID_key_usage, true, read_usage},
    {NID_basic_constraints, true, read_constraints},
    {NID_ext_key_usage, true, read_ext_usage},
    {NID_certificate_policies, true, read_policies},
    {NID_subject_alt_name, true, NULL},
    {NID_crl_distribution_points, true, read_crl_points},
    {NID_info_access, false, read_info_access},
    {NID_authority_key_identifier, false, read_authority_key_id},
    {NID_subject_key_identifier, false, read_subject_key_id},
};

static const struct ext_kind *kind_of(int nid)
{
    for (size_t i = 0; i < sizeof ext_kinds / sizeof *ext_kinds; i++)
        if (ext_kinds[i].nid == nid)
            return &ext_kinds[i];
    return NULL;
}

static bool is_duplicate(X509 *x, int i)
{
    const ASN1_OBJECT *mine = X509_EXTENSION_get_object(X509_get_ext(x, i));
    return X509_get_ext_by_OBJ(x, mine, i) != -1;
}

static enum cert_fault read_ext(struct exts *e, X509_EXTENSION *ext)
{
    const struct ext_kind *kind = kind_of(OBJ_obj2nid(X509_EXTENSION_get_object(ext)));
    if (X509_EXTENSION_get_critical(ext) && !(kind && kind->may_be_critical))
        return CERT_UNKNOWN_CRITICAL;
    struct view value = asn1_view(X509_EXTENSION_get_data(ext));
    if (!kind)
        return CERT_FINE;
    if (!der_is_strict(value))
        return CERT_BAD_EXTENSION;
    if (kind->nid == NID_subject_alt_name)
        e->cert->san = value;
    if (!kind->read)
        return CERT_FINE;
    void *decoded = X509V3_EXT_d2i(ext);
    bool fine = decoded && kind->read(e, decoded);
    const X509V3_EXT_METHOD *method = X509V3_EXT_get_nid(kind->nid);
    if (decoded)
        ASN1_item_free(decoded, ASN1_ITEM_ptr(method->it));
    return fine ? CERT_FINE : CERT_BAD_EXTENSION;
}

static enum cert_fault read_exts(struct exts *e, X509 *x)
{
    enum cert_fault fault = CERT_FINE;
    for (int i = 0; i < X509_get_ext_count(x) && !fault; i++)
        fault = is_duplicate(x, i) ? CERT_DUPLICATE_EXTENSION : read_ext(e, X509_get_ext(x, i));
    return fault;
}

/* --- the whole ------------------------------------------------------------------------------------------------- */

static bool read_names(struct cert *c, X509 *x)
{
    const unsigned char *issuer, *subject;
    size_t n_issuer, n_subject;
    if (!X509_NAME_get0_der(X509_get_issuer_name(x), &issuer, &n_issuer) ||
        !X509_NAME_get0_der(X509_get_subject_name(x), &subject, &n_subject))
        return false;
    c->issuer_der = view_bytes(issuer, n_issuer);
    c->subject_der = view_bytes(subject, n_subject);
    return true;
}

static enum cert_fault read_facts(struct cert *c, X509 *x)
{
    if (X509_get_version(x) != X509_VERSION_3 || !read_names(c, x))
        return CERT_NOT_X509;
    if (!asn1_time(&c->not_before, X509_get0_notBefore(x)) || !asn1_time(&c->not_after, X509_get0_notAfter(x)))
        return CERT_NOT_X509;
    read_algorithms(c, x);
    return read_serial(c) ? CERT_FINE : CERT_BAD_SERIAL;
}

static X509 *decode(struct view der)
{
    const unsigned char *p = der.p;
    const ASN1_BIT_STRING *signature = NULL;
    X509 *x = d2i_X509(NULL, &p, (long)der.n);
    if (x)
        X509_get0_signature(&signature, NULL, x);
    if (asn1_is_whole_octets(signature) && p == der.p + der.n)
        return x;
    X509_free(x);
    return NULL;
}

enum err cert_read(struct cert *out, struct arena *a, struct view der, enum cert_fault *fault)
{
    *out = (struct cert){.der = der};
    *fault = der.n > CERT_SIZE_MAX ? CERT_TOO_BIG : der_is_strict(der) ? CERT_FINE : CERT_NOT_DER;
    if (*fault)
        return ERR_SYNTAX;
    X509 *x = decode(der);
    if (x && !arena_on_close(a, free_x509, x))
        return ERR_MEMORY;
    out->x509 = x;
    struct exts exts = {.cert = out, .arena = a};
    *fault = x ? read_facts(out, x) : CERT_NOT_X509;
    if (!*fault)
        *fault = read_exts(&exts, x);
    ERR_clear_error();
    if (exts.no_memory)
        return ERR_MEMORY;
    return *fault ? ERR_SYNTAX : ERR_OK;
}

const char *cert_fault_name(enum cert_fault fault)
{
    static const char *const names[] = {
        [CERT_FINE] = "CERT_FINE",
        [CERT_TOO_BIG] = "CERT_TOO_BIG",
        [CERT_NOT_DER] = "CERT_NOT_DER",
        [CERT_NOT_X509] = "CERT_NOT_X509",
        [CERT_BAD_SERIAL] = "CERT_BAD_SERIAL",
        [CERT_BAD_EXTENSION] = "CERT_BAD_EXTENSION",
        [CERT_DUPLICATE_EXTENSION] = "CERT_DUPLICATE_EXTENSION",
        [CERT_UNKNOWN_CRITICAL] = "CERT_UNKNOWN_CRITICAL",
    };
    return names[fault];
}

bool cert_has_policy(const struct cert *c, const char *oid)
{
    for (size_t i = 0; i < c->n_policies; i++)
        if (strcmp(c->policies[i], oid) == 0)
            return true;
    return false;
}
