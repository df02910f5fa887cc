/* ask: the fields a service registered that it may ask for, each required or optional with its purpose. A service can
 * never get a field that is not in here, whatever it puts into scope. */
#ifndef CONSENT_ASK_H
#define CONSENT_ASK_H

#include "consent/field.h"

#define ASK_HASH        16  /* bytes of a purpose's hash */
#define ASK_PURPOSE_MAX 600 /* bytes */

struct ask_item {
    const struct field *field;
    bool required;
    struct view purpose_ja, purpose_en;
    uint8_t hash[ASK_HASH]; /* of field, required and both purposes: changes when what the resident agreed to changes */
};

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

/* Reads the "fields" member of a registration: an array of {id, required, purpose, purpose#en}; NULL means none.
 * Views live as long as ARENA. ERR_SYNTAX with *FAULT filled. */
enum err ask_read(struct ask *out, struct arena *a, const struct json *fields, const struct ask_terms *terms,
                  struct ask_fault *fault) MUST_CHECK;

/* What a request with SCOPE asks for: registered AND in the scope. Views are shared with REGISTERED. */
void ask_requested(struct ask *out, const struct ask *registered, struct view scope);

const struct ask_item *ask_find(const struct ask *ask, const struct field *f); /* NULL: not asked */

#endif
