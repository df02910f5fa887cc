#include "idp/tokens/login_claims.h"

#include "base/text.h"

static void put_amr(struct json_out *o, struct view amr)
{
    struct view word;

    if (!view_is(amr))
        return;
    json_key(o, "amr");
    json_begin_array(o);
    while (text_next_word(&amr, &word))
        json_put_text(o, word);
    json_end_array(o);
}

void login_claims_put(struct json_out *o, const struct login_claims *l)
{
    json_pair_int(o, "auth_time", l->auth_at);
    json_pair(o, "acr", l->acr);
    put_amr(o, l->amr);
}
