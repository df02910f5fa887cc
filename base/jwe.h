/* jwe: encryption keys, and compact JWE (RFC 7516) with the algorithms of one table (RFC 7518 4.1, RFC 8037 3.2) and
 * the contents of base/content.h. Why it is written here: docs/decisions/jwe.md. */
#ifndef BASE_JWE_H
#define BASE_JWE_H

#include "base/buf.h"
#include "base/content.h"
#include "base/json.h"

enum jwe_alg { JWE_NONE_GIVEN, JWE_RSA_OAEP_256, JWE_ECDH_ES, JWE_ECDH_ES_A128KW, JWE_ECDH_ES_A256KW };

/* RSA for RSA-OAEP-256, or P-256, P-384, P-521 or X25519 for all of ECDH-ES. Immutable, may be shared between threads.
 */
struct jwe_key;

/* "ECDH-ES" <-> JWE_ECDH_ES; JWE_NONE_GIVEN for an unknown name. */
enum jwe_alg jwe_alg_of(struct view name);
const char *jwe_alg_name(enum jwe_alg alg);

/* A new private key: RSA-2048, or P-256 for the others. Its id is its RFC 7638 thumbprint. */
enum err jwe_key_make(struct jwe_key **out, enum jwe_alg alg) MUST_CHECK;
/* A private key in PEM (PKCS#8). ERR_SYNTAX: not one for encryption. RSA below 2048 bits is ERR_LIMIT. */
enum err jwe_key_read_pem(struct jwe_key **out, struct view pem) MUST_CHECK;
enum err jwe_key_write_pem(struct buf *out, const struct jwe_key *k) MUST_CHECK;
/* A public key of somebody else, for ALG: "kty" and "crv" must fit it, and "use", "key_ops" and "alg", where given,
 * must say so (RFC 7517 4.2 to 4.4). ERR_SYNTAX otherwise, or with private members; ERR_LIMIT as for
 * jws_key_read_public. It lives as long as the arena; so does its id, which is the "kid" (absent if it has none). */
enum err jwe_key_read_public(const struct jwe_key **out, struct arena *a, const struct json *jwk,
                             enum jwe_alg alg) MUST_CHECK;
/* The public JWK with kid, use=enc and, for RSA, alg. */
void jwe_key_put_jwk(struct json_out *o, const struct jwe_key *k);
void jwe_key_close(struct jwe_key *k);
struct view jwe_key_id(const struct jwe_key *k);
/* Can K be used with ALG? */
bool jwe_key_fits(const struct jwe_key *k, enum jwe_alg alg);

/* What the header says beside what it must; NULL: nothing. "cty" is "JWT" where a signed JWT is inside (RFC 7519 5.2).
 */
struct jwe_words {
    const char *typ, *cty;
};

/* Encrypts PLAIN for the owner of K, which must fit ALG. */
enum err jwe_encrypt(struct buf *out, const struct jwe_key *k, enum jwe_alg alg, enum content_alg enc,
                     const struct jwe_words *words, struct view plain) MUST_CHECK;

/* A compact JWE taken apart: five base64url parts, a header object with an "alg" and an "enc" of ours, and none of
 * "zip" and "crit" (RFC 7516 4.1.3, 4.1.13). What else stands there is passed over. All views in the arena or in TEXT.
 */
struct jwe {
    enum jwe_alg alg;
    enum content_alg enc;
    struct view kid; /* absent if not given */
    struct view header, encrypted_key, iv, cipher, tag, apu, apv;
    const struct json *epk; /* NULL but for ECDH-ES */
};
enum err jwe_read(struct jwe *out, struct arena *a, struct view text) MUST_CHECK;

/* The plain text, in the arena. ERR_MISMATCH: K is not its key, or anything was changed; which of them is nobody's
 * business. */
enum err jwe_decrypt(struct view *plain, struct arena *a, const struct jwe *j, const struct jwe_key *k) MUST_CHECK;

#endif
