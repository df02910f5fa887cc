/* verified_claims: what a service asks to be proven, and what can be (OpenID Connect for Identity Assurance 1.0, "IDA";
 * OpenID Identity Assurance Schema Definition 1.0, "Schema"). Proven is what was read out of a verified sign
 * certificate
 * (`card-signed`), or follows from it. docs/decisions/identity-assurance.md says why it looks as it does. */
#ifndef IDP_RULES_VERIFIED_CLAIMS_H
#define IDP_RULES_VERIFIED_CLAIMS_H

#include "base/json.h"
#include "consent/field.h"

#define VERIFIED_WISHES_MAX 6 /* elements of one request */

/* IDA 12: names of our own begin with a domain that is ours: they are put behind the issuer. */
#define VERIFIED_TRUST_FRAMEWORK "/trust-framework/jpki"
#define VERIFIED_SIGNATURE_TYPE  "/signature-type/jpki"

/* Schema 5.4.4.5 wants the member; the number itself leaves for nobody. */
#define VERIFIED_SERIAL_NUMBER "withheld"

/* Times are told to the hour, rounded down: to the second they would name a resident to two services that compare. */
#define VERIFIED_TIME_STEP_S 3600

/* One element of the request. */
struct verified_wish {
    uint32_t fields; /* field_bit of each claim in it that is ours; 0: it asks for nothing we know */
    const struct json *claims, *verification;
};

struct verified_wishes {
    struct verified_wish items[VERIFIED_WISHES_MAX];
    size_t n;
    bool is_array;   /* the request had an array, and so has the answer */
    uint32_t fields; /* of all elements */
};

/* Can F ever be proven? */
bool verified_claims_has(const struct field *f);

/* Was this value? */
bool verified_claims_is_proven(const struct field_value *v);

/* J: the member "verified_claims" of a place. False: not what IDA 5.3, 5.4 and 5.6 describe. */
bool verified_wishes_read(struct verified_wishes *out, const struct json *j);

/* As a member value, in one order; FIELDS of W must not be 0. */
void verified_wishes_keep(struct json_out *o, const struct verified_wishes *w);

struct verified_facts {
    const struct field_value *values; /* what may go out: asked, registered, given */
    size_t n;
    struct view issuer; /* ours */
    int64_t now;        /* unix seconds */
};

struct verified_answer {
    struct view json; /* the value of "verified_claims"; absent: nothing can be told as proven */
    uint32_t fields;  /* field_bit of each claim in it */
};

/* What goes out: of every element that can be fulfilled what was asked for, and nothing else. In A. */
enum err verified_claims_decide(struct verified_answer *out, struct arena *a, const struct verified_wishes *w,
                                const struct verified_facts *facts) MUST_CHECK;

#endif
