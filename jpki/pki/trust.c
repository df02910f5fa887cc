#include "jpki/pki/trust.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "jpki/pki/asn1.h"

#define ROOTS_MAX   32
#define FILE_MAX    (64 * 1024)
#define PINS_MAX    32
#define ARENA_LIMIT (8 * 1024 * 1024)
#define WHY_SIZE    256

struct trust {
    enum trust_kind kind;
    struct arena arena;
    struct trust_root roots[2][ROOTS_MAX];
    size_t n[2];
};

/* One opening: what is known while the files are read. */
struct opening {
    struct trust *trust;
    struct trust_pin pins[PINS_MAX];
    size_t n_pins;
    const char *file; /* for WHY */
    char *why;
};

static enum err refuse(const struct opening *o, const char *rule)
{
    if (o->why)
        snprintf(o->why, WHY_SIZE, "%s: %s", o->file, rule);
    return ERR_CONFIG;
}

/* --- pins ------------------------------------------------------------------------------------------------------ */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* 64 hex digits; colons between them as openssl prints them. */
static bool read_fingerprint(uint8_t out[32], const char *text)
{
    size_t n = 0;
    memset(out, 0, 32);
    for (; *text; text++) {
        int digit = digit_of(*text);
        if (*text == ':' && n % 2 == 0)
            continue;
        if (digit < 0 || n == 64)
            return false;
        out[n / 2] = (uint8_t)(out[n / 2] << 4 | digit);
        n++;
    }
    return n == 64;
}

static enum err read_pins(struct opening *o, const struct trust_config *config)
{
    size_t n;
    const struct trust_pin *built_in = trust_pins(&n);
    memcpy(o->pins, built_in, n * sizeof *built_in);
    o->n_pins = n;
    for (size_t i = 0; i < config->n_pins; i++) {
        const char *text = config->pins[i];
        struct trust_pin *pin = &o->pins[o->n_pins];
        bool sign = strncmp(text, "sign:", 5) == 0;
        o->file = text;
        if (o->n_pins == PINS_MAX || (!sign && strncmp(text, "auth:", 5) != 0) ||
            !read_fingerprint(pin->sha256, text + 5))
            return refuse(o, "a pin is auth: or sign: and the 64 hex digits of a SHA-256 fingerprint");
        pin->purpose = sign ? TRUST_SIGN : TRUST_AUTH;
        o->n_pins++;
    }
    return ERR_OK;
}

static bool is_pinned(const struct opening *o, enum trust_purpose purpose, struct view der)
{
    uint8_t digest[SHA256_SIZE];
    sha256(digest, der);
    for (size_t i = 0; i < o->n_pins; i++)
        if (o->pins[i].purpose == purpose && memcmp(o->pins[i].sha256, digest, sizeof digest) == 0)
            return true;
    return false;
}

/* --- names ----------------------------------------------------------------------------------------------------- */

/* The text of attribute I, if it is of kind NID; absent otherwise. */
static struct view attribute(const X509_NAME *name, int i, int nid)
{
    const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
    if (!entry || OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != nid)
        return VIEW_NONE;
    return asn1_view(X509_NAME_ENTRY_get_data(entry));
}

static const char *unit_of(enum trust_purpose purpose)
{
    return purpose == TRUST_AUTH ? "JPKI for user authentication" : "JPKI for digital signature";
}

/* Facts 4.1: C=JP, O=JPKI, OU=<use>, OU=Japan Agency for Local Authority Information Systems. */
static bool is_production_name(const X509_NAME *name, enum trust_purpose purpose)
{
    return X509_NAME_entry_count(name) == 4 && view_equal(attribute(name, 0, NID_countryName), VIEW("JP")) &&
           view_equal(attribute(name, 1, NID_organizationName), VIEW("JPKI")) &&
           view_equal_text(attribute(name, 2, NID_organizationalUnitName), unit_of(purpose)) &&
           view_equal(attribute(name, 3, NID_organizationalUnitName),
                      VIEW("Japan Agency for Local Authority Information Systems"));
}

/* Ours, and the test cards of J-LIS, whose units are not published. */
static bool is_test_name(const X509_NAME *name, enum trust_purpose purpose)
{
    struct view organization = attribute(name, 1, NID_organizationName);
    struct view unit = attribute(name, 2, NID_organizationalUnitName);
    return view_equal(organization, VIEW("JPKI-TEST")) ||
           (view_equal(organization, VIEW("GENKAN-TEST")) && view_equal_text(unit, unit_of(purpose)));
}

/* --- roots ----------------------------------------------------------------------------------------------------- */

static enum err check_name(const struct opening *o, const struct cert *c, const X509 *x509, enum trust_purpose purpose)
{
    const X509_NAME *name = X509_get_subject_name(x509);
    if (o->trust->kind == TRUST_TEST)
        return is_test_name(name, purpose) ? ERR_OK : refuse(o, "not a root of a test PKI for this use");
    if (!is_production_name(name, purpose))
        return refuse(o, "not the JPKI's name for this use (a test root?)");
    if (!is_pinned(o, purpose, c->der))
        return refuse(o, "its SHA-256 fingerprint is not pinned for this use");
    return ERR_OK;
}

/* OpenSSL's own judgement of the path, which is this one certificate, by the strict reading of RFC 5280 and with the
 * signature of the root checked. Dates are verify's question, at the time of the login. */
static bool is_path_of_openssl(X509 *x509)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    bool fine = store && ctx && X509_STORE_add_cert(store, x509) && X509_STORE_CTX_init(ctx, store, x509, NULL);
    if (fine) {
        X509_STORE_CTX_set_flags(ctx,
                                 X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE | X509_V_FLAG_NO_CHECK_TIME);
        fine = X509_verify_cert(ctx) == 1;
    }
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return fine;
}

static enum err check_root(const struct opening *o, const struct cert *c, X509 *x509, enum trust_purpose purpose)
{
    if (!view_equal(c->issuer_der, c->subject_der))
        return refuse(o, "not a root: issuer and subject differ");
    if (!c->is_ca || !(c->usage & CERT_USE_CERT_SIGN) || !c->ski.p)
        return refuse(o, "not a root: not marked as an authority with a key id");
    if (!algorithm_is_sig_allowed(c->sig) || !algorithm_is_key_allowed(c->key.kind, c->key.bits))
        return refuse(o, "its algorithm or key size is not on the allow-list");
    if (X509_verify(x509, X509_get0_pubkey(x509)) != 1)
        return refuse(o, "its own signature does not fit");
    if (!is_path_of_openssl(x509))
        return refuse(o, "OpenSSL does not take it for a root by RFC 5280");
    return check_name(o, c, x509, purpose);
}

static void free_x509(void *x509)
{
    X509_free(x509);
}

/* OpenSSL's reading of the same bytes. */
static enum err decode(struct opening *o, struct trust_root *root, struct view der)
{
    const unsigned char *p = der.p;
    X509 *x509 = d2i_X509(NULL, &p, (long)der.n);
    if (!x509 || p != der.p + der.n) {
        X509_free(x509);
        ERR_clear_error();
        return refuse(o, cert_fault_name(CERT_NOT_X509));
    }
    root->x509 = x509;
    return arena_on_close(&o->trust->arena, free_x509, x509) ? ERR_OK : ERR_MEMORY;
}

static void close_key(void *key)
{
    pubkey_close(key);
}

/* The key cards are checked with: opened once, as a card's own is for each login. */
static enum err open_key(struct opening *o, struct trust_root *root)
{
    enum err e = pubkey_open(&root->key, &root->cert.key);
    if (e)
        return e == ERR_SYNTAX ? refuse(o, "its public key is none that we check with") : e;
    return arena_on_close(&o->trust->arena, close_key, root->key) ? ERR_OK : ERR_MEMORY;
}

static bool is_known(const struct trust *t, enum trust_purpose purpose, struct view der)
{
    for (size_t i = 0; i < t->n[purpose]; i++)
        if (view_equal(t->roots[purpose][i].cert.der, der))
            return true;
    return false;
}

static enum err add_root(struct opening *o, struct view der, enum trust_purpose purpose)
{
    struct trust *t = o->trust;
    enum cert_fault fault;
    if (is_known(t, purpose, der))
        return ERR_OK;
    if (t->n[purpose] == ROOTS_MAX)
        return refuse(o, "too many roots");
    struct trust_root *root = &t->roots[purpose][t->n[purpose]];
    enum err e = cert_read(&root->cert, &t->arena, der, &fault);
    if (e == ERR_SYNTAX)
        return refuse(o, cert_fault_name(fault));
    if (!e)
        e = decode(o, root, der);
    if (!e)
        e = check_root(o, &root->cert, root->x509, purpose);
    if (!e)
        e = open_key(o, root);
    root->purpose = purpose;
    t->n[purpose] += e == ERR_OK;
    return e;
}

/* Every certificate of a PEM text. */
static enum err add_pem(struct opening *o, struct view text, enum trust_purpose purpose)
{
    BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
    enum err e = bio ? ERR_OK : ERR_MEMORY;
    char *name, *header;
    unsigned char *der;
    long n;
    size_t found = 0;
    while (!e && PEM_read_bio(bio, &name, &header, &der, &n)) {
        struct view copy = arena_copy(&o->trust->arena, view_bytes(der, (size_t)n));
        if (!copy.p)
            e = ERR_MEMORY;
        else if (strcmp(name, PEM_STRING_X509) != 0)
            e = refuse(o, "holds something else than certificates");
        else
            e = add_root(o, copy, purpose);
        found++;
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }
    BIO_free(bio);
    ERR_clear_error();
    return !e && !found ? refuse(o, "no certificate in it") : e;
}

static enum err add_file(struct opening *o, const char *path, enum trust_purpose purpose)
{
    struct view bytes;
    o->file = path;
    enum err e = file_read(&o->trust->arena, path, FILE_MAX, &bytes);
    if (e == ERR_LIMIT)
        return refuse(o, "too big for a certificate");
    if (e)
        return e;
    if (bytes.n && bytes.p[0] == 0x30)
        return add_root(o, bytes, purpose);
    return add_pem(o, bytes, purpose);
}

static enum err add_suffix(struct opening *o, const char *folder, const char *suffix, enum trust_purpose purpose)
{
    char **names;
    size_t n;
    enum err e = file_list(&o->trust->arena, folder, suffix, &names, &n);
    for (size_t i = 0; !e && i < n; i++) {
        const char *path = arena_printf(&o->trust->arena, "%s/%s", folder, names[i]);
        e = path ? add_file(o, path, purpose) : ERR_MEMORY;
    }
    return e;
}

static enum err add_folder(struct opening *o, const char *folder, enum trust_purpose purpose)
{
    static const char *const suffixes[] = {".pem", ".cer", ".crt", ".der"};
    const char *sub = arena_printf(&o->trust->arena, "%s/%s", folder, purpose == TRUST_AUTH ? "auth" : "sign");
    enum err e = sub ? ERR_OK : ERR_MEMORY;
    for (size_t i = 0; !e && i < sizeof suffixes / sizeof *suffixes; i++)
        e = add_suffix(o, sub, suffixes[i], purpose);
    if (e == ERR_NOT_FOUND && o->why)
        snprintf(o->why, WHY_SIZE, "%s: no such folder", sub);
    return e;
}

static enum err fill(struct opening *o, const struct trust_config *config)
{
    enum err e = read_pins(o, config);
    if (!e)
        e = add_folder(o, config->folder, TRUST_AUTH);
    if (e)
        return e;
    e = add_folder(o, config->folder, TRUST_SIGN);
    if (e == ERR_NOT_FOUND) /* no sign roots: nobody registers, that is all */
        e = ERR_OK;
    o->file = config->folder;
    return !e && !o->trust->n[TRUST_AUTH] ? refuse(o, "no root for user authentication") : e;
}

enum err trust_open(struct trust **out, const struct trust_config *config, char why[256])
{
    *out = NULL;
    if (why)
        *why = '\0';
    struct trust *t = calloc(1, sizeof *t);
    if (!t)
        return ERR_MEMORY;
    t->kind = config->kind;
    arena_open(&t->arena, ARENA_LIMIT);
    struct opening o = {.trust = t, .file = config->folder, .why = why};
    enum err e = fill(&o, config);
    if (e)
        trust_close(t);
    else
        *out = t;
    return e;
}

/* The purpose is tried out: names and fingerprints allow one at most. What is said is about the one whose name fits, or
 * about the first. */
static enum err add_either(struct opening *o, const char *file)
{
    char *told = o->why, first[WHY_SIZE] = "", second[WHY_SIZE] = "";
    o->why = first;
    enum err e = add_file(o, file, TRUST_AUTH);
    if (e == ERR_CONFIG) {
        o->why = second;
        e = add_file(o, file, TRUST_SIGN);
    }
    bool fits_second = strstr(first, "for this use") && !strstr(second, "name for this use");
    if (e && told)
        snprintf(told, WHY_SIZE, "%s", fits_second ? second : first);
    return e;
}

enum err trust_open_file(struct trust **out, const struct trust_config *config, const char *file, char why[256])
{
    *out = NULL;
    if (why)
        *why = '\0';
    struct trust *t = calloc(1, sizeof *t);
    if (!t)
        return ERR_MEMORY;
    t->kind = config->kind;
    arena_open(&t->arena, ARENA_LIMIT);
    struct opening o = {.trust = t, .file = file, .why = why};
    enum err e = read_pins(&o, config);
    if (!e)
        e = add_either(&o, file);
    if (e)
        trust_close(t);
    else
        *out = t;
    return e;
}

const char *trust_pin_name(const struct trust_root *root)
{
    uint8_t digest[SHA256_SIZE];
    size_t n;
    const struct trust_pin *pin = trust_pins(&n);
    sha256(digest, root->cert.der);
    for (size_t i = 0; i < n; i++)
        if (pin[i].purpose == root->purpose && memcmp(pin[i].sha256, digest, sizeof digest) == 0)
            return pin[i].name;
    return NULL;
}

void trust_close(struct trust *t)
{
    if (!t)
        return;
    arena_close(&t->arena);
    free(t);
}

enum trust_kind trust_kind_of(const struct trust *t)
{
    return t->kind;
}

const struct trust_root *trust_at(const struct trust *t, enum trust_purpose purpose, size_t i)
{
    return i < t->n[purpose] ? &t->roots[purpose][i] : NULL;
}

/* --- finding --------------------------------------------------------------------------------------------------- */

static enum err find_in(const struct trust *t, enum trust_purpose purpose, const struct cert *c,
                        const struct trust_root **root, enum trust_answer *answer)
{
    *answer = TRUST_NO_ISSUER;
    for (size_t i = 0; i < t->n[purpose]; i++) {
        const struct trust_root *r = &t->roots[purpose][i];
        bool signed_it;
        if (!view_equal(r->cert.subject_der, c->issuer_der))
            continue;
        if (*answer == TRUST_NO_ISSUER)
            *answer = TRUST_NO_KEY_ID;
        if (c->aki.p && !view_equal(c->aki, r->cert.ski))
            continue;
        *answer = TRUST_BAD_SIGNATURE;
        enum err e = cert_is_signed_by(&signed_it, c, r->key, r->cert.key.kind);
        if (e)
            return e;
        if (signed_it) {
            *root = r;
            *answer = TRUST_FOUND;
            return ERR_OK;
        }
    }
    return ERR_OK;
}

enum err trust_find(const struct trust *t, enum trust_purpose purpose, const struct cert *c,
                    const struct trust_root **root, enum trust_answer *answer)
{
    const struct trust_root *other;
    enum trust_answer elsewhere;
    *root = NULL;
    enum err e = find_in(t, purpose, c, root, answer);
    if (e || *answer != TRUST_NO_ISSUER)
        return e;
    e = find_in(t, purpose == TRUST_AUTH ? TRUST_SIGN : TRUST_AUTH, c, &other, &elsewhere);
    if (elsewhere == TRUST_FOUND)
        *answer = TRUST_OTHER_PURPOSE;
    return e;
}
