/* content: the content encryption of JWE (RFC 7518 section 5): authenticated, with a key that is used once. */
#ifndef BASE_CONTENT_H
#define BASE_CONTENT_H

#include "base/arena.h"
#include "base/err.h"

enum content_alg { CONTENT_NONE_GIVEN, CONTENT_A128CBC_HS256, CONTENT_A256CBC_HS512, CONTENT_A128GCM, CONTENT_A256GCM };

#define CONTENT_KEY_MAX 64
#define CONTENT_IV_MAX  16
#define CONTENT_TAG_MAX 32

/* "A128GCM" <-> CONTENT_A128GCM; CONTENT_NONE_GIVEN for an unknown name. */
enum content_alg content_alg_of(struct view name);
const char *content_alg_name(enum content_alg alg);

/* Bytes of each. */
size_t content_key_size(enum content_alg alg);
size_t content_iv_size(enum content_alg alg);
size_t content_tag_size(enum content_alg alg);

/* KEY and IV have the sizes above; TAG gets one. The cipher text is in the arena. */
enum err content_encrypt(struct view *cipher, uint8_t tag[CONTENT_TAG_MAX], struct arena *a, enum content_alg alg,
                         struct view key, struct view iv, struct view aad, struct view plain) MUST_CHECK;

/* The plain text in the arena, empty perhaps. ERR_MISMATCH: anything is not what it was, the size of IV or TAG
 * included (RFC 7518 5.2.2.2, 5.3); nothing of the plain text is given away then. */
enum err content_decrypt(struct view *plain, struct arena *a, enum content_alg alg, struct view key, struct view iv,
                         struct view aad, struct view cipher, struct view tag) MUST_CHECK;

#endif
