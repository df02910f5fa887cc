/* scan: is each byte of a text one that a rule allows? Sixteen are looked at together: a request is a few thousand
 * bytes, nearly all of them good, and most of them are gone through more than once before it is answered. */
#ifndef BASE_SCAN_H
#define BASE_SCAN_H

#include "base/view.h"

typedef uint8_t scan_block __attribute__((vector_size(16)));
typedef uint64_t scan_halves __attribute__((vector_size(16)));

/* Not 0 in place of each byte of X that is not allowed. */
typedef scan_block scan_rule(scan_block x);

static inline bool scan_allows(scan_rule *forbidden, scan_block x)
{
    scan_halves bad = (scan_halves)forbidden(x);
    return (bad[0] | bad[1]) == 0;
}

static inline scan_block scan_load(const uint8_t *p)
{
    scan_block x;
    memcpy(&x, p, sizeof x);
    return x;
}

/* The bytes of a text of 1 to 15, and nothing else: some of them come several times. */
static inline scan_block scan_load_short(struct view v)
{
    uint64_t first, last;
    uint32_t begin, end;
    if (v.n >= sizeof first) {
        memcpy(&first, v.p, sizeof first);
        memcpy(&last, v.p + v.n - sizeof last, sizeof last);
        return (scan_block)(scan_halves){first, last};
    }
    if (v.n >= sizeof begin) {
        memcpy(&begin, v.p, sizeof begin);
        memcpy(&end, v.p + v.n - sizeof end, sizeof end);
        first = (uint64_t)begin << 32 | end;
    } else {
        first = UINT64_C(0x0101010101010000) * v.p[0] | (uint64_t)v.p[v.n / 2] << 8 | v.p[v.n - 1];
    }
    return (scan_block)(scan_halves){first, first};
}

/* Also true of no bytes at all. */
static inline bool scan_passes(struct view v, scan_rule *forbidden)
{
    const size_t size = sizeof(scan_block);
    if (v.n < size)
        return v.n == 0 || scan_allows(forbidden, scan_load_short(v));
    for (size_t i = 0; i + size < v.n; i += size)
        if (!scan_allows(forbidden, scan_load(v.p + i)))
            return false;
    return scan_allows(forbidden, scan_load(v.p + v.n - size));
}

#endif
