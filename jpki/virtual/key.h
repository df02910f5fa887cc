/* key: a private key inside the card and what PERFORM SECURITY OPERATION does with it (facts 2.3). */
#ifndef JPKI_VIRTUAL_KEY_H
#define JPKI_VIRTUAL_KEY_H

#include "base/buf.h"

struct card_key;

/* A private key in PEM (PKCS#8 or traditional), RSA or EC. ERR_SYNTAX otherwise. */
enum err key_read_pem(struct card_key **out, struct view pem) MUST_CHECK;
/* A new RSA-2048 key / its PEM. */
enum err key_make(struct card_key **out) MUST_CHECK;
enum err key_write_pem(const struct card_key *k, struct buf *out) MUST_CHECK;
void key_close(struct card_key *k);

bool key_is_rsa(const struct card_key *k);
/* Bytes a signature has at most: 256 for RSA-2048. */
size_t key_size(const struct card_key *k);
/* The modulus, big endian, as long as the key (RSA only; nothing otherwise). */
void key_put_modulus(const struct card_key *k, struct buf *out);

/* P1 of the command. */
enum key_scheme {
    SCHEME_VERBATIM,    /* 00: type 1 padding around the bytes as they are; for an EC key: the hash itself */
    SCHEME_BARE_HASH,   /* 01: the card hashes (SHA-256), pads the bare hash */
    SCHEME_HASH,        /* 02: 32 bytes; the card adds the DigestInfo */
    SCHEME_MESSAGE,     /* 03: the card hashes and adds the DigestInfo */
    SCHEME_HASH_PSS,    /* 04: 32 bytes; RSASSA-PSS, salt of 32 random bytes */
    SCHEME_MESSAGE_PSS, /* 05 */
    SCHEME_COUNT
};

/* Appends the signature. ERR_LIMIT: DATA is too long or too short for the scheme; ERR_UNAVAILABLE: the key's kind does
 * not know the scheme; ERR_CRYPTO. An EC key signs with ECDSA; the answer is the DER SEQUENCE of r and s. */
enum err key_sign(const struct card_key *k, enum key_scheme scheme, struct view data, struct buf *out) MUST_CHECK;

#endif
