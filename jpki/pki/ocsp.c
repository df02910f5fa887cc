#include "jpki/pki/ocsp.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <stdio.h>

#include "base/chance.h"
#include "base/file.h"
#include "base/secret.h"
#include "jpki/pki/asn1.h"
#include "jpki/pki/der.h"

#define FALLBACK_AGE REVOCATION_CACHE_MAX /* how old an answer without nextUpdate may be */

/* One answer while it is judged. */
struct hearing {
    const struct ocsp_question *question;
    const struct trust_root *root;
    const struct ocsp_terms *terms;
    OCSP_BASICRESP *basic;
    struct revocation_answer *out;
    int64_t *next_update;
};

static void free_id(void *id)
{
    OCSP_CERTID_free(id);
}

/* --- asking ---------------------------------------------------------------------------------------------------- */

/* RFC 9654 2.1: the extension's value is an OCTET STRING in an OCTET STRING; OpenSSL writes it. OCSP_CERTID uses SHA-1
 * because every responder must know it (RFC 5019 2.1.1); it names the certificate and protects nothing. */
static X509 *read_certificate(const char *path)
{
    BIO *bio = BIO_new_file(path, "r");
    X509 *x509 = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    return x509;
}

/* A key behind a password is none: nobody is there to type it. */
static int no_password(char *buf, int size, int rwflag, void *u)
{
    (void)buf, (void)size, (void)rwflag, (void)u;
    return -1;
}

static EVP_PKEY *read_key(const char *path)
{
    struct arena a;
    struct view pem;
    arena_open(&a, 1 << 17);
    BIO *bio = file_read_secret(&a, path, 1 << 16, &pem) ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    BIO_free(bio);
    arena_close(&a);
    return key;
}

enum err ocsp_signer_open(struct ocsp_signer *out, const char *certificate, const char *key, char why[256])
{
    out->certificate = read_certificate(certificate);
    out->key = out->certificate ? read_key(key) : NULL;
    const char *rule = !out->certificate ? "no certificate in PEM"
                       : !out->key       ? "no private key in PEM that only its owner may read"
                       : X509_check_private_key(out->certificate, out->key) != 1 ? "not the key of the certificate"
                                                                                 : NULL;
    ERR_clear_error();
    if (rule && why)
        snprintf(why, 256, "%s: %s", out->certificate ? key : certificate, rule);
    return rule ? ERR_CONFIG : ERR_OK;
}

void ocsp_signer_close(struct ocsp_signer *s)
{
    X509_free(s->certificate);
    EVP_PKEY_free(s->key);
    *s = (struct ocsp_signer){0};
}

static OCSP_CERTID *make_id(const struct cert *c, const struct trust_root *root)
{
    const unsigned char *p = c->serial_der.p;
    ASN1_INTEGER *serial = d2i_ASN1_INTEGER(NULL, &p, (long)c->serial_der.n);
    OCSP_CERTID *id = serial ? OCSP_cert_id_new(EVP_sha1(), X509_get_subject_name(root->x509),
                                                X509_get0_pubkey_bitstr(root->x509), serial)
                             : NULL;
    ASN1_INTEGER_free(serial);
    return id;
}

static OCSP_REQUEST *build_request(struct ocsp_question *q, const struct cert *c, const struct trust_root *root)
{
    uint8_t nonce[OCSP_NONCE_LENGTH];
    memcpy(nonce, q->nonce.p, sizeof nonce);
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    OCSP_CERTID *id = make_id(c, root);
    OCSP_CERTID *kept = id ? OCSP_CERTID_dup(id) : NULL;
    q->id = kept;
    if (request && kept && OCSP_request_add0_id(request, id) && OCSP_request_add1_nonce(request, nonce, sizeof nonce))
        return request;
    if (!request || OCSP_request_onereq_count(request) == 0)
        OCSP_CERTID_free(id);
    OCSP_REQUEST_free(request);
    return NULL;
}

static enum err encode(struct view *out, struct arena *a, OCSP_REQUEST *request)
{
    int n = i2d_OCSP_REQUEST(request, NULL);
    uint8_t *p = n > 0 ? arena_alloc(a, (size_t)n) : NULL;
    if (!p)
        return n > 0 ? ERR_MEMORY : ERR_CRYPTO;
    *out = view_bytes(p, (size_t)n);
    return i2d_OCSP_REQUEST(request, &p) == n ? ERR_OK : ERR_CRYPTO;
}

static enum err sign(OCSP_REQUEST *request, const struct ocsp_signer *signer)
{
    if (!signer)
        return ERR_OK;
    return OCSP_request_sign(request, signer->certificate, signer->key, EVP_sha256(), NULL, 0) == 1 ? ERR_OK
                                                                                                    : ERR_CRYPTO;
}

enum err ocsp_ask(struct ocsp_question *out, struct arena *a, const struct cert *c, const struct trust_root *root,
                  const struct ocsp_signer *signer)
{
    *out = (struct ocsp_question){0};
    uint8_t *nonce = arena_alloc(a, OCSP_NONCE_LENGTH);
    if (!nonce)
        return ERR_MEMORY;
    chance_bytes(nonce, OCSP_NONCE_LENGTH);
    out->nonce = view_bytes(nonce, OCSP_NONCE_LENGTH);
    OCSP_REQUEST *request = build_request(out, c, root);
    enum err e = request ? sign(request, signer) : ERR_CRYPTO;
    if (!e)
        e = encode(&out->der, a, request);
    OCSP_REQUEST_free(request);
    if (out->id && !arena_on_close(a, free_id, out->id))
        return ERR_MEMORY;
    return e;
}

/* --- judging --------------------------------------------------------------------------------------------------- */

/* The signer must be the issuer itself, or a certificate that the issuer's own key has signed and appointed by
 * id-kp-OCSPSigning (RFC 6960 4.2.2.2). Nobody else counts, whoever signed him. */
static bool is_appointed(const struct hearing *h, X509 *signer)
{
    struct arena a;
    struct cert c;
    enum cert_fault fault;
    unsigned char *der = NULL;
    int n = i2d_X509(signer, &der);
    if (n <= 0)
        return false;
    arena_open(&a, 1 << 18);
    const struct cert *root = &h->root->cert;
    int64_t now = h->terms->now;
    bool fine = cert_read(&c, &a, view_bytes(der, (size_t)n), &fault) == ERR_OK;
    if (fine && !view_equal(c.der, root->der))
        fine = view_equal(c.issuer_der, root->subject_der) && c.ocsp_signing && algorithm_is_sig_allowed(c.sig) &&
               algorithm_is_key_allowed(c.key.kind, c.key.bits) && c.not_before <= now + REVOCATION_SKEW &&
               c.not_after >= now - REVOCATION_SKEW && !(c.has_usage && !(c.usage & CERT_USE_SIGNATURE)) &&
               X509_verify(signer, X509_get0_pubkey(h->root->x509)) == 1;
    arena_close(&a);
    OPENSSL_free(der);
    return fine;
}

/* Only the signature is left to OpenSSL (OCSP_NOVERIFY): its path building would ask the system's clock and take any
 * path to a root, where the rule is "appointed by this issuer's key". */
static bool is_signed_well(const struct hearing *h)
{
    X509 *signer = NULL;
    STACK_OF(X509) *extra = sk_X509_new_null();
    bool fine = extra && sk_X509_push(extra, h->root->x509) > 0;
    fine = fine && algorithm_is_sig_allowed(asn1_sig_of(OCSP_resp_get0_tbs_sigalg(h->basic))) &&
           asn1_is_whole_octets(OCSP_resp_get0_signature(h->basic)) &&
           OCSP_resp_get0_signer(h->basic, &signer, extra) == 1 && signer && is_appointed(h, signer) &&
           OCSP_basic_verify(h->basic, extra, NULL, OCSP_NOVERIFY) == 1;
    sk_X509_free(extra);
    return fine;
}

/* id-pkix-ocsp-nonce: an OCTET STRING within the extension's; absent gives an absent view. */
static struct view nonce_of(OCSP_BASICRESP *basic)
{
    int i = OCSP_BASICRESP_get_ext_by_NID(basic, NID_id_pkix_OCSP_Nonce, -1);
    X509_EXTENSION *ext = i >= 0 ? OCSP_BASICRESP_get_ext(basic, i) : NULL;
    if (!ext)
        return VIEW_NONE;
    struct der inner;
    struct view rest = asn1_view(X509_EXTENSION_get_data(ext));
    return der_next(&inner, &rest) == ERR_OK && inner.tag == 0x04 && !rest.n ? inner.body : VIEW("");
}

static bool has_right_nonce(const struct hearing *h)
{
    struct view nonce = nonce_of(h->basic);
    return nonce.p ? secret_equal(nonce, h->question->nonce) : h->terms->nonce_optional;
}

static enum revocation_why judge_dates(const struct hearing *h, const ASN1_GENERALIZEDTIME *this_update,
                                       const ASN1_GENERALIZEDTIME *next_update)
{
    int64_t now = h->terms->now, from, to;
    if (!asn1_time(&from, this_update))
        return REVOCATION_OCSP_MALFORMED;
    if (!next_update)
        to = from + FALLBACK_AGE;
    else if (!asn1_time(&to, next_update) || to < from)
        return REVOCATION_OCSP_MALFORMED;
    h->out->as_of = from;
    *h->next_update = to;
    if (from > now + REVOCATION_SKEW)
        return REVOCATION_OCSP_NOT_YET;
    return to < now - REVOCATION_SKEW ? REVOCATION_OCSP_STALE : REVOCATION_WHY_NONE;
}

/* The one single response about our certificate; two would be a contradiction. */
static OCSP_SINGLERESP *find_single(const struct hearing *h)
{
    int i = OCSP_resp_find(h->basic, h->question->id, -1);
    return i >= 0 && OCSP_resp_find(h->basic, h->question->id, i) < 0 ? OCSP_resp_get0(h->basic, i) : NULL;
}

static bool has_critical(OCSP_SINGLERESP *single)
{
    return OCSP_SINGLERESP_get_ext_by_critical(single, 1, -1) >= 0;
}

static enum revocation_why judge_single(const struct hearing *h)
{
    ASN1_GENERALIZEDTIME *at = NULL, *this_update = NULL, *next_update = NULL;
    int reason = -1;
    OCSP_SINGLERESP *single = find_single(h);
    if (!single)
        return REVOCATION_OCSP_OTHER_CERT;
    int status = OCSP_single_get0_status(single, &reason, &at, &this_update, &next_update);
    enum revocation_why why =
        has_critical(single) ? REVOCATION_OCSP_MALFORMED : judge_dates(h, this_update, next_update);
    if (why)
        return why;
    if (status == V_OCSP_CERTSTATUS_GOOD) {
        h->out->state = REVOCATION_GOOD;
    } else if (status == V_OCSP_CERTSTATUS_REVOKED) {
        h->out->state = REVOCATION_REVOKED;
        h->out->reason = reason;
        if (!asn1_time(&h->out->revoked_at, at))
            h->out->revoked_at = 0;
    } else {
        return REVOCATION_OCSP_SAYS_UNKNOWN;
    }
    return REVOCATION_WHY_NONE;
}

/* First who speaks, then whether to us, then about whom and when. */
static enum revocation_why judge_basic(const struct hearing *h)
{
    if (!is_signed_well(h))
        return REVOCATION_OCSP_SIGNER;
    if (OCSP_BASICRESP_get_ext_by_critical(h->basic, 1, -1) >= 0)
        return REVOCATION_OCSP_MALFORMED;
    if (!has_right_nonce(h))
        return REVOCATION_OCSP_NONCE;
    return judge_single(h);
}

static OCSP_RESPONSE *decode(struct view answer)
{
    const unsigned char *p = answer.p;
    return answer.n <= OCSP_ANSWER_MAX && der_is_strict(answer) ? d2i_OCSP_RESPONSE(NULL, &p, (long)answer.n) : NULL;
}

enum err ocsp_judge(struct revocation_answer *out, int64_t *next_update, const struct ocsp_question *question,
                    struct view answer, const struct trust_root *root, const struct ocsp_terms *terms)
{
    *out = (struct revocation_answer){.reason = -1, .why = REVOCATION_OCSP_MALFORMED, .source = REVOCATION_FROM_OCSP};
    *next_update = 0;
    OCSP_RESPONSE *response = decode(answer);
    struct hearing h = {question, root, terms, NULL, out, next_update};
    if (response && OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        out->why = REVOCATION_OCSP_REFUSED;
    else if (response && (h.basic = OCSP_response_get1_basic(response)))
        out->why = judge_basic(&h);
    if (out->why)
        out->state = REVOCATION_UNKNOWN;
    OCSP_BASICRESP_free(h.basic);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    return ERR_OK;
}
