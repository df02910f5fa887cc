#include "idp/state/client_keys.h"

#include "idp/rules/key_set.h"

/* ERR_MISMATCH also for a set that cannot be read: none of its keys did it. */
static enum err verify_with(const struct key_set *set, const struct jws *j)
{
    const struct jws_key *keys[KEY_SET_TRIES];
    size_t n = key_set_candidates(keys, set, j);
    enum err e = ERR_MISMATCH;

    for (size_t i = 0; e == ERR_MISMATCH && i < n; i++)
        e = jws_verify(j, keys[i]);
    return e;
}

enum err client_keys_verify(struct visit *v, const struct client *c, const struct jws *j)
{
    struct key_set set;
    const char *why;

    if (!view_is(c->jwks))
        return ERR_MISMATCH;
    enum err e = key_set_read(&set, v->arena, c->jwks, &why);
    return e == ERR_SYNTAX || e == ERR_LIMIT ? ERR_MISMATCH : e ? e : verify_with(&set, j);
}
