/* What the card says is its certificate, as the agent looks at it, and its ECDSA signatures in DER. */
#include "base/err.h"
#include "jpki/card/cert_view.h"
#include "jpki/card/ecdsa.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cert_view cert;
    uint8_t raw[ECDSA_P384_SIZE];
    (void)!cert_view_read(&cert, view_bytes(data, size));
    (void)!ecdsa_p384_read(raw, view_bytes(data, size));
    return 0;
}
