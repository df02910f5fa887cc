#include "jpki/pki/algorithm.h"

#include <criterion/criterion.h>

Test(algorithm, refuses_what_is_not_in_the_table_and_sha1_by_name)
{
    static const struct {
        struct view identifier;
        enum cert_sig sig;
        const char *what;
    } rows[] = {
        {VIEW("\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x05\x05\x00"), CERT_SIG_SHA1, "RSA with SHA-1"},
        {VIEW("\x30\x0B\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x05"), CERT_SIG_SHA1, "... without parameters"},
        {VIEW("\x30\x09\x06\x07\x2A\x86\x48\xCE\x3D\x04\x01"), CERT_SIG_SHA1, "ECDSA with SHA-1"},
        {VIEW("\x30\x09\x06\x05\x2B\x0E\x03\x02\x1D\x05\x00"), CERT_SIG_SHA1, "RSA with SHA-1, of the OIW"},
        {VIEW("\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x04\x05\x00"), CERT_SIG_OTHER, "RSA with MD5"},
        {VIEW("\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D\x05\x00"), CERT_SIG_OTHER, "RSA with SHA-512"},
        {VIEW("\x30\x0B\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B"), CERT_SIG_OTHER, "no parameters (RFC 4055 5)"},
        {VIEW("\x30\x0F\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B\x04\x02\x00\x00"), CERT_SIG_OTHER, "others"},
        {VIEW("\x30\x0C\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x02\x05\x00"), CERT_SIG_OTHER, "NULL (RFC 5758 3.2)"},
        {VIEW("\x30\x05\x06\x03\x2B\x65\x70"), CERT_SIG_OTHER, "Ed25519"},
        {VIEW(""), CERT_SIG_OTHER, "nothing"},
        {VIEW("\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B\x05\x00"), CERT_SIG_RSA_SHA256, "RSA with SHA-256"},
        {VIEW("\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C\x05\x00"), CERT_SIG_RSA_SHA384, "RSA with SHA-384"},
        {VIEW("\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x02"), CERT_SIG_ECDSA_SHA256, "ECDSA with SHA-256"},
        {VIEW("\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x03"), CERT_SIG_ECDSA_SHA384, "ECDSA with SHA-384"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum cert_sig sig = algorithm_sig_of(rows[i].identifier);
        cr_expect_eq(sig, rows[i].sig, "%s", rows[i].what);
        cr_expect_eq(algorithm_is_sig_allowed(sig), sig > CERT_SIG_SHA1, "%s", rows[i].what);
    }
}

Test(algorithm, refuses_short_keys_and_sizes_nobody_uses)
{
    static const struct {
        enum cert_key key;
        int bits;
        bool allowed;
    } rows[] = {
        {CERT_KEY_OTHER, 2048, false}, {CERT_KEY_RSA, 512, false},  {CERT_KEY_RSA, 1024, false},
        {CERT_KEY_RSA, 2047, false},   {CERT_KEY_RSA, 2049, false}, {CERT_KEY_RSA, 8192, false},
        {CERT_KEY_P256, 384, false},   {CERT_KEY_RSA, 2048, true},  {CERT_KEY_RSA, 3072, true},
        {CERT_KEY_RSA, 4096, true},    {CERT_KEY_P256, 256, true},  {CERT_KEY_P384, 384, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(algorithm_is_key_allowed(rows[i].key, rows[i].bits), rows[i].allowed, "row %zu", i);
}

Test(algorithm, no_kind_of_key_makes_the_signatures_of_another)
{
    cr_expect(!algorithm_fits_key(CERT_SIG_RSA_SHA256, CERT_KEY_P256));
    cr_expect(!algorithm_fits_key(CERT_SIG_ECDSA_SHA256, CERT_KEY_RSA));
    cr_expect(!algorithm_fits_key(CERT_SIG_ECDSA_SHA384, CERT_KEY_OTHER));
    cr_expect(algorithm_fits_key(CERT_SIG_RSA_SHA384, CERT_KEY_RSA));
    cr_expect(algorithm_fits_key(CERT_SIG_ECDSA_SHA256, CERT_KEY_P384));
}
