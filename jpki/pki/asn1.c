#include "jpki/pki/asn1.h"

#include <openssl/core_names.h>

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
    const ASN1_OBJECT *oid;
    int digest = NID_undef, key = NID_undef;
    X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
    if (!OBJ_find_sigid_algs(OBJ_obj2nid(oid), &digest, &key))
        return CERT_SIG_OTHER;
    bool rsa = key == NID_rsaEncryption, ec = key == NID_X9_62_id_ecPublicKey;
    if (digest == NID_sha1)
        return CERT_SIG_SHA1;
    if (digest == NID_sha256)
        return rsa ? CERT_SIG_RSA_SHA256 : ec ? CERT_SIG_ECDSA_SHA256 : CERT_SIG_OTHER;
    if (digest == NID_sha384)
        return rsa ? CERT_SIG_RSA_SHA384 : ec ? CERT_SIG_ECDSA_SHA384 : CERT_SIG_OTHER;
    return CERT_SIG_OTHER;
}

enum cert_key asn1_key_of(EVP_PKEY *key)
{
    char group[40];
    size_t n = 0;
    if (!key)
        return CERT_KEY_OTHER;
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
        return CERT_KEY_RSA;
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
        !EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, &n))
        return CERT_KEY_OTHER;
    if (view_equal_text(view_bytes(group, n), SN_X9_62_prime256v1))
        return CERT_KEY_P256;
    return view_equal_text(view_bytes(group, n), SN_secp384r1) ? CERT_KEY_P384 : CERT_KEY_OTHER;
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

bool asn1_is_sig_allowed(enum cert_sig sig)
{
    return sig != CERT_SIG_OTHER && sig != CERT_SIG_SHA1;
}

bool asn1_is_key_allowed(enum cert_key key, int bits)
{
    return key == CERT_KEY_P256 || key == CERT_KEY_P384 || (key == CERT_KEY_RSA && bits >= 2048);
}
