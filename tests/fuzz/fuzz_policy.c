/* Any bytes as a tlog-policy, and as a bundle under a policy that knows nobody: never good. */
#include <stdint.h>
#include <stdio.h>

#include "consent/log/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_bundle(struct arena *a, const uint8_t *data, size_t size)
{
    static const struct policy nobody = {.quorum = POLICY_NO_QUORUM};
    struct bundle_report r;
    int64_t line;
    FILE *in = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
    if (!in)
        return;
    if (bundle_verify(&r, a, in, &nobody, NULL, &line) == ERR_OK)
        INSIST(r.faults > 0);
    fclose(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct policy *p;
    struct policy_fault fault;
    struct arena a;
    arena_open(&a, 8 << 20);
    if (policy_read(&p, &a, view_bytes(data, size), &fault) == ERR_OK) {
        INSIST(p->n_logs <= POLICY_LOGS && p->n_nodes <= POLICY_NODES && p->quorum < (int)p->n_nodes);
        for (size_t i = 0; i < p->n_nodes; i++)
            for (unsigned k = 0; k < p->nodes[i].n_members; k++)
                INSIST(p->nodes[i].members[k] < i);
    } else {
        INSIST(fault.rule);
    }
    check_bundle(&a, data, size);
    arena_close(&a);
    return 0;
}
