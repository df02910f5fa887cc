#include "idp/endpoints/card_lock.h"

#include "base/base64.h"
#include "base/hash.h"
#include "base/secret.h"
#include "jpki/proof/response.h"

#define SPENT_LIFE_S 600 /* longer than any card transaction lives */
/* In front of a lock: no letter of base64url (RFC 4648 5), but one of cookies (RFC 6265 4.1.1). */
#define SPENT_MARK "."

struct view card_lock_of_key(struct arena *a, struct view key)
{
    struct view bytes;
    uint8_t lock[SHA256_SIZE];
    if (!view_is(key) || base64url_read(a, key, &bytes) || bytes.n != PROOF_LOCK_SIZE)
        return VIEW_NONE;
    sha256(lock, bytes);
    return view_text(base64url_text(a, VIEW_ARRAY(lock)));
}

static struct view without_mark(struct view cookie)
{
    return view_starts(cookie, VIEW(SPENT_MARK)) ? view_from(cookie, 1) : cookie;
}

bool card_lock_is_there(const struct visit *v)
{
    return view_is(request_cookie(v->request, COOKIE_LOCK));
}

bool card_lock_fits(const struct visit *v, struct view lock)
{
    return secret_equal(without_mark(request_cookie(v->request, COOKIE_LOCK)), lock);
}

bool card_lock_is_spent(const struct visit *v, struct view bytes)
{
    struct view cookie = request_cookie(v->request, COOKIE_LOCK);
    struct view lock = view_is(bytes) ? view_text(base64url_text(v->arena, bytes)) : VIEW_NONE;
    return view_starts(cookie, VIEW(SPENT_MARK)) && secret_equal(without_mark(cookie), lock);
}

void card_lock_set(struct visit *v, struct view bytes)
{
    struct view lock = view_is(bytes) ? view_text(base64url_text(v->arena, bytes)) : VIEW_NONE;
    if (view_is(lock))
        answer_cookie(v->answer, &(struct cookie){COOKIE_LOCK, lock, COOKIE_SESSION, SAME_SITE_LAX});
    else if (view_is(request_cookie(v->request, COOKIE_LOCK)))
        answer_cookie(v->answer, &(struct cookie){COOKIE_LOCK, VIEW("gone"), 0, SAME_SITE_LAX});
}

void card_lock_spend(struct visit *v, struct view lock)
{
    const char *value =
        view_is(lock) ? arena_printf(v->arena, SPENT_MARK "%.*s", (int)lock.n, (const char *)lock.p) : NULL;
    if (value)
        answer_cookie(v->answer, &(struct cookie){COOKIE_LOCK, view_text(value), SPENT_LIFE_S, SAME_SITE_LAX});
}
