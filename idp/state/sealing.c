#include "idp/state/sealing.h"

#include "idp/state/client_keys.h"

#define OVERHEAD 4096 /* header, wrapped key, tag */

enum err sealing_find(struct sealing *out, struct visit *v, const struct client *c, const struct client_jwe *how,
                      bool may_wait)
{
    *out = (struct sealing){0};
    if (!view_is(how->alg))
        return ERR_OK;
    out->alg = jwe_alg_of(how->alg);
    out->enc = content_alg_of(how->enc);
    /* It was checked when it was registered; what cannot be encrypted does not go out plain. */
    if (out->alg == JWE_NONE_GIVEN || out->enc == CONTENT_NONE_GIVEN)
        return ERR_UNAVAILABLE;
    return client_keys_find_encryption(&out->key, v, c, out->alg, may_wait);
}

static enum err apply(struct view *text, struct arena *a, const struct sealing *s, const struct jwe_words *words)
{
    struct buf b;

    if (!s->key || !view_is(*text))
        return ERR_OK;
    buf_open(&b, a, (text->n / 3 + 1) * 4 + OVERHEAD);
    enum err e = jwe_encrypt(&b, s->key, s->alg, s->enc, words, *text);
    return e ? e : buf_done(&b, text);
}

enum err sealing_apply(struct view *text, struct arena *a, const struct sealing *s)
{
    return apply(text, a, s, &(struct jwe_words){.cty = "JWT"});
}

enum err sealing_apply_to_claims(struct view *text, struct arena *a, const struct sealing *s)
{
    return apply(text, a, s, &(struct jwe_words){.typ = "JWT"});
}
