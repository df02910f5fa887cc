#include "jpki/pki/cert.h"

#include "jpki/pki/der.h"
#include "jpki/pki/ext.h"
#include "jpki/pki/name.h"

#define SERIAL_MAX 20
#define VERSION_3  2

static bool take_name(struct view *out, struct view *rest)
{
    struct der name;
    if (!der_take(&name, rest, DER_SEQUENCE) || !name_is_good(name.body))
        return false;
    *out = name.all;
    return true;
}

static bool take_time(int64_t *out, struct view *rest)
{
    struct der time;
    return der_next(&time, rest) == ERR_OK && der_time(out, time.tag, time.body);
}

/* Validity ::= SEQUENCE { notBefore Time, notAfter Time } */
static bool take_validity(struct cert *c, struct view *rest)
{
    struct der validity;
    return der_take(&validity, rest, DER_SEQUENCE) && take_time(&c->not_before, &validity.body) &&
           take_time(&c->not_after, &validity.body) && !validity.body.n;
}

static bool take_version(struct view *rest)
{
    struct der version;
    struct view number;
    return der_take(&version, rest, DER_EXPLICIT | 0) && der_open(&number, version.body, DER_INTEGER) &&
           number.n == 1 && number.p[0] == VERSION_3;
}

/* CertificateSerialNumber; form only */
static bool take_serial(struct cert *c, struct view *rest)
{
    struct der serial;
    if (!der_take(&serial, rest, DER_INTEGER))
        return false;
    c->serial_der = serial.all;
    c->serial = serial.body;
    return true;
}

static bool is_good_serial(struct view serial)
{
    bool is_zero = serial.n == 1 && serial.p[0] == 0;
    return serial.n > 0 && serial.n <= SERIAL_MAX && !(serial.p[0] & 0x80) && !is_zero;
}

static bool take_key(struct cert *c, struct view *rest)
{
    struct der info;
    return der_take(&info, rest, DER_SEQUENCE) && pubkey_read(&c->key, info.all);
}

/* TBSCertificate (RFC 5280 4.1): version 3, and no unique identifiers, which a CA must not write (4.1.2.8).
 * *EXTENSIONS: their list, empty without one. */
static bool read_content(struct cert *c, struct view rest, struct view algorithm, struct view *extensions)
{
    struct der inner, wrapped;
    if (!take_version(&rest) || !take_serial(c, &rest) || !der_take(&inner, &rest, DER_SEQUENCE) ||
        !view_equal(inner.all, algorithm) || !take_name(&c->issuer_der, &rest) || !take_validity(c, &rest) ||
        !take_name(&c->subject_der, &rest) || !take_key(c, &rest))
        return false;
    *extensions = VIEW_NONE;
    if (!rest.n)
        return true;
    return der_take(&wrapped, &rest, DER_EXPLICIT | 3) && !rest.n && der_open(extensions, wrapped.body, DER_SEQUENCE);
}

/* Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue BIT STRING }. Both algorithms are the
 * same (4.1.1.2). A signature fills its octets (RFC 3279 2.2.3, RFC 8017 8.2): it must not have two encodings. */
static enum cert_fault read_whole(struct cert *c, struct view *extensions)
{
    struct der content, algorithm, signature;
    struct view rest;
    if (!der_open(&rest, c->der, DER_SEQUENCE) || !der_take(&content, &rest, DER_SEQUENCE) ||
        !der_take(&algorithm, &rest, DER_SEQUENCE) || !der_take(&signature, &rest, DER_BITS) || rest.n ||
        signature.body.p[0] != 0)
        return CERT_NOT_X509;
    c->signed_part = content.all;
    c->signature = view_from(signature.body, 1);
    c->sig = algorithm_sig_of(algorithm.all);
    if (!read_content(c, content.body, algorithm.all, extensions))
        return CERT_NOT_X509;
    return is_good_serial(c->serial) ? CERT_FINE : CERT_BAD_SERIAL;
}

enum err cert_read(struct cert *out, struct arena *a, struct view der, enum cert_fault *fault)
{
    struct view extensions = VIEW_NONE;
    *out = (struct cert){.der = der};
    *fault = der.n > CERT_SIZE_MAX ? CERT_TOO_BIG : der_is_strict(der) ? CERT_FINE : CERT_NOT_DER;
    if (!*fault)
        *fault = read_whole(out, &extensions);
    if (!*fault && extensions.p) {
        enum err e = ext_read(out, a, extensions, fault);
        if (e)
            return e;
    }
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

bool cert_has_policy(const struct cert *c, struct view oid)
{
    for (size_t i = 0; i < c->n_policies; i++)
        if (view_equal(c->policies[i], oid))
            return true;
    return false;
}

enum err cert_is_signed_by(bool *yes, const struct cert *c, struct pubkey_opened *issuer, enum cert_key kind)
{
    *yes = false;
    if (!algorithm_is_sig_allowed(c->sig) || !algorithm_fits_key(c->sig, kind))
        return ERR_OK;
    return pubkey_check(yes, issuer, c->sig, c->signature, c->signed_part);
}
