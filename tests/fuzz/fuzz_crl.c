/* A CRL file, and the to-be-signed part of one under a right signature. */
#include "base/err.h"
#include "jpki/pki/crl.h"
#include "tests/lib/fuzz_pki.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_list(struct arena *a, struct view bytes)
{
    struct crl crl;
    enum crl_fault fault;
    enum err e = crl_read(&crl, a, fuzz_pki()->trust, bytes, &fault);
    INSIST((e == ERR_SYNTAX) == (fault != CRL_FINE) || e == ERR_MEMORY);
    for (size_t i = 1; !e && i < crl.n; i++)
        INSIST(memcmp(crl.entries[i - 1].serial, crl.entries[i].serial, CRL_SERIAL_MAX) <= 0);
    for (size_t i = 0; !e && i < crl.n; i++)
        INSIST(crl_find(&crl, VIEW_ARRAY(crl.entries[i].serial)));
    crl_close(&crl);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    arena_open(&a, 4 << 20);
    read_list(&a, view_bytes(data, size));
    read_list(&a, fuzz_pki_sign(&a, view_bytes(data, size)));
    arena_close(&a);
    return 0;
}
