/* dpop: the proof that the sender of a request holds a key (RFC 9449 4). What it must say; pure. */
#ifndef IDP_RULES_DPOP_H
#define IDP_RULES_DPOP_H

#include "base/arena.h"
#include "base/jws.h"
#include "idp/rules/client.h"
#include "idp/rules/refusal.h"
#include "sessions/cnf.h"

#define DPOP_PAST_S  60 /* how old a proof may be without a nonce */
#define DPOP_AHEAD_S 30 /* how much later than ours its clock may be */
#define DPOP_NONCE_S 300
#define DPOP_JTI_MAX 256

/* What a proof says; nothing is checked yet. Views in the arena it was read into. */
struct dpop {
    enum jws_alg alg;
    struct cnf key;                             /* CNF_JKT */
    struct view typ, jti, htm, htu, ath, nonce; /* absent if not given */
    bool has_iat;
    int64_t iat;
};

/* Header and payload of J (jws_read_with_key). ERR_SYNTAX: no claims set, or a claim of another type than RFC 9449 4.2
 * says. Its signature is for the caller of this: jws_verify(j, j->key). */
enum err dpop_read(struct dpop *out, struct arena *a, const struct jws *j) MUST_CHECK;

struct dpop_facts {
    const struct client *client;
    const char *method;       /* of the request */
    struct view url[2];       /* where it was sent, without a query: under the issuer, and under another name of ours */
    struct view access_token; /* that came with it; absent: none, at the endpoints that give them */
    const struct cnf *bound;  /* the key that token is bound to */
    bool nonce_is_ours;       /* the nonce it names is one of ours ... */
    int64_t nonce_at;         /* ... made then */
    int64_t now;
};

/* Must this client name a nonce of ours? As it is registered (client_policy.c). */
bool dpop_needs_nonce(const struct client *client);

/* Whether it is good (4.3), when its signature is; jti is still to be taken. */
enum refusal dpop_decide(const struct dpop *proof, const struct dpop_facts *facts);

/* Until when its jti must be remembered: it is not accepted from then on. */
int64_t dpop_end(const struct dpop *proof, const struct dpop_facts *facts);

/* Do A and B name the same place once query and fragment are left out, and letters' case in scheme and host and the
 * scheme's own port do not count? (4.3, RFC 3986 6.2.2, 6.2.3) Absent or odd ones are none. */
bool dpop_same_url(struct view a, struct view b);

/* ath: base64url of SHA-256 (4.2), into 43 letters and a NUL. */
void dpop_ath(char out[44], struct view access_token);

#endif
