#include "jpki/proof/challenge.h"

#include <criterion/criterion.h>

#include "base/hash.h"

Test(challenge, is_the_prefix_and_three_hashes)
{
    uint8_t m[PROOF_MESSAGE_SIZE], nonce[32], hash[32];
    memset(nonce, 9, sizeof nonce);
    proof_message(m, VIEW("https://id.example"), nonce, VIEW("a.b.c"));
    cr_expect(memcmp(m, "GENKAN-CARD/1\0", 14) == 0);
    sha256(hash, VIEW("https://id.example"));
    cr_expect(memcmp(m + 14, hash, 32) == 0);
    sha256(hash, VIEW_ARRAY(nonce));
    cr_expect(memcmp(m + 46, hash, 32) == 0);
    sha256(hash, VIEW("a.b.c"));
    cr_expect(memcmp(m + 78, hash, 32) == 0);
}

Test(challenge, changes_with_each_of_the_three)
{
    uint8_t a[PROOF_MESSAGE_SIZE], b[PROOF_MESSAGE_SIZE], nonce[32] = {0}, other[32] = {1};
    proof_message(a, VIEW("i"), nonce, VIEW("r"));
    proof_message(b, VIEW("j"), nonce, VIEW("r"));
    cr_expect(memcmp(a, b, sizeof a) != 0);
    proof_message(b, VIEW("i"), other, VIEW("r"));
    cr_expect(memcmp(a, b, sizeof a) != 0);
    proof_message(b, VIEW("i"), nonce, VIEW("s"));
    cr_expect(memcmp(a, b, sizeof a) != 0);
}
