/* genkan-testpki: makes a complete test PKI in the shape of the JPKI, with residents' cards, broken cards, CRLs and
 * what an OCSP responder needs. README.md has the layout. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "base/text.h"
#include "certs/folder.h"
#include "certs/people.h"

#define DAY       86400
#define YEAR      (365 * (int64_t)DAY + DAY / 4)
#define ENTRY_MAX 200

struct maker {
    struct folder folder;
    char *ocsp_host; /* "http://127.0.0.1" */
    int ocsp_port;
    int64_t now, crl_life;
    struct authority ca[2][PKI_GENERATIONS + 1]; /* by hierarchy and generation; [0] is the self-made root */
    EVP_PKEY *stock[2], *stock_p384[2], *small, *strange, *responder;
    uint32_t serial;
    struct revoked_serial revoked[2][ENTRY_MAX];
    const struct town *revoked_town[2][ENTRY_MAX];
    int revoked_generation[2][ENTRY_MAX];
    size_t n_revoked[2];
    struct buf index;
    unsigned number; /* invented individual numbers so far */
};

static const char *hierarchy_name(enum hierarchy h)
{
    return h == AUTH ? "auth" : "sign";
}

/* 23:59:59 in Japan on the day of T: when certificates of the JPKI end. */
static int64_t end_of_day(int64_t t)
{
    return (t + 9 * 3600) / DAY * DAY - 9 * 3600 + DAY - 1;
}

/* --- authorities ----------------------------------------------------------------------------------------------- */

/* Ages as in production, where 01 ended in 2025, 02 ends in 2029 and 03 in 2033. */
static void make_authority(struct maker *m, enum hierarchy h, int generation)
{
    static const double begin[] = {-3, -11, -7, -3.3, -0.5}, end[] = {7, -1, 3, 6.7, 9.5};
    struct authority *ca = &m->ca[h][generation];
    int64_t from = m->now + (int64_t)(begin[generation] * (double)YEAR);
    int64_t to = end_of_day(m->now + (int64_t)(end[generation] * (double)YEAR));
    *ca = (struct authority){h, generation, generation == 4 ? pki_make_ec("P-384") : pki_make_rsa(2048), NULL};
    uint32_t serial = generation == 1 ? 1 : 0x00C13900U + (uint32_t)generation;
    ca->cert = pki_make_root(h, ca->key, serial, from, to, VIEW_NONE);
    folder_put_cert_pem(&m->folder, ca->cert, "%s/ca%d.pem", hierarchy_name(h), generation);
    folder_put_cert(&m->folder, ca->cert, "%s/ca%d.der", hierarchy_name(h), generation);
    folder_put_key(&m->folder, ca->key, "%s/ca%d.key", hierarchy_name(h), generation);
    folder_put_cert_pem(&m->folder, ca->cert, "trust/%s/ca%d.pem", hierarchy_name(h), generation);
}

/* Somebody's own root under the real name: GENERATION 3's key id when TRUE_KEY_ID, its own otherwise. */
static X509 *make_own_root(struct maker *m, enum hierarchy h, EVP_PKEY *key, bool true_key_id)
{
    const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(m->ca[h][3].cert);
    struct view id = view_bytes(ASN1_STRING_get0_data(ski), (size_t)ASN1_STRING_length(ski));
    return pki_make_root(h, key, 0xC13903, m->now - 3 * YEAR, m->now + 7 * YEAR, true_key_id ? id : VIEW_NONE);
}

/* --- what the responder and the CRLs know ---------------------------------------------------------------------- */

/* A UTCTime: openssl ocsp reads nothing else as the date of a revocation. */
static void index_date(char out[16], int64_t t)
{
    time_t seconds = (time_t)t;
    struct tm tm;
    char full[16];
    must(gmtime_r(&seconds, &tm) != NULL, "bad date");
    must(strftime(full, sizeof full, "%Y%m%d%H%M%SZ", &tm) > 0, "bad date");
    memcpy(out, full + 2, sizeof full - 2);
}

static void put_index(struct maker *m, const struct leaf *leaf, const char *who, bool revoked, const char *reason)
{
    char to[16], at[16] = "";
    index_date(to, leaf->to);
    if (revoked)
        index_date(at, m->now - DAY);
    buf_printf(&m->index, "%c\t%s\t%s%s%s\t%08X\tunknown\t/C=JP/CN=%s %s\n", revoked ? 'R' : 'V', to, at,
               revoked ? "," : "", revoked ? reason : "", leaf->serial, who, hierarchy_name(leaf->hierarchy));
}

static void put_revoked(struct maker *m, const struct leaf *leaf, int reason)
{
    enum hierarchy h = leaf->ca->hierarchy;
    size_t i = m->n_revoked[h]++;
    must(i < ENTRY_MAX, "too many revoked certificates");
    m->revoked[h][i] = (struct revoked_serial){leaf->serial, m->now - DAY, reason};
    m->revoked_town[h][i] = leaf->town;
    m->revoked_generation[h][i] = leaf->ca->generation;
}

static void register_leaf(struct maker *m, const struct leaf *leaf, const char *who)
{
    bool revoked = leaf->defect == REVOKED || leaf->defect == ON_HOLD;
    if (leaf->defect == UNLISTED || leaf->defect == ZERO_SERIAL || !leaf->ca->generation)
        return;
    put_index(m, leaf, who, revoked, leaf->defect == ON_HOLD ? "holdInstruction,holdInstructionNone" : "keyCompromise");
    if (revoked)
        put_revoked(m, leaf, leaf->defect == ON_HOLD ? 6 : 1);
}

/* --- cards ----------------------------------------------------------------------------------------------------- */

/* A map that flags nothing: one 0 for each character. */
static char *zero_map(const char *text)
{
    size_t n = text_count(view_text(text));
    char *map = malloc(n + 1);
    must(map != NULL, "out of memory");
    memset(map, '0', n);
    map[n] = '\0';
    return map;
}

/* The check digit of the My Number Act's ordinance: weights 2..7, 2..6 from the right, modulo 11. */
static void invent_number(struct maker *m, char out[13])
{
    int sum = 0;
    snprintf(out, 13, "%011u", (900U + m->number++) % 100000U);
    for (int n = 1; n <= 11; n++)
        sum += (out[11 - n] - '0') * (n <= 6 ? n + 1 : n - 5);
    int rest = sum % 11;
    out[11] = (char)(rest <= 1 ? '0' : '0' + 11 - rest);
    out[12] = '\0';
}

static void put_json(struct maker *m, const char *group, const char *who, const char *file,
                     const char *const pairs[][2], size_t n)
{
    struct buf b;
    struct json_out o;
    struct view text;
    buf_open(&b, NULL, 1 << 16);
    json_out_open(&o, &b);
    json_begin(&o);
    for (size_t i = 0; i < n; i++)
        json_pair_text(&o, pairs[i][0], pairs[i][1]);
    json_end(&o);
    buf_put_byte(&b, '\n');
    must(buf_done(&b, &text) == ERR_OK, "out of memory");
    folder_put(&m->folder, text, 0644, "%s/%s/%s", group, who, file);
    buf_close(&b);
}

static void put_texts(struct maker *m, const char *group, const char *folder, const struct person_card *who)
{
    char number[13];
    invent_number(m, number);
    const char *const text[][2] = {{"name", who->name},
                                   {"address", who->address},
                                   {"birthdate", who->birthdate},
                                   {"gender", who->gender},
                                   {"number", number}};
    const char *const pins[][2] = {{"auth", "1234"}, {"sign", "ABC123"}, {"text", "1234"}};
    put_json(m, group, folder, "text.json", text, 5);
    put_json(m, group, folder, "pins.json", pins, 3);
}

/* Each responder of an authority listens on a port of its own: openssl ocsp speaks for one authority. */
static int responder_port(const struct maker *m, const struct authority *ca)
{
    static const int offset[] = {0, 4, 2, 0, 6}; /* generation 3 first: the one everybody uses */
    return m->ocsp_port + offset[ca->generation] + (ca->hierarchy == SIGN);
}

/* The end of the fifth birthday after ISSUED; an unknown birthday counts as 1 April. */
static int64_t fifth_birthday(int64_t issued, const char *birthdate)
{
    time_t local = (time_t)(issued + 9 * 3600);
    struct tm tm;
    must(gmtime_r(&local, &tm) != NULL, "bad date");
    int day = (birthdate[6] - '0') * 10 + birthdate[7] - '0', month = (birthdate[4] - '0') * 10 + birthdate[5] - '0';
    struct tm birthday = {.tm_year = tm.tm_year, .tm_mon = month ? month - 1 : 3, .tm_mday = day ? day : 1};
    bool passed = tm.tm_mon > birthday.tm_mon || (tm.tm_mon == birthday.tm_mon && tm.tm_mday >= birthday.tm_mday);
    birthday.tm_year += passed ? 5 : 4;
    return end_of_day((int64_t)timegm(&birthday) - 9 * 3600);
}

static void dates_of(const struct maker *m, enum defect defect, const char *birthdate, int64_t *from, int64_t *to)
{
    *from = m->now - YEAR;
    *to = fifth_birthday(*from, birthdate);
    if (defect == EXPIRED) {
        *from = m->now - 5 * YEAR;
        *to = end_of_day(m->now - 30 * DAY);
    } else if (defect == NOT_YET) {
        *from = m->now + 30 * DAY;
    }
}

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

/* Makes one certificate of a card and everything that is known about it. */
static void make_cert(struct maker *m, const char *group, const char *folder, enum hierarchy h,
                      const struct person_card *who, enum defect defect, int generation, EVP_PKEY *own)
{
    enum hierarchy from = defect == OTHER_HIERARCHY ? (h == AUTH ? SIGN : AUTH) : h;
    const struct authority *ca = &m->ca[from][generation];
    struct authority rogue = m->ca[h][0];
    X509 *own_root = NULL;
    if (defect == OWN_ROOT || defect == OWN_ROOT_KEY_ID) {
        own_root = make_own_root(m, h, rogue.key, defect == OWN_ROOT);
        rogue.cert = own_root;
        rogue.generation = 0;
        ca = &rogue;
    }
    char *name_map = zero_map(who->name), *address_map = zero_map(who->address), birth[16], url[200];
    snprintf(birth, sizeof birth, "%c%s", who->era, who->birthdate);
    snprintf(url, sizeof url, "%s:%d", m->ocsp_host, responder_port(m, ca->generation ? ca : &m->ca[h][3]));
    struct leaf leaf = {.ca = ca,
                        .hierarchy = from,
                        .key = key_of(m, h, defect, generation, own),
                        .serial = m->serial++,
                        .defect = defect,
                        .town = who->town,
                        .ocsp_url = url,
                        .name = who->name,
                        .name_map = who->name_map ? who->name_map : name_map,
                        .address = who->address,
                        .address_map = who->address_map ? who->address_map : address_map,
                        .gender = who->gender,
                        .birth = birth};
    dates_of(m, defect, who->birthdate, &leaf.from, &leaf.to);
    X509 *cert = pki_make_leaf(&leaf);
    folder_put_cert(&m->folder, cert, "%s/%s/%s.der", group, folder, hierarchy_name(h));
    folder_put_key(&m->folder, leaf.key, "%s/%s/%s.key", group, folder, hierarchy_name(h));
    folder_put_cert(&m->folder, ca->cert, "%s/%s/ca-%s.der", group, folder, hierarchy_name(h));
    register_leaf(m, &leaf, folder);
    X509_free(cert);
    X509_free(own_root);
    free(name_map);
    free(address_map);
}

static void make_residents(struct maker *m)
{
    for (size_t i = 0; i < people_n; i++) {
        const struct person_card *who = &people[i];
        /* the two of the demonstration have keys of their own; nothing is proven by making more */
        bool own = i < 2;
        EVP_PKEY *auth = own ? pki_make_rsa(2048) : NULL, *sign = own ? pki_make_rsa(2048) : NULL;
        make_cert(m, "residents", who->folder, AUTH, who, SOUND, who->generation, auth);
        if (!who->minor)
            make_cert(m, "residents", who->folder, SIGN, who, SOUND, who->generation, sign);
        else
            folder_put_cert(&m->folder, m->ca[SIGN][who->generation].cert, "residents/%s/ca-sign.der", who->folder);
        put_texts(m, "residents", who->folder, who);
        EVP_PKEY_free(auth);
        EVP_PKEY_free(sign);
    }
}

static void make_bad_cards(struct maker *m)
{
    for (size_t i = 0; i < people_n_bad; i++) {
        const struct bad_card *bad = &people_bad[i];
        make_cert(m, "bad", bad->folder, AUTH, &people[0], bad->defect, bad->generation, NULL);
        make_cert(m, "bad", bad->folder, SIGN, &people[0], bad->defect, bad->generation, NULL);
        put_texts(m, "bad", bad->folder, &people[0]);
    }
}

/* --- revocation ------------------------------------------------------------------------------------------------ */

/* The revoked of one authority, of TOWN only unless it is NULL. */
static size_t pick_revoked(const struct maker *m, const struct authority *ca, const struct town *town,
                           struct revoked_serial out[ENTRY_MAX])
{
    enum hierarchy h = ca->hierarchy;
    size_t n = 0;
    for (size_t i = 0; i < m->n_revoked[h]; i++)
        if (m->revoked_generation[h][i] == ca->generation && (!town || m->revoked_town[h][i] == town))
            out[n++] = m->revoked[h][i];
    return n;
}

static void make_crl(struct maker *m, const struct authority *ca, const struct town *town, const char *folder,
                     int64_t from, int64_t to, enum crl_defect defect)
{
    struct revoked_serial entries[ENTRY_MAX];
    size_t n = pick_revoked(m, ca, town, entries);
    X509_CRL *crl = pki_make_crl(ca, town, entries, n, from, to, defect);
    folder_put_crl(&m->folder, crl, "%s/%s/ca%d-%s.crl", folder, hierarchy_name(ca->hierarchy), ca->generation,
                   town ? town->city : "full");
    X509_CRL_free(crl);
}

/* CRLs that must be refused or mistrusted, one folder each: all of them would cover hanako's authentication. */
static void make_bad_crls(struct maker *m)
{
    const struct authority *ca = &m->ca[AUTH][3];
    const struct town *town = people[0].town;
    int64_t from = m->now - 3600, to = m->now + m->crl_life;
    make_crl(m, ca, town, "crl-bad/stale", m->now - 3 * DAY, m->now - DAY, CRL_SOUND);
    make_crl(m, ca, town, "crl-bad/not-yet", m->now + DAY, m->now + 2 * DAY, CRL_SOUND);
    make_crl(m, ca, town, "crl-bad/critical-ext", from, to, CRL_CRITICAL_EXT);
    make_crl(m, ca, town, "crl-bad/delta", from, to, CRL_DELTA);
    make_crl(m, ca, town, "crl-bad/sha1", from, to, CRL_SHA1);
    make_crl(m, ca, town, "crl-bad/ca-only", from, to, CRL_CA_ONLY);
    make_crl(m, &m->ca[AUTH][2], town, "crl-bad/other-generation", from, to, CRL_SOUND);
    make_crl(m, ca, people[1].town, "crl-bad/other-town", from, to, CRL_SOUND);
    struct authority forger = m->ca[AUTH][0];
    forger.cert = make_own_root(m, AUTH, forger.key, true);
    forger.generation = 3;
    make_crl(m, &forger, town, "crl-bad/forged", from, to, CRL_SOUND);
    X509_free(forger.cert);
    folder_put(&m->folder, VIEW("no CRL at all\n"), 0644, "crl-bad/garbage/auth/ca3-x.crl");
}

static void make_crls(struct maker *m)
{
    for (int h = AUTH; h <= SIGN; h++) {
        for (int g = 1; g <= PKI_GENERATIONS; g++) {
            for (size_t t = 0; t < people_n_towns; t++)
                make_crl(m, &m->ca[h][g], &people_towns[t], "crl", m->now - 3600, m->now + m->crl_life, CRL_SOUND);
            make_crl(m, &m->ca[h][g], NULL, "crl-full", m->now - 3600, m->now + m->crl_life, CRL_SOUND);
        }
    }
    make_bad_crls(m);
}

static void put_responder(struct maker *m, const struct authority *ca, const char *name, bool appointed, int64_t from,
                          int64_t to)
{
    X509 *cert = pki_make_responder(ca, m->responder, m->serial++, from, to, appointed);
    folder_put_cert_pem(&m->folder, cert, "ocsp/%s.pem", name);
    X509_free(cert);
}

static void make_responders(struct maker *m)
{
    struct buf list;
    struct view text;
    buf_open(&list, NULL, 1 << 16);
    int64_t from = m->now - DAY, to = m->now + YEAR;
    for (int h = AUTH; h <= SIGN; h++) {
        for (int g = 1; g <= PKI_GENERATIONS; g++) {
            char name[16];
            snprintf(name, sizeof name, "%s%d", hierarchy_name(h), g);
            put_responder(m, &m->ca[h][g], name, true, from, to);
            buf_printf(&list, "%s %d\n", name, responder_port(m, &m->ca[h][g]));
        }
    }
    put_responder(m, &m->ca[AUTH][3], "responder", true, from, to);
    put_responder(m, &m->ca[AUTH][3], "not-appointed", false, from, to);
    put_responder(m, &m->ca[AUTH][3], "expired", true, m->now - YEAR, m->now - DAY);
    struct authority forger = m->ca[AUTH][0];
    forger.cert = make_own_root(m, AUTH, forger.key, true);
    put_responder(m, &forger, "forged", true, from, to);
    X509_free(forger.cert);
    folder_put_key(&m->folder, m->responder, "ocsp/responder.key");
    must(buf_done(&list, &text) == ERR_OK, "out of memory");
    folder_put(&m->folder, text, 0644, "ocsp/ports.txt");
    buf_close(&list);
    must(buf_done(&m->index, &text) == ERR_OK, "out of memory");
    folder_put(&m->folder, text, 0644, "ocsp/index.txt");
    folder_put(&m->folder, VIEW("unique_subject = no\n"), 0644, "ocsp/index.txt.attr");
}

/* --- the program ----------------------------------------------------------------------------------------------- */

static void make_keys(struct maker *m)
{
    for (int h = AUTH; h <= SIGN; h++) {
        m->stock[h] = pki_make_rsa(2048);
        m->stock_p384[h] = pki_make_ec("P-384");
        for (int g = 1; g <= PKI_GENERATIONS; g++)
            make_authority(m, (enum hierarchy)h, g);
        m->ca[h][0] = (struct authority){(enum hierarchy)h, 0, h == AUTH ? pki_make_rsa(2048) : NULL, NULL};
    }
    m->ca[SIGN][0].key = m->ca[AUTH][0].key;
    m->small = pki_make_rsa(1024);
    m->strange = pki_make_ed25519();
    m->responder = pki_make_rsa(2048);
}

static void free_keys(struct maker *m)
{
    for (int h = AUTH; h <= SIGN; h++) {
        EVP_PKEY_free(m->stock[h]);
        EVP_PKEY_free(m->stock_p384[h]);
        for (int g = 1; g <= PKI_GENERATIONS; g++) {
            EVP_PKEY_free(m->ca[h][g].key);
            X509_free(m->ca[h][g].cert);
        }
    }
    EVP_PKEY_free(m->ca[AUTH][0].key);
    EVP_PKEY_free(m->small);
    EVP_PKEY_free(m->strange);
    EVP_PKEY_free(m->responder);
}

static void make_all(struct maker *m)
{
    char now[32];
    buf_open(&m->index, NULL, 1 << 20);
    make_keys(m);
    make_residents(m);
    make_bad_cards(m);
    make_crls(m);
    make_responders(m);
    int n = snprintf(now, sizeof now, "%" PRId64 "\n", m->now);
    folder_put(&m->folder, view_bytes(now, (size_t)n), 0644, "made-at");
    buf_close(&m->index);
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

/* "http://HOST:PORT" taken apart; HOST is cut out of TEXT. */
static void read_url(struct maker *m, char *text)
{
    char *colon = strrchr(text, ':');
    must(colon && strncmp(text, "http://", 7) == 0 && colon > text + 6, "--ocsp-url must be http://HOST:PORT");
    *colon = '\0';
    m->ocsp_host = text;
    int64_t port = number_of(colon + 1);
    must(port > 0 && port < 65500, "--ocsp-url has no usable port");
    m->ocsp_port = (int)port;
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
    read_url(&m, url);
    m.now = (int64_t)time(NULL);
    m.crl_life = 30 * DAY;
    m.serial = 0x2A000001;
    for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (o == 'u')
            read_url(&m, optarg);
        else if (o == 'n')
            m.now = number_of(optarg);
        else if (o == 'c')
            m.crl_life = number_of(optarg) * DAY;
        else
            return fputs(usage, o == 'h' ? stdout : stderr), o == 'h' ? 0 : 2;
    }
    if (optind != argc - 1)
        return fputs(usage, stderr), 2;
    m.folder.root = argv[optind];
    make_all(&m);
    return 0;
}
