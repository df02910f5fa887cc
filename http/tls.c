#include "http/tls.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* No tickets in 1.2, where they take forward secrecy from a resumed connection.
 * RFC 9325 3.1.1: nothing below 1.2. RFC 9325 4.2, FAPI 2.0 security profile 5.2.1: of 1.2 the four suites of ECDHE
 * with AES-GCM; GnuTLS has one list of ciphers for both versions. No signature with SHA-1. */
const char tls_priorities[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:"
    "-MAC-ALL:+AEAD:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:-SIGN-ECDSA-SHA1:-SIGN-RSA-SHA1:"
    "%SERVER_PRECEDENCE:%NO_TICKETS_TLS12";

#define CHAIN_MAX     8
#define HANDSHAKE_MAX 32768 /* bytes of one message of a handshake: a chain of certificates fits */

static int refuse(gnutls_session_t session, const gnutls_datum_t *names, int n_names,
                  const gnutls_pk_algorithm_t *kinds, int n_kinds, gnutls_pcert_st **certs, unsigned *n_certs,
                  gnutls_privkey_t *key)
{
    (void)session, (void)names, (void)n_names, (void)kinds, (void)n_kinds, (void)certs, (void)n_certs, (void)key;
    return -1;
}

void *tls_no_certificate(void)
{
    return (void *)(uintptr_t)refuse;
}

static gnutls_datum_t datum(const char *text)
{
    return (gnutls_datum_t){(unsigned char *)(uintptr_t)text, (unsigned)strlen(text)};
}

/* --- our certificate ------------------------------------------------------------------------------------------------
 */

struct tls_identity {
    gnutls_certificate_credentials_t credentials;
    int64_t expires;
    _Atomic unsigned holders;
};

struct tls {
    pthread_mutex_t lock;
    struct tls_identity *now;
    gnutls_datum_t
        tickets; /* what session tickets are sealed with; GnuTLS derives from it keys that change with time */
};

static int64_t expiry_of(const gnutls_datum_t *pem)
{
    gnutls_x509_crt_t *chain = NULL;
    unsigned n = 0;
    int64_t at = 0;
    if (gnutls_x509_crt_list_import2(&chain, &n, pem, GNUTLS_X509_FMT_PEM, 0) < 0)
        return 0;
    for (unsigned i = 0; i < n; i++) {
        int64_t end = gnutls_x509_crt_get_expiration_time(chain[i]);
        at = i == 0 || end < at ? end : at; /* with its chain it is good no longer than the first that runs out */
        gnutls_x509_crt_deinit(chain[i]);
    }
    gnutls_free(chain);
    return at;
}

static const char *reason(int code)
{
    if (code == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
        return "the key does not belong to the certificate";
    if (code == GNUTLS_E_DECRYPTION_FAILED)
        return "the key has a password";
    return "the certificate or the key cannot be read (PEM)";
}

static enum err identity_open(struct tls_identity **out, const char *certificate, const char *key, const char **why)
{
    const gnutls_datum_t c = datum(certificate), k = datum(key);
    struct tls_identity *i = calloc(1, sizeof *i);
    if (!i || gnutls_certificate_allocate_credentials(&i->credentials) < 0) {
        free(i);
        *why = "out of memory";
        return ERR_MEMORY;
    }
    atomic_init(&i->holders, 1);
    int code = gnutls_certificate_set_x509_key_mem2(i->credentials, &c, &k, GNUTLS_X509_FMT_PEM, NULL, 0);
    i->expires = expiry_of(&c);
    if (code < 0 || !i->expires) {
        *why = code < 0 ? reason(code) : "the certificate cannot be read (PEM)";
        tls_end(i);
        return ERR_CONFIG;
    }
    *out = i;
    return ERR_OK;
}

enum err tls_open(struct tls **out, const char *certificate, const char *key, const char **why)
{
    struct tls *t = calloc(1, sizeof *t);
    *out = NULL;
    *why = "out of memory";
    if (!t)
        return ERR_MEMORY;
    pthread_mutex_init(&t->lock, NULL);
    enum err e = gnutls_session_ticket_key_generate(&t->tickets) < 0 ? ERR_CRYPTO
                                                                     : identity_open(&t->now, certificate, key, why);
    if (e)
        tls_close(t);
    else
        *out = t;
    return e;
}

void tls_close(struct tls *t)
{
    if (!t)
        return;
    tls_end(t->now);
    if (t->tickets.data)
        gnutls_memset(t->tickets.data, 0, t->tickets.size);
    gnutls_free(t->tickets.data);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

enum err tls_change(struct tls *t, const char *certificate, const char *key, const char **why)
{
    struct tls_identity *next, *before;
    enum err e = identity_open(&next, certificate, key, why);
    if (!e && next->expires <= time(NULL)) {
        tls_end(next);
        *why = "the certificate has run out";
        e = ERR_CONFIG;
    }
    if (e)
        return e;
    INSIST(pthread_mutex_lock(&t->lock) == 0);
    before = t->now;
    t->now = next;
    pthread_mutex_unlock(&t->lock);
    tls_end(before);
    return ERR_OK;
}

static struct tls_identity *hold(struct tls *t)
{
    INSIST(pthread_mutex_lock(&t->lock) == 0);
    struct tls_identity *i = t->now;
    atomic_fetch_add_explicit(&i->holders, 1, memory_order_relaxed);
    pthread_mutex_unlock(&t->lock);
    return i;
}

int64_t tls_expires(struct tls *t)
{
    struct tls_identity *i = hold(t);
    int64_t at = i->expires;
    tls_end(i);
    return at;
}

struct tls_identity *tls_begin(struct tls *t, void *session, bool ask)
{
    struct tls_identity *i = hold(t);
    if (gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, i->credentials) < 0) {
        tls_end(i);
        return NULL;
    }
    gnutls_handshake_set_max_packet_length(session, HANDSHAKE_MAX);
    /* Asked, never demanded; and no list of authorities goes with it, since a self-signed one may be registered. No
     * ticket there: each connection proves anew. */
    if (ask)
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
    else
        gnutls_session_ticket_enable_server(session, &t->tickets);
    return i;
}

void tls_end(struct tls_identity *i)
{
    if (!i || atomic_fetch_sub_explicit(&i->holders, 1, memory_order_acq_rel) > 1)
        return;
    gnutls_certificate_free_credentials(i->credentials);
    free(i);
}

size_t tls_peer(struct view *out, size_t max, void *session)
{
    unsigned n = 0;
    const gnutls_datum_t *certs = gnutls_certificate_type_get2(session, GNUTLS_CTYPE_CLIENT) == GNUTLS_CRT_X509
                                      ? gnutls_certificate_get_peers(session, &n)
                                      : NULL;
    size_t take = certs && n < max ? n : certs ? max : 0;
    for (size_t i = 0; i < take; i++)
        out[i] = view_bytes(certs[i].data, certs[i].size);
    return take;
}

/* --- the authorities of clients
 * --------------------------------------------------------------------------------------- */

struct tls_authorities {
    gnutls_x509_trust_list_t list; /* never changed once opened, so threads may look at it together */
};

enum err tls_authorities_open(struct tls_authorities **out, const char *pem)
{
    const gnutls_datum_t text = datum(pem);
    struct tls_authorities *a = calloc(1, sizeof *a);
    *out = NULL;
    if (!a || gnutls_x509_trust_list_init(&a->list, 0) < 0) {
        free(a);
        return ERR_MEMORY;
    }
    if (gnutls_x509_trust_list_add_trust_mem(a->list, &text, NULL, GNUTLS_X509_FMT_PEM, 0, 0) < 1) {
        tls_authorities_close(a);
        return ERR_CONFIG;
    }
    *out = a;
    return ERR_OK;
}

void tls_authorities_close(struct tls_authorities *a)
{
    if (!a)
        return;
    gnutls_x509_trust_list_deinit(a->list, 1);
    free(a);
}

static bool verify(const struct tls_authorities *a, gnutls_x509_crt_t *chain, unsigned n)
{
    static const char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st want = {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)(uintptr_t)purpose};
    unsigned faults = 1;
    return gnutls_x509_trust_list_verify_crt2(a->list, chain, n, &want, 1, 0, &faults, NULL) == 0 && faults == 0;
}

bool tls_authorities_vouch(const struct tls_authorities *a, const struct view *certs, size_t n)
{
    gnutls_x509_crt_t chain[CHAIN_MAX];
    unsigned read = 0;
    bool good = a && n > 0 && n <= CHAIN_MAX;
    while (good && read < n) {
        const gnutls_datum_t der = {(unsigned char *)(uintptr_t)certs[read].p, (unsigned)certs[read].n};
        good = gnutls_x509_crt_init(&chain[read]) == 0;
        if (good)
            good = gnutls_x509_crt_import(chain[read++], &der, GNUTLS_X509_FMT_DER) == 0;
    }
    good = good && verify(a, chain, read);
    while (read)
        gnutls_x509_crt_deinit(chain[--read]);
    return good;
}
