#include "idp/tokens/proof_nonce.h"

#include "base/base64.h"
#include "base/hash.h"
#include "base/secret.h"

enum { TIME_SIZE = 8, MAC_SIZE = 16, SIZE = TIME_SIZE + MAC_SIZE, TEXT_SIZE = SIZE / 3 * 4 };

/* TIME and its MAC, for this purpose only. */
static void make(uint8_t out[SIZE], const struct keys *k, const uint8_t time[TIME_SIZE])
{
    const struct view pieces[] = {VIEW("genkan dpop nonce 1\0"), view_bytes(time, TIME_SIZE)};
    uint8_t mac[SHA256_SIZE];

    hmac_sha256_of(mac, keys_secret(k, SECRET_ACCESS), pieces, 2);
    memcpy(out, time, TIME_SIZE);
    memcpy(out + TIME_SIZE, mac, MAC_SIZE);
}

char *proof_nonce_mint(struct arena *a, const struct keys *k, int64_t now)
{
    uint8_t bytes[SIZE], time[TIME_SIZE];

    for (size_t i = 0; i < TIME_SIZE; i++)
        time[i] = (uint8_t)((uint64_t)now >> (8 * (TIME_SIZE - 1 - i)));
    make(bytes, k, time);
    return base64url_text(a, VIEW_ARRAY(bytes));
}

bool proof_nonce_read(int64_t *made_at, const struct keys *k, struct view text)
{
    uint8_t expected[SIZE];
    struct arena a;
    struct view bytes;
    uint64_t time = 0;

    *made_at = 0;
    if (text.n != TEXT_SIZE)
        return false;
    arena_open(&a, 256);
    bool ours = base64url_read(&a, text, &bytes) == ERR_OK && bytes.n == SIZE;
    if (ours) {
        make(expected, k, bytes.p);
        ours = secret_equal(bytes, VIEW_ARRAY(expected));
        for (size_t i = 0; i < TIME_SIZE; i++)
            time = time << 8 | bytes.p[i];
    }
    arena_close(&a);
    *made_at = ours ? (int64_t)time : 0;
    return ours;
}
