/* Any bytes as the parameter "claims": refused, or what is kept of it is read again as the same wish. */
#include "idp/rules/claims_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct claims_request *r, struct arena *a)
{
    struct claims_request again;
    struct view kept, once_more;
    enum err e = claims_request_keep(&kept, a, r);

    INSIST(!view_is(r->acr) || r->acr.n > 0);
    if (e)
        return;
    INSIST(view_is(kept) == (r->userinfo.fields || r->id_token.fields));
    INSIST(claims_request_read(&again, a, kept) == ERR_OK);
    INSIST(again.userinfo.fields == r->userinfo.fields && again.id_token.fields == r->id_token.fields);
    INSIST(!view_is(again.sub) && !view_is(again.acr));
    INSIST(claims_request_keep(&once_more, a, &again) == ERR_OK && view_equal(kept, once_more));
    for (size_t i = 0; i < field_count(); i++)
        if (claims_request_takes(&r->userinfo, a, field_at(i), VIEW("true")))
            INSIST(r->userinfo.fields & field_bit(field_at(i)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct claims_request r;
    struct arena a;

    arena_open(&a, 4 << 20);
    if (claims_request_read(&r, &a, view_bytes(data, size)) == ERR_OK)
        check(&r, &a);
    arena_close(&a);
    return 0;
}
