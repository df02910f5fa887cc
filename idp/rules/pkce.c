#include "idp/rules/pkce.h"

#include "base/base64.h"
#include "base/hash.h"
#include "base/secret.h"
#include "base/text.h"

#define CHALLENGE_SIZE 43 /* base64url of 32 bytes */

/* RFC 7636 4.1 */
bool pkce_is_verifier(struct view v)
{
    return view_is(v) && v.n >= 43 && v.n <= 128 && text_unreserved(v) == v.n;
}

/* Of them those that base64url has. */
bool pkce_is_challenge(struct view v)
{
    return view_is(v) && v.n == CHALLENGE_SIZE && text_unreserved(v) == v.n && view_index(v, '.') == v.n &&
           view_index(v, '~') == v.n;
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
