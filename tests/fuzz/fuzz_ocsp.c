/* What an OCSP responder, or somebody in its place, answers. The first byte chooses: the whole answer, or the part that
 * is signed, under a right signature of the issuer. */
#include "base/buf.h"
#include "base/err.h"
#include "jpki/pki/ocsp.h"
#include "tests/lib/fuzz_pki.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_header(struct buf *b, uint8_t tag, size_t n)
{
    buf_put_byte(b, tag);
    buf_put_byte(b, 0x82);
    buf_put_u16(b, (uint16_t)n);
}

/* OCSPResponse { successful, [0] { id-pkix-ocsp-basic, OCTET STRING { BASIC } } } with lengths in two octets */
static struct view wrap(struct arena *a, struct view basic)
{
    static const uint8_t successful[] = {0x0A, 0x01, 0x00};
    static const uint8_t type[] = {0x06, 0x09, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
    struct buf b;
    struct view out;
    buf_open(&b, a, 70000);
    put_header(&b, 0x30, sizeof successful + 8 + sizeof type + 4 + basic.n);
    buf_put(&b, VIEW_ARRAY(successful));
    put_header(&b, 0xA0, 4 + sizeof type + 4 + basic.n);
    put_header(&b, 0x30, sizeof type + 4 + basic.n);
    buf_put(&b, VIEW_ARRAY(type));
    put_header(&b, 0x04, basic.n);
    buf_put(&b, basic);
    return buf_done(&b, &out) == ERR_OK ? out : VIEW_NONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct ocsp_question question;
    struct revocation_answer answer;
    int64_t next;
    const struct fuzz_pki *pki = fuzz_pki();
    struct ocsp_terms terms = {1800000000, true};
    arena_open(&a, 1 << 20);
    INSIST(ocsp_ask(&question, &a, &pki->root->cert, pki->root, NULL) == ERR_OK);
    struct view body = size ? view_bytes(data + 1, size - 1) : VIEW_NONE;
    if (size && data[0] & 1 && body.n < 60000)
        body = wrap(&a, fuzz_pki_sign(&a, body));
    INSIST(ocsp_judge(&answer, &next, &question, body, pki->root, &terms) == ERR_OK);
    INSIST((answer.state == REVOCATION_UNKNOWN) == (answer.why != REVOCATION_WHY_NONE));
    arena_close(&a);
    return 0;
}
