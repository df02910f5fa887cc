/* receipt_token: a receipt or a record of the ledger, signed. docs/ledger.md: compact JWS, ES256, a key of /jwks. */
#ifndef IDP_TOKENS_RECEIPT_TOKEN_H
#define IDP_TOKENS_RECEIPT_TOKEN_H

#include "idp/tokens/keys.h"

extern const char receipt_token_typ[]; /* consent-receipt+jwt: never to be taken for an ID token (RFC 8725 3.11) */
extern const char record_token_typ[];  /* ledger-record+jwt */

enum err receipt_token_sign(struct arena *a, const struct keys *k, const char *typ, struct view json,
                            struct view *text) MUST_CHECK;

#endif
