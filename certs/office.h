/* office: where cards are issued: the authorities of a test PKI, and what leaves them: certificates, the texts of a
 * card, revocation lists, responders. Ends the program when it cannot. */
#ifndef CERTS_OFFICE_H
#define CERTS_OFFICE_H

#include "certs/book.h"
#include "certs/folder.h"
#include "certs/residents.h"

#define OFFICE_DAY  86400
#define OFFICE_YEAR (365 * (int64_t)OFFICE_DAY + OFFICE_DAY / 4)

struct office {
    struct folder pki;
    char *ocsp_host; /* "http://127.0.0.1" */
    int ocsp_port;   /* of the first responder; each authority has one of its own */
    int64_t now, crl_life;
    struct authority ca[2][PKI_GENERATIONS + 1]; /* by hierarchy and generation; [0] is nobody's */
    uint32_t serial;                             /* of the next certificate */
    struct book book;
};

/* One certificate of a card. */
struct order {
    const struct folder *to;
    const char *path; /* of the card below it: "residents/hanako" */
    const struct person_card *who;
    enum hierarchy hierarchy;
    const struct authority *ca;
    EVP_PKEY *key;
    enum defect defect;
    int64_t issued;
};

/* "auth" "sign" */
const char *office_word(enum hierarchy h);

/* "http://HOST:PORT" taken apart; HOST is cut out of URL, which must live on. */
void office_read_url(struct office *o, char *url);

/* Opens for the PKI in ROOT: with the authorities that lie there, or with new ones and their responders. */
void office_open_new(struct office *o, EVP_PKEY *responder);
void office_open_old(struct office *o);
void office_close(struct office *o);

/* Certificate, key and the authority's certificate into the card's folder; entered in the book. */
void office_issue(struct office *o, const struct order *order);
/* text.json and pins.json. */
void office_put_texts(const struct folder *to, const char *path, const struct person_card *who);

/* The list of one authority, of TOWN (or of everybody), by the book: FOLDER/<auth|sign>/ca<n>-<town>.crl. */
void office_put_crl(struct office *o, const struct authority *ca, const struct town *town, const char *folder,
                    int64_t from, int64_t to, enum crl_defect defect);
/* A delegated responder's certificate: ocsp/NAME.pem. */
void office_put_responder(struct office *o, const struct authority *ca, EVP_PKEY *key, const char *name, bool appointed,
                          int64_t from, int64_t to);

#endif
