/* clients: the registered services, parsed once and kept. A generation number in the store tells a running server that
 * somebody changed one (genkan client add); it is looked at once a second, and for an id that is not known. Safe
 * between threads. */
#ifndef IDP_STATE_CLIENTS_H
#define IDP_STATE_CLIENTS_H

#include "idp/rules/client.h"

struct clients;
struct db;
struct registration_fault; /* idp/state/registration.h */

#define CLIENTS_MAX 10000 /* services registered at once */

enum err clients_open(struct clients **out) MUST_CHECK;
void clients_close(struct clients *c);

/* The service; *out NULL when nobody has that id. It lives until clients_close, even if it is changed or removed
 * meanwhile. When the services cannot be read anew, which is logged, those read before go on. */
enum err clients_find(struct clients *c, struct db *db, struct view id, const struct client **out) MUST_CHECK;

/* Something was changed in this process: the next clients_find looks, so that a service that registered itself may come
 * at once. */
void clients_look_again(struct clients *c);

/* The resource server with that identifier (RFC 8707); *OUT NULL when there is none. As clients_find. */
enum err clients_find_resource(struct clients *c, struct db *db, struct view resource,
                               const struct client **out) MUST_CHECK;

/* The type of authorization details of that name (RFC 9396 2.1) and the resource server that it belongs to; both NULL
 * when there is none. As clients_find. */
enum err clients_find_detail_type(struct clients *c, struct db *db, struct view type, const struct detail_type **out,
                                  const struct client **server) MUST_CHECK;

/* BASE, the metadata (a JSON object), with the types of all servers behind it (RFC 9396 10): made once for all who ask
 * while nothing changes, and lives until clients_close. BASE itself when there are none, or no memory. */
struct view clients_document(struct clients *c, struct view base);

/* Is it time to look for changes (clients_find does)? */
bool clients_is_due(struct clients *c);

/* --- record, update and remove inside a write job --- */

/* Before either of the two: what names a resource server is one service's, its resource (RFC 8707 2) and each of its
 * types of authorization details (RFC 9396 2). *FAULT (rule in ARENA): what of CLIENT is another service's; member
 * NULL: nothing. */
enum err clients_check_rivals(struct registration_fault *fault, struct db *db, struct arena *arena,
                              const struct client *client) MUST_CHECK;

/* Records REGISTRATION (JSON text that registration_read took) under ID with SHA-256 of its secret, 32 bytes; NULL: it
 * has none. ERR_CONFLICT: the
 * id is taken. ERR_LIMIT: there are CLIENTS_MAX already. An id that was removed may be used again. */
enum err clients_record(struct db *db, struct view id, struct view registration, const uint8_t *secret_hash,
                        int64_t now) MUST_CHECK;
/* Another registration of a service that is registered. SECRET_HASH: SHA-256 of a new secret; empty: it has none any
 * more; absent: what it has stays. ERR_NOT_FOUND. */
enum err clients_update(struct db *db, struct view id, struct view registration, struct view secret_hash,
                        int64_t now) MUST_CHECK;
/* Has it a secret? ERR_NOT_FOUND: there is no such service. */
enum err clients_has_secret(bool *out, struct db *db, struct view id) MUST_CHECK;
/* ERR_NOT_FOUND. */
enum err clients_remove(struct db *db, struct view id, int64_t now) MUST_CHECK;
/* In order of their ids; the client lives as long as ARENA. */
enum err clients_each(struct db *db, struct arena *arena, enum err (*fn)(void *ctx, const struct client *client),
                      void *ctx) MUST_CHECK;

#endif
