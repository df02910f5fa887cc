#include "idp/tokens/subject.h"

#include "base/base64.h"
#include "base/hash.h"

char *subject_sub(struct arena *a, const struct keys *k, struct view sector, struct ident resident)
{
    const struct view pieces[] = {sector, VIEW("\0"), ident_view(&resident)};
    uint8_t mac[SHA256_SIZE];

    INSIST(ident_is(resident) && view_is(sector));
    hmac_sha256_with(mac, keys_pairwise(k), pieces, 3);
    return base64url_text(a, VIEW_ARRAY(mac));
}

char *subject_sid(struct arena *a, const struct keys *k, struct ident session, struct view client)
{
    const struct view pieces[] = {VIEW("sid\0"), ident_view(&session), client};
    uint8_t mac[SHA256_SIZE];

    INSIST(ident_is(session));
    hmac_sha256_with(mac, keys_pairwise(k), pieces, 3);
    return base64url_text(a, view_bytes(mac, 16));
}
