/* tree: the Merkle tree hash of RFC 6962 section 2.1, grown leaf by leaf. Only the roots of the complete subtrees on
 * the right edge are kept: as many hashes as the size has one bits. */
#ifndef CONSENT_LOG_TREE_H
#define CONSENT_LOG_TREE_H

#include "base/arena.h"
#include "base/hash.h"

#define TREE_HASH  SHA256_SIZE
#define TREE_DEPTH 63

struct tree {
    uint64_t size;
    uint8_t edge[TREE_DEPTH][TREE_HASH]; /* largest subtree first; n = number of one bits in size */
    unsigned n;
};

void tree_open(struct tree *t); /* the empty tree */

/* SHA-256(0x00 || LEAF) and the next leaf by its hash. */
void tree_leaf_hash(uint8_t out[TREE_HASH], struct view leaf);
void tree_append(struct tree *t, const uint8_t leaf_hash[TREE_HASH]);

/* The same for a complete subtree of 2^LEVEL leaves; the size must be a multiple of that. */
void tree_append_subtree(struct tree *t, unsigned level, const uint8_t root[TREE_HASH]);

/* TAIL's leaves behind those of T, whose size is a multiple of a power of two that is not below TAIL's. */
void tree_join(struct tree *t, const struct tree *tail);

/* SHA-256(0x01 || LEFT || RIGHT). OUT may be one of them. */
void tree_node_hash(uint8_t out[TREE_HASH], const uint8_t left[TREE_HASH], const uint8_t right[TREE_HASH]);

/* MTH of all leaves; of the empty tree SHA-256 of nothing. */
void tree_root(uint8_t out[TREE_HASH], const struct tree *t);

/* The edge as bytes (n * 32), and back. False: EDGE does not fit SIZE. */
struct view tree_edge(const struct tree *t);
bool tree_load(struct tree *t, uint64_t size, struct view edge);

/* Hashes of a proof, in the order of RFC 6962 2.1.1 and 2.1.2. */
struct tree_proof {
    size_t n;
    uint8_t hashes[TREE_DEPTH][TREE_HASH];
};

/* One more hash of a proof, as text: base64 of a line (C2SP tlog-proof, tlog-witness). ERR_SYNTAX: it is none, or there
 * are as many as there can be. A is for work. */
enum err tree_proof_read_line(struct tree_proof *p, struct arena *a, struct view line) MUST_CHECK;

/* Does PROOF show that LEAF is number INDEX of the tree of SIZE leaves with ROOT? */
bool tree_includes(const struct tree_proof *proof, int64_t index, int64_t size, const uint8_t leaf[TREE_HASH],
                   const uint8_t root[TREE_HASH]);

/* Does PROOF show that the tree of OLD_SIZE leaves is the beginning of that of SIZE leaves? */
bool tree_is_consistent(const struct tree_proof *proof, int64_t old_size, const uint8_t old_root[TREE_HASH],
                        int64_t size, const uint8_t root[TREE_HASH]);

#endif
