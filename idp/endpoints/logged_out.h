/* logged_out: ending the session of this browser and saying so, whoever asked for it. */
#ifndef IDP_ENDPOINTS_LOGGED_OUT_H
#define IDP_ENDPOINTS_LOGGED_OUT_H

#include "idp/state/visit.h"
#include "sessions/session.h"
#include "webui/page.h"

/* What ended, for the page: the names of the services that were open in it, by how they hear of it, and the addresses
 * of those with a frame (OIDC Front-Channel Logout 1.0 3), with iss and sid. */
struct logged_out {
    struct page_item *told;   /* by the back channel, until they answer */
    struct page_item *framed; /* by a frame alone: nobody knows whether it was loaded */
    struct page_item *untold; /* they registered no way */
    size_t n_told, n_framed, n_untold;
    struct page_logout_frame *frames;
    size_t n_frames;
};

enum logged_out_where {
    LOGGED_OUT_HERE,      /* this browser's session, at all of its services */
    LOGGED_OUT_EVERYWHERE /* every session of its resident, in whatever browser */
};

/* Ends SESSION (NULL: there is none), or all of its resident, and drops its cookie. BY stands in the log. */
enum err logged_out_end(struct logged_out *out, struct visit *v, struct session *session, enum logged_out_where where,
                        const char *by) MUST_CHECK;

/* The page that says so. With a way BACK to SERVICE the browser goes there by itself once the frames had their time,
 * whether they loaded or not. */
void logged_out_show(struct visit *v, const struct logged_out *ended, bool was_logged_in, struct view back,
                     struct view service);

#endif
