#include "idp/endpoints/card_call.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/log.h"
#include "http/url.h"
#include "idp/endpoints/show.h"
#include "jpki/proof/response.h"

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct view card_call_fragment(struct view text)
{
    size_t at = text.n;
    while (at > 0 && text.p[at - 1] != '#')
        at--;
    text = view_from(text, at);
    while (text.n && is_blank(text.p[0]))
        text = view_from(text, 1);
    while (text.n && is_blank(text.p[text.n - 1]))
        text.n--;
    return text;
}

struct view card_call_txn(struct arena *a, struct view fragment)
{
    struct view bytes;
    struct json *json;
    if (fragment.n > PROOF_RESPONSE_MAX || base64url_read(a, fragment, &bytes) != ERR_OK ||
        json_read(&json, a, bytes, NULL) != ERR_OK)
        return VIEW_NONE;
    return json_member_text(json, "txn");
}

/* --- by our script -------------------------------------------------------------------------------------------- */

/* A foreign page can send neither this type nor this header without a preflight, which nobody answers; the origin is
 * checked all the same. */
static bool is_own_script(const struct visit *v)
{
    const struct request *r = v->request;
    struct view site = request_header(r, "Sec-Fetch-Site");
    return view_equal_text(request_header(r, "X-Genkan-Card"), "1") && request_header_count(r, "Origin") == 1 &&
           url_is_of_origin(request_header(r, "Origin"), v->op->issuer) &&
           (request_header_count(r, "Sec-Fetch-Site") == 0 || view_equal_text(site, "same-origin"));
}

static bool read_script(struct card_call *out, struct visit *v)
{
    struct json *json;
    const char *why = NULL;
    out->by_script = true;
    if (!is_own_script(v)) {
        show_error(v, 403, PAGE_ERROR_FORM);
        return false;
    }
    if (json_read(&json, v->arena, v->request->body, &why) != ERR_OK || !json_is_object(json)) {
        show_parameter_error(v, VIEW("body"), "must be a JSON object");
        return false;
    }
    out->fragment = card_call_fragment(json_member_text(json, "response"));
    return true;
}

/* --- by the form ---------------------------------------------------------------------------------------------- */

static bool read_form(struct card_call *out, struct visit *v)
{
    static const struct form_limits limits = {.params_max = 8, .name_max = 32, .value_max = PROOF_RESPONSE_MAX};
    const struct form *form;
    struct form_fault fault;
    enum err e = form_read(&form, v->arena, v->request->body, &limits, &fault);
    if (e == ERR_SYNTAX || e == ERR_LIMIT) {
        show_parameter_error(v, fault.name, fault.rule);
        return false;
    }
    if (e) {
        show_failure(v, e, "read the form of a card's answer");
        return false;
    }
    if (!visit_is_own_form(v, form_get(form, "csrf"))) {
        show_error(v, 403, PAGE_ERROR_FORM);
        return false;
    }
    out->fragment = card_call_fragment(form_get(form, "response"));
    if (out->fragment.n == 0)
        visit_redirect(v, VIEW("/login/card/return?empty=1"));
    return out->fragment.n > 0;
}

static bool is_type(struct view sent, const char *type)
{
    struct view media;
    if (!view_next(&sent, ';', &media))
        return false;
    while (media.n && is_blank(media.p[media.n - 1]))
        media.n--;
    return view_equal_text(media, type);
}

bool card_call_read(struct card_call *out, struct visit *v)
{
    *out = (struct card_call){0};
    if (is_type(v->request->content_type, "application/json"))
        return read_script(out, v);
    if (is_type(v->request->content_type, "application/x-www-form-urlencoded"))
        return read_form(out, v);
    show_error(v, 415, PAGE_ERROR_METHOD);
    return false;
}

void card_call_go(struct visit *v, const struct card_call *c, int status, struct view path)
{
    struct buf b;
    struct view body;
    struct json_out o;
    if (!c->by_script) {
        visit_redirect(v, path);
        return;
    }
    buf_open(&b, v->arena, 4096);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair(&o, "next", path);
    json_end(&o);
    enum err e = buf_done(&b, &body);
    if (e)
        show_failure(v, e, "answer the card page");
    else
        answer_body(v->answer, status, "application/json", body);
}
