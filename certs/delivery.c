#include "certs/delivery.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/chance.h"
#include "base/file.h"

#define CRL_LIFE (30 * (int64_t)OFFICE_DAY)

/* Apart from the serials of genkan-testpki, which count from 2A000001. */
static uint32_t new_serial(void)
{
    uint32_t n;
    chance_bytes(&n, sizeof n);
    return 0x40000000U | (n & 0x3FFFFF00U);
}

static bool is_file(const char *persona)
{
    size_t n = strlen(persona);
    return n > 5 && strcmp(persona + n - 5, ".json") == 0;
}

static enum err read_file(struct person_card *out, struct arena *a, const char *path, const char **why)
{
    struct view text;
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    enum err e = file_read(a, path, PEOPLE_FILE_MAX, &text);
    if (e != ERR_OK) {
        *why = "the file cannot be read";
        return e;
    }
    return residents_read(out, a, arena_text(a, view_bytes(base, strlen(base) - 5)), text, why);
}

static enum err find_persona(struct person_card *out, struct arena *a, const struct residents *people,
                             const char *persona, const char **why)
{
    if (is_file(persona))
        return read_file(out, a, persona, why);
    const struct person_card *found = residents_find(people, persona);
    if (!found) {
        *why = "there is no persona of that name; `genkan-card personas` lists them";
        return ERR_NOT_FOUND;
    }
    *out = *found;
    return ERR_OK;
}

static void put_made_at(const struct office *o)
{
    char now[32];
    int n = snprintf(now, sizeof now, "%" PRId64 "\n", o->now);
    folder_put(&o->pki, view_bytes(now, (size_t)n), 0644, "made-at");
}

static void open_office(struct office *o)
{
    if (folder_has(&o->pki, "auth/ca3.key")) {
        office_open_old(o);
        return;
    }
    EVP_PKEY *responder = pki_make_rsa(2048);
    office_open_new(o, responder);
    put_made_at(o);
    EVP_PKEY_free(responder);
}

/* The list that is there, with what the book has in addition; a new one for a town nobody lived in. */
static void renew_list(struct office *o, const struct authority *ca, const struct town *town, const char *folder)
{
    struct revoked_serial entries[BOOK_MAX];
    const char *word = office_word(ca->hierarchy), *city = town ? town->city : "full";
    size_t n = book_pick(&o->book, ca, town, entries);
    int64_t from = o->now - 60, to = o->now + o->crl_life;
    if (!folder_has(&o->pki, "%s/%s/ca%d-%s.crl", folder, word, ca->generation, city)) {
        office_put_crl(o, ca, town, folder, from, to, CRL_SOUND);
        return;
    }
    if (n == 0)
        return;
    X509_CRL *old = folder_get_crl(&o->pki, "%s/%s/ca%d-%s.crl", folder, word, ca->generation, city);
    X509_CRL *renewed = pki_renew_crl(ca, old, entries, n, from, to);
    folder_put_crl(&o->pki, renewed, "%s/%s/ca%d-%s.crl", folder, word, ca->generation, city);
    X509_CRL_free(old);
    X509_CRL_free(renewed);
}

static void issue(struct office *o, const struct folder *to, const struct person_card *who, enum hierarchy h)
{
    EVP_PKEY *key = who->generation == 4 ? pki_make_ec("P-384") : pki_make_rsa(2048);
    const struct order order = {.to = to,
                                .path = ".",
                                .who = who,
                                .hierarchy = h,
                                .ca = &o->ca[h][who->generation],
                                .key = key,
                                .defect = SOUND,
                                .issued = o->now - 60};
    office_issue(o, &order);
    EVP_PKEY_free(key);
}

static void deliver(struct office *o, const struct folder *to, const struct person_card *who)
{
    struct view lines;
    issue(o, to, who, AUTH);
    if (who->has_sign)
        issue(o, to, who, SIGN);
    else
        folder_put_cert(to, o->ca[SIGN][who->generation].cert, "ca-sign.der");
    office_put_texts(to, ".", who);
    must(buf_done(&o->book.index, &lines) == ERR_OK, "out of memory");
    folder_append(&o->pki, lines, "ocsp/index.txt");
    for (int h = AUTH; h <= SIGN; h++) {
        renew_list(o, &o->ca[h][who->generation], &who->town, "crl");
        renew_list(o, &o->ca[h][who->generation], NULL, "crl-full");
    }
}

enum err delivery_make(const struct delivery *d, struct arena *a, const char **why)
{
    static struct residents people; /* large */
    struct person_card who;
    struct office o = {.now = d->now, .crl_life = CRL_LIFE, .serial = new_serial()};
    const struct folder to = {d->out};
    residents_open(&people);
    enum err e = find_persona(&who, a, &people, d->persona, why);
    char *url = arena_printf(a, "%s", d->ocsp_url);
    o.pki.root = d->pki ? d->pki : arena_printf(a, "%s/pki", d->out);
    if (e == ERR_OK && (!url || !o.pki.root))
        e = ERR_MEMORY;
    if (e == ERR_OK && folder_has(&to, "text.json")) {
        *why = "there is a card in that folder already";
        e = ERR_BUSY;
    }
    if (e == ERR_OK) {
        office_read_url(&o, url);
        open_office(&o);
        deliver(&o, &to, &who);
        office_close(&o);
    }
    residents_close(&people);
    return e;
}
