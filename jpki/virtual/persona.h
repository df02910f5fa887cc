/* persona: what is put on a card when it is issued: a folder as genkan-testpki writes it. */
#ifndef JPKI_VIRTUAL_PERSONA_H
#define JPKI_VIRTUAL_PERSONA_H

#include "jpki/virtual/key.h"
#include "jpki/virtual/pins.h"

struct persona {
    struct arena arena;                                           /* everything below lives here */
    struct view auth_cert, sign_cert, ca_auth, ca_sign;           /* DER; the sign pair may be absent (children) */
    struct card_key *auth_key, *sign_key, *chip_key;              /* chip: proves that the chip is genuine, no PIN */
    struct view name, address, birthdate, gender;                 /* UTF-8; YYYYMMDD; one digit */
    struct view number;                                           /* 12 digits; of tests only */
    struct view expiry, security_code, municipality, card_serial; /* YYYYMMDD, 4, 5, 15 digits */
    struct view pins[PIN_COUNT];
};

/* auth.der auth.key ca-auth.der sign.der sign.key ca-sign.der text.json pins.json. CHIP: file of the chip key, made if
 * missing; NULL: a new key each time. *what names the file that was wrong (static), if WHAT is given. */
enum err persona_open(struct persona *p, const char *folder, const char *chip, const char **what) MUST_CHECK;
void persona_close(struct persona *p);

/* A date YYYYMMDD as E and YYMMDD of the Japanese era, as in 照合番号B; "0000000" if it is no full date. */
void persona_era(char out[8], struct view date);

#endif
