/* POST /lang: pages in Japanese, easy Japanese or English from now on, in this browser. */
#include "http/url.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/show.h"
#include "webui/program.h"

#define LANG_LIFE_S 31536000 /* a year */

/* Only a path of our own: this is no redirector. */
static struct view back_of(const struct visit *v)
{
    struct view back = visit_param(v, "back");
    return view_starts(back, VIEW("/")) && address_is_safe(back) ? back : VIEW("/");
}

/* "simple" is a registered variant (BCP 47): やさしい日本語 */
static bool is_language(struct view lang)
{
    return view_equal_text(lang, "ja") || view_equal_text(lang, "ja-simple") || view_equal_text(lang, "en");
}

void handle_lang(struct visit *v)
{
    struct view lang = visit_param(v, "lang");
    const struct request *r = v->request;
    if (request_header_count(r, "Origin") > 0 && !url_is_of_origin(request_header(r, "Origin"), v->op->issuer)) {
        show_error(v, 403, PAGE_ERROR_FORM);
    } else if (!is_language(lang)) {
        show_parameter_error(v, VIEW("lang"), "must be ja, ja-simple or en");
    } else {
        answer_cookie(v->answer, &(struct cookie){COOKIE_LANG, lang, LANG_LIFE_S, SAME_SITE_LAX});
        visit_redirect(v, back_of(v));
    }
}
