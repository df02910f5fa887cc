/* jws: signing keys (JWK, RFC 7517; PEM), and compact JWS (RFC 7515) with the algorithms of one table (RFC 7518 section
 * 3, RFC 8037 3.1). */
#ifndef BASE_JWS_H
#define BASE_JWS_H

#include "base/buf.h"
#include "base/json.h"

enum jws_alg { JWS_NONE_GIVEN, JWS_RS256, JWS_ES256, JWS_ES384, JWS_PS256, JWS_EDDSA };

/* A key with its kid and its one algorithm (RFC 8725 3.1): the same RSA key read for PS256 does not verify RS256.
 * Immutable, may be shared between threads. */
struct jws_key;

/* "RS256" <-> JWS_RS256; JWS_NONE_GIVEN for an unknown name ("none" is unknown). */
enum jws_alg jws_alg_of(struct view name);
const char *jws_alg_name(enum jws_alg alg);

/* A new private key: RSA-2048 for RS256 and PS256, P-256 / P-384 for ES256 / ES384, Ed25519 for EdDSA. kid = RFC 7638
 * thumbprint. */
enum err jws_key_make(struct jws_key **out, enum jws_alg alg) MUST_CHECK;
/* A private key in PEM (PKCS#8) for ALG; JWS_NONE_GIVEN: for the one its type has, RS256 for RSA. ERR_SYNTAX: not a key
 * for it. RSA below 2048 bits is ERR_LIMIT. */
enum err jws_key_read_pem(struct jws_key **out, struct view pem, enum jws_alg alg) MUST_CHECK;
enum err jws_key_write_pem(struct buf *out, const struct jws_key *k) MUST_CHECK;
/* A public key that one of us wrote: kid and algorithm are what the JWK says (RSA without "alg" is RS256). ERR_SYNTAX
 * if it is not one of ours; private members are refused. */
enum err jws_key_read_jwk(struct jws_key **out, const struct json *jwk) MUST_CHECK;
/* A public key of somebody else, for the one algorithm ALG that the caller allows: "kty" and "crv" must fit it, and
 * "use", "key_ops" and "alg", where given, must say so (RFC 7517 4.2 to 4.4). Its id is its thumbprint, whatever "kid"
 * says. ERR_SYNTAX otherwise, or with private members; ERR_LIMIT: RSA below 2048 bits or beyond 8192. It lives as long
 * as the arena. */
enum err jws_key_read_public(const struct jws_key **out, struct arena *a, const struct json *jwk,
                             enum jws_alg alg) MUST_CHECK;
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
 * "alg". Header members that we do not know are passed over (RFC 7515 4), but "crit" and "b64", which we know that we
 * do not do, and "jwk", "jku" and "x5u", which say where a key may be had, are refused: no key is ever taken from
 * there. All views in the arena or in TEXT. */
struct jws {
    enum jws_alg alg;
    struct view kid, typ; /* absent if not given */
    struct view signed_part, signature, payload;
    const struct jws_key *key; /* jws_read_with_key: the one it brought */
};
enum err jws_read(struct jws *out, struct arena *a, struct view text) MUST_CHECK;

/* A JWS that brings its public key in its header, as a DPoP proof does (RFC 9449 4.2): "jwk" must be there and fit
 * "alg". Its signature is checked by jws_verify(j, j->key), after the caller has looked at j->alg: that shows that the
 * sender has the key, never who it is. The name of the key is jws_key_thumbprint(j->key). The key lives as long as the
 * arena. */
enum err jws_read_with_key(struct jws *out, struct arena *a, struct view text) MUST_CHECK;

/* The header as it was sent, up to the first dot; absent without one. Whoever sends many writes the same each time. */
struct view jws_header(struct view text);
/* As jws_read_with_key, where TEXT has the very header that BEFORE had: it is not read again, which costs as much as
 * half a verification. OUT holds on to what BEFORE was read into. */
enum err jws_read_like(struct jws *out, struct arena *a, struct view text, const struct jws *before) MUST_CHECK;

/* ERR_OK: K made this signature with the algorithm of K (RFC 8725 3.1: never the header's word alone). ERR_MISMATCH
 * otherwise. */
enum err jws_verify(const struct jws *j, const struct jws_key *k) MUST_CHECK;

#endif
