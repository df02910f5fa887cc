#include "jpki/pki/asn1.h"

#include "jpki/pki/der.h"

struct view asn1_view(const ASN1_STRING *s)
{
    return view_bytes(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

bool asn1_time(int64_t *out, const ASN1_STRING *t)
{
    return t && der_time(out, (uint8_t)ASN1_STRING_type(t), asn1_view(t));
}

bool asn1_is_whole_octets(const ASN1_BIT_STRING *s)
{
    return s && (s->flags & 0x07) == 0; /* the lowest three bits count the unused ones */
}

enum cert_sig asn1_sig_of(const X509_ALGOR *algorithm)
{
    unsigned char *der = NULL;
    int n = i2d_X509_ALGOR(algorithm, &der);
    enum cert_sig sig = n > 0 ? algorithm_sig_of(view_bytes(der, (size_t)n)) : CERT_SIG_OTHER;
    OPENSSL_free(der);
    return sig;
}

struct view asn1_directory_name(const GENERAL_NAMES *names)
{
    const unsigned char *der;
    size_t n;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DIRNAME && X509_NAME_get0_der(name->d.directoryName, &der, &n))
            return view_bytes(der, n);
    }
    return VIEW_NONE;
}
