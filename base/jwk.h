/* jwk: a public key as JSON (RFC 7517; members by RFC 7518 6 and RFC 8037 2) and a private one as PEM. For the files of
 * base that sign and encrypt with it; everybody else knows jws_key and jwe_key. */
#ifndef BASE_JWK_H
#define BASE_JWK_H

#include "base/json.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

/* The last two are for encryption only. */
enum jwk_kind { JWK_RSA, JWK_P256, JWK_P384, JWK_ED25519, JWK_P521, JWK_X25519 };

#define JWK_THUMBPRINT_SIZE 44 /* 43 letters and a NUL */

/* A new private key; RSA has 2048 bits. NULL: ERR_CRYPTO. */
struct evp_pkey_st *jwk_make(enum jwk_kind kind);

/* A public key. ERR_SYNTAX: not one of our kinds, off its curve, or with private members (RFC 9449 4.3, RFC 7518 6.2.2,
 * 6.3.2). ERR_LIMIT: RSA below 2048 bits (RFC 7518 3.3) or with numbers that only cost us time. */
enum err jwk_read(struct evp_pkey_st **out, const struct json *jwk) MUST_CHECK;
/* A private key in PEM (PKCS#8), with the same limits. */
enum err jwk_read_pem(struct evp_pkey_st **out, struct view pem) MUST_CHECK;
enum err jwk_write_pem(struct buf *out, const struct evp_pkey_st *pkey) MUST_CHECK;
void jwk_close(struct evp_pkey_st *pkey);

/* False: none of ours. */
bool jwk_kind_of(const struct evp_pkey_st *pkey, enum jwk_kind *out);
/* Bytes of a coordinate; 0 for RSA. */
size_t jwk_coordinate(enum jwk_kind kind);

/* The required members in lexical order (RFC 7638 3.2): the core of the JWK, and what the thumbprint is made of. */
void jwk_put_required(struct json_out *o, const struct evp_pkey_st *pkey);
enum err jwk_thumbprint(char out[JWK_THUMBPRINT_SIZE], const struct evp_pkey_st *pkey) MUST_CHECK;

#endif
