/* POST /lang, POST /letters: pages in Japanese, easy Japanese or English, in normal or large letters from now on, in
 * this browser. */
#include "http/url.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/show.h"
#include "webui/program.h"

#define CHOICE_LIFE_S 31536000 /* a year */

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

static bool is_letters(struct view letters)
{
    return view_equal_text(letters, "normal") || view_equal_text(letters, "large");
}

/* Harmless, and no business of another site all the same. Pages for a browser without a ticket, and those about a
 * request that no handler got, have no token: there the browser itself must say it. */
static bool is_of_our_page(const struct visit *v)
{
    const struct request *r = v->request;
    struct view site = request_header(r, "Sec-Fetch-Site");
    if (request_header_count(r, "Origin") == 0)
        return visit_is_own_form(v, visit_param(v, "csrf"));
    return url_is_of_origin(request_header(r, "Origin"), v->op->issuer) &&
           (request_header_count(r, "Sec-Fetch-Site") == 0 || view_equal_text(site, "same-origin"));
}

/* Parameter NAME is kept in COOKIE if it is one of what RULE says. */
static void keep(struct visit *v, const char *name, const char *cookie, bool (*is_choice)(struct view),
                 const char *rule)
{
    struct view chosen = visit_param(v, name);
    if (!is_of_our_page(v)) {
        show_error(v, 403, PAGE_ERROR_FORM);
    } else if (!is_choice(chosen)) {
        show_parameter_error(v, view_text(name), rule);
    } else {
        answer_cookie(v->answer, &(struct cookie){cookie, chosen, CHOICE_LIFE_S, SAME_SITE_LAX});
        visit_redirect(v, back_of(v));
    }
}

void handle_lang(struct visit *v)
{
    keep(v, "lang", COOKIE_LANG, is_language, "must be ja, ja-simple or en");
}

void handle_letters(struct visit *v)
{
    keep(v, "letters", COOKIE_LETTERS, is_letters, "must be normal or large");
}
