/* card: one conversation with one My Number Card: select, ask for the tries left, verify a PIN, sign, read, log out.
 * A card is known by its application, never by its ATR. After any result but CARD_OK, CARD_PIN_WRONG and
 * CARD_PIN_FORMAT (and CARD_KEYPAD_...) only card_log_out makes sense. Facts: JPKI application of the card, JIS X 6306,
 * ISO 7816-4. */
#ifndef JPKI_CARD_CARD_H
#define JPKI_CARD_CARD_H

#include "base/arena.h"
#include "jpki/card/apdu.h"
#include "jpki/card/card_kinds.h"
#include "jpki/card/reader.h"

#define CARD_CERT_MAX  4096
#define CARD_LABEL_MAX 32

struct card {
    struct reader *reader;
    const struct card_kind *kind;
    enum card_app app; /* selected */
    bool short_ids;    /* the card takes short EF ids: saves a SELECT for every file */
    uint16_t last_sw;  /* for the log */
    const char *step;  /* the step under way, for the log; static */
    unsigned apdus;    /* sent so far */
    uint8_t answer[APDU_ANSWER_MAX];
};

/* Connects to the first card that has the JPKI application and finds out its kind. CARD_WRONG if there are cards, but
 * none has it. Connected afterwards only with CARD_OK; READER must outlive *C. */
enum card_result card_connect(struct card *c, struct reader *reader) MUST_CHECK;

/* The same with the NTH card only. CARD_NO_CARD: there is no such. */
enum card_result card_connect_at(struct card *c, struct reader *reader, unsigned nth) MUST_CHECK;

/* Tries left, read without spending one (an empty VERIFY). 0 comes as CARD_PIN_BLOCKED. Selects the PIN's application.
 */
enum card_result card_pin_tries(struct card *c, enum card_pin pin, int *tries) MUST_CHECK;

/* Shows PIN to the card. Its form is checked first: CARD_PIN_FORMAT spends no try. CARD_PIN_WRONG sets *TRIES to what
 * is left (-1 unknown); the try that blocks is CARD_PIN_BLOCKED. The copy made for sending is wiped. */
enum card_result card_verify(struct card *c, enum card_pin pin, struct view text, int *tries) MUST_CHECK;

/* Can a PIN be typed on keys of the reader itself? */
bool card_has_keypad(const struct card *c);

/* The same as card_verify with a PIN that is typed there: no program of this machine sees it. Waits for it. The reader
 * refuses a PIN of another length (CARD_PIN_FORMAT). CARD_KEYPAD_CANCELLED, CARD_KEYPAD_TIMEOUT: no try was spent. */
enum card_result card_verify_on_keypad(struct card *c, enum card_pin pin, bool japanese, int *tries) MUST_CHECK;

/* The certificate as DER, in ARENA, length taken from its own header and bounded by CARD_CERT_MAX. */
enum card_result card_read_certificate(struct card *c, enum card_key key, struct arena *arena,
                                       struct view *out) MUST_CHECK;

enum card_alg { CARD_RSA_SHA256, CARD_ECDSA_SHA384 };

/* Signs MESSAGE: it is hashed here, the card gets the DigestInfo (RSA) or the digest (ECDSA). *OUT in ARENA: 256 bytes,
 * or r || s. There is no way to have bytes signed that were hashed elsewhere. */
enum card_result card_sign(struct card *c, enum card_key key, enum card_alg alg, struct view message,
                           struct arena *arena, struct view *out) MUST_CHECK;

/* The four basic items of the text application; needs CARD_PIN_TEXT verified. See text_ap.h. */
struct card_text;
enum card_result card_read_text(struct card *c, struct arena *arena, struct card_text *out) MUST_CHECK;

/* Selects another application, which forgets the PINs (selecting the same again does not), and takes the power away.
 * Also right after a failure, and when nothing is open. */
void card_log_out(struct card *c);

#endif
