/* Any bytes as an Authorization header at the token endpoint. */
#include <stdint.h>

#include "base/text.h"
#include "idp/rules/client_auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct client_auth_params params = {.authorization = view_bytes(data, size)};
    struct client_claim claim;
    enum refusal refusal;
    struct arena arena;

    arena_open(&arena, 1 << 20);
    enum err e = client_claim_read(&claim, &arena, &params, &refusal);
    INSIST(e == ERR_OK || e == ERR_MEMORY || e == ERR_LIMIT);
    if (!e && !refusal) {
        INSIST(claim.method == CLIENT_AUTH_BASIC && claim.id.n > 0 && claim.secret.n > 0 && text_is_utf8(claim.id));
        INSIST(client_auth_decide(&claim, NULL) == REFUSAL_CLIENT_AUTH_FAILED);
    }
    arena_close(&arena);
    return 0;
}
