/* people: who lives in the test PKI, and what is wrong with the cards of the others. */
#ifndef CERTS_PEOPLE_H
#define CERTS_PEOPLE_H

#include "certs/pki.h"

struct person_card {
    const char *folder;
    const char *name, *name_map; /* one digit for each character; NULL: no character is a stand-in */
    const char *address, *address_map;
    const char *gender;    /* "1" "2" "9" "0" */
    const char *birthdate; /* YYYYMMDD as in the card's text application */
    char era;              /* what stands before it in the sign certificate */
    const struct town *town;
    int generation;
    bool minor; /* under 15: no sign certificate */
};

struct bad_card {
    const char *folder;
    enum defect defect;
    int generation;
};

extern const struct town people_towns[];
extern const size_t people_n_towns;
extern const struct person_card people[];
extern const size_t people_n;
extern const struct bad_card people_bad[];
extern const size_t people_n_bad;

#endif
