#include "jpki/pki/crl.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "jpki/pki/asn1.h"
#include "jpki/pki/der.h"

/* CertificateList ::= SEQUENCE { tbsCertList SEQUENCE { version INTEGER OPTIONAL, signature, ... }, signatureAlgorithm,
 * ... }. RFC 5280 5.1.1.2: both are the same. Only the inner one is signed, and X509_CRL_verify does not compare. */
static bool has_one_algorithm(struct view crl)
{
    struct der outer, tbs, inside, outside;
    struct view rest = crl;
    if (der_next(&outer, &rest) || (rest = outer.body, der_next(&tbs, &rest)) || der_next(&outside, &rest))
        return false;
    rest = tbs.body;
    if (der_next(&inside, &rest) || (inside.tag == 0x02 && der_next(&inside, &rest)))
        return false;
    return view_equal(inside.all, outside.all);
}

/* Most of a CRL is its entries; they are SEQUENCEs that OpenSSL reads as DER. The strict walk covers the whole, so
 * that two readers can never see two different lists in the same bytes. */
static X509_CRL *decode_der(struct view der)
{
    const unsigned char *p = der.p;
    return der_is_strict(der) && has_one_algorithm(der) ? d2i_X509_CRL(NULL, &p, (long)der.n) : NULL;
}

static X509_CRL *decode_pem(struct view text)
{
    char *name = NULL, *header = NULL;
    unsigned char *der = NULL;
    long n = 0;
    X509_CRL *crl = NULL;
    BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
    if (bio && PEM_read_bio(bio, &name, &header, &der, &n) && strcmp(name, PEM_STRING_X509_CRL) == 0)
        crl = decode_der(view_bytes(der, (size_t)n));
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(der);
    BIO_free(bio);
    return crl;
}

/* --- who and what for ------------------------------------------------------------------------------------------ */

static bool has_signed(const struct trust_root *root, X509_CRL *crl)
{
    const unsigned char *issuer;
    size_t n;
    if (!X509_NAME_get0_der(X509_CRL_get_issuer(crl), &issuer, &n) ||
        !view_equal(view_bytes(issuer, n), root->cert.subject_der))
        return false;
    /* RFC 5280 4.2.1.3: a key with keyUsage signs CRLs only if cRLSign is set */
    if (root->cert.has_usage && !(root->cert.usage & CERT_USE_CRL_SIGN))
        return false;
    return X509_CRL_verify(crl, root->key) == 1;
}

/* Generations share one name, so the signature decides. */
static const struct trust_root *find_root(const struct trust *t, X509_CRL *crl)
{
    const struct trust_root *root;
    for (enum trust_purpose p = TRUST_AUTH; p <= TRUST_SIGN; p++)
        for (size_t i = 0; (root = trust_at(t, p, i)); i++)
            if (has_signed(root, crl))
                return root;
    return NULL;
}

static enum crl_fault read_scope(struct crl *out, struct arena *a, X509_CRL *crl, bool *no_memory)
{
    int critical;
    ISSUING_DIST_POINT *scope = X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &critical, NULL);
    if (!scope) /* -1: there is none; -2: twice, or undecodable */
        return critical == -1 ? CRL_FINE : CRL_BAD_SCOPE;
    enum crl_fault fault = CRL_BAD_SCOPE;
    struct view name = VIEW_NONE;
    if (scope->distpoint && scope->distpoint->type == 0)
        name = asn1_directory_name(scope->distpoint->name.fullname);
    if (!(scope->onlyCA || scope->onlyattr || scope->indirectCRL || scope->onlysomereasons) &&
        (name.p || !scope->distpoint)) {
        fault = CRL_FINE;
        out->point = name.p ? arena_copy(a, name) : VIEW_NONE;
        *no_memory = name.p && !out->point.p;
    }
    ISSUING_DIST_POINT_free(scope);
    return fault;
}

/* RFC 5280 5.2: what is critical must be understood. deltaCRLIndicator is critical, so deltas fall here. */
static bool has_unknown_critical(X509_CRL *crl)
{
    for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
        X509_EXTENSION *ext = X509_CRL_get_ext(crl, i);
        int nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));
        if (X509_EXTENSION_get_critical(ext) && nid != NID_issuing_distribution_point)
            return true;
        if (nid == NID_delta_crl)
            return true;
    }
    return false;
}

/* --- entries --------------------------------------------------------------------------------------------------- */

static bool put_serial(uint8_t out[CRL_SERIAL_MAX], struct view serial)
{
    while (serial.n && serial.p[0] == 0)
        serial = view_from(serial, 1);
    if (serial.n > CRL_SERIAL_MAX)
        return false;
    memset(out, 0, CRL_SERIAL_MAX);
    if (serial.n)
        memcpy(out + CRL_SERIAL_MAX - serial.n, serial.p, serial.n);
    return true;
}

static bool read_entry(struct crl_entry *out, const X509_REVOKED *revoked)
{
    int critical;
    for (int i = 0; i < X509_REVOKED_get_ext_count(revoked); i++) {
        X509_EXTENSION *ext = X509_REVOKED_get_ext(revoked, i);
        if (X509_EXTENSION_get_critical(ext) && OBJ_obj2nid(X509_EXTENSION_get_object(ext)) != NID_crl_reason)
            return false; /* among others certificateIssuer, of indirect lists */
    }
    ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(revoked, NID_crl_reason, &critical, NULL);
    long code = reason ? ASN1_ENUMERATED_get(reason) : -1;
    ASN1_ENUMERATED_free(reason);
    out->reason = (int8_t)(code >= 0 && code <= 10 ? code : -1);
    return asn1_time(&out->at, X509_REVOKED_get0_revocationDate(revoked)) &&
           put_serial(out->serial, asn1_view(X509_REVOKED_get0_serialNumber(revoked)));
}

static int compare_entries(const void *a, const void *b)
{
    return memcmp(((const struct crl_entry *)a)->serial, ((const struct crl_entry *)b)->serial, CRL_SERIAL_MAX);
}

static enum err read_entries(struct crl *out, X509_CRL *crl, enum crl_fault *fault)
{
    STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(crl);
    int n = revoked ? sk_X509_REVOKED_num(revoked) : 0;
    out->entries = calloc(n ? (size_t)n : 1, sizeof *out->entries);
    if (!out->entries)
        return ERR_MEMORY;
    for (int i = 0; i < n; i++) {
        if (!read_entry(&out->entries[i], sk_X509_REVOKED_value(revoked, i))) {
            *fault = CRL_UNKNOWN_CRITICAL;
            return ERR_SYNTAX;
        }
    }
    out->n = (size_t)n;
    qsort(out->entries, out->n, sizeof *out->entries, compare_entries);
    return ERR_OK;
}

/* --- the whole ------------------------------------------------------------------------------------------------- */

static enum crl_fault read_head(struct crl *out, struct arena *a, const struct trust *trust, X509_CRL *crl,
                                bool *no_memory)
{
    const X509_ALGOR *algorithm;
    const ASN1_BIT_STRING *signature;
    X509_CRL_get0_signature(crl, &signature, &algorithm);
    if (!asn1_is_sig_allowed(asn1_sig_of(algorithm)))
        return CRL_BAD_ALGORITHM;
    if (!asn1_is_whole_octets(signature))
        return CRL_NOT_CRL;
    /* nextUpdate is optional in ASN.1 and required by RFC 5280 5.1.2.5 */
    if (!asn1_time(&out->this_update, X509_CRL_get0_lastUpdate(crl)) ||
        !asn1_time(&out->next_update, X509_CRL_get0_nextUpdate(crl)))
        return CRL_NOT_CRL;
    if (has_unknown_critical(crl))
        return CRL_UNKNOWN_CRITICAL;
    out->root = find_root(trust, crl);
    return out->root ? read_scope(out, a, crl, no_memory) : CRL_NO_ISSUER;
}

enum err crl_read(struct crl *out, struct arena *a, const struct trust *trust, struct view bytes, enum crl_fault *fault)
{
    *out = (struct crl){0};
    *fault = CRL_NOT_DER;
    bool no_memory = false;
    if (bytes.n < 2 || bytes.n > CRL_SIZE_MAX)
        return ERR_SYNTAX;
    X509_CRL *crl = bytes.p[0] == 0x30 ? decode_der(bytes) : decode_pem(bytes);
    enum err e = crl ? ERR_OK : ERR_SYNTAX;
    if (crl) {
        *fault = read_head(out, a, trust, crl, &no_memory);
        e = no_memory ? ERR_MEMORY : *fault ? ERR_SYNTAX : read_entries(out, crl, fault);
    }
    if (e)
        crl_close(out);
    X509_CRL_free(crl);
    ERR_clear_error();
    return e;
}

void crl_close(struct crl *c)
{
    free(c->entries);
    *c = (struct crl){0};
}

bool crl_covers(const struct crl *crl, const struct cert *c, const struct trust_root *root)
{
    return crl->root == root && (!crl->point.p || view_equal(crl->point, c->crl_point));
}

const struct crl_entry *crl_find(const struct crl *crl, struct view serial)
{
    struct crl_entry key;
    if (!put_serial(key.serial, serial))
        return NULL;
    return bsearch(&key, crl->entries, crl->n, sizeof *crl->entries, compare_entries);
}

const char *crl_fault_text(enum crl_fault fault)
{
    static const char *const texts[] = {
        [CRL_FINE] = "fine",
        [CRL_NOT_DER] = "no CRL in DER or PEM, signed as it says inside",
        [CRL_NOT_CRL] = "no CRL with the dates and the signature RFC 5280 wants",
        [CRL_NO_ISSUER] = "signed by none of the trusted roots",
        [CRL_BAD_ALGORITHM] = "its signature algorithm is not on the allow-list",
        [CRL_UNKNOWN_CRITICAL] = "a delta CRL, or it has a critical extension that is not understood",
        [CRL_BAD_SCOPE] = "not a list of all revoked end-entity certificates of its distribution point",
    };
    return texts[fault];
}
