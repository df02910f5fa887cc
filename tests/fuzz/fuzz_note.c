/* Any bytes as what the ledger reads from outside: a note, a checkpoint, a tlog-proof, an add-checkpoint request, a
 * verifier key, a tile's path. What is accepted is inside the text, and written back it is the same. */
#include <stdint.h>

#include "consent/log/tile.h"
#include "consent/log/tlog_proof.h"
#include "consent/log/witness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_checkpoint(struct arena *a, struct view text)
{
    struct checkpoint *c = arena_alloc(a, sizeof *c);
    struct buf b;
    struct view again;
    INSIST(c);
    if (checkpoint_read(c, a, text) != ERR_OK)
        return;
    buf_open(&b, a, NOTE_MAX);
    checkpoint_put_text(&b, c->origin, c->size, c->root);
    INSIST(buf_done(&b, &again) == ERR_OK && view_equal(again, c->note.text));
    INSIST(c->note.n > 0 && c->note.n <= NOTE_SIGNATURES);
}

static void check_proof(struct arena *a, struct view text)
{
    struct tlog_proof *p = arena_alloc(a, sizeof *p);
    struct buf b;
    struct view again;
    INSIST(p);
    if (tlog_proof_read(p, a, text) != ERR_OK)
        return;
    buf_open(&b, a, 4 * NOTE_MAX);
    tlog_proof_put(&b, p);
    INSIST(buf_done(&b, &again) == ERR_OK && view_equal(again, text));
}

static void check_request(struct arena *a, struct view text)
{
    struct witness_request *r = arena_alloc(a, sizeof *r);
    struct buf b;
    struct view again;
    INSIST(r);
    if (witness_request_read(r, a, text) != ERR_OK)
        return;
    buf_open(&b, a, 4 * NOTE_MAX);
    witness_request_put(&b, r);
    INSIST(buf_done(&b, &again) == ERR_OK && view_equal(again, text));
}

static void check_key(struct arena *a, struct view text)
{
    struct note_key k;
    struct buf b;
    struct view again;
    if (note_key_read(&k, a, text) != ERR_OK)
        return;
    buf_open(&b, a, 4096);
    note_key_put(&b, &k);
    INSIST(buf_done(&b, &again) == ERR_OK && view_equal(again, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view text = view_bytes(data, size);
    struct arena a;
    int level;
    int64_t n;
    unsigned width;
    arena_open(&a, 8 << 20);
    check_checkpoint(&a, text);
    check_proof(&a, text);
    check_request(&a, text);
    check_key(&a, text);
    if (tile_path_read(text, &level, &n, &width))
        INSIST(level >= TILE_ENTRIES && level < 64 && n >= 0 && width >= 1 && width <= TILE_WIDTH);
    arena_close(&a);
    return 0;
}
