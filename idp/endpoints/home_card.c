/* POST /me/card: the card is used on the first page, for no service: do=login to see what is here, do=update to have
 * the card tell who she is, do=leave to show it once more before she leaves. */
#include "base/log.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/flow.h"
#include "idp/endpoints/show.h"

void handle_home_card(struct visit *v)
{
    struct view what = visit_param(v, "do");

    if (!visit_is_own_form(v, visit_param(v, "csrf"))) {
        log_event(LOG_WARN, "form_refused", LOG_TEXT("path", v->request->path));
        show_error(v, 403, PAGE_ERROR_FORM);
    } else if (view_equal_text(what, "login")) {
        flow_begin_own(v, FLOW_LOGIN);
    } else if (view_equal_text(what, "update")) {
        flow_begin_own(v, FLOW_UPDATE);
    } else if (view_equal_text(what, "leave")) {
        flow_begin_own(v, FLOW_LEAVE);
    } else {
        show_parameter_error(v, VIEW("do"), "must be login, update or leave");
    }
}
