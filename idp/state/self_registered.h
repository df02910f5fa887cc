/* self_registered: services that registered themselves with an invitation (RFC 7591), and how they manage what they
 * registered (RFC 7592). */
#ifndef IDP_STATE_SELF_REGISTERED_H
#define IDP_STATE_SELF_REGISTERED_H

#include "base/hash.h"
#include "idp/state/invites.h"
#include "idp/state/sector.h"

/* What a service asks for, and what it becomes. */
struct self_request {
    struct view id;      /* the client_id it has or will have */
    struct view said;    /* JSON as it came */
    struct view terms;   /* JSON of its invitation */
    struct view current; /* its registration as it is; absent: it is new */
};

/* Reads and judges R, with every default written out (RFC 7591 3.2.1: "all registered metadata"). Gets a sector
 * document if there is one. ERR_SYNTAX with *fault (in A): refused. ERR_BUSY: see documents_get. */
enum err self_registration_make(struct client **client, struct view *registration, struct arena *a,
                                const struct sector_source *source, const struct self_request *r,
                                struct registration_fault *fault) MUST_CHECK;

struct self_registered {
    struct view client, invite, terms, registration;
    struct view secret_hash; /* absent: it has none */
    bool confirms;           /* the token is the newest one, and the one before it is still good */
    int64_t created_at;
};

/* Inside a write job. TOKEN: SHA-256 of its registration access token. */
enum err self_registered_record(struct db *db, struct view client, struct view invite, const uint8_t token[SHA256_SIZE],
                                int64_t now) MUST_CHECK;
/* CLIENT, if TOKEN is its. ERR_NOT_FOUND: no such service, it was removed, or another token. */
enum err self_registered_find(struct self_registered *out, struct db *db, struct arena *a, struct view client,
                              const uint8_t token[SHA256_SIZE]) MUST_CHECK;
/* Inside a write job: TOKEN comes after USED, which stays good until TOKEN is used. ERR_NOT_FOUND: USED is not one of
 * its tokens any more. */
enum err self_registered_rotate(struct db *db, struct view client, const uint8_t used[SHA256_SIZE],
                                const uint8_t token[SHA256_SIZE]) MUST_CHECK;
/* Inside a write job: the newest token has been used, so the one before it is not good any more. */
enum err self_registered_confirm(struct db *db, struct view client, const uint8_t token[SHA256_SIZE]) MUST_CHECK;
/* Inside a write job: from now on nobody manages it over the network. Nothing if it is not such a service. */
enum err self_registered_remove(struct db *db, struct view client) MUST_CHECK;

#endif
