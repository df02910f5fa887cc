/* service: the page of one consent, and what other pages of it need. */
#ifndef IDP_ENDPOINTS_SERVICE_H
#define IDP_ENDPOINTS_SERVICE_H

#include "idp/endpoints/me.h"
#include "webui/page.h"

enum page_state service_state(const struct visit *v, const struct grant *g);

/* The date it ends, or of an ended one: ended; absent: until withdrawn. */
struct view service_until(const struct visit *v, const struct grant *g, bool live);

/* Every field she decided on, as the registration said that she agreed to. LAST[i] (may be NULL) belongs to
 * grant.decisions[i]: when it was last disclosed, 0: never. */
enum err service_fields(struct page_service_field **out, size_t *n, struct visit *v, const struct me *me,
                        const struct me_service *s, const int64_t *last) MUST_CHECK;

/* What is optional in today's registration and she may turn over: what is given, and what is refused and can be given
 * under the words she saw. */
struct service_choices {
    struct ask fields;
    struct detail details[GRANT_DETAILS_MAX];
    const struct grant_detail *decided[GRANT_DETAILS_MAX]; /* her word on each of these, until now */
    size_t n_details;
    struct view shown; /* all of it, as a digest */
};
enum err service_choices(struct service_choices *out, struct visit *v, const struct me *me,
                         const struct me_service *s) MUST_CHECK;

/* The other methods and addresses under /me/services/: POST, and receipts. */
void service_change(struct visit *v, const struct me *me, const struct me_service *s);
void service_receipt(struct visit *v, const struct me *me, const struct me_service *s, struct view form);

#endif
