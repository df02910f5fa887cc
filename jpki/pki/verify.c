#include "jpki/pki/verify.h"

#include <openssl/ec.h>
#include <openssl/err.h>

/* --- tables ---------------------------------------------------------------------------------------------------- */

static const enum verify_refusal of_fault[] = {
    [CERT_FINE] = VERIFY_GOOD,
    [CERT_TOO_BIG] = VERIFY_CERT_TOO_BIG,
    [CERT_NOT_DER] = VERIFY_CERT_NOT_DER,
    [CERT_NOT_X509] = VERIFY_CERT_NOT_X509,
    [CERT_BAD_SERIAL] = VERIFY_CERT_BAD_SERIAL,
    [CERT_BAD_EXTENSION] = VERIFY_CERT_BAD_EXTENSION,
    [CERT_DUPLICATE_EXTENSION] = VERIFY_CERT_DUPLICATE_EXTENSION,
    [CERT_UNKNOWN_CRITICAL] = VERIFY_CERT_UNKNOWN_CRITICAL,
};

static const enum verify_refusal of_answer[] = {
    [TRUST_FOUND] = VERIFY_GOOD,
    [TRUST_NO_ISSUER] = VERIFY_ISSUER_UNKNOWN,
    [TRUST_OTHER_PURPOSE] = VERIFY_ISSUER_OTHER_HIERARCHY,
    [TRUST_NO_KEY_ID] = VERIFY_ISSUER_KEY_ID,
    [TRUST_BAD_SIGNATURE] = VERIFY_ISSUER_SIGNATURE,
};

/* Facts 4.2: what each use demands of a certificate. */
static const struct use {
    struct view policy;
    unsigned usage;
} uses[] = {
    [TRUST_AUTH] = {VIEW(VERIFY_POLICY_AUTH), CERT_USE_SIGNATURE},
    [TRUST_SIGN] = {VIEW(VERIFY_POLICY_SIGN), CERT_USE_SIGNATURE | CERT_USE_COMMITMENT},
};

/* protocol.md, "What the card signs": one algorithm for each generation of the card. */
static const struct proof_kind {
    enum jws_alg alg;
    enum cert_key key;
    enum cert_sig sig;
} proof_kinds[] = {
    {JWS_RS256, CERT_KEY_RSA, CERT_SIG_RSA_SHA256},
    {JWS_ES384, CERT_KEY_P384, CERT_SIG_ECDSA_SHA384},
};

/* --- the certificate ------------------------------------------------------------------------------------------- */

static enum verify_refusal check_signature_algorithm(const struct cert *c)
{
    if (c->sig == CERT_SIG_SHA1)
        return VERIFY_CERT_SHA1;
    return algorithm_is_sig_allowed(c->sig) ? VERIFY_GOOD : VERIFY_CERT_ALGORITHM;
}

static enum verify_refusal check_dates(const struct cert *c, const struct cert *root, int64_t now)
{
    if (now < root->not_before || now > root->not_after)
        return VERIFY_ISSUER_EXPIRED;
    if (now < c->not_before)
        return VERIFY_NOT_YET_VALID;
    return now > c->not_after ? VERIFY_EXPIRED : VERIFY_GOOD;
}

static enum verify_refusal check_use(const struct cert *c, enum trust_purpose purpose)
{
    unsigned forbidden = CERT_USE_CERT_SIGN | CERT_USE_CRL_SIGN;
    unsigned needed = uses[purpose].usage;
    if ((c->usage & needed) != needed || (c->usage & forbidden))
        return VERIFY_KEY_USAGE;
    if (c->has_ext_usage && !c->client_auth)
        return VERIFY_EXT_KEY_USAGE;
    if (!cert_has_policy(c, uses[purpose].policy))
        return VERIFY_POLICY;
    return c->is_ca ? VERIFY_IS_CA : VERIFY_GOOD;
}

static enum verify_refusal check_key(const struct cert *c)
{
    if (algorithm_is_key_allowed(c->key.kind, c->key.bits))
        return VERIFY_GOOD;
    return c->key.kind == CERT_KEY_RSA ? VERIFY_KEY_SIZE : VERIFY_KEY_KIND;
}

/* --- the proof ------------------------------------------------------------------------------------------------- */

/* NULL: this is not the algorithm of that key. */
static const struct proof_kind *kind_of_proof(const struct cert *c, enum jws_alg alg)
{
    for (size_t i = 0; i < sizeof proof_kinds / sizeof *proof_kinds; i++)
        if (proof_kinds[i].alg == alg && proof_kinds[i].key == c->key.kind)
            return &proof_kinds[i];
    return NULL;
}

/* r || s of 48 bytes each as DER, which is what OpenSSL checks. */
static enum err encode_ecdsa(struct view *out, struct arena *a, struct view raw)
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw.p, 48, NULL), *s = BN_bin2bn(raw.p + 48, 48, NULL);
    uint8_t *der = arena_alloc(a, 128), *end = der;
    bool made = sig && r && s && der && ECDSA_SIG_set0(sig, r, s);
    if (!made) {
        BN_free(r);
        BN_free(s);
    }
    int n = made ? i2d_ECDSA_SIG(sig, &end) : -1;
    ECDSA_SIG_free(sig);
    *out = view_bytes(der, n > 0 ? (size_t)n : 0);
    return n > 0 ? ERR_OK : ERR_MEMORY;
}

static enum err check_proof_signature(const struct cert *c, struct arena *a, const struct verify_facts *f,
                                      enum cert_sig kind, enum verify_refusal *refusal)
{
    struct view sig = f->sig;
    struct pubkey_opened *key;
    bool fits = false;
    if (kind == CERT_SIG_ECDSA_SHA384 && sig.n == 96) {
        enum err e = encode_ecdsa(&sig, a, f->sig);
        if (e)
            return e;
    }
    enum err e = pubkey_open(&key, &c->key);
    if (!e)
        e = pubkey_check(&fits, key, kind, sig, f->message);
    pubkey_close(key);
    if (e == ERR_SYNTAX) /* a point that is not on its curve signs nothing */
        e = ERR_OK;
    *refusal = fits ? VERIFY_GOOD : VERIFY_PROOF_SIGNATURE;
    return e;
}

/* --- the verdict ----------------------------------------------------------------------------------------------- */

static enum verify_blame blame_of(enum verify_refusal refusal)
{
    switch (refusal) {
    case VERIFY_GOOD:
        return VERIFY_BLAME_NONE;
    case VERIFY_ISSUER_EXPIRED:
    case VERIFY_NOT_YET_VALID:
    case VERIFY_EXPIRED:
    case VERIFY_REVOKED:
        return VERIFY_BLAME_CARD;
    case VERIFY_REVOCATION_UNKNOWN:
    case VERIFY_NO_VERDICT:
        return VERIFY_BLAME_US;
    default:
        return VERIFY_BLAME_PROOF;
    }
}

static enum err judge_certificate(struct verify_verdict *v, struct arena *a, const struct trust *trust,
                                  const struct verify_facts *f)
{
    enum cert_fault fault;
    enum trust_answer answer;
    enum err e = cert_read(&v->cert, a, f->der, &fault);
    v->refusal = of_fault[fault];
    if (e)
        return e == ERR_SYNTAX ? ERR_OK : e;
    v->refusal = check_signature_algorithm(&v->cert);
    if (v->refusal)
        return ERR_OK;
    e = trust_find(trust, f->purpose, &v->cert, &v->root, &answer);
    v->refusal = of_answer[answer];
    if (e || v->refusal)
        return e;
    v->refusal = check_dates(&v->cert, &v->root->cert, f->now);
    if (!v->refusal)
        v->refusal = check_use(&v->cert, f->purpose);
    if (!v->refusal)
        v->refusal = check_key(&v->cert);
    return ERR_OK;
}

static enum err judge_revocation(struct verify_verdict *v, struct arena *a, struct revocation *revocation, int64_t now)
{
    enum err e = revocation_check(&v->revocation, revocation, a, &v->cert, v->root, now);
    if (e)
        return e;
    if (v->revocation.state == REVOCATION_REVOKED)
        v->refusal = VERIFY_REVOKED;
    else if (v->revocation.state != REVOCATION_GOOD)
        v->refusal = VERIFY_REVOCATION_UNKNOWN;
    return ERR_OK;
}

static enum err put_account_input(struct verify_verdict *v, struct arena *a)
{
    size_t n = v->cert.issuer_der.n;
    uint8_t *p = arena_alloc(a, n + v->cert.serial_der.n);
    if (!p)
        return ERR_MEMORY;
    memcpy(p, v->cert.issuer_der.p, n);
    memcpy(p + n, v->cert.serial_der.p, v->cert.serial_der.n);
    v->account_input = view_bytes(p, n + v->cert.serial_der.n);
    return ERR_OK;
}

static enum err judge_proof(struct verify_verdict *v, struct arena *a, struct revocation *revocation,
                            const struct verify_facts *f)
{
    const struct proof_kind *kind = kind_of_proof(&v->cert, f->alg);
    if (!kind) {
        v->refusal = VERIFY_PROOF_ALGORITHM;
        return ERR_OK;
    }
    enum err e = check_proof_signature(&v->cert, a, f, kind->sig, &v->refusal);
    if (!e && !v->refusal)
        e = judge_revocation(v, a, revocation, f->now);
    if (!e && !v->refusal)
        e = put_account_input(v, a);
    return e;
}

/* Sets the blame; a failure of ours must not look like a verdict. */
static enum err conclude(struct verify_verdict *v, enum err e)
{
    if (e) {
        v->refusal = VERIFY_NO_VERDICT;
        v->account_input = VIEW_NONE;
    }
    v->blame = blame_of(v->refusal);
    return e;
}

enum err verify_certificate(struct verify_verdict *out, struct arena *a, const struct trust *trust,
                            const struct verify_facts *facts)
{
    *out = (struct verify_verdict){.revocation.reason = -1};
    return conclude(out, judge_certificate(out, a, trust, facts));
}

enum err verify_proof(struct verify_verdict *out, struct arena *a, const struct trust *trust,
                      struct revocation *revocation, const struct verify_facts *facts)
{
    enum err e = verify_certificate(out, a, trust, facts);
    if (e || out->refusal)
        return e;
    return conclude(out, judge_proof(out, a, revocation, facts));
}

const char *verify_refusal_name(enum verify_refusal refusal)
{
    static const char *const names[] = {
        [VERIFY_GOOD] = "VERIFY_GOOD",
        [VERIFY_CERT_TOO_BIG] = "VERIFY_CERT_TOO_BIG",
        [VERIFY_CERT_NOT_DER] = "VERIFY_CERT_NOT_DER",
        [VERIFY_CERT_NOT_X509] = "VERIFY_CERT_NOT_X509",
        [VERIFY_CERT_BAD_SERIAL] = "VERIFY_CERT_BAD_SERIAL",
        [VERIFY_CERT_BAD_EXTENSION] = "VERIFY_CERT_BAD_EXTENSION",
        [VERIFY_CERT_DUPLICATE_EXTENSION] = "VERIFY_CERT_DUPLICATE_EXTENSION",
        [VERIFY_CERT_UNKNOWN_CRITICAL] = "VERIFY_CERT_UNKNOWN_CRITICAL",
        [VERIFY_ISSUER_UNKNOWN] = "VERIFY_ISSUER_UNKNOWN",
        [VERIFY_ISSUER_OTHER_HIERARCHY] = "VERIFY_ISSUER_OTHER_HIERARCHY",
        [VERIFY_ISSUER_KEY_ID] = "VERIFY_ISSUER_KEY_ID",
        [VERIFY_ISSUER_SIGNATURE] = "VERIFY_ISSUER_SIGNATURE",
        [VERIFY_ISSUER_EXPIRED] = "VERIFY_ISSUER_EXPIRED",
        [VERIFY_NOT_YET_VALID] = "VERIFY_NOT_YET_VALID",
        [VERIFY_EXPIRED] = "VERIFY_EXPIRED",
        [VERIFY_KEY_USAGE] = "VERIFY_KEY_USAGE",
        [VERIFY_EXT_KEY_USAGE] = "VERIFY_EXT_KEY_USAGE",
        [VERIFY_POLICY] = "VERIFY_POLICY",
        [VERIFY_IS_CA] = "VERIFY_IS_CA",
        [VERIFY_CERT_SHA1] = "VERIFY_CERT_SHA1",
        [VERIFY_CERT_ALGORITHM] = "VERIFY_CERT_ALGORITHM",
        [VERIFY_KEY_KIND] = "VERIFY_KEY_KIND",
        [VERIFY_KEY_SIZE] = "VERIFY_KEY_SIZE",
        [VERIFY_PROOF_ALGORITHM] = "VERIFY_PROOF_ALGORITHM",
        [VERIFY_PROOF_SIGNATURE] = "VERIFY_PROOF_SIGNATURE",
        [VERIFY_REVOKED] = "VERIFY_REVOKED",
        [VERIFY_REVOCATION_UNKNOWN] = "VERIFY_REVOCATION_UNKNOWN",
        [VERIFY_NO_VERDICT] = "VERIFY_NO_VERDICT",
    };
    return names[refusal];
}
