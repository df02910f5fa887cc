/* POST /me/card: the card is used on the first page, for no service: do=login to see what is here, do=update to have
 * the card tell who she is, do=leave and do=cards to show it once more before she leaves or changes her cards, do=link
 * to show a new one. */
#include "base/log.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/flow.h"
#include "idp/endpoints/me.h"
#include "idp/endpoints/show.h"

/* Only behind the old card, shown a moment ago; otherwise the page that asks for it. */
static void begin_link(struct visit *v)
{
    struct me me;

    if (!me_open(v, &me))
        return;
    if (me_is_fresh(v, &me))
        flow_begin_own(v, FLOW_LINK, &me.session);
    else
        visit_redirect(v, VIEW("/me/cards"));
}

void handle_home_card(struct visit *v)
{
    struct view what = visit_param(v, "do");

    if (!visit_is_own_form(v, visit_param(v, "csrf"))) {
        log_event(LOG_WARN, "form_refused", LOG_TEXT("path", v->request->path));
        show_error(v, 403, PAGE_ERROR_FORM);
    } else if (view_equal_text(what, "login")) {
        flow_begin_own(v, FLOW_LOGIN, NULL);
    } else if (view_equal_text(what, "update")) {
        flow_begin_own(v, FLOW_UPDATE, NULL);
    } else if (view_equal_text(what, "leave")) {
        flow_begin_own(v, FLOW_LEAVE, NULL);
    } else if (view_equal_text(what, "cards")) {
        flow_begin_own(v, FLOW_CARDS, NULL);
    } else if (view_equal_text(what, "link")) {
        begin_link(v);
    } else {
        show_parameter_error(v, VIEW("do"), "must be login, update, leave, cards or link");
    }
}
