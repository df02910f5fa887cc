/* Any bytes as the header a proxy hands a certificate on in. */
#include <stdint.h>

#include "http/client_cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct view der;
    arena_open(&a, 1 << 20);
    enum err e = client_cert_read(&der, &a, view_bytes(data, size));
    INSIST(!e || !view_is(der));
    INSIST(!view_is(der) || (der.n >= 2 && der.n < size && der.p[0] == 0x30));
    arena_close(&a);
    return 0;
}
