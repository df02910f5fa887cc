#include "idp/state/network.h"

#include "base/hash.h"
#include "http/subscriber.h"
#include "idp/tokens/keys.h"

struct view network_of(const struct visit *v)
{
    struct subscriber s;
    uint8_t mac[SHA256_SIZE];

    if (!subscriber_of(&s, v->request->peer.address) || (s.loopback && !v->op->loopback))
        return VIEW_NONE;
    hmac_sha256(mac, keys_secret(v->keys, SECRET_NETWORK), subscriber_view(&s));
    return arena_copy(v->arena, view_bytes(mac, NETWORK_SIZE));
}
