#include "tests/lib/made.h"

#include <criterion/criterion.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <time.h>

#define DAY 86400

static void must(int code, const char *what)
{
    cr_assert_geq(code, 0, "%s: %s", what, gnutls_strerror(code));
}

static gnutls_datum_t text(const char *s)
{
    return (gnutls_datum_t){(unsigned char *)(uintptr_t)s, (unsigned)strlen(s)};
}

static char *pem_of_certificate(gnutls_x509_crt_t crt)
{
    gnutls_datum_t out;
    must(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &out), "export");
    char *pem = strndup((const char *)out.data, out.size);
    gnutls_free(out.data);
    return pem;
}

static void describe(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const struct made_of *of)
{
    static _Atomic unsigned char serial = 1;
    unsigned char number[2] = {1, serial++};
    time_t now = time(NULL);
    must(gnutls_x509_crt_set_version(crt, 3), "version");
    must(gnutls_x509_crt_set_serial(crt, number, sizeof number), "serial");
    must(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, of->name, (unsigned)strlen(of->name)),
         "dn");
    must(gnutls_x509_crt_set_activation_time(crt, now - 400 * DAY), "from");
    must(gnutls_x509_crt_set_expiration_time(crt, now + of->days * DAY), "to");
    must(gnutls_x509_crt_set_key(crt, key), "key");
    must(gnutls_x509_crt_set_basic_constraints(crt, of->authority, -1), "ca");
    must(gnutls_x509_crt_set_key_usage(crt, of->authority ? GNUTLS_KEY_KEY_CERT_SIGN : GNUTLS_KEY_DIGITAL_SIGNATURE),
         "usage");
    if (!of->authority)
        must(gnutls_x509_crt_set_key_purpose_oid(
                 crt, of->for_servers ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT, 0),
             "purpose");
}

static void sign_by(gnutls_x509_crt_t crt, const struct made *issuer)
{
    gnutls_x509_crt_t by;
    gnutls_x509_privkey_t key;
    gnutls_datum_t c = text(issuer->certificate), k = text(issuer->key);
    must(gnutls_x509_crt_init(&by), "init");
    must(gnutls_x509_privkey_init(&key), "init");
    must(gnutls_x509_crt_import(by, &c, GNUTLS_X509_FMT_PEM), "issuer");
    must(gnutls_x509_privkey_import(key, &k, GNUTLS_X509_FMT_PEM), "issuer's key");
    must(gnutls_x509_crt_sign2(crt, by, key, GNUTLS_DIG_SHA256, 0), "sign");
    gnutls_x509_crt_deinit(by);
    gnutls_x509_privkey_deinit(key);
}

void make_certificate(struct made *out, const struct made_of *of)
{
    gnutls_x509_crt_t crt;
    gnutls_x509_privkey_t key;
    gnutls_datum_t exported;
    must(gnutls_x509_crt_init(&crt), "init");
    must(gnutls_x509_privkey_init(&key), "init");
    must(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
         "key");
    describe(crt, key, of);
    if (of->issuer)
        sign_by(crt, of->issuer);
    else
        must(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0), "sign");
    out->certificate = pem_of_certificate(crt);
    must(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &exported), "export");
    out->key = strndup((const char *)exported.data, exported.size);
    gnutls_free(exported.data);
    must(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &exported), "export");
    out->der = view_bytes(exported.data, exported.size);
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(key);
}
