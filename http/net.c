#include "http/net.h"

#include <arpa/inet.h>

#include "base/text.h"

#define TEXT_MAX 64

bool net_address_read(struct net_address *out, struct view text)
{
    char copy[TEXT_MAX];
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    if (text.n == 0 || text.n >= sizeof copy || memchr(text.p, 0, text.n))
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = 0;
    memcpy(out->bytes, mapped, sizeof mapped);
    return inet_pton(AF_INET, copy, out->bytes + 12) == 1 || inet_pton(AF_INET6, copy, out->bytes) == 1;
}

static bool bit(const struct net_address *a, unsigned i)
{
    return a->bytes[i / 8] >> (7 - i % 8) & 1;
}

bool net_read(struct net *out, struct view text)
{
    size_t slash = view_index(text, '/');
    struct view address = view_part(text, 0, slash);
    bool v4 = view_index(address, ':') == address.n;
    int64_t bits = v4 ? 32 : 128;
    if (!net_address_read(&out->first, address))
        return false;
    if (slash < text.n && (!text_to_int(view_from(text, slash + 1), &bits) || bits > (v4 ? 32 : 128)))
        return false;
    out->bits = (unsigned)bits + (v4 ? 96 : 0);
    for (unsigned i = out->bits; i < 128; i++)
        if (bit(&out->first, i))
            return false;
    return true;
}

static bool has(const struct net *net, const struct net_address *a)
{
    unsigned whole = net->bits / 8, rest = net->bits % 8;
    if (memcmp(net->first.bytes, a->bytes, whole) != 0)
        return false;
    return rest == 0 || (net->first.bytes[whole] ^ a->bytes[whole]) >> (8 - rest) == 0;
}

bool net_has(const struct net *nets, size_t n, const struct net_address *address)
{
    for (size_t i = 0; i < n; i++)
        if (has(&nets[i], address))
            return true;
    return false;
}
