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
    for (size_t i = 0; !e && i < crl.serials.n; i++) {
        struct serials_entry entry;
        const uint8_t *number = crl.serials.entries + i * (crl.serials.width + 5);
        INSIST(serials_find(&entry, &crl.serials, view_bytes(number, crl.serials.width)));
        INSIST(entry.reason >= -1 && entry.reason <= 10);
    }
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
