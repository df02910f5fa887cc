/* What a service of predecessors, or somebody in its place, answers. */
#include "base/err.h"
#include "jpki/pki/predecessors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct predecessors p;
    const char *why;
    struct cert c = {.issuer_der = VIEW("\x30\x00"), .serial = VIEW("\x2A")};
    struct predecessors_question q = {VIEW("0123456789012345678901234567890123456789012"), &c};
    arena_open(&a, 1 << 20);
    enum err e = predecessors_read(&p, &a, &q, view_bytes(data, size), &why);
    INSIST(e == ERR_OK || e == ERR_SYNTAX || e == ERR_MEMORY || e == ERR_LIMIT);
    INSIST((p.n > 0) == (p.result == PREDECESSORS_OLDER) && p.n <= PREDECESSORS_MAX);
    INSIST((e == ERR_OK) == (p.result != PREDECESSORS_NOT_ANSWERED));
    for (size_t i = 0; i < p.n; i++)
        INSIST(p.older[i].n >= 5);
    arena_close(&a);
    return 0;
}
