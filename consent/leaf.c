#include "consent/leaf.h"

#include "consent/tree.h"

void leaf_digest(uint8_t out[SHA256_SIZE], struct view salt, struct view event)
{
    const struct view pieces[] = {salt, event};
    sha256_of(out, pieces, 2);
}

void leaf_hash(uint8_t out[SHA256_SIZE], unsigned type, const uint8_t digest[SHA256_SIZE])
{
    uint8_t leaf[2 + SHA256_SIZE] = {LEAF_VERSION, (uint8_t)type};
    memcpy(leaf + 2, digest, SHA256_SIZE);
    tree_leaf_hash(out, VIEW_ARRAY(leaf));
}
