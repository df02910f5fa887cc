#include "idp/rules/pkce.h"

#include "base/base64.h"
#include "base/hash.h"
#include "base/secret.h"

#define CHALLENGE_SIZE 43 /* base64url of 32 bytes */

/* RFC 3986 2.3, as RFC 7636 4.1 asks for. */
static bool is_unreserved(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

bool pkce_is_verifier(struct view v)
{
    if (!view_is(v) || v.n < 43 || v.n > 128)
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (!is_unreserved(v.p[i]))
            return false;
    return true;
}

bool pkce_is_challenge(struct view v)
{
    if (!view_is(v) || v.n != CHALLENGE_SIZE)
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (!is_unreserved(v.p[i]) || v.p[i] == '.' || v.p[i] == '~')
            return false;
    return true;
}

bool pkce_fits(struct view verifier, struct view challenge)
{
    uint8_t digest[SHA256_SIZE];
    struct buf text;
    struct view made;

    sha256(digest, verifier);
    buf_open(&text, NULL, CHALLENGE_SIZE);
    base64url_put(&text, VIEW_ARRAY(digest));
    bool fits = buf_done(&text, &made) == ERR_OK && secret_equal(made, challenge);
    buf_close(&text);
    return fits;
}
