/* response: what comes back from the card: {"format":"genkan-card:1",...}, carried as base64url in the fragment of
 * response_uri. Written by the agent, read by the OP, for which all of it is a claim until verified. */
#ifndef JPKI_PROOF_RESPONSE_H
#define JPKI_PROOF_RESPONSE_H

#include "base/buf.h"
#include "base/jws.h"
#include "jpki/proof/error.h"

#define PROOF_RESPONSE_FORMAT "genkan-card:1"
#define PROOF_RESPONSE_MAX    16384 /* bytes, as JSON and as base64url */
#define PROOF_CERT_MAX        4096  /* bytes of a DER certificate */
#define PROOF_LOCK_SIZE       32    /* bytes of a lock */
#define PROOF_SIG_MAX         512   /* bytes of a signature: 256 for RS256; r || s, 96 bytes, for ES384 */

/* One certificate and the signature its key made over M. */
struct proof_signed {
    enum jws_alg alg; /* JWS_RS256 or JWS_ES384; JWS_NONE_GIVEN: this one is absent */
    struct view cert; /* DER, not looked into */
    struct view sig;
};

/* The four basic items as the card's text application has them; each absent when it could not be read. */
struct proof_text {
    struct view name, address; /* UTF-8 as on the card: never normalised */
    struct view birthdate;     /* eight digits YYYYMMDD; month or day may be 00 when unknown */
    struct view gender;        /* "1" male, "2" female, "9" not applicable, "0" unknown */
};

/* Which PIN or certificate of the card an error is about: travels as "of" beside the code, so that the resident is sent
 * to the right place. PROOF_PART_AUTH is not written. */
enum proof_part { PROOF_PART_AUTH, PROOF_PART_SIGN, PROOF_PART_TEXT };

struct proof_response {
    struct view txn;        /* always there */
    enum proof_error error; /* PROOF_OK: a proof; otherwise nothing below but `part` is filled */
    enum proof_part part;
    struct proof_signed auth;
    struct proof_signed sign; /* purpose register only */
    bool has_text;
    struct proof_text text; /* purpose read only */
    struct view lock;       /* a kiosk's: SHA-256 of the secret that logs out again; absent: no kiosk */
    struct view agent_name, agent_ver, agent_os;
};

/* The JSON / the same as base64url, ready to stand behind '#'. */
enum err proof_response_write(struct buf *out, const struct proof_response *r) MUST_CHECK;
enum err proof_response_write_fragment(struct buf *out, const struct proof_response *r) MUST_CHECK;

/* Strict: size, no member that is not known, right types and alphabets, either an error or a proof. ERR_SYNTAX gives
 * the rule that was broken in *why (static). Views live in ARENA. */
enum err proof_response_read(struct proof_response *out, struct arena *arena, struct view json,
                             const char **why) MUST_CHECK;
/* From base64url, as it stood in the fragment. White space around it (the paste box) is cut off. */
enum err proof_response_read_fragment(struct proof_response *out, struct arena *arena, struct view fragment,
                                      const char **why) MUST_CHECK;

#endif
