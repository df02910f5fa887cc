#include "certs/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/text.h"

#define DAY  OFFICE_DAY
#define YEAR OFFICE_YEAR

const char *office_word(enum hierarchy h)
{
    return h == AUTH ? "auth" : "sign";
}

void office_read_url(struct office *o, char *url)
{
    char *colon = strrchr(url, ':');
    int64_t port = 0;
    must(colon && strncmp(url, "http://", 7) == 0 && colon > url + 6, "--ocsp-url must be http://HOST:PORT");
    *colon = '\0';
    o->ocsp_host = url;
    must(text_to_int(view_text(colon + 1), &port) && port > 0 && port < 65500, "--ocsp-url has no usable port");
    o->ocsp_port = (int)port;
}

/* 23:59:59 in Japan on the day of T: when certificates of the JPKI end. */
static int64_t end_of_day(int64_t t)
{
    return (t + 9 * 3600) / DAY * DAY - 9 * 3600 + DAY - 1;
}

/* --- authorities ------------------------------------------------------------------------------------------------ */

/* Ages as in production, where 01 ended in 2025, 02 ends in 2029 and 03 in 2033. */
static void make_authority(struct office *o, enum hierarchy h, int generation)
{
    static const double begin[] = {-3, -11, -7, -3.3, -0.5}, end[] = {7, -1, 3, 6.7, 9.5};
    struct authority *ca = &o->ca[h][generation];
    int64_t from = o->now + (int64_t)(begin[generation] * (double)YEAR);
    int64_t to = end_of_day(o->now + (int64_t)(end[generation] * (double)YEAR));
    *ca = (struct authority){h, generation, generation == 4 ? pki_make_ec("P-384") : pki_make_rsa(2048), NULL};
    uint32_t serial = generation == 1 ? 1 : 0x00C13900U + (uint32_t)generation;
    ca->cert = pki_make_root(h, ca->key, serial, from, to, VIEW_NONE);
    folder_put_cert_pem(&o->pki, ca->cert, "%s/ca%d.pem", office_word(h), generation);
    folder_put_cert(&o->pki, ca->cert, "%s/ca%d.der", office_word(h), generation);
    folder_put_key(&o->pki, ca->key, "%s/ca%d.key", office_word(h), generation);
    folder_put_cert_pem(&o->pki, ca->cert, "trust/%s/ca%d.pem", office_word(h), generation);
}

static void load_authority(struct office *o, enum hierarchy h, int generation)
{
    o->ca[h][generation] =
        (struct authority){h, generation, folder_get_key(&o->pki, "%s/ca%d.key", office_word(h), generation),
                           folder_get_cert(&o->pki, "%s/ca%d.der", office_word(h), generation)};
}

/* Each responder of an authority listens on a port of its own: openssl ocsp speaks for one authority. */
static int responder_port(const struct office *o, const struct authority *ca)
{
    static const int offset[] = {0, 4, 2, 0, 6}; /* generation 3 first: the one everybody uses */
    int generation = ca->generation ? ca->generation : 3;
    return o->ocsp_port + offset[generation] + (ca->hierarchy == SIGN);
}

void office_put_responder(struct office *o, const struct authority *ca, EVP_PKEY *key, const char *name, bool appointed,
                          int64_t from, int64_t to)
{
    X509 *cert = pki_make_responder(ca, key, o->serial++, from, to, appointed);
    folder_put_cert_pem(&o->pki, cert, "ocsp/%s.pem", name);
    X509_free(cert);
}

static void put_responders(struct office *o, EVP_PKEY *key)
{
    struct buf list;
    struct view text;
    buf_open(&list, NULL, 1 << 16);
    for (int h = AUTH; h <= SIGN; h++) {
        for (int g = 1; g <= PKI_GENERATIONS; g++) {
            char name[16];
            snprintf(name, sizeof name, "%s%d", office_word((enum hierarchy)h), g);
            office_put_responder(o, &o->ca[h][g], key, name, true, o->now - DAY, o->now + YEAR);
            buf_printf(&list, "%s %d\n", name, responder_port(o, &o->ca[h][g]));
        }
    }
    folder_put_key(&o->pki, key, "ocsp/responder.key");
    must(buf_done(&list, &text) == ERR_OK, "out of memory");
    folder_put(&o->pki, text, 0644, "ocsp/ports.txt");
    folder_put(&o->pki, VIEW("unique_subject = no\n"), 0644, "ocsp/index.txt.attr");
    buf_close(&list);
}

void office_open_new(struct office *o, EVP_PKEY *responder)
{
    book_open(&o->book, o->now);
    for (int h = AUTH; h <= SIGN; h++)
        for (int g = 1; g <= PKI_GENERATIONS; g++)
            make_authority(o, (enum hierarchy)h, g);
    put_responders(o, responder);
}

void office_open_old(struct office *o)
{
    book_open(&o->book, o->now);
    for (int h = AUTH; h <= SIGN; h++)
        for (int g = 1; g <= PKI_GENERATIONS; g++)
            load_authority(o, (enum hierarchy)h, g);
}

void office_close(struct office *o)
{
    for (int h = AUTH; h <= SIGN; h++)
        for (int g = 1; g <= PKI_GENERATIONS; g++) {
            EVP_PKEY_free(o->ca[h][g].key);
            X509_free(o->ca[h][g].cert);
        }
    book_close(&o->book);
}

/* --- cards ------------------------------------------------------------------------------------------------------ */

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

/* The end of the Nth birthday after ISSUED; an unknown birthday counts as 1 April. */
static int64_t nth_birthday(int n, int64_t issued, const char *birthdate)
{
    time_t local = (time_t)(issued + 9 * 3600);
    struct tm tm;
    must(gmtime_r(&local, &tm) != NULL, "bad date");
    int day = (birthdate[6] - '0') * 10 + birthdate[7] - '0', month = (birthdate[4] - '0') * 10 + birthdate[5] - '0';
    struct tm birthday = {.tm_year = tm.tm_year, .tm_mon = month ? month - 1 : 3, .tm_mday = day ? day : 1};
    bool passed = tm.tm_mon > birthday.tm_mon || (tm.tm_mon == birthday.tm_mon && tm.tm_mday >= birthday.tm_mday);
    birthday.tm_year += passed ? n : n - 1;
    return end_of_day((int64_t)timegm(&birthday) - 9 * 3600);
}

/* Five birthdays (facts 4.3); ten on the coming card (4.7), but no longer than its authority. */
static void set_dates(struct leaf *leaf, const struct office *o, const struct order *order)
{
    bool next = order->ca->generation == 4;
    leaf->from = order->issued;
    leaf->to = nth_birthday(next ? 9 : 5, leaf->from, order->who->birthdate);
    if (order->defect == EXPIRED) {
        leaf->from = o->now - 5 * YEAR;
        leaf->to = end_of_day(o->now - 30 * DAY);
    } else if (order->defect == NOT_YET) {
        leaf->from = o->now + 30 * DAY;
    }
}

static int revoked_for(const struct order *order)
{
    switch (order->defect) {
    case REVOKED:
        return CRL_REASON_KEY_COMPROMISE;
    case ON_HOLD:
        return CRL_REASON_CERTIFICATE_HOLD;
    case SOUND:
        return order->who->revoked[order->hierarchy];
    default:
        return -1;
    }
}

static void put_card(const struct order *order, X509 *cert)
{
    const char *word = office_word(order->hierarchy);
    folder_put_cert(order->to, cert, "%s/%s.der", order->path, word);
    folder_put_key(order->to, order->key, "%s/%s.key", order->path, word);
    folder_put_cert(order->to, order->ca->cert, "%s/ca-%s.der", order->path, word);
}

void office_issue(struct office *o, const struct order *order)
{
    const struct person_card *who = order->who;
    char *name_map = zero_map(who->name), *address_map = zero_map(who->sign_address), birth[16], url[200];
    snprintf(birth, sizeof birth, "%c%s", who->era, who->birthdate);
    snprintf(url, sizeof url, "%s:%d", o->ocsp_host, responder_port(o, order->ca));
    struct leaf leaf = {.ca = order->ca,
                        .hierarchy = order->ca->hierarchy,
                        .key = order->key,
                        .serial = o->serial++,
                        .defect = order->defect,
                        .revoked = revoked_for(order),
                        .town = &who->town,
                        .ocsp_url = url,
                        .name = who->name,
                        .name_map = who->name_map ? who->name_map : name_map,
                        .address = who->sign_address,
                        .address_map = who->address_map ? who->address_map : address_map,
                        .gender = who->gender,
                        .birth = birth};
    set_dates(&leaf, o, order);
    X509 *cert = pki_make_leaf(&leaf);
    put_card(order, cert);
    book_enter(&o->book, &leaf, strrchr(order->path, '/') ? strrchr(order->path, '/') + 1 : who->folder);
    X509_free(cert);
    free(name_map);
    free(address_map);
}

static void put_json(const struct folder *to, const char *path, const char *file, const char *const pairs[][2],
                     size_t n)
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
    folder_put(to, text, 0644, "%s/%s", path, file);
    buf_close(&b);
}

void office_put_texts(const struct folder *to, const char *path, const struct person_card *who)
{
    const char *const text[][2] = {
        {"name", who->name},     {"address", who->address}, {"birthdate", who->birthdate},    {"gender", who->gender},
        {"number", who->number}, {"serial", who->serial},   {"municipality", who->town.code}, {"expiry", who->expiry},
        {"code", who->code}};
    const char *const pins[][2] = {{"auth", who->auth_pin}, {"sign", who->sign_pin}, {"text", who->text_pin}};
    put_json(to, path, "text.json", text, sizeof text / sizeof *text);
    put_json(to, path, "pins.json", pins, sizeof pins / sizeof *pins);
}

/* --- revocation lists ------------------------------------------------------------------------------------------- */

void office_put_crl(struct office *o, const struct authority *ca, const struct town *town, const char *folder,
                    int64_t from, int64_t to, enum crl_defect defect)
{
    struct revoked_serial entries[BOOK_MAX];
    size_t n = book_pick(&o->book, ca, town, entries);
    X509_CRL *crl = pki_make_crl(ca, town, entries, n, from, to, defect);
    folder_put_crl(&o->pki, crl, "%s/%s/ca%d-%s.crl", folder, office_word(ca->hierarchy), ca->generation,
                   town ? town->city : "full");
    X509_CRL_free(crl);
}
