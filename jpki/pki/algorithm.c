#include "jpki/pki/algorithm.h"

#include "base/err.h"

/* The bytes are whole AlgorithmIdentifiers, so that nobody has to read parameters. */
static const struct sig_row {
    struct view identifier;
    const char *digest;
    bool rsa;
} sigs[] = {
    [CERT_SIG_RSA_SHA256] = {VIEW("\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B\x05\x00"), "SHA256", true},
    [CERT_SIG_RSA_SHA384] = {VIEW("\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C\x05\x00"), "SHA384", true},
    [CERT_SIG_ECDSA_SHA256] = {VIEW("\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x02"), "SHA256", false},
    [CERT_SIG_ECDSA_SHA384] = {VIEW("\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x03"), "SHA384", false},
};

/* Whatever is signed over SHA-1, with the OID behind the SEQUENCE's header. */
static const struct view sha1_oids[] = {
    VIEW("\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x05"), /* sha1WithRSAEncryption */
    VIEW("\x06\x07\x2A\x86\x48\xCE\x3D\x04\x01"),         /* ecdsa-with-SHA1 */
    VIEW("\x06\x05\x2B\x0E\x03\x02\x1D"),                 /* sha1WithRSASignature of the OIW */
};

static const struct key_row {
    struct view identifier;
    enum cert_key key;
    int bits;
} keys[] = {
    {VIEW("\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00"), CERT_KEY_RSA, 2048},
    {VIEW("\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00"), CERT_KEY_RSA, 3072},
    {VIEW("\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00"), CERT_KEY_RSA, 4096},
    {VIEW("\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07"), CERT_KEY_P256, 256},
    {VIEW("\x30\x10\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x05\x2B\x81\x04\x00\x22"), CERT_KEY_P384, 384},
};

enum cert_sig algorithm_sig_of(struct view identifier)
{
    for (enum cert_sig s = CERT_SIG_RSA_SHA256; s <= CERT_SIG_ECDSA_SHA384; s++)
        if (view_equal(sigs[s].identifier, identifier))
            return s;
    for (size_t i = 0; i < sizeof sha1_oids / sizeof *sha1_oids; i++)
        if (view_starts(view_from(identifier, 2), sha1_oids[i]))
            return CERT_SIG_SHA1;
    return CERT_SIG_OTHER;
}

enum cert_key algorithm_key_of(struct view identifier)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (view_equal(keys[i].identifier, identifier))
            return keys[i].key;
    return CERT_KEY_OTHER;
}

bool algorithm_is_sig_allowed(enum cert_sig sig)
{
    return sig != CERT_SIG_OTHER && sig != CERT_SIG_SHA1;
}

bool algorithm_is_key_allowed(enum cert_key key, int bits)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].key == key && keys[i].bits == bits)
            return true;
    return false;
}

const char *algorithm_digest_of(enum cert_sig sig)
{
    INSIST(algorithm_is_sig_allowed(sig));
    return sigs[sig].digest;
}

size_t algorithm_digest_size(enum cert_sig sig)
{
    INSIST(algorithm_is_sig_allowed(sig));
    return sig == CERT_SIG_RSA_SHA256 || sig == CERT_SIG_ECDSA_SHA256 ? 32 : 48;
}

bool algorithm_fits_key(enum cert_sig sig, enum cert_key key)
{
    INSIST(algorithm_is_sig_allowed(sig));
    return key != CERT_KEY_OTHER && sigs[sig].rsa == (key == CERT_KEY_RSA);
}
