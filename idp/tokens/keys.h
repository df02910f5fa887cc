/* keys: the signing keys and the secrets of the data folder. Signing keys are ready to rotate: one that comes next is
 * published before it signs, one that retired is published until the last token it signed has died.
 * Files: <folder>/keys.json (states), <folder>/<kid>.pem, <folder>/lasting.secret, <folder>/passing.secret; all 0600,
 * refused when anybody else may read them. */
#ifndef IDP_TOKENS_KEYS_H
#define IDP_TOKENS_KEYS_H

#include "base/buf.h"
#include "base/jws.h"
#include "idp/tokens/locks.h"

struct hmac_key;
struct keys; /* immutable once opened; may be shared between threads */

enum key_use { KEY_TOKEN, KEY_CARD };
enum key_state { KEY_NEXT, KEY_ACTIVE, KEY_RETIRED };

/* 32 bytes each. The first three never change; the others may be replaced when nobody is logged in. */
enum key_secret {
    SECRET_PAIRWISE, /* sub and sid of services */
    SECRET_ACCOUNT,  /* card -> resident */
    SECRET_AUDIT,    /* pseudonyms in the ledger */
    SECRET_CODE,     /* authorization codes */
    SECRET_ACCESS,   /* access tokens */
    SECRET_REFRESH,  /* the mark of refresh tokens */
    SECRET_CSRF,     /* tokens of forms */
    SECRET_LIKENESS, /* verified values -> likeness */
    SECRET_NETWORK,  /* a login's network -> what it is known again by */
    SECRET_COUNT
};

struct key_row {
    const struct jws_key *key;
    enum key_use use;
    enum key_state state;
    int64_t since; /* unix seconds of the last change of state */
};

/* How long a retired key stays published: longer than any token it signed lives and any cache of /jwks. */
#define KEY_RETIRE_S (48 * 3600)

/* Makes FOLDER (0700) with a complete set. ERR_CONFLICT when there is a keys.json already. */
enum err keys_make(const char *folder, int64_t now) MUST_CHECK;

/* Adds to the folder of an older Genkan what this one needs beside; what is there stays. Errors as of keys_open. */
enum err keys_complete(const char *folder, int64_t now) MUST_CHECK;

/* ERR_NOT_FOUND: no keys there. ERR_PERMISSION: others may read a file. ERR_CONFIG: unusable; *why (static, may be
 * NULL) says what. */
enum err keys_open(struct keys **out, const char *folder, const char **why) MUST_CHECK;
void keys_close(struct keys *k);

/* How long a key is published before it may sign: longer than anybody caches /jwks (3600 s), with an hour for the
 * operator's reload. */
#define KEY_KNOWN_S 7200

/* Since when the next key of this kind is published: unix seconds; 0 when there is none. */
int64_t keys_next_since(const struct keys *k, enum key_use use, enum jws_alg alg);

/* Next becomes active, active retires, a new next is made, retired ones past KEY_RETIRE_S are deleted. ERR_CONFLICT:
 * the next key is not published for KEY_KNOWN_S yet, services would refuse what it signs. */
enum err keys_rotate(const char *folder, enum key_use use, enum jws_alg alg, int64_t now) MUST_CHECK;
/* The same whoever knows the next key, for when the active one has become known to others. */
enum err keys_rotate_at_once(const char *folder, enum key_use use, enum jws_alg alg, int64_t now) MUST_CHECK;

size_t keys_count(const struct keys *k);
const struct key_row *keys_at(const struct keys *k, size_t i);
const char *key_state_name(enum key_state s); /* "next" "active" "retired" */
const char *key_use_name(enum key_use u);     /* "token" "card" */

/* The key that signs now; never NULL for KEY_TOKEN with RS256 or ES256 and KEY_CARD with ES256, and in a folder that
 * was completed not for KEY_TOKEN with PS256 or EdDSA. */
const struct jws_key *keys_active(const struct keys *k, enum key_use use, enum jws_alg alg);
/* One of ours, whatever its state; NULL if it is not. */
const struct jws_key *keys_find(const struct keys *k, enum key_use use, struct view kid);

/* Our keys for encryption; NULL in a folder that was not completed. */
const struct locks *keys_locks(const struct keys *k);
/* New keys for encryption; errors as of keys_open. */
enum err keys_rotate_locks(const char *folder, int64_t now) MUST_CHECK;

/* The JWK set of USE: next, active and not yet expired retired keys; KEY_TOKEN: and those for encryption.
 * {"keys":[...]} */
void keys_put_jwks(struct buf *out, const struct keys *k, enum key_use use, int64_t now);
/* When the set of NOW will be another one by itself (unix seconds), because a retired key is over; INT64_MAX: never. */
int64_t keys_jwks_until(const struct keys *k, enum key_use use, int64_t now);

struct view keys_secret(const struct keys *k, enum key_secret which);
/* SECRET_PAIRWISE as a key for many texts (base/hash.h). As long as K. */
const struct hmac_key *keys_pairwise(const struct keys *k);

#endif
