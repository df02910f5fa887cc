/* card_call: what arrives at POST /login/card/complete, read. */
#ifndef IDP_ENDPOINTS_CARD_CALL_H
#define IDP_ENDPOINTS_CARD_CALL_H

#include "idp/state/visit.h"

struct card_call {
    struct view fragment; /* base64url of the response object, unread */
    bool by_script;       /* JSON from our script is answered with JSON, the form with a redirect */
};

/* Only our own page may send it: JSON with our header and our Origin, or our form with its token. False: answered. */
bool card_call_read(struct card_call *out, struct visit *v);

/* The claim "txn" in FRAGMENT, before anything else of it is believed: it says which transaction is taken. Absent if
 * there is none. */
struct view card_call_txn(struct arena *a, struct view fragment);

/* What stands behind the last "#" of a pasted address, without blanks around it; all of TEXT if there is no "#". */
struct view card_call_fragment(struct view text);

/* Sends the browser to PATH in the way that fits the call; a script with STATUS. */
void card_call_go(struct visit *v, const struct card_call *c, int status, struct view path);

#endif
