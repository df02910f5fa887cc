/* access: an access token that is used here, at UserInfo and whatever else of ours asks for one (RFC 6750 2, RFC 9449
 * 7, RFC 8705 3). */
#ifndef IDP_ENDPOINTS_ACCESS_H
#define IDP_ENDPOINTS_ACCESS_H

#include "idp/rules/client.h"
#include "idp/rules/refusal.h"
#include "idp/state/visit.h"
#include "idp/tokens/access_token.h"

struct access {
    struct access_token token;
    const struct client *client; /* whom it was given to */
    struct view text;            /* as it was shown */
    bool is_dpop;                /* under that scheme (RFC 9449 7.1) */
};

/* The token of this request and whom it was given to: ours, for here, not over; who shows it is not asked yet, and
 * nothing is written: for what must be fetched first (sealing_find). */
enum err access_find(struct access *out, struct visit *v, enum refusal *refusal) MUST_CHECK;

/* After access_find: it is shown by whom it is bound to. ERR_OK with *refusal, which is told by json_answer_challenge.
 * Called once in a visit. */
enum err access_prove(const struct access *a, struct visit *v, enum refusal *refusal) MUST_CHECK;

/* Both. Whether its family and grant still live is for the caller to see, in the transaction that counts on it. */
enum err access_read(struct access *out, struct visit *v, enum refusal *refusal) MUST_CHECK;

/* What became of the family and the login of T: out of the family's row, or, of one that is plain, out of itself and
 * its session. Texts in A. ERR_NOT_FOUND: they are gone. */
enum err access_find_family(struct token_facts *out, struct db *db, struct arena *a,
                            const struct access_token *t) MUST_CHECK;

#endif
