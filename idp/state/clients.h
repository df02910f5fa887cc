/* clients: the registered services, parsed once and kept. A generation number in the store tells a running server that
 * somebody changed one (genkan client add). Safe between threads. */
#ifndef IDP_STATE_CLIENTS_H
#define IDP_STATE_CLIENTS_H

#include "idp/rules/client.h"

struct clients;
struct db;
struct store;

enum err clients_open(struct clients **out) MUST_CHECK;
void clients_close(struct clients *c);

/* The service, as it was when first seen in this generation; *out NULL when nobody has that id. Lives until
 * clients_close. */
enum err clients_find(struct clients *c, struct db *db, struct view id, const struct client **out) MUST_CHECK;

/* --- for the command line, each inside a write job or on a reading connection --- */

/* Records REGISTRATION (JSON text that registration_read took) under ID with the hash of its secret. ERR_CONFLICT: id taken.
 */
enum err clients_record(struct db *db, struct view id, struct view registration, const uint8_t secret_hash[32],
                        int64_t now) MUST_CHECK;
/* ERR_NOT_FOUND. */
enum err clients_remove(struct db *db, struct view id) MUST_CHECK;
enum err clients_each(struct db *db, struct arena *arena, enum err (*fn)(void *ctx, const struct client *client),
                      void *ctx) MUST_CHECK;

#endif
