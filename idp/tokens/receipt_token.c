#include "idp/tokens/receipt_token.h"

#define TOKEN_MAX 131072

const char receipt_token_typ[] = "consent-receipt+jwt";
const char record_token_typ[] = "ledger-record+jwt";

enum err receipt_token_sign(struct arena *a, const struct keys *k, const char *typ, struct view json, struct view *text)
{
    const struct jws_key *key = keys_active(k, KEY_TOKEN, JWS_ES256);
    struct buf jws;

    INSIST(key != NULL);
    buf_open(&jws, a, TOKEN_MAX);
    enum err e = jws_sign(&jws, key, typ, json);
    return e ? e : buf_done(&jws, text);
}
