#include "store/ident.h"

#include "base/chance.h"
#include "base/hash.h"
#include "base/secret.h"

struct ident ident_mint(void)
{
    struct ident id;
    chance_bytes(id.b, sizeof id.b);
    return id;
}

struct ident ident_of(struct view ticket)
{
    if (!view_is(ticket))
        return IDENT_NONE;
    uint8_t digest[SHA256_SIZE];
    sha256(digest, ticket);
    return ident_read(view_bytes(digest, sizeof(struct ident)));
}

struct ident ident_read(struct view bytes)
{
    struct ident id = IDENT_NONE;
    if (bytes.n == sizeof id.b)
        memcpy(id.b, bytes.p, sizeof id.b);
    return id;
}

bool ident_equal(struct ident a, struct ident b)
{
    return ident_is(a) && secret_equal(ident_view(&a), ident_view(&b));
}

bool ident_is(struct ident id)
{
    uint8_t any = 0;
    for (size_t i = 0; i < sizeof id.b; i++)
        any |= id.b[i];
    return any != 0;
}
