/* issuer: the file that tells an agent whom to serve: {"iss": origin, "keys": {"keys": [JWK...]}, "label": text}.
 * The OP prints it, the administrator of the PC puts it into issuers.d. */
#ifndef JPKI_PROOF_ISSUER_H
#define JPKI_PROOF_ISSUER_H

#include "jpki/proof/request.h"

#define PROOF_ISSUER_MAX  65536 /* bytes of the file */
#define PROOF_ISSUER_KEYS 8

/* One file, newline at the end. KEYS: ES256; their public halves are written. */
enum err proof_issuer_write(struct buf *out, struct view iss, struct view label, const struct jws_key *const *keys,
                            size_t n_keys) MUST_CHECK;

/* Strict: exactly the three members, an origin by proof_is_origin, one to eight public ES256 keys with different key
 * ids, a label of 1 to 100 characters. Everything lives in ARENA. ERR_SYNTAX names the rule in *why (static). */
enum err proof_issuer_read(struct proof_issuer *out, struct arena *arena, struct view json,
                           const char **why) MUST_CHECK;

#endif
