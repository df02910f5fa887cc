#include "jpki/pki/peer_cert.h"

#include <openssl/bio.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static enum err read_subject(struct peer_cert *out, struct arena *a, const X509 *x)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;

    if (!bio)
        return ERR_MEMORY;
    bool good = X509_NAME_print_ex(bio, X509_get_subject_name(x), 0,
                                   XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0;
    long n = BIO_get_mem_data(bio, &text);
    out->subject = good && n >= 0 ? arena_copy(a, view_bytes(n ? text : "", (size_t)n)) : VIEW_NONE;
    BIO_free(bio);
    return !good ? ERR_SYNTAX : view_is(out->subject) ? ERR_OK : ERR_MEMORY;
}

static enum err read_dns(struct peer_cert *out, struct arena *a, const X509 *x)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    enum err e = ERR_OK;

    for (int i = 0; !e && i < sk_GENERAL_NAME_num(names) && out->n_dns < PEER_CERT_DNS_MAX; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS)
            continue;
        struct view v = arena_copy(
            a, view_bytes(ASN1_STRING_get0_data(name->d.dNSName), (size_t)ASN1_STRING_length(name->d.dNSName)));
        if (view_is(v))
            out->dns[out->n_dns++] = v;
        else
            e = ERR_MEMORY;
    }
    GENERAL_NAMES_free(names);
    return e;
}

enum err peer_cert_read(struct peer_cert *out, struct arena *a, struct view der)
{
    const uint8_t *p = der.p;
    X509 *x = der.n && der.n <= 65536 ? d2i_X509(NULL, &p, (long)der.n) : NULL;

    *out = (struct peer_cert){0};
    if (!x)
        return ERR_SYNTAX;
    enum err e = p == der.p + der.n ? read_subject(out, a, x) : ERR_SYNTAX;
    if (!e)
        e = read_dns(out, a, x);
    X509_free(x);
    return e;
}
