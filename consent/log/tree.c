#include "consent/log/tree.h"

void tree_open(struct tree *t)
{
    t->size = 0;
    t->n = 0;
}

/* RFC 6962 2.1: MTH({d(0)}) = SHA-256(0x00 || d(0)) */
void tree_leaf_hash(uint8_t out[TREE_HASH], struct view leaf)
{
    const struct view pieces[] = {VIEW("\x00"), leaf};
    sha256_of(out, pieces, 2);
}

/* RFC 6962 2.1: SHA-256(0x01 || left || right). OUT may be LEFT or RIGHT. */
static void node_hash(uint8_t out[TREE_HASH], const uint8_t left[TREE_HASH], const uint8_t right[TREE_HASH])
{
    uint8_t node[1 + 2 * TREE_HASH];
    node[0] = 1;
    memcpy(node + 1, left, TREE_HASH);
    memcpy(node + 1 + TREE_HASH, right, TREE_HASH);
    sha256(out, VIEW_ARRAY(node));
}

/* Every trailing one bit of the old size is a complete subtree as large as the one just finished: they become one. */
void tree_append(struct tree *t, const uint8_t leaf_hash[TREE_HASH])
{
    INSIST(t->n < TREE_DEPTH);
    memcpy(t->edge[t->n++], leaf_hash, TREE_HASH);
    for (uint64_t bits = t->size; bits & 1; bits >>= 1) {
        t->n--;
        node_hash(t->edge[t->n - 1], t->edge[t->n - 1], t->edge[t->n]);
    }
    t->size++;
}

void tree_root(uint8_t out[TREE_HASH], const struct tree *t)
{
    if (t->n == 0) {
        sha256(out, VIEW(""));
        return;
    }
    memcpy(out, t->edge[t->n - 1], TREE_HASH);
    for (unsigned i = t->n - 1; i > 0; i--)
        node_hash(out, t->edge[i - 1], out);
}

struct view tree_edge(const struct tree *t)
{
    return view_bytes(t->edge, (size_t)t->n * TREE_HASH);
}

bool tree_load(struct tree *t, uint64_t size, struct view edge)
{
    unsigned n = (unsigned)__builtin_popcountll(size);
    if (n > TREE_DEPTH || edge.n != (size_t)n * TREE_HASH)
        return false;
    t->size = size;
    t->n = n;
    if (edge.n)
        memcpy(t->edge, edge.p, edge.n);
    return true;
}
