/* ledger: the append-only record of consent events and disclosures, an RFC 6962 Merkle tree over salted hashes.
 *   event  = canonical JSON (RFC 8785), names of fields only, never values
 *   digest = SHA-256(salt (32 bytes) || event)
 *   leaf   = 0x01 || class || digest;  leaf hash = SHA-256(0x00 || leaf)
 * Deleting salt and event is erasure: digest and class stay, so the tree stays.
 * The newest tree's right edge is kept in memory and written as one head row once a group of writes. */
#ifndef CONSENT_LEDGER_H
#define CONSENT_LEDGER_H

#include "consent/field.h"
#include "store/row.h"
#include "store/store.h"

/* product.md, "Consent, in one page"; the numbers are in the leaves. */
enum ledger_type {
    LEDGER_REQUESTED = 1,
    LEDGER_GIVEN = 2,
    LEDGER_REFUSED = 3,
    LEDGER_CHANGED = 4,
    LEDGER_DISCLOSED = 5,
    LEDGER_WITHDRAWN = 6,
    LEDGER_EXPIRED = 7,
    LEDGER_ERASED = 8,
    LEDGER_OPERATOR = 9
};
const char *ledger_type_name(enum ledger_type t); /* "requested" ... "operator" */
bool ledger_type_of(struct view name, enum ledger_type *out);

/* Whom an event is about. */
struct ledger_parties {
    struct ident resident; /* internal id; only its pseudonym HMAC-SHA256(audit key, id) goes in */
    struct view client, org, sector;
    struct view subject; /* pairwise sub the service knows the resident by */
};

struct ledger_event {
    enum ledger_type type;
    int64_t at; /* milliseconds since 1970, UTC */
    struct ledger_parties who;
    struct ident grant; /* IDENT_NONE: none */
    const char *ground; /* "consent"; NULL none */
    const char *via;    /* "consent-page", "userinfo", "home", "sweep", "command" */
    const struct field *fields[FIELD_MAX];
    size_t n_fields;
    struct view terms; /* ask.hash: which registration, so which purposes */
    const char *act;   /* LEDGER_OPERATOR: what was done, like "client add" */
    int64_t count;     /* LEDGER_ERASED: how many leaves lost salt and event */
};

struct ledger;

/* Hooks itself into STORE (before commit, after rollback). AUDIT_KEY: 32 bytes, copied. Close after the store. */
enum err ledger_open(struct ledger **out, struct store *store, struct view audit_key) MUST_CHECK;
void ledger_close(struct ledger *l);

/* Inside a write job only. The event is durable when store_write returns. INDEX may be NULL. */
enum err ledger_append(struct ledger *l, struct db *db, const struct ledger_event *e, int64_t *index) MUST_CHECK;

/* Inside a write job: deletes salt and event of N leaves and appends the erased event that counts them. */
enum err ledger_erase(struct ledger *l, struct db *db, const int64_t *indexes, size_t n, int64_t at_ms) MUST_CHECK;

/* Size and root of the tree as it is stored. ERR_SYNTAX: the head row is missing or damaged. */
struct ledger_head {
    int64_t size;
    uint8_t root[32];
};
enum err ledger_head_find(struct ledger_head *out, struct db *db) MUST_CHECK;

/* The pseudonym of a resident; events have it in base64url. */
void ledger_pseudonym(uint8_t out[32], const struct ledger *l, struct ident resident);

#endif
