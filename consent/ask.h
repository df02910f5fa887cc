/* ask: the fields a service registered that it may ask for, each required or optional with its purpose, legal basis,
 * time and places of keeping and onward recipients. A service can never get a field that is not in here, whatever it
 * puts into scope. */
#ifndef CONSENT_ASK_H
#define CONSENT_ASK_H

#include "consent/country.h"
#include "consent/field.h"

#define ASK_HASH           16  /* bytes of an item's hash */
#define ASK_PURPOSE_MAX    600 /* bytes; also of a legal basis */
#define ASK_RECIPIENT_MAX  200 /* bytes of a name */
#define ASK_RECIPIENTS_MAX 8
#define ASK_PLACES_MAX     8

/* Whom the service passes the field on to. */
struct ask_recipient {
    struct view ja, en;
};

/* Where the field is kept or worked on (ISO/IEC TS 27560 6.3.4.11, .13). */
struct ask_place {
    const struct country *country;
    struct view ja, en; /* the name of the place; absent: only the country was said */
};

struct ask_places {
    const struct ask_place *items;
    size_t n;
};

/* What a service may say about a field beside its purpose; what it did not say is absent. */
struct ask_notice {
    struct view purpose_easy;       /* in easy Japanese (ja-simple) */
    struct view basis_ja, basis_en; /* legal basis */
    struct view retention;          /* how long it keeps the value: "P5Y" "P6M" "P30D" (ISO 8601, one unit) */
    const struct ask_recipient *recipients;
    size_t n_recipients;
    struct ask_places storage, processing;
};

struct ask_item {
    const struct field *field;
    bool required;
    struct view purpose_ja, purpose_en;
    const struct ask_notice *notice; /* NULL: nothing but the purpose was said; see ask_notice */
    uint8_t hash[ASK_HASH];          /* of all of this: changes when what the resident agreed to changes */
};

/* The notice of ITEM, never NULL. */
const struct ask_notice *ask_notice(const struct ask_item *item);

/* "P5Y" is 5 and 'Y'; also 'M' and 'D', 1 to 999. False: not a time of keeping. */
bool ask_retention(struct view text, int *number, char *unit);

struct ask {
    struct ask_item items[FIELD_MAX];
    size_t n;
    uint8_t terms_hash[32]; /* of the service's terms: who it is and its policy (ask_set_terms) */
    uint8_t hash[32];       /* of terms and all registered items: which registration this is; also in subsets */
};

/* Who the service says it is; a change is a change of terms. Absent views are allowed. */
struct ask_terms {
    struct view client_id, organization_id, policy_uri, tos_uri;
};

/* Why a registration's "fields" cannot be used; texts in the arena. */
struct ask_fault {
    const char *field, *rule; /* like "fields[2].purpose", "is missing" */
};

/* Reads the "fields" member of a registration: an array of {id, required, purpose, purpose#en} and, if the service says
 * more, {purpose#ja-simple, legal_basis, legal_basis#en, retention, recipients, storage_locations,
 * processing_locations}; NULL means none. Views live as long as
 * ARENA. ERR_SYNTAX with *FAULT filled. */
enum err ask_read(struct ask *out, struct arena *a, const struct json *fields, const struct ask_terms *terms,
                  struct ask_fault *fault) MUST_CHECK;

/* What a request asks for: registered, AND in the SCOPE or in the set ALSO (field_bit). Views are shared with
 * REGISTERED.
 */
void ask_requested(struct ask *out, const struct ask *registered, struct view scope, uint32_t also);

const struct ask_item *ask_find(const struct ask *ask, const struct field *f); /* NULL: not asked */

#endif
