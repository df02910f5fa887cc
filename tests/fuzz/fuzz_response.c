/* The OP's reader of responses, as JSON and as a fragment; what is accepted is written and read again. */
#include "jpki/proof/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(struct arena *a, const struct proof_response *r)
{
    struct buf b;
    struct view text;
    struct proof_response again;
    const char *why;
    buf_open(&b, a, (size_t)64 * 1024);
    INSIST(proof_response_write(&b, r) == ERR_OK && buf_done(&b, &text) == ERR_OK);
    if (text.n > PROOF_RESPONSE_MAX)
        return; /* escapes may make it longer than it came */
    INSIST(proof_response_read(&again, a, text, &why) == ERR_OK);
    INSIST(again.error == r->error && view_equal(again.txn, r->txn) && view_equal(again.auth.cert, r->auth.cert));
    INSIST(again.has_text == r->has_text && view_equal(again.text.name, r->text.name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct proof_response r;
    const char *why;
    arena_open(&a, (size_t)1 << 20);
    if (proof_response_read(&r, &a, view_bytes(data, size), &why) == ERR_OK)
        write_again(&a, &r);
    if (proof_response_read_fragment(&r, &a, view_bytes(data, size), &why) == ERR_OK)
        write_again(&a, &r);
    arena_close(&a);
    return 0;
}
