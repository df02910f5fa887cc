/* seal: authenticated encryption (AES-256-GCM, NIST SP 800-38D) for values at rest and for sealed codes and tokens.
 * Sealed form: 1 byte version, 12 bytes random nonce, ciphertext, 16 bytes tag. */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include "base/arena.h"
#include "base/err.h"

#define SEAL_KEY_SIZE 32
#define SEAL_OVERHEAD 29

/* KEY: 32 bytes. AAD says what and whose the value is (never empty), so that a sealed value cannot be moved to another
 * place. */
enum err seal_write(struct arena *a, struct view key, struct view aad, struct view plain, struct view *out) MUST_CHECK;
/* ERR_SYNTAX: not a sealed value; ERR_MISMATCH: other key, other AAD or changed. */
enum err seal_read(struct arena *a, struct view key, struct view aad, struct view sealed,
                   struct view *plain) MUST_CHECK;

/* The same with a key that is used again soon: this thread's cipher keeps what it made of it, which costs more than
 * opening a value does. For keys that the process has in its memory anyway; any other is forgotten when it is done with
 * (seal_forget, in the same thread). */
enum err seal_write_again(struct arena *a, struct view key, struct view aad, struct view plain,
                          struct view *out) MUST_CHECK;
enum err seal_read_again(struct arena *a, struct view key, struct view aad, struct view sealed,
                         struct view *plain) MUST_CHECK;
void seal_forget(struct view key);

#endif
