#include "idp/tokens/refresh_token.h"

#include "base/base64.h"
#include "base/chance.h"
#include "base/hash.h"
#include "base/secret.h"

/* RFC 6749 10.10: the chance to guess one should be below 2^-160; 24 bytes are 192 bits. */
enum {
    FAMILY_SIZE = 16,
    CHANCE_SIZE = 24,
    MARKED = FAMILY_SIZE + CHANCE_SIZE,
    MARK_SIZE = 16,
    SIZE = MARKED + MARK_SIZE
};

static void mark(uint8_t bytes[SIZE], const struct keys *k)
{
    uint8_t mac[SHA256_SIZE];

    hmac_sha256(mac, keys_secret(k, SECRET_REFRESH), view_bytes(bytes, MARKED));
    memcpy(bytes + MARKED, mac, MARK_SIZE);
}

char *refresh_token_mint(struct arena *a, const struct keys *k, struct ident family)
{
    uint8_t bytes[SIZE];

    memcpy(bytes, family.b, FAMILY_SIZE);
    chance_bytes(bytes + FAMILY_SIZE, CHANCE_SIZE);
    mark(bytes, k);
    return base64url_text(a, VIEW_ARRAY(bytes));
}

struct ident refresh_token_family(struct arena *a, const struct keys *k, struct view text)
{
    uint8_t expected[SIZE];
    struct view bytes;

    if (text.n != REFRESH_TOKEN_LENGTH || base64url_read(a, text, &bytes) || bytes.n != SIZE)
        return IDENT_NONE;
    memcpy(expected, bytes.p, SIZE);
    mark(expected, k);
    return secret_equal(bytes, VIEW_ARRAY(expected)) ? ident_read(view_part(bytes, 0, FAMILY_SIZE)) : IDENT_NONE;
}
