#include "jpki/pki/ext.h"

#include "base/text.h"
#include "jpki/pki/der.h"
#include "jpki/pki/name.h"

#define URL_MAX  200
#define NAME_URI (DER_CONTEXT | 6) /* of a GeneralName */

/* What the readers of extensions need. */
struct exts {
    struct cert *cert;
    struct arena *arena;
    bool no_memory; /* "we could not" must not look like "the certificate is bad" */
};

static const char *keep_text(struct exts *e, struct view v)
{
    const char *copy = arena_text(e->arena, v);
    e->no_memory |= !copy;
    return copy;
}

bool ext_next(struct ext *out, struct view *rest)
{
    struct der whole, oid, critical, value;
    if (!der_take(&whole, rest, DER_SEQUENCE) || !der_take(&oid, &whole.body, DER_OID))
        return false;
    bool says = der_take(&critical, &whole.body, DER_BOOLEAN);
    if (!der_take(&value, &whole.body, DER_OCTETS) || whole.body.n || oid.body.n == 0)
        return false;
    *out = (struct ext){oid.body, value.body, says && critical.body.p[0]};
    return true;
}

/* --- one reader each, false when the contents are not acceptable ----------------------------------------------- */

/* KeyUsage ::= BIT STRING; the first bit is the highest of the first octet */
static bool read_usage(struct exts *e, struct view value)
{
    struct view bits;
    e->cert->has_usage = true;
    if (!der_open(&bits, value, DER_BITS) || bits.n > 3)
        return false;
    for (unsigned i = 0; i < 9 && 1 + i / 8 < bits.n; i++)
        if (bits.p[1 + i / 8] & (0x80 >> i % 8))
            e->cert->usage |= 1U << i;
    return e->cert->usage != 0; /* RFC 5280 4.2.1.3: at least one bit */
}

/* BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL } */
static bool read_constraints(struct exts *e, struct view value)
{
    struct der ca, length;
    struct view rest;
    if (!der_open(&rest, value, DER_SEQUENCE))
        return false;
    e->cert->is_ca = der_take(&ca, &rest, DER_BOOLEAN) && ca.body.p[0];
    (void)der_take(&length, &rest, DER_INTEGER);
    return rest.n == 0;
}

/* ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF OBJECT IDENTIFIER */
static bool read_ext_usage(struct exts *e, struct view value)
{
    struct der oid;
    struct view rest;
    e->cert->has_ext_usage = true;
    if (!der_open(&rest, value, DER_SEQUENCE) || !rest.n)
        return false;
    while (der_take(&oid, &rest, DER_OID)) {
        e->cert->client_auth |= view_equal(oid.body, VIEW("\x2B\x06\x01\x05\x05\x07\x03\x02"));
        e->cert->ocsp_signing |= view_equal(oid.body, VIEW("\x2B\x06\x01\x05\x05\x07\x03\x09"));
    }
    return rest.n == 0;
}

/* SEQUENCE SIZE (1..MAX) OF SEQUENCE { policyIdentifier OBJECT IDENTIFIER, policyQualifiers SEQUENCE OPTIONAL } */
static bool read_policies(struct exts *e, struct view value)
{
    struct cert *c = e->cert;
    struct der info, oid, qualifiers;
    struct view rest;
    if (!der_open(&rest, value, DER_SEQUENCE) || !rest.n)
        return false;
    while (c->n_policies < CERT_POLICIES_MAX && der_take(&info, &rest, DER_SEQUENCE)) {
        if (!der_take(&oid, &info.body, DER_OID) || oid.body.n == 0)
            return false;
        (void)der_take(&qualifiers, &info.body, DER_SEQUENCE);
        if (info.body.n)
            return false;
        c->policies[c->n_policies++] = oid.body;
    }
    return rest.n == 0;
}

static bool is_web_url(struct view v)
{
    return v.n <= URL_MAX && text_is_visible(v) &&
           (view_starts(v, VIEW("http://")) || view_starts(v, VIEW("https://")));
}

/* SEQUENCE SIZE (1..MAX) OF SEQUENCE { accessMethod OBJECT IDENTIFIER, accessLocation GeneralName } */
static bool read_info_access(struct exts *e, struct view value)
{
    struct der info, method, location;
    struct view rest;
    if (!der_open(&rest, value, DER_SEQUENCE) || !rest.n)
        return false;
    while (der_take(&info, &rest, DER_SEQUENCE)) {
        if (!der_take(&method, &info.body, DER_OID) || der_next(&location, &info.body) || info.body.n)
            return false;
        bool is_ocsp = view_equal(method.body, VIEW("\x2B\x06\x01\x05\x05\x07\x30\x01"));
        if (!is_ocsp || location.tag != NAME_URI || e->cert->ocsp_url)
            continue;
        if (!is_web_url(location.body))
            return false;
        e->cert->ocsp_url = keep_text(e, location.body);
    }
    return rest.n == 0;
}

/* DistributionPointName ::= CHOICE { fullName [0] GeneralNames, nameRelativeToCRLIssuer [1] RelativeDistinguishedName
 * }; *NAME: the directoryName of the former. */
static bool read_point_name(struct view *name, struct view body)
{
    struct der choice;
    *name = VIEW_NONE;
    if (der_next(&choice, &body) || body.n || choice.tag != (DER_EXPLICIT | 0))
        return choice.tag == (DER_EXPLICIT | 1) && !body.n;
    *name = name_of_directory(choice.body);
    return name_is_general(choice.body);
}

/* DistributionPoint ::= SEQUENCE { distributionPoint [0] OPTIONAL, reasons [1] OPTIONAL, cRLIssuer [2] OPTIONAL }. A
 * point for some reasons only, or with another issuer, is not enough to call a certificate good: it is passed over. */
static bool read_point(struct exts *e, struct view rest)
{
    struct der part;
    struct view name = VIEW_NONE;
    if (der_take(&part, &rest, DER_EXPLICIT | 0) && !read_point_name(&name, part.body))
        return false;
    bool limited = der_take(&part, &rest, DER_CONTEXT | 1);
    if (limited && !der_is_bit_string(part.body))
        return false;
    if (der_take(&part, &rest, DER_EXPLICIT | 2)) {
        limited = true;
        if (!name_is_general(part.body))
            return false;
    }
    if (!limited && !e->cert->crl_point.p)
        e->cert->crl_point = name;
    return rest.n == 0;
}

static bool read_crl_points(struct exts *e, struct view value)
{
    struct der point;
    struct view rest;
    if (!der_open(&rest, value, DER_SEQUENCE) || !rest.n)
        return false;
    while (der_take(&point, &rest, DER_SEQUENCE))
        if (!read_point(e, point.body))
            return false;
    return rest.n == 0;
}

/* AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] OPTIONAL, authorityCertIssuer [1] OPTIONAL,
 * authorityCertSerialNumber [2] OPTIONAL } */
static bool read_authority_key_id(struct exts *e, struct view value)
{
    struct der part;
    struct view rest;
    if (!der_open(&rest, value, DER_SEQUENCE))
        return false;
    if (der_take(&part, &rest, DER_CONTEXT | 0))
        e->cert->aki = part.body;
    if (der_take(&part, &rest, DER_EXPLICIT | 1) && !name_is_general(part.body))
        return false;
    return !der_take(&part, &rest, DER_CONTEXT | 2) ? rest.n == 0 : rest.n == 0 && der_is_integer(part.body);
}

static bool read_subject_key_id(struct exts *e, struct view value)
{
    return der_open(&e->cert->ski, value, DER_OCTETS);
}

/* GeneralNames; person reads what is in it, and only of a certificate that is accepted */
static bool read_subject_names(struct exts *e, struct view value)
{
    struct view names;
    e->cert->san = value;
    return der_open(&names, value, DER_SEQUENCE) && name_is_general(names);
}

/* --- the list -------------------------------------------------------------------------------------------------- */

/* What we understand (id-ce: 2.5.29.x; id-pe: 1.3.6.1.5.5.7.1.x). An extension may be critical only if its meaning is
 * enforced by verify. */
static const struct ext_kind {
    struct view oid;
    bool may_be_critical;
    bool (*read)(struct exts *, struct view value);
} ext_kinds[] = {
    {VIEW("\x55\x1D\x0F"), true, read_usage},
    {VIEW("\x55\x1D\x13"), true, read_constraints},
    {VIEW("\x55\x1D\x25"), true, read_ext_usage},
    {VIEW("\x55\x1D\x20"), true, read_policies},
    {VIEW("\x55\x1D\x11"), true, read_subject_names},
    {VIEW("\x55\x1D\x1F"), true, read_crl_points},
    {VIEW("\x2B\x06\x01\x05\x05\x07\x01\x01"), false, read_info_access},
    {VIEW("\x55\x1D\x23"), false, read_authority_key_id},
    {VIEW("\x55\x1D\x0E"), false, read_subject_key_id},
};

static const struct ext_kind *kind_of(struct view oid)
{
    for (size_t i = 0; i < sizeof ext_kinds / sizeof *ext_kinds; i++)
        if (view_equal(ext_kinds[i].oid, oid))
            return &ext_kinds[i];
    return NULL;
}

static enum cert_fault read_one(struct exts *e, const struct ext *ext)
{
    const struct ext_kind *kind = kind_of(ext->oid);
    if (ext->critical && !(kind && kind->may_be_critical))
        return CERT_UNKNOWN_CRITICAL;
    if (!kind)
        return CERT_FINE;
    return der_is_strict(ext->value) && kind->read(e, ext->value) ? CERT_FINE : CERT_BAD_EXTENSION;
}

static bool has_oid(const struct view *seen, size_t n, struct view oid)
{
    for (size_t i = 0; i < n; i++)
        if (view_equal(seen[i], oid))
            return true;
    return false;
}

enum err ext_read(struct cert *c, struct arena *a, struct view list, enum cert_fault *fault)
{
    struct exts e = {.cert = c, .arena = a};
    struct view seen[EXT_MAX];
    struct ext ext;
    *fault = list.n ? CERT_FINE : CERT_BAD_EXTENSION; /* RFC 5280 4.1: SIZE (1..MAX) */
    for (size_t n = 0; list.n && !*fault; n++) {
        if (n == EXT_MAX || !ext_next(&ext, &list))
            *fault = CERT_BAD_EXTENSION;
        else if (has_oid(seen, n, ext.oid))
            *fault = CERT_DUPLICATE_EXTENSION;
        else
            *fault = read_one(&e, &ext);
        if (!*fault)
            seen[n] = ext.oid;
    }
    return e.no_memory ? ERR_MEMORY : ERR_OK;
}
