/* person: the basic four (基本4情報) out of the subjectAltName of a sign certificate. Read it only from a certificate
 * that verify has accepted. */
#ifndef JPKI_PKI_PERSON_H
#define JPKI_PKI_PERSON_H

#include "jpki/pki/cert.h"

enum person_gender { PERSON_GENDER_UNKNOWN = 0, PERSON_MALE = 1, PERSON_FEMALE = 2, PERSON_GENDER_NONE = 9 };

enum person_era { ERA_UNKNOWN, ERA_MEIJI, ERA_TAISHO, ERA_SHOWA, ERA_HEISEI, ERA_REIWA };

struct person {
    struct view name;    /* UTF-8 as written, never normalised */
    struct view address; /* the same */
    /* One '0' or '1' for each character; '1' means that the character stands in for one the code set lacks (代替文字)
     */
    struct view name_substitutes, address_substitutes;
    bool has_substitutes; /* any '1' in either */
    enum person_gender gender;
    enum person_era era;
    /* "YYYY-MM-DD"; "00" for an unknown month or day, "0000" for an unknown year; empty when nothing is known */
    char birthdate[11];
};

enum person_fault {
    PERSON_FINE,
    PERSON_NO_NAMES,    /* no subjectAltName */
    PERSON_NOT_SIX,     /* not six otherNames */
    PERSON_WRONG_ORDER, /* the six OIDs are not in the profile's order 1 4 3 5 2 6 */
    PERSON_NOT_UTF8,    /* not an UTF8String, not UTF-8, empty, or too long */
    PERSON_BAD_MAP,     /* a substitute map that does not fit its text */
    PERSON_BAD_GENDER,
    PERSON_BAD_BIRTH,
};

/* Views live in the arena of the certificate. ERR_SYNTAX with *FAULT when the names are not by the profile. */
enum err person_read(struct person *out, struct arena *a, const struct cert *sign, enum person_fault *fault) MUST_CHECK;

const char *person_fault_name(enum person_fault fault);

#endif
