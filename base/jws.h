/* jws: keys (JWK, RFC 7517; PEM), and compact JWS (RFC 7515) with the algorithms of one table (RFC 7518 section 3). */
#ifndef BASE_JWS_H
#define BASE_JWS_H

#include "base/buf.h"
#include "base/json.h"

enum jws_alg { JWS_NONE_GIVEN, JWS_RS256, JWS_ES256, JWS_ES384 };

struct jws_key; /* an EVP_PKEY with its kid and algorithm; immutable, may be shared between threads */

/* "RS256" <-> JWS_RS256; JWS_NONE_GIVEN for an unknown name ("none" is unknown). */
enum jws_alg jws_alg_of(struct view name);
const char *jws_alg_name(enum jws_alg alg);

/* A new private key: RSA-2048 for RS256, P-256 / P-384 for ES256 / ES384. kid = RFC 7638 thumbprint. */
enum err jws_key_make(struct jws_key **out, enum jws_alg alg) MUST_CHECK;
/* A private key in PEM (PKCS#8). The algorithm follows the key's type; RSA below 2048 bits is ERR_LIMIT. */
enum err jws_key_read_pem(struct jws_key **out, struct view pem) MUST_CHECK;
enum err jws_key_write_pem(struct buf *out, const struct jws_key *k) MUST_CHECK;
/* A public key out of a JWK object; ERR_SYNTAX if it is not one of ours. Private members are refused. */
enum err jws_key_read_jwk(struct jws_key **out, const struct json *jwk) MUST_CHECK;
/* The public JWK with kid, alg, use=sig. */
void jws_key_put_jwk(struct json_out *o, const struct jws_key *k);
void jws_key_close(struct jws_key *k);

const char *jws_key_id(const struct jws_key *k);
enum jws_alg jws_key_alg(const struct jws_key *k);
/* RFC 7638, base64url, whatever its kid says: what two people compare who want to know that they mean the same key. */
const char *jws_key_thumbprint(const struct jws_key *k);

/* Compact JWS with header {"alg","kid","typ"}; TYP NULL leaves it out. */
enum err jws_sign(struct buf *out, const struct jws_key *k, const char *typ, struct view payload) MUST_CHECK;

/* A compact JWS taken apart, nothing checked yet but its form: three base64url parts, a header object with a known
 * "alg", no "crit", no "jwk"/"jku"/"x5u" used. All views in the arena or in TEXT. */
struct jws {
    enum jws_alg alg;
    struct view kid, typ; /* absent if not given */
    struct view signed_part, signature, payload;
};
enum err jws_read(struct jws *out, struct arena *a, struct view text) MUST_CHECK;

/* ERR_OK: K made this signature with the algorithm of K (RFC 8725 3.1: never the header's word alone). ERR_MISMATCH
 * otherwise. */
enum err jws_verify(const struct jws *j, const struct jws_key *k) MUST_CHECK;

#endif
