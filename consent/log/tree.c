#include "consent/log/tree.h"

#include "base/base64.h"

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
void tree_node_hash(uint8_t out[TREE_HASH], const uint8_t left[TREE_HASH], const uint8_t right[TREE_HASH])
{
    uint8_t node[1 + 2 * TREE_HASH];
    node[0] = 1;
    memcpy(node + 1, left, TREE_HASH);
    memcpy(node + 1 + TREE_HASH, right, TREE_HASH);
    sha256(out, VIEW_ARRAY(node));
}

/* Every trailing one bit of the old size is a complete subtree as large as the one just finished: they become one. */
void tree_append_subtree(struct tree *t, unsigned level, const uint8_t root[TREE_HASH])
{
    INSIST(t->n < TREE_DEPTH && (t->size & ((UINT64_C(1) << level) - 1)) == 0);
    memcpy(t->edge[t->n++], root, TREE_HASH);
    for (uint64_t bits = t->size >> level; bits & 1; bits >>= 1) {
        t->n--;
        tree_node_hash(t->edge[t->n - 1], t->edge[t->n - 1], t->edge[t->n]);
    }
    t->size += UINT64_C(1) << level;
}

void tree_append(struct tree *t, const uint8_t leaf_hash[TREE_HASH])
{
    tree_append_subtree(t, 0, leaf_hash);
}

void tree_join(struct tree *t, const struct tree *tail)
{
    uint64_t rest = tail->size;
    for (unsigned i = 0; i < tail->n; i++) {
        unsigned level = 63 - (unsigned)__builtin_clzll(rest);
        tree_append_subtree(t, level, tail->edge[i]);
        rest &= ~(UINT64_C(1) << level);
    }
}

void tree_root(uint8_t out[TREE_HASH], const struct tree *t)
{
    if (t->n == 0) {
        sha256(out, VIEW(""));
        return;
    }
    memcpy(out, t->edge[t->n - 1], TREE_HASH);
    for (unsigned i = t->n - 1; i > 0; i--)
        tree_node_hash(out, t->edge[i - 1], out);
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

enum err tree_proof_read_line(struct tree_proof *p, struct arena *a, struct view line)
{
    struct view hash;
    if (p->n == TREE_DEPTH)
        return ERR_SYNTAX;
    enum err err = base64_read(a, line, &hash);
    if (err)
        return err;
    if (hash.n != TREE_HASH)
        return ERR_SYNTAX;
    memcpy(p->hashes[p->n++], hash.p, TREE_HASH);
    return ERR_OK;
}

/* RFC 9162 2.1.3.2, the walk of RFC 6962 2.1.1 written out. */
bool tree_includes(const struct tree_proof *proof, int64_t index, int64_t size, const uint8_t leaf[TREE_HASH],
                   const uint8_t root[TREE_HASH])
{
    if (index < 0 || index >= size)
        return false;
    uint64_t fn = (uint64_t)index, sn = (uint64_t)size - 1;
    uint8_t r[TREE_HASH];
    memcpy(r, leaf, TREE_HASH);
    for (size_t i = 0; i < proof->n; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            tree_node_hash(r, proof->hashes[i], r);
            for (; fn && !(fn & 1); fn >>= 1)
                sn >>= 1;
        } else {
            tree_node_hash(r, r, proof->hashes[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && memcmp(r, root, TREE_HASH) == 0;
}

/* RFC 9162 2.1.4.2, steps 3 to 6; the first hash of a power of two is the old root itself. */
static bool walk_consistency(const uint8_t (*path)[TREE_HASH], size_t n, int64_t old_size, int64_t size,
                             uint8_t fr[TREE_HASH], uint8_t sr[TREE_HASH])
{
    uint64_t fn = (uint64_t)old_size - 1, sn = (uint64_t)size - 1;
    for (; fn & 1; fn >>= 1)
        sn >>= 1;
    memcpy(fr, path[0], TREE_HASH);
    memcpy(sr, path[0], TREE_HASH);
    for (size_t i = 1; i < n; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            tree_node_hash(fr, path[i], fr);
            tree_node_hash(sr, path[i], sr);
            for (; fn && !(fn & 1); fn >>= 1)
                sn >>= 1;
        } else {
            tree_node_hash(sr, sr, path[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0;
}

bool tree_is_consistent(const struct tree_proof *proof, int64_t old_size, const uint8_t old_root[TREE_HASH],
                        int64_t size, const uint8_t root[TREE_HASH])
{
    uint8_t path[TREE_DEPTH + 1][TREE_HASH], fr[TREE_HASH], sr[TREE_HASH], empty[TREE_HASH];
    if (old_size < 0 || old_size > size)
        return false;
    if (old_size == size)
        return proof->n == 0 && memcmp(old_root, root, TREE_HASH) == 0;
    if (old_size == 0) {
        sha256(empty, VIEW(""));
        return proof->n == 0 && memcmp(old_root, empty, TREE_HASH) == 0;
    }
    bool power = (old_size & (old_size - 1)) == 0;
    if (proof->n == 0)
        return false;
    memcpy(path[0], old_root, TREE_HASH);
    memcpy(path[power], proof->hashes, proof->n * TREE_HASH);
    return walk_consistency((const uint8_t(*)[TREE_HASH])path, proof->n + power, old_size, size, fr, sr) &&
           memcmp(fr, old_root, TREE_HASH) == 0 && memcmp(sr, root, TREE_HASH) == 0;
}
