/* Any query as an authorization request: what is accepted obeys the rules, and comes back from its text as it was. */
#include <stdint.h>

#include "base/text.h"
#include "http/form.h"
#include "idp/rules/authorization_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct authz_params params_of(const struct form *f)
{
    return (struct authz_params){
        .client_id = form_get(f, "client_id"),
        .redirect_uri = form_get(f, "redirect_uri"),
        .response_type = form_get(f, "response_type"),
        .response_mode = form_get(f, "response_mode"),
        .scope = form_get(f, "scope"),
        .state = form_get(f, "state"),
        .nonce = form_get(f, "nonce"),
        .code_challenge = form_get(f, "code_challenge"),
        .code_challenge_method = form_get(f, "code_challenge_method"),
        .prompt = form_get(f, "prompt"),
        .max_age = form_get(f, "max_age"),
        .ui_locales = form_get(f, "ui_locales"),
        .acr_values = form_get(f, "acr_values"),
        .request = form_get(f, "request"),
        .request_uri = form_get(f, "request_uri"),
        .registration = form_get(f, "registration"),
    };
}

static void check_round_trip(struct arena *a, const struct authz_request *r)
{
    struct authz_request back;
    struct view text;
    struct buf b;

    buf_open(&b, a, 65536);
    authz_write(&b, r);
    INSIST(buf_done(&b, &text) == ERR_OK && authz_read(&back, a, text) == ERR_OK);
    INSIST(view_equal(back.scope, r->scope) && view_equal(back.state, r->state) && view_equal(back.nonce, r->nonce));
    INSIST(back.prompt == r->prompt && back.max_age == r->max_age && view_equal(back.challenge, r->challenge));
}

static void check(struct arena *a, const struct authz_request *r, enum refusal refusal)
{
    bool told_on_page = refusal && refusal_row(refusal)->tell == TELL_PAGE;

    INSIST(told_on_page == !view_is(r->redirect_uri));
    INSIST(!view_is(r->state) || text_is_printable(r->state));
    if (refusal)
        return;
    INSIST(text_has_word(r->scope, VIEW("openid")) && r->challenge.n == 43 && r->max_age >= -1);
    INSIST(!(r->prompt & PROMPT_NONE) || r->prompt == PROMPT_NONE);
    check_round_trip(a, r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct form_limits limits = {64, 128, 4096, "resource"};
    struct view redirect = VIEW("https://a.example/cb");
    struct client client = {.id = VIEW("a"), .redirect_uris = &redirect, .redirect_count = 1, .require_pkce = true};
    const struct form *form;
    struct form_fault fault;
    struct arena arena;

    arena_open(&arena, 4 << 20);
    if (form_read(&form, &arena, view_bytes(data, size), &limits, &fault) == ERR_OK) {
        struct authz_params p = params_of(form);
        struct authz_request r;
        enum refusal refusal = authz_decide(&p, &client, &r).refusal;
        check(&arena, &r, refusal);
    }
    arena_close(&arena);
    return 0;
}
