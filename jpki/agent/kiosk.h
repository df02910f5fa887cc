/* kiosk: at a municipal counter, taking the card away logs out (docs/decisions/kiosk.md). Every proof of a kiosk's
 * agent carries a lock, the SHA-256 of a secret; when the card that proved leaves its reader, the watch page in the
 * kiosk's browser is sent to the issuer's log-out with the secret. Safe between threads. */
#ifndef JPKI_AGENT_KIOSK_H
#define JPKI_AGENT_KIOSK_H

#include "base/arena.h"
#include "base/hash.h"
#include "jpki/card/reader.h"

#define KIOSK_LOGOUT_PATH "/logout/card" /* of the issuer */

struct kiosk_tools {
    /* A reader that sees the one reader of this NAME only. */
    enum err (*open_reader)(void *ctx, const char *name, struct reader *out);
    void (*close_reader)(void *ctx, struct reader *reader);
    void *ctx;
    int grace_ms; /* see kiosk_hand_out */
};

struct kiosk;

enum err kiosk_open(struct kiosk **out, const struct kiosk_tools *tools) MUST_CHECK;
/* The agent ends: what is held is due, as if the card had left. */
void kiosk_shut(struct kiosk *k);
void kiosk_close(struct kiosk *k);

/* The card in reader NAME has made a proof for ISS: its log-out is due as soon as that reader has no card. LOCK belongs
 * into the response. It is the same for every proof until the card leaves: whichever of them the issuer has taken, the
 * secret fits. What was held for another reader is due now: a counter has one. ERR_LIMIT: too many issuers at once. */
enum err kiosk_hold(struct kiosk *k, struct view iss, const char *name, uint8_t lock[SHA256_SIZE]) MUST_CHECK;

/* The response for ISS goes to the browser now. False: the card has left meanwhile, and it must not. Its log-out comes
 * no sooner than the grace time later, so that it does not overtake the login. */
bool kiosk_hand_out(struct kiosk *k, struct view iss);

/* Is there a watch page that would hear of it? One is answered at this moment or was a few seconds ago. */
bool kiosk_is_watched(struct kiosk *k);

struct kiosk_view {
    unsigned seen; /* number of this look: hand it to the next one */
    bool held;     /* somebody is logged in */
    char *url;     /* of a log-out that is due, given out once and then forgotten; NULL: none. In the arena */
};

/* Waits at most MS milliseconds for something newer than SEEN. ERR_MEMORY. */
enum err kiosk_look(struct kiosk *k, unsigned seen, int ms, struct arena *arena, struct kiosk_view *out) MUST_CHECK;

#endif
