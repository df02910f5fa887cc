#include "http/net.h"

#include <arpa/inet.h>

#include "base/text.h"

#define TEXT_MAX 64

static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};

bool net_address_read(struct net_address *out, struct view text)
{
    char copy[TEXT_MAX];
    if (text.n == 0 || text.n >= sizeof copy || memchr(text.p, 0, text.n))
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = 0;
    memcpy(out->bytes, mapped, sizeof mapped);
    return inet_pton(AF_INET, copy, out->bytes + 12) == 1 || inet_pton(AF_INET6, copy, out->bytes) == 1;
}

bool net_is_v4(const struct net_address *address)
{
    return memcmp(address->bytes, mapped, sizeof mapped) == 0;
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

static bool is_private4(uint32_t a)
{
    static const struct {
        uint32_t net, bits;
    } blocks[] = {{0x00000000, 8},  {0x0A000000, 8},  {0x64400000, 10}, {0x7F000000, 8},  {0xA9FE0000, 16},
                  {0xAC100000, 12}, {0xC0000000, 24}, {0xC0000200, 24}, {0xC0A80000, 16}, {0xC6120000, 15},
                  {0xC6336400, 24}, {0xCB007100, 24}, {0xE0000000, 4},  {0xF0000000, 4}};
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
        if ((a ^ blocks[i].net) >> (32 - blocks[i].bits) == 0)
            return true;
    return false;
}

/* Only 2000::/3 is global unicast; of it 2001::/23, 2001:db8::/32 and 2002::/16 are special (RFC 6890). */
static bool is_private6(const uint8_t *a)
{
    bool global = (a[0] & 0xE0) == 0x20;
    bool special =
        a[0] == 0x20 && ((a[1] == 0x01 && a[2] < 2) || a[1] == 0x02 || (a[1] == 0x01 && a[2] == 0x0D && a[3] == 0xB8));
    return !global || special;
}

bool net_is_private(const struct net_address *address)
{
    uint32_t v4;
    if (!net_is_v4(address))
        return is_private6(address->bytes);
    memcpy(&v4, address->bytes + 12, sizeof v4);
    return is_private4(ntohl(v4));
}
