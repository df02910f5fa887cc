/* note: text signed by one or more keys (C2SP signed-note), the plain Ed25519 signature (type 0x01) and the timestamped
 * cosignature of a witness (C2SP tlog-cosignature, type 0x04). */
#ifndef CONSENT_LOG_NOTE_H
#define CONSENT_LOG_NOTE_H

#include "base/ed25519.h"

#define NOTE_MAX        (64 * 1024) /* bytes of a note that is read */
#define NOTE_SIGNATURES 64          /* of a note; the specification wants at least 16 */

enum note_type { NOTE_ED25519 = 0x01, NOTE_COSIGNATURE = 0x04 };

/* Whose signature counts: a verifier key, "<name>+<id in hex>+<base64 of type and public key>". */
struct note_key {
    struct view name;
    enum note_type type;
    uint32_t id;
    uint8_t public_key[ED25519_PUBLIC];
};

/* The key NAME has for PRIVATE_KEY, with the id the specifications demand. NAME must be good (note_is_name). */
struct note_key note_key_of(struct view name, enum note_type type, const struct ed25519_key *private_key);
bool note_is_name(struct view name);

/* ERR_SYNTAX: no verifier key of a type we know, or its id is not the one that follows from name and key. */
enum err note_key_read(struct note_key *out, struct arena *a, struct view vkey) MUST_CHECK;
void note_key_put(struct buf *out, const struct note_key *k);

struct note_signature {
    struct view name;
    uint32_t id;
    struct view bytes; /* behind the id */
    struct view line;  /* the whole line with its newline */
};

struct note {
    struct view text; /* with its last newline */
    struct note_signature signatures[NOTE_SIGNATURES];
    size_t n;
};

/* Takes a note apart; nothing is verified. Views in V or A. ERR_SYNTAX, ERR_LIMIT. */
enum err note_read(struct note *out, struct arena *a, struct view v) MUST_CHECK;
/* The same for signature lines alone, as a witness answers; they are added to OUT. */
enum err note_read_signatures(struct note *out, struct arena *a, struct view lines) MUST_CHECK;

/* ERR_OK: K signed it; *AT (may be NULL) is the time of a cosignature, 0 for a plain one. ERR_NOT_FOUND: no signature
 * of K's name and id. ERR_MISMATCH: there is one and it is wrong, so the note is to be refused. */
enum err note_verify(const struct note *n, const struct note_key *k, int64_t *at) MUST_CHECK;

/* Writes one signature line for TEXT. AT: unix seconds, for a cosignature only. */
enum err note_put_signature(struct buf *out, struct view text, const struct note_key *k,
                            const struct ed25519_key *private_key, int64_t at) MUST_CHECK;

#endif
