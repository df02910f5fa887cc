/* client_version: every registration of a service there ever was, with its hashes. A consent and its ledger events cite
 * the terms; here stands what those were. */
#ifndef IDP_STATE_CLIENT_VERSION_H
#define IDP_STATE_CLIENT_VERSION_H

#include "idp/rules/client.h"
#include "store/row.h"

struct client_version {
    int64_t number;
    uint8_t digest[32];       /* SHA-256 of the registration's text */
    uint8_t terms[32];        /* ask.hash of it */
    struct view registration; /* JSON */
    int64_t from_at;          /* unix seconds */
};

/* Inside a write job: keeps REGISTRATION, which registration_read took, unless it is word for word the newest one. */
enum err client_version_record(struct db *db, struct view id, struct view registration, int64_t now) MUST_CHECK;

/* All of a service, oldest first, texts in A; *N 0: none was ever registered. */
enum err client_version_list(struct client_version **out, size_t *n, struct db *db, struct arena *a,
                             struct view id) MUST_CHECK;

/* The registration that has TERMS, read; ERR_NOT_FOUND: none of that service has. */
enum err client_version_find(struct client **out, struct db *db, struct arena *a, struct view id,
                             const uint8_t terms[32]) MUST_CHECK;

#endif
