/* Any bytes as the parameter "claims": refused, or what is kept of it is read again as the same wish. */
#include "idp/rules/claims_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Her name and birth date, as a sign certificate proves them. */
static struct verified_answer answer_of(const struct verified_wishes *w, struct arena *a)
{
    struct field_value values[] = {{.field = field_find(VIEW("name")), .json = VIEW("\"x\"")},
                                   {.field = field_find(VIEW("birthdate")), .json = VIEW("\"1956-03-14\"")}};
    struct verified_facts facts = {values, 2, VIEW("https://id.example"), 1795305600};
    struct verified_answer out;
    struct json *j;

    for (size_t i = 0; i < 2; i++) {
        values[i].source = SOURCE_CARD_SIGNED;
        values[i].proof = (struct field_proof){VIEW("C=JP"), 1772290800, 1931266799, 1795305599};
    }
    INSIST(verified_claims_decide(&out, a, w, &facts) == ERR_OK);
    INSIST(view_is(out.json) == (out.fields != 0) && (out.fields & ~w->fields) == 0);
    INSIST(!view_is(out.json) || json_read(&j, a, out.json, NULL) == ERR_OK);
    INSIST(!view_is(out.json) || (out.fields & field_bit(values[1].field)) ||
           !memmem(out.json.p, out.json.n, "2031-03-14", 10));
    return out;
}

/* What is kept asks for the same. */
static void answer(const struct claims_request *r, const struct claims_request *again, struct arena *a)
{
    struct verified_answer first = answer_of(&r->userinfo.verified, a);
    struct verified_answer second = answer_of(&again->userinfo.verified, a);

    INSIST(first.fields == second.fields && view_equal(first.json, second.json));
}

static void check(const struct claims_request *r, struct arena *a)
{
    struct claims_request again;
    struct view kept, once_more;
    enum err e = claims_request_keep(&kept, a, r);

    INSIST(!view_is(r->acr) || r->acr.n > 0);
    if (e)
        return;
    INSIST(view_is(kept) == (claims_place_fields(&r->userinfo) || claims_place_fields(&r->id_token)));
    INSIST(claims_request_read(&again, a, kept) == ERR_OK);
    INSIST(again.userinfo.fields == r->userinfo.fields && again.id_token.fields == r->id_token.fields);
    INSIST(again.userinfo.verified.fields == r->userinfo.verified.fields);
    INSIST(again.id_token.verified.fields == r->id_token.verified.fields);
    answer(r, &again, a);
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
