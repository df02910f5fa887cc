#include "base/chance.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#include "base/base64.h"
#include "base/err.h"

void chance_bytes(void *out, size_t n)
{
    uint8_t *p = out;
    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0 && errno == EINTR) /* a signal while the pool is not yet filled, or in a long read */
            continue;
        INSIST(got > 0);
        p += got;
        n -= (size_t)got;
    }
}

static char *random_text(struct arena *a, size_t n)
{
    uint8_t bytes[32];
    INSIST(n <= sizeof bytes);
    chance_bytes(bytes, n);
    return base64url_text(a, view_bytes(bytes, n));
}

char *chance_id(struct arena *a)
{
    return random_text(a, 16);
}

char *chance_ticket(struct arena *a)
{
    return random_text(a, 32);
}

void chance_uuid(char out[37])
{
    uint8_t b[16];
    chance_bytes(b, sizeof b);
    b[6] = (uint8_t)((b[6] & 0x0F) | 0x40); /* version 4 */
    b[8] = (uint8_t)((b[8] & 0x3F) | 0x80); /* variant */
    snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3],
             b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}
