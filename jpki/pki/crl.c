#include "jpki/pki/crl.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "jpki/pki/ext.h"
#include "jpki/pki/feed.h"
#include "jpki/pki/name.h"

#define HEAD_MAX  64 /* version and AlgorithmIdentifier */
#define VERSION_2 1

/* One reading. */
struct reading {
    struct feed feed;
    struct crl *crl;
    struct arena *arena;
    const struct trust *trust;
    enum cert_sig sig;
    struct view algorithm; /* AlgorithmIdentifier of the signed part */
    struct view issuer;    /* Name */
    enum crl_fault fault;
    enum err err; /* we could not */
};

static bool refuse(struct reading *r, enum crl_fault fault)
{
    r->fault = fault;
    return false;
}

static bool fail(struct reading *r, enum err e)
{
    r->err = e;
    return e == ERR_OK;
}

/* --- head ------------------------------------------------------------------------------------------------------ */

/* TBSCertList ::= SEQUENCE { version INTEGER (1: v2), signature AlgorithmIdentifier, ... }: looked at before anything
 * of it is taken, because it says which digest all of it is counted in. */
static bool look_at_algorithm(struct reading *r)
{
    struct view rest = feed_look(&r->feed, HEAD_MAX);
    size_t head;
    uint64_t length;
    uint8_t tag;
    struct der version, algorithm;
    if (!der_head(&tag, &head, &length, rest) || tag != DER_SEQUENCE)
        return refuse(r, CRL_NOT_DER);
    rest = view_from(rest, head);
    if (!der_take(&version, &rest, DER_INTEGER) || version.body.n != 1 || version.body.p[0] != VERSION_2 ||
        !der_take(&algorithm, &rest, DER_SEQUENCE))
        return refuse(r, CRL_NOT_CRL);
    r->sig = algorithm_sig_of(algorithm.all);
    r->algorithm = arena_copy(r->arena, algorithm.all);
    if (!r->algorithm.p)
        return fail(r, ERR_MEMORY);
    return algorithm_is_sig_allowed(r->sig) || refuse(r, CRL_BAD_ALGORITHM);
}

/* Generations share one name, so the signature decides, at the end; but a list of nobody we know is not read at all.
 * RFC 5280 4.2.1.3: a key with keyUsage signs CRLs only if cRLSign is set. */
static bool may_have_signed(const struct reading *r, const struct trust_root *root)
{
    return view_equal(r->issuer, root->cert.subject_der) && algorithm_fits_key(r->sig, root->cert.key.kind) &&
           (!root->cert.has_usage || root->cert.usage & CERT_USE_CRL_SIGN);
}

static const struct trust_root *next_candidate(const struct reading *r, enum trust_purpose *p, size_t *i)
{
    const struct trust_root *root;
    for (; *p <= TRUST_SIGN; (*p)++, *i = 0)
        while ((root = trust_at(r->trust, *p, (*i)++)))
            if (may_have_signed(r, root))
                return root;
    return NULL;
}

static bool take_issuer(struct reading *r)
{
    struct der name;
    enum trust_purpose p = TRUST_AUTH;
    size_t i = 0;
    if (!feed_take(&r->feed, &name) || name.tag != DER_SEQUENCE || !name_is_good(name.body))
        return refuse(r, CRL_NOT_CRL);
    r->issuer = arena_copy(r->arena, name.all);
    if (!r->issuer.p)
        return fail(r, ERR_MEMORY);
    return next_candidate(r, &p, &i) || refuse(r, CRL_NO_ISSUER);
}

/* nextUpdate is optional in ASN.1 and required by RFC 5280 5.1.2.5. */
static bool take_time(struct reading *r, int64_t *out)
{
    struct der time;
    return (feed_take(&r->feed, &time) && der_time(out, time.tag, time.body)) || refuse(r, CRL_NOT_CRL);
}

static bool take_head(struct reading *r)
{
    struct der version, algorithm;
    if (!feed_take(&r->feed, &version) || !feed_take(&r->feed, &algorithm))
        return refuse(r, CRL_NOT_DER);
    return take_issuer(r) && take_time(r, &r->crl->this_update) && take_time(r, &r->crl->next_update);
}

/* --- entries --------------------------------------------------------------------------------------------------- */

/* crlEntryExtensions; only the reason may be critical: among others certificateIssuer, of indirect lists, may not. */
static bool read_entry_exts(struct reading *r, struct view list, int *reason)
{
    struct ext ext;
    struct view code;
    while (list.n) {
        if (!ext_next(&ext, &list))
            return refuse(r, CRL_NOT_CRL);
        bool is_reason = view_equal(ext.oid, VIEW("\x55\x1D\x15"));
        if (ext.critical && !is_reason)
            return refuse(r, CRL_UNKNOWN_CRITICAL);
        if (is_reason && der_open(&code, ext.value, DER_ENUM) && code.n == 1 && code.p[0] <= 10)
            *reason = code.p[0];
    }
    return true;
}

/* SEQUENCE { userCertificate INTEGER, revocationDate Time, crlEntryExtensions SEQUENCE OPTIONAL } */
static bool read_entry(struct reading *r, struct view rest)
{
    struct der serial, time, exts;
    struct serials_entry entry = {.reason = -1};
    if (!der_take(&serial, &rest, DER_INTEGER) || der_next(&time, &rest) || !der_time(&entry.at, time.tag, time.body))
        return refuse(r, CRL_NOT_CRL);
    if (der_take(&exts, &rest, DER_SEQUENCE) && !read_entry_exts(r, exts.body, &entry.reason))
        return false;
    if (rest.n)
        return refuse(r, CRL_NOT_CRL);
    enum err e = serials_add(&r->crl->serials, serial.body, &entry);
    return e == ERR_SYNTAX ? refuse(r, CRL_NOT_CRL) : fail(r, e);
}

static bool take_entries(struct reading *r)
{
    uint64_t length;
    struct der entry;
    if (feed_look(&r->feed, 1).n == 0 || feed_look(&r->feed, 1).p[0] != DER_SEQUENCE || r->feed.left == 0)
        return true; /* RFC 5280 5.1.2.6: absent when nothing is revoked */
    if (!feed_enter(&r->feed, DER_SEQUENCE, &length))
        return refuse(r, CRL_NOT_DER);
    uint64_t behind = r->feed.left - length;
    for (r->feed.left = length; r->feed.left;) {
        if (!feed_take(&r->feed, &entry) || entry.tag != DER_SEQUENCE)
            return refuse(r, CRL_NOT_DER);
        if (!read_entry(r, entry.body))
            return false;
    }
    r->feed.left = behind;
    return true;
}

/* --- extensions of the list ------------------------------------------------------------------------------------ */

/* IssuingDistributionPoint ::= SEQUENCE { distributionPoint [0] OPTIONAL, onlyContainsUserCerts [1] DEFAULT FALSE,
 * onlyContainsCACerts [2], onlySomeReasons [3], indirectCRL [4], onlyContainsAttributeCerts [5] } (RFC 5280 5.2.5).
 * The list we can ask names a directory, or nothing, and may say that it is for users' certificates. */
static bool read_scope(struct reading *r, struct view value)
{
    struct der point, full, users;
    struct view rest;
    if (!der_open(&rest, value, DER_SEQUENCE))
        return refuse(r, CRL_BAD_SCOPE);
    if (der_take(&point, &rest, DER_EXPLICIT | 0)) {
        if (!der_take(&full, &point.body, DER_EXPLICIT | 0) || point.body.n || !name_is_general(full.body) ||
            !name_of_directory(full.body).p)
            return refuse(r, CRL_BAD_SCOPE);
        r->crl->point = arena_copy(r->arena, name_of_directory(full.body));
        if (!r->crl->point.p)
            return fail(r, ERR_MEMORY);
    }
    (void)der_take(&users, &rest, DER_CONTEXT | 1);
    return rest.n == 0 || refuse(r, CRL_BAD_SCOPE);
}

/* RFC 5280 5.2: what is critical must be understood. */
static bool read_ext(struct reading *r, const struct ext *ext, bool *has_scope)
{
    if (view_equal(ext->oid, VIEW("\x55\x1D\x1B")))
        return refuse(r, CRL_IS_DELTA);
    if (!view_equal(ext->oid, VIEW("\x55\x1D\x1C")))
        return !ext->critical || refuse(r, CRL_UNKNOWN_CRITICAL);
    if (*has_scope || !der_is_strict(ext->value))
        return refuse(r, CRL_BAD_SCOPE);
    *has_scope = true;
    return read_scope(r, ext->value);
}

static bool take_exts(struct reading *r)
{
    struct der wrapped;
    struct ext ext;
    struct view list;
    bool has_scope = false;
    if (r->feed.left == 0)
        return true;
    if (!feed_take(&r->feed, &wrapped) || wrapped.tag != (DER_EXPLICIT | 0) || r->feed.left ||
        !der_open(&list, wrapped.body, DER_SEQUENCE))
        return refuse(r, CRL_NOT_CRL);
    while (list.n) {
        if (!ext_next(&ext, &list))
            return refuse(r, CRL_NOT_CRL);
        if (!read_ext(r, &ext, &has_scope))
            return false;
    }
    return true;
}

/* --- signature ------------------------------------------------------------------------------------------------- */

static bool find_root(struct reading *r, struct view sig, struct view digest)
{
    enum trust_purpose p = TRUST_AUTH;
    size_t i = 0;
    for (const struct trust_root *root; (root = next_candidate(r, &p, &i));) {
        bool fits;
        if (!fail(r, pubkey_check_digest(&fits, root->key, r->sig, sig, digest)))
            return false;
        if (fits) {
            r->crl->root = root;
            return true;
        }
    }
    return refuse(r, CRL_NO_ISSUER);
}

/* signatureAlgorithm is the signed one again (RFC 5280 5.1.1.2), and a signature fills its octets (RFC 8017 8.2): one
 * list has one encoding. */
static bool take_signature(struct reading *r, struct view digest)
{
    struct der algorithm, bits;
    if (!feed_take(&r->feed, &algorithm) || !view_equal(algorithm.all, r->algorithm) || !feed_take(&r->feed, &bits) ||
        bits.tag != DER_BITS || bits.body.p[0] != 0 || r->feed.left || !feed_is_over(&r->feed))
        return refuse(r, CRL_NOT_CRL);
    return find_root(r, view_from(bits.body, 1), digest);
}

/* --- the whole ------------------------------------------------------------------------------------------------- */

/* CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue } */
static bool read_list(struct reading *r)
{
    uint8_t digest[64];
    uint64_t whole, part;
    if (!feed_enter(&r->feed, DER_SEQUENCE, &whole))
        return refuse(r, CRL_NOT_DER);
    r->feed.left = whole;
    if (!look_at_algorithm(r))
        return false;
    if (!feed_digest(&r->feed, algorithm_digest_of(r->sig)))
        return fail(r, ERR_CRYPTO);
    if (!feed_enter(&r->feed, DER_SEQUENCE, &part))
        return refuse(r, CRL_NOT_DER);
    uint64_t behind = r->feed.left - part;
    r->feed.left = part;
    if (!take_head(r) || !take_entries(r) || !take_exts(r))
        return false;
    r->feed.left = behind;
    size_t n = feed_digest_done(&r->feed, digest);
    return n ? take_signature(r, view_bytes(digest, n)) : fail(r, ERR_CRYPTO);
}

/* A file that could not be read to its end looks like a list that is cut off: why is told apart here. */
static enum err finish(struct reading *r, bool good, enum crl_fault *fault)
{
    enum err e = r->feed.err ? r->feed.err : r->err;
    feed_close(&r->feed);
    if (good && !e)
        e = serials_seal(&r->crl->serials);
    *fault = e ? CRL_FINE : r->fault;
    if (e || *fault)
        crl_close(r->crl);
    ERR_clear_error();
    return e ? e : *fault ? ERR_SYNTAX : ERR_OK;
}

static enum err read_feed(struct reading *r, enum crl_fault *fault)
{
    *r->crl = (struct crl){0};
    serials_open(&r->crl->serials);
    return finish(r, read_list(r), fault);
}

static enum err read_pem(struct crl *out, struct arena *a, const struct trust *trust, struct view text,
                         enum crl_fault *fault)
{
    char *name = NULL, *header = NULL;
    unsigned char *der = NULL;
    long n = 0;
    BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
    bool is_list =
        bio && PEM_read_bio(bio, &name, &header, &der, &n) && strcmp(name, PEM_STRING_X509_CRL) == 0 && der[0] == 0x30;
    *fault = CRL_NOT_DER;
    enum err e = is_list ? crl_read(out, a, trust, view_bytes(der, (size_t)n), fault) : ERR_SYNTAX;
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(der);
    BIO_free(bio);
    ERR_clear_error();
    return e;
}

enum err crl_read(struct crl *out, struct arena *a, const struct trust *trust, struct view bytes, enum crl_fault *fault)
{
    struct reading r = {.crl = out, .arena = a, .trust = trust};
    *out = (struct crl){0};
    if (bytes.n && bytes.p[0] != DER_SEQUENCE && bytes.n <= CRL_PEM_MAX)
        return read_pem(out, a, trust, bytes, fault);
    feed_open(&r.feed, bytes);
    return read_feed(&r, fault);
}

static enum err read_fd(struct crl *out, struct arena *a, const struct trust *trust, int fd, enum crl_fault *fault)
{
    struct reading r = {.crl = out, .arena = a, .trust = trust};
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return ERR_IO;
    if (st.st_size > CRL_SIZE_MAX)
        return ERR_LIMIT;
    enum err e = feed_open_file(&r.feed, fd);
    return e ? e : read_feed(&r, fault);
}

static bool is_der(int fd)
{
    uint8_t first;
    return pread(fd, &first, 1, 0) == 1 && first == DER_SEQUENCE;
}

static enum err read_pem_file(struct crl *out, struct arena *a, const struct trust *trust, const char *path,
                              enum crl_fault *fault)
{
    struct arena text; /* not needed any more once the list is a table */
    struct view bytes;
    arena_open(&text, 2 * (size_t)CRL_PEM_MAX);
    enum err e = file_read(&text, path, CRL_PEM_MAX, &bytes);
    if (!e)
        e = read_pem(out, a, trust, bytes, fault);
    arena_close(&text);
    return e;
}

enum err crl_read_file(struct crl *out, struct arena *a, const struct trust *trust, const char *path,
                       enum crl_fault *fault)
{
    *out = (struct crl){0};
    *fault = CRL_FINE;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : errno == EACCES ? ERR_PERMISSION : ERR_IO;
    enum err e = is_der(fd) ? read_fd(out, a, trust, fd, fault) : read_pem_file(out, a, trust, path, fault);
    close(fd);
    return e;
}

void crl_close(struct crl *c)
{
    serials_close(&c->serials);
    *c = (struct crl){0};
}

bool crl_covers(const struct crl *crl, const struct cert *c, const struct trust_root *root)
{
    return crl->root == root && (!crl->point.p || view_equal(crl->point, c->crl_point));
}

const char *crl_fault_text(enum crl_fault fault)
{
    static const char *const texts[] = {
        [CRL_FINE] = "fine",
        [CRL_NOT_DER] = "no CRL in DER or PEM",
        [CRL_NOT_CRL] = "no CRL with the version, dates and signature RFC 5280 wants",
        [CRL_NO_ISSUER] = "signed by none of the trusted roots",
        [CRL_BAD_ALGORITHM] = "its signature algorithm is not on the allow-list",
        [CRL_UNKNOWN_CRITICAL] = "it has a critical extension that is not understood",
        [CRL_IS_DELTA] = "a delta CRL, which only says what has changed",
        [CRL_BAD_SCOPE] = "not a list of all revoked end-entity certificates of its distribution point",
    };
    return texts[fault];
}
