/* The agent's reader of requests: the input as a payload behind a good signature, and as a JWS of a stranger. */
#include "jpki/proof/claims.h"
#include "jpki/proof/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_claims(struct view payload)
{
    struct arena a;
    struct json *object;
    struct proof_request out;
    struct proof_refusal refusal;
    const struct proof_issuer issuer = {.iss = VIEW("https://id.example")};
    const struct proof_reader reader = {
        .carrier = PROOF_PC_AGENT, .version = VIEW("1.0"), .now = 1800000000, .issuers = &issuer, .n_issuers = 1};
    arena_open(&a, (size_t)1 << 20);
    if (json_read(&object, &a, payload, NULL) == ERR_OK) {
        claims_check(&out, object, &issuer, &reader, &refusal);
        /* what is accepted has nothing that could send an answer elsewhere */
        INSIST(refusal.code != PROOF_OK || view_equal_text(out.response_uri, "https://id.example" PROOF_RETURN_PATH));
        INSIST(refusal.code == PROOF_OK || !out.iss.p);
    }
    arena_close(&a);
}

static void read_jws(struct view text)
{
    struct arena a;
    struct proof_request out;
    struct proof_refusal refusal = {0};
    const struct proof_issuer *issuer;
    const struct proof_reader reader = {.carrier = PROOF_PC_AGENT, .version = VIEW("1.0"), .now = 1800000000};
    arena_open(&a, (size_t)1 << 20);
    enum err e = proof_request_read(&out, &issuer, &a, text, &reader, &refusal);
    INSIST(e != ERR_OK || refusal.code != PROOF_OK); /* nobody is trusted here */
    arena_close(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_claims(view_bytes(data, size));
    read_jws(view_bytes(data, size));
    return 0;
}
