/* proof: what lets somebody check one leaf of the ledger without us: a file in the format of C2SP tlog-proof, made of
 * the published checkpoint and tiles (docs/ledger.md). Reads files only: no store, no lock, any thread. */
#ifndef CONSENT_PROOF_H
#define CONSENT_PROOF_H

#include "base/arena.h"
#include "base/err.h"

/* The proof that leaf INDEX is in the tree of the checkpoint published in FOLDER (DATA/ledger), as the text of a
 * .tlog-proof file in A, and checked before it is handed out. EXTRA goes into the unauthenticated extra line; absent:
 * none. ERR_NOT_FOUND: no published checkpoint counts this leaf yet (a matter of seconds) or nothing is published.
 * ERR_MISMATCH: the published files contradict each other. ERR_IO, ERR_MEMORY, ERR_LIMIT. */
enum err proof_find(struct view *out, struct arena *a, const char *folder, int64_t index, struct view extra) MUST_CHECK;

#endif
