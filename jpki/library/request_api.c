/* Issuers, a request, and the response to it. */
#include <stdlib.h>

#include "jpki/library/handles.h"

/* ---- issuers ---- */

API int genkan_issuers_open(genkan_issuers **out)
{
    genkan_issuers *i = *out = calloc(1, sizeof *i);
    if (!i)
        return GENKAN_NO_MEMORY;
    arena_open(&i->arena, (size_t)4 * LIBRARY_ARENA);
    return GENKAN_OK;
}

static bool has(const genkan_issuers *i, struct view iss)
{
    for (size_t k = 0; k < i->n; k++)
        if (view_equal(i->list[k].iss, iss))
            return true;
    return false;
}

API int genkan_issuers_add(genkan_issuers *i, const char *json, size_t n, const char **why)
{
    struct proof_issuer one;
    struct view text = arena_copy(&i->arena, view_bytes(json, n));
    *why = "";
    if (i->n == LIBRARY_ISSUERS_MAX || !text.p)
        return GENKAN_NO_MEMORY;
    enum err e = proof_issuer_read(&one, &i->arena, text, why);
    if (!e && has(i, one.iss)) {
        *why = "iss: there already";
        e = ERR_SYNTAX;
    }
    if (e)
        return e == ERR_SYNTAX ? GENKAN_BAD_ISSUER : status_of_err(e);
    i->list[i->n++] = one;
    return GENKAN_OK;
}

API void genkan_issuers_close(genkan_issuers *i)
{
    if (!i)
        return;
    arena_close(&i->arena);
    free(i);
}

/* ---- the request ---- */

static bool take_texts(genkan_request *r, const struct proof_issuer *issuer)
{
    const struct proof_request *q = &r->request;
    const struct view views[] = {
        [GENKAN_TEXT_ISSUER] = q->iss,          [GENKAN_TEXT_LABEL] = issuer->label, [GENKAN_TEXT_SERVICE] = q->rp.name,
        [GENKAN_TEXT_ORGANISATION] = q->rp.org, [GENKAN_TEXT_HOST] = q->rp.host,     [GENKAN_TEXT_WORD] = q->bind,
        [GENKAN_TEXT_LANGUAGE] = q->ui.lang,    [GENKAN_TEXT_TRANSACTION] = q->txn,
    };
    bool good = true;
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        r->texts[i] = arena_text(&r->arena, views[i]);
        good = good && r->texts[i];
    }
    return good;
}

/* Who answers, as it stands in the response. */
static bool take_self(genkan_request *r, const struct genkan_self *self)
{
    r->response = (struct proof_response){.txn = r->request.txn,
                                          .agent_name = view_text(arena_text(&r->arena, view_text(self->name))),
                                          .agent_ver = view_text(arena_text(&r->arena, view_text(self->version))),
                                          .agent_os = view_text(arena_text(&r->arena, view_text(self->os)))};
    return r->response.agent_name.p && r->response.agent_ver.p && r->response.agent_os.p;
}

static int read_request(genkan_request *r, const genkan_issuers *issuers, struct view jws,
                        const struct genkan_self *self, struct proof_refusal *refusal)
{
    const struct proof_issuer *issuer;
    const struct proof_reader reader = {issuers->list, issuers->n, (enum proof_carrier)self->carrier,
                                        view_text(self->version), r->now};
    r->jws = arena_copy(&r->arena, jws);
    if (!r->jws.p)
        return GENKAN_NO_MEMORY;
    enum err e = proof_request_read(&r->request, &issuer, &r->arena, r->jws, &reader, refusal);
    if (e)
        return status_of_err(e);
    if (refusal->code)
        return status_of_proof(refusal->code);
    return take_texts(r, issuer) && take_self(r, self) ? GENKAN_OK : GENKAN_NO_MEMORY;
}

API int genkan_request_open(genkan_request **out, const genkan_issuers *issuers, const char *jws, size_t n,
                            const struct genkan_self *self, int64_t now, struct genkan_refusal *why)
{
    struct proof_refusal refusal = {PROOF_OK, "", ""};
    *out = NULL;
    *why = (struct genkan_refusal){"", ""};
    if (self->size < sizeof *self || !self->name || !self->version || !self->os)
        return GENKAN_USAGE;
    if (n > PROOF_REQUEST_MAX) {
        *why = (struct genkan_refusal){"jws", "too long"};
        return GENKAN_REQUEST_INVALID;
    }
    genkan_request *r = calloc(1, sizeof *r);
    if (!r)
        return GENKAN_NO_MEMORY;
    arena_open(&r->arena, LIBRARY_ARENA);
    r->now = now;
    int status = read_request(r, issuers, view_bytes(jws, n), self, &refusal);
    if (status == GENKAN_OK) {
        *out = r;
        return GENKAN_OK;
    }
    if (refusal.code)
        *why = (struct genkan_refusal){refusal.claim, refusal.rule};
    genkan_request_close(r);
    return status;
}

API const char *genkan_request_text(const genkan_request *r, enum genkan_text which)
{
    return (size_t)which < sizeof r->texts / sizeof *r->texts ? r->texts[which] : NULL;
}

API int genkan_request_purpose(const genkan_request *r)
{
    return (int)r->request.purpose;
}

API int64_t genkan_request_expires(const genkan_request *r)
{
    return r->request.exp;
}

API int genkan_request_large(const genkan_request *r)
{
    return r->request.ui.large;
}

API void genkan_request_close(genkan_request *r)
{
    if (!r)
        return;
    arena_close(&r->arena);
    free(r);
}

/* ---- the response ---- */

/* What each purpose needs, all of it and nothing else. */
static bool is_complete(const genkan_request *r)
{
    enum proof_purpose p = r->request.purpose;
    bool sign = r->response.sign.alg != JWS_NONE_GIVEN;
    return r->response.auth.alg != JWS_NONE_GIVEN && sign == (p == PROOF_REGISTER) &&
           r->response.has_text == (p == PROOF_READ);
}

static int write_url(const genkan_request *r, const struct proof_response *response, char **url)
{
    struct buf b;
    const char *text;
    *url = NULL;
    buf_open(&b, NULL, (size_t)2 * PROOF_RESPONSE_MAX);
    buf_put(&b, r->request.response_uri);
    buf_put_text(&b, "#");
    enum err e = proof_response_write_fragment(&b, response);
    if (!e)
        e = buf_done_text(&b, &text);
    if (!e)
        *url = strdup(text);
    buf_close(&b);
    return e ? status_of_err(e) : *url ? GENKAN_OK : GENKAN_NO_MEMORY;
}

API int genkan_request_response(const genkan_request *r, char **url)
{
    *url = NULL;
    return is_complete(r) ? write_url(r, &r->response, url) : GENKAN_USAGE;
}

API int genkan_request_error(const genkan_request *r, int status, enum genkan_pin of, char **url)
{
    struct proof_response response = {.txn = r->request.txn, .error = proof_of_status(status)};
    *url = NULL;
    if (response.error == PROOF_ERROR_COUNT || of > GENKAN_PIN_TEXT)
        return GENKAN_USAGE;
    response.part = of == GENKAN_PIN_SIGN ? PROOF_PART_SIGN : of == GENKAN_PIN_TEXT ? PROOF_PART_TEXT : PROOF_PART_AUTH;
    return write_url(r, &response, url);
}
