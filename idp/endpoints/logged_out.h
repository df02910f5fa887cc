/* logged_out: ending the session of this browser and saying so, whoever asked for it. */
#ifndef IDP_ENDPOINTS_LOGGED_OUT_H
#define IDP_ENDPOINTS_LOGGED_OUT_H

#include "idp/state/visit.h"
#include "sessions/session.h"
#include "webui/page.h"

/* What ended: the names of the services that were open in it, for the page. */
struct logged_out {
    struct page_item *services;
    size_t n_services;
};

enum logged_out_where {
    LOGGED_OUT_HERE,      /* this browser's session, at all of its services */
    LOGGED_OUT_EVERYWHERE /* every session of its resident, in whatever browser */
};

/* Ends SESSION (NULL: there is none), or all of its resident, and drops its cookie. BY stands in the log. */
enum err logged_out_end(struct logged_out *out, struct visit *v, struct session *session, enum logged_out_where where,
                        const char *by) MUST_CHECK;

#endif
