/* POST /login/card: the resident chose the card reader. Records a card transaction. */
#include "idp/endpoints/card_begin.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/show.h"

static bool read_purpose(struct view name, enum card_purpose *out)
{
    static const struct {
        const char *name;
        enum card_purpose purpose;
    } purposes[] = {{"login", CARD_LOGIN}, {"reauth", CARD_REAUTH}, {"read", CARD_READ}, {"register", CARD_REGISTER}};
    for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++) {
        if (view_equal_text(name, purposes[i].name)) {
            *out = purposes[i].purpose;
            return true;
        }
    }
    return false;
}

void handle_login_card(struct visit *v)
{
    struct flow f;
    enum card_purpose purpose;
    if (!flow_open_form(v, visit_param(v, "i"), visit_param(v, "csrf"), &f))
        return;
    if (!read_purpose(visit_param(v, "purpose"), &purpose))
        show_parameter_error(v, VIEW("purpose"), "must be login, reauth, read or register");
    else if (f.aim == FLOW_LINK && (purpose != CARD_REAUTH || flow_link_verdict(v, &f) != LINK_GOOD))
        visit_redirect_next(v, f.id); /* a new card only proves, and only while the old one is fresh */
    else if ((purpose == CARD_READ || purpose == CARD_REGISTER) && !f.session)
        visit_redirect_next(v, f.id); /* logged out meanwhile: the login comes first */
    else
        card_begin(v, &f, purpose);
}
