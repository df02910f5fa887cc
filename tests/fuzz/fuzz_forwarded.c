/* Any bytes as a Forwarded and as an X-Forwarded-For header. */
#include <stdint.h>

#include "http/forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_forwarded(struct arena *a, struct view value)
{
    struct forwarded_hop hops[FORWARDED_HOPS_MAX];
    size_t n = 0, commas = 0;
    enum err e = forwarded_read(hops, &n, a, value);
    for (size_t i = 0; i < value.n; i++)
        commas += value.p[i] == ',';
    INSIST(n <= FORWARDED_HOPS_MAX && n <= commas + 1);
    if (e)
        return;
    for (size_t i = 0; i < n; i++)
        INSIST(hops[i].proto.n <= value.n && hops[i].host.n <= value.n);
}

static void check_for(struct view rest)
{
    struct net_address address;
    bool bad = false;
    size_t before = rest.n + 1;
    while (forwarded_take_for(&address, &rest, &bad)) {
        INSIST(rest.n < before && !bad);
        before = rest.n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    arena_open(&a, 1 << 20);
    check_forwarded(&a, view_bytes(data, size));
    check_for(view_bytes(data, size));
    arena_close(&a);
    return 0;
}
