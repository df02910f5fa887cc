/* ledger: the append-only record of consent events and disclosures, an RFC 6962 Merkle tree over salted hashes.
 *   event  = canonical JSON (RFC 8785), names of fields only, never values
 *   digest = SHA-256(salt (32 bytes) || event)
 *   leaf   = 0x01 || class || digest;  leaf hash = SHA-256(0x00 || leaf)
 * Deleting salt and event is erasure: digest and class stay, so the tree stays.
 * The newest tree's right edge is kept in memory and written as one head row once a group of writes. */
#ifndef CONSENT_LEDGER_H
#define CONSENT_LEDGER_H

#include "consent/field.h"
#include "consent/log/leaf.h"
#include "store/row.h"
#include "store/store.h"

/* Whom an event is about. */
struct ledger_parties {
    struct ident resident; /* internal id; only its pseudonym HMAC-SHA256(audit key, id) goes in */
    struct view client, org, sector;
    struct view subject;  /* pairwise sub the service knows the resident by */
    struct ident session; /* the login it happened in; only a pseudonym goes in; IDENT_NONE: none, or not known */
};

/* What is to be done elsewhere (RFC 9396): the event has the types, and one digest of all objects. */
#define LEDGER_DETAILS_MAX 32
struct ledger_detail {
    struct view type, json;
};

struct ledger_event {
    enum ledger_type type;
    int64_t at; /* milliseconds since 1970, UTC */
    struct ledger_parties who;
    struct ident grant; /* IDENT_NONE: none */
    const char *ground; /* "consent"; NULL none */
    const char *via;    /* "consent-page", "userinfo", "home", "sweep", "unclaimed", "command" */
    const struct field *fields[FIELD_MAX];
    size_t n_fields;
    const struct field *verified[FIELD_MAX]; /* LEDGER_DISCLOSED: those that went out as proven */
    size_t n_verified;
    struct ledger_detail details[LEDGER_DETAILS_MAX];
    size_t n_details;
    struct view terms;      /* ask.hash: which registration, so which purposes */
    const char *act;        /* LEDGER_OPERATOR, LEDGER_AUDITOR: what was done, like "client add" */
    const int64_t *indexes; /* LEDGER_ERASED: the leaves that lost salt and event */
    size_t n_indexes;
};

struct ledger;

/* Hooks itself into STORE (before commit, after rollback). AUDIT_KEY: 32 bytes, copied. Close after the store. */
enum err ledger_open(struct ledger **out, struct store *store, struct view audit_key) MUST_CHECK;
void ledger_close(struct ledger *l);

/* Inside a write job only. The event is durable when store_write returns. INDEX may be NULL. */
enum err ledger_append(struct ledger *l, struct db *db, const struct ledger_event *e, int64_t *index) MUST_CHECK;

/* Inside a write job: deletes salt and event of N leaves and appends erased events that name them; leaves that have
 * none any more are left out. */
enum err ledger_erase(struct ledger *l, struct db *db, const int64_t *indexes, size_t n, int64_t at_ms) MUST_CHECK;

/* Size and root of the tree as it is stored. ERR_SYNTAX: the head row is missing or damaged. */
struct ledger_head {
    int64_t size;
    uint8_t root[32];
};
enum err ledger_head_find(struct ledger_head *out, struct db *db) MUST_CHECK;

/* What a leaf was made of. Event and salt are absent once erased. ERR_NOT_FOUND: there is no such leaf. */
struct ledger_leaf {
    enum ledger_type type;
    struct view salt, event; /* in the arena */
};
enum err ledger_leaf_find(struct ledger_leaf *out, struct arena *a, struct db *db, int64_t index) MUST_CHECK;

/* The pseudonym of a resident; events have it in base64url, and the first half of a session's. */
void ledger_pseudonym(uint8_t out[32], const struct ledger *l, struct ident resident);

/* Another key out of the same secret, for what WHAT (static) names (RFC 5869). */
void ledger_key(uint8_t out[32], const struct ledger *l, const char *what);

#endif
