/* residents: who gets cards from the test PKI: residents as certs/personas has them (README.md says what may be in such
 * a file), and what is wrong with the cards of the others. */
#ifndef CERTS_RESIDENTS_H
#define CERTS_RESIDENTS_H

#include "base/arena.h"
#include "base/err.h"
#include "certs/pki.h"

#define PEOPLE_MAX      64
#define PEOPLE_FILE_MAX 16384

struct person_card {
    const char *folder; /* the persona's name */
    const char *about;
    const char *name, *name_map; /* one digit for each character; NULL: no character is a stand-in */
    const char *address, *address_map;
    const char *sign_address;           /* in the sign certificate; the same as address but for who has moved since */
    const char *gender;                 /* "1" "2" "9" "0" */
    const char *birthdate;              /* YYYYMMDD as in the card's text application */
    char era;                           /* the digit that stands before it in the sign certificate */
    const char *number;                 /* individual number: of tests only */
    const char *serial, *expiry, *code; /* of the card: 15 digits, YYYYMMDD, 4 digits */
    const char *auth_pin, *sign_pin, *text_pin;
    struct town town;
    int generation;
    bool has_sign;  /* children under 15 have no sign certificate */
    bool own_keys;  /* in the PKI of the build, where most share a pair */
    int revoked[2]; /* by hierarchy: a CRLReason, or -1 */
};

struct residents {
    struct arena arena;
    struct person_card all[PEOPLE_MAX];
    size_t n;
};

struct bad_card {
    const char *folder;
    enum defect defect;
    int generation;
};

/* One persona out of JSON; everything lives in the arena. ERR_SYNTAX: *why names member and rule. */
enum err residents_read(struct person_card *out, struct arena *a, const char *folder, struct view json,
                        const char **why) MUST_CHECK;

/* Those of certs/personas, by name. Ends the program if one is wrong. */
void residents_open(struct residents *p);
void residents_close(struct residents *p);
/* NULL: nobody of that name. */
const struct person_card *residents_find(const struct residents *p, const char *folder);

/* The name of a CRLReason (RFC 5280 5.3.1), as `openssl ocsp` spells it in its index. Static. */
const char *residents_reason(int reason);

extern const struct bad_card people_bad[];
extern const size_t people_n_bad;

#endif
