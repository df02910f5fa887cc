/* genkan-testpki: makes a complete test PKI in the shape of the JPKI, with residents' cards, broken cards, CRLs and
 * what an OCSP responder needs. README.md has the layout. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "certs/office.h"

#define DAY  OFFICE_DAY
#define YEAR OFFICE_YEAR

struct maker {
    struct office office;
    struct residents people;
    struct authority rogue[2]; /* keys of somebody's own, for roots under the real name */
    EVP_PKEY *stock[2], *stock_p384[2], *small, *strange, *responder;
};

/* Somebody's own root under the real name: GENERATION 3's key id when TRUE_KEY_ID, its own otherwise. */
static X509 *make_own_root(struct maker *m, enum hierarchy h, bool true_key_id)
{
    const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(m->office.ca[h][3].cert);
    struct view id = view_bytes(ASN1_STRING_get0_data(ski), (size_t)ASN1_STRING_length(ski));
    int64_t now = m->office.now;
    return pki_make_root(h, m->rogue[h].key, 0xC13903, now - 3 * YEAR, now + 7 * YEAR, true_key_id ? id : VIEW_NONE);
}

/* --- cards ------------------------------------------------------------------------------------------------------ */

static EVP_PKEY *key_of(struct maker *m, enum hierarchy h, enum defect defect, int generation, EVP_PKEY *own)
{
    if (defect == SMALL_KEY)
        return m->small;
    if (defect == STRANGE_KEY)
        return m->strange;
    if (generation == 4)
        return m->stock_p384[h];
    return own ? own : m->stock[h];
}

static void issue(struct maker *m, const char *path, enum hierarchy h, const struct person_card *who,
                  enum defect defect, int generation, EVP_PKEY *own)
{
    enum hierarchy from = defect == OTHER_HIERARCHY ? (h == AUTH ? SIGN : AUTH) : h;
    struct authority rogue = m->rogue[h];
    bool own_root = defect == OWN_ROOT || defect == OWN_ROOT_KEY_ID;
    if (own_root)
        rogue.cert = make_own_root(m, h, defect == OWN_ROOT);
    const struct order order = {.to = &m->office.pki,
                                .path = path,
                                .who = who,
                                .hierarchy = h,
                                .ca = own_root ? &rogue : &m->office.ca[from][generation],
                                .key = key_of(m, h, defect, generation, own),
                                .defect = defect,
                                .issued = m->office.now - YEAR};
    office_issue(&m->office, &order);
    X509_free(rogue.cert);
}

static void make_resident(struct maker *m, const struct person_card *who)
{
    char path[128];
    snprintf(path, sizeof path, "residents/%s", who->folder);
    /* nothing is proven by making a pair for everybody */
    EVP_PKEY *auth = who->own_keys ? pki_make_rsa(2048) : NULL, *sign = who->own_keys ? pki_make_rsa(2048) : NULL;
    issue(m, path, AUTH, who, SOUND, who->generation, auth);
    if (who->has_sign)
        issue(m, path, SIGN, who, SOUND, who->generation, sign);
    else
        folder_put_cert(&m->office.pki, m->office.ca[SIGN][who->generation].cert, "%s/ca-sign.der", path);
    office_put_texts(&m->office.pki, path, who);
    EVP_PKEY_free(auth);
    EVP_PKEY_free(sign);
}

/* Anybody may stand for the defective; hanako does. */
static const struct person_card *somebody(const struct maker *m, const char *folder)
{
    const struct person_card *who = residents_find(&m->people, folder);
    must(who, "hanako and taro must be among the personas");
    return who;
}

static void make_bad_cards(struct maker *m)
{
    const struct person_card *who = somebody(m, "hanako");
    for (size_t i = 0; i < people_n_bad; i++) {
        const struct bad_card *bad = &people_bad[i];
        char path[128];
        snprintf(path, sizeof path, "bad/%s", bad->folder);
        issue(m, path, AUTH, who, bad->defect, bad->generation, NULL);
        issue(m, path, SIGN, who, bad->defect, bad->generation, NULL);
        office_put_texts(&m->office.pki, path, who);
    }
}

/* --- revocation ------------------------------------------------------------------------------------------------- */

/* CRLs that must be refused or mistrusted, one folder each: all of them would cover hanako's authentication. */
static void make_bad_crls(struct maker *m)
{
    struct office *o = &m->office;
    const struct authority *ca = &o->ca[AUTH][3];
    const struct town *town = &somebody(m, "hanako")->town;
    int64_t from = o->now - 3600, to = o->now + o->crl_life;
    office_put_crl(o, ca, town, "crl-bad/stale", o->now - 3 * DAY, o->now - DAY, CRL_SOUND);
    office_put_crl(o, ca, town, "crl-bad/not-yet", o->now + DAY, o->now + 2 * DAY, CRL_SOUND);
    office_put_crl(o, ca, town, "crl-bad/critical-ext", from, to, CRL_CRITICAL_EXT);
    office_put_crl(o, ca, town, "crl-bad/delta", from, to, CRL_DELTA);
    office_put_crl(o, ca, town, "crl-bad/sha1", from, to, CRL_SHA1);
    office_put_crl(o, ca, town, "crl-bad/ca-only", from, to, CRL_CA_ONLY);
    office_put_crl(o, &o->ca[AUTH][2], town, "crl-bad/other-generation", from, to, CRL_SOUND);
    office_put_crl(o, ca, &somebody(m, "taro")->town, "crl-bad/other-town", from, to, CRL_SOUND);
    struct authority forger = m->rogue[AUTH];
    forger.cert = make_own_root(m, AUTH, true);
    forger.generation = 3;
    office_put_crl(o, &forger, town, "crl-bad/forged", from, to, CRL_SOUND);
    X509_free(forger.cert);
    folder_put(&o->pki, VIEW("no CRL at all\n"), 0644, "crl-bad/garbage/auth/ca3-x.crl");
}

/* A town is met once for each that lives there; writing its lists again does no harm, but takes time. */
static bool is_first_of_town(const struct maker *m, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(m->people.all[k].town.city, m->people.all[i].town.city) == 0)
            return false;
    return true;
}

static void make_crls(struct maker *m)
{
    struct office *o = &m->office;
    int64_t from = o->now - 3600, to = o->now + o->crl_life;
    for (int h = AUTH; h <= SIGN; h++) {
        for (int g = 1; g <= PKI_GENERATIONS; g++) {
            for (size_t i = 0; i < m->people.n; i++)
                if (is_first_of_town(m, i))
                    office_put_crl(o, &o->ca[h][g], &m->people.all[i].town, "crl", from, to, CRL_SOUND);
            office_put_crl(o, &o->ca[h][g], NULL, "crl-full", from, to, CRL_SOUND);
        }
    }
    make_bad_crls(m);
}

static void make_bad_responders(struct maker *m)
{
    struct office *o = &m->office;
    const struct authority *ca = &o->ca[AUTH][3];
    int64_t from = o->now - DAY, to = o->now + YEAR;
    office_put_responder(o, ca, m->responder, "responder", true, from, to);
    office_put_responder(o, ca, m->responder, "not-appointed", false, from, to);
    office_put_responder(o, ca, m->responder, "expired", true, o->now - YEAR, o->now - DAY);
    struct authority forger = m->rogue[AUTH];
    forger.cert = make_own_root(m, AUTH, true);
    office_put_responder(o, &forger, m->responder, "forged", true, from, to);
    X509_free(forger.cert);
}

/* --- the program ------------------------------------------------------------------------------------------------ */

static void make_keys(struct maker *m)
{
    EVP_PKEY *rogue = pki_make_rsa(2048);
    for (int h = AUTH; h <= SIGN; h++) {
        m->stock[h] = pki_make_rsa(2048);
        m->stock_p384[h] = pki_make_ec("P-384");
        m->rogue[h] = (struct authority){(enum hierarchy)h, 0, rogue, NULL};
    }
    m->small = pki_make_rsa(1024);
    m->strange = pki_make_ed25519();
    m->responder = pki_make_rsa(2048);
}

static void free_keys(struct maker *m)
{
    for (int h = AUTH; h <= SIGN; h++) {
        EVP_PKEY_free(m->stock[h]);
        EVP_PKEY_free(m->stock_p384[h]);
    }
    EVP_PKEY_free(m->rogue[AUTH].key);
    EVP_PKEY_free(m->small);
    EVP_PKEY_free(m->strange);
    EVP_PKEY_free(m->responder);
}

static void put_index(struct maker *m)
{
    struct view text;
    must(buf_done(&m->office.book.index, &text) == ERR_OK, "out of memory");
    folder_put(&m->office.pki, text, 0644, "ocsp/index.txt");
}

static void make_all(struct maker *m)
{
    char now[32];
    make_keys(m);
    office_open_new(&m->office, m->responder);
    residents_open(&m->people);
    for (size_t i = 0; i < m->people.n; i++)
        make_resident(m, &m->people.all[i]);
    make_bad_cards(m);
    make_crls(m);
    make_bad_responders(m);
    put_index(m);
    int n = snprintf(now, sizeof now, "%" PRId64 "\n", m->office.now);
    folder_put(&m->office.pki, view_bytes(now, (size_t)n), 0644, "made-at");
    residents_close(&m->people);
    office_close(&m->office);
    free_keys(m);
}

static const char usage[] =
    "genkan-testpki [options] FOLDER\n"
    "Makes a complete test PKI in the shape of the JPKI (O=GENKAN-TEST) in FOLDER.\n\n"
    "  --ocsp-url URL   responder written into the certificates, http://HOST:PORT (http://127.0.0.1:8888);\n"
    "                   each authority has a port of its own from PORT upwards: FOLDER/ocsp/ports.txt\n"
    "  --now SECONDS    the present for all dates, as unix time (the clock's)\n"
    "  --crl-days N     days until the CRLs' next update (30)\n"
    "  --help           this text\n";

static int64_t number_of(const char *text)
{
    int64_t n = 0;
    must(text_to_int(view_text(text), &n), "not a number");
    return n;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"ocsp-url", required_argument, NULL, 'u'},
                                            {"now", required_argument, NULL, 'n'},
                                            {"crl-days", required_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    static struct maker m; /* large */
    static char url[] = "http://127.0.0.1:8888";
    office_read_url(&m.office, url);
    m.office.now = (int64_t)time(NULL);
    m.office.crl_life = 30 * DAY;
    m.office.serial = 0x2A000001;
    for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (o == 'u')
            office_read_url(&m.office, optarg);
        else if (o == 'n')
            m.office.now = number_of(optarg);
        else if (o == 'c')
            m.office.crl_life = number_of(optarg) * DAY;
        else
            return fputs(usage, o == 'h' ? stdout : stderr), o == 'h' ? 0 : 2;
    }
    if (optind != argc - 1)
        return fputs(usage, stderr), 2;
    m.office.pki.root = argv[optind];
    make_all(&m);
    return 0;
}
