#include "tests/lib/openssl_path.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

static bool verify(X509_STORE_CTX *ctx, X509_STORE *store, X509 *leaf, int64_t now, const char **why)
{
    if (!X509_STORE_CTX_init(ctx, store, leaf, NULL))
        return false;
    X509_STORE_CTX_set_time(ctx, 0, (time_t)now);
    bool good = X509_verify_cert(ctx) == 1;
    *why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
    return good;
}

/* The extensions whose meaning we enforce. */
static bool can_decode_ours(const X509 *x509)
{
    static const int nids[] = {NID_key_usage,
                               NID_basic_constraints,
                               NID_ext_key_usage,
                               NID_certificate_policies,
                               NID_crl_distribution_points,
                               NID_info_access,
                               NID_authority_key_identifier,
                               NID_subject_key_identifier};
    for (size_t i = 0; i < sizeof nids / sizeof *nids; i++) {
        int at = X509_get_ext_by_NID(x509, nids[i], -1);
        void *value = at >= 0 ? X509V3_EXT_d2i(X509_get_ext(x509, at)) : NULL;
        if (at >= 0 && !value)
            return false;
        if (value)
            ASN1_item_free(value, ASN1_ITEM_ptr(X509V3_EXT_get_nid(nids[i])->it));
    }
    return true;
}

/* OpenSSL gives up on the whole when it cannot read an extension that says nothing to us, such as another name. */
static bool is_beyond_comparison(X509 *x509)
{
    return (X509_get_extension_flags(x509) & EXFLAG_INVALID) && can_decode_ours(x509);
}

bool openssl_path_is_good(struct view der, const struct trust_root *root, int64_t now, const char **why)
{
    const unsigned char *p = der.p;
    X509 *leaf = d2i_X509(NULL, &p, (long)der.n);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    *why = "OpenSSL cannot read it";
    bool good = leaf && p == der.p + der.n && store && ctx && X509_STORE_add_cert(store, root->x509) &&
                (is_beyond_comparison(leaf) || verify(ctx, store, leaf, now, why));
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    X509_free(leaf);
    ERR_clear_error();
    return good;
}
