/* sealing: what we sign for a service is encrypted to it, if it registered that (RFC 7519 11.2: signed, then
 * encrypted). */
#ifndef IDP_STATE_SEALING_H
#define IDP_STATE_SEALING_H

#include "base/jwe.h"
#include "idp/rules/client.h"
#include "idp/state/visit.h"

struct sealing {
    const struct jwe_key *key; /* NULL: it is not encrypted */
    enum jwe_alg alg;
    enum content_alg enc;
};

/* How C wants it, HOW being one of its members. MAY_WAIT, ERR_BUSY and ERR_UNAVAILABLE as client_keys_find_encryption
 * has them: with MAY_WAIT it is called before anything is written. */
enum err sealing_find(struct sealing *out, struct visit *v, const struct client *c, const struct client_jwe *how,
                      bool may_wait) MUST_CHECK;

/* *TEXT, a JWT, becomes the encrypted one around it (RFC 7519 5.2), or if it is a JWT's claims, the encrypted JWT of
 * them. It stays as it is when it is not to be encrypted. */
enum err sealing_apply(struct view *text, struct arena *a, const struct sealing *s) MUST_CHECK;
enum err sealing_apply_to_claims(struct view *text, struct arena *a, const struct sealing *s) MUST_CHECK;

#endif
