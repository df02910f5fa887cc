/* GET /jwks: the public keys of tokens, the one that comes next included (OIDC Core 10.1.1). */
#include "idp/endpoints/endpoints.h"

void handle_jwks(const struct op *op, struct answer *a)
{
    struct view body = op_key_document(op);

    if (!view_is(body)) { /* no memory: 500, as the answer was opened */
        a->broken = true;
        return;
    }
    answer_body(a, 200, "application/json", body);
    /* Shorter than KEY_RETIRE_S and than the time a key is published before it signs. */
    answer_cache(a, "public, max-age=3600");
    answer_keep(a);
}
