/* The subjectAltName of a sign certificate. */
#include "base/err.h"
#include "base/text.h"
#include "jpki/pki/person.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct person p;
    enum person_fault fault;
    struct cert c = {.san = view_bytes(data, size)};
    arena_open(&a, 1 << 20);
    enum err e = person_read(&p, &a, &c, &fault);
    INSIST(e == ERR_OK || e == ERR_SYNTAX || e == ERR_MEMORY);
    if (e == ERR_OK) {
        INSIST(text_is_utf8(p.name) && text_is_utf8(p.address) && p.name.n && p.address.n);
        INSIST(p.name_substitutes.n == text_count(p.name) && p.address_substitutes.n == text_count(p.address));
        INSIST(strlen(p.birthdate) == 10 || strlen(p.birthdate) == 0);
    }
    arena_close(&a);
    return 0;
}
