/* identifying: four eyes, for the page and for programs alike: whose a pseudonym is, and what a person's pseudonyms
 * are. */
#ifndef IDP_ENDPOINTS_IDENTIFYING_H
#define IDP_ENDPOINTS_IDENTIFYING_H

#include "consent/field.h"
#include "idp/endpoints/auditing.h"
#include "idp/state/lookup.h"

/* How long one request may look through registrations, and keep a slow worker. */
#define IDENTIFYING_PATIENCE_MS 1000

/* What an auditor asks for or decides; views as they came. */
struct identifying {
    struct view verb; /* "ask", "allow", "deny" */
    struct view id, pseudonym, name, birthdate, reason;
};

/* Records it; *ID: of the request. ERR_SYNTAX: *KEY breaks *RULE (static). ERR_NOT_FOUND: no such request.
 * ERR_PERMISSION: her own, or somebody was faster. ERR_LIMIT: too many wait. */
enum err identifying_record(struct ident *id, struct visit *v, const struct auditor *who, const struct identifying *d,
                            const char **key, const char **rule) MUST_CHECK;

/* Request ID (base64url), if it is WHO's and allowed now; else ERR_NOT_FOUND. */
enum err identifying_find(struct identity_request *out, struct visit *v, const struct auditor *who,
                          struct view id) MUST_CHECK;

/* Whom R names, as far as WHO may see it now: who decides must know, and who asked knows anyway. Absent: not. */
enum err identifying_person(struct identity_person *out, struct visit *v, const struct auditor *who,
                            const struct identity_request *r) MUST_CHECK;

/* The pseudonyms of the person R names. Errors as lookup_run. */
enum err identifying_lookup(struct lookup_answer *out, struct visit *v, const struct auditor *who,
                            const struct identity_request *r) MUST_CHECK;

/* Whose R's pseudonym is, noted: name, birth date and address, as far as they are stored; *N may be 0. ERR_NOT_FOUND:
 * nobody's, or she has left. */
#define IDENTIFYING_VALUES 3
enum err identifying_values(struct field_value *out, size_t *n, struct visit *v, const struct auditor *who,
                            const struct identity_request *r) MUST_CHECK;

#endif
