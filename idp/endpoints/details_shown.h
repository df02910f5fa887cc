/* details_shown: authorization details as a resident reads them, in the language of her page. */
#ifndef IDP_ENDPOINTS_DETAILS_SHOWN_H
#define IDP_ENDPOINTS_DETAILS_SHOWN_H

#include "idp/endpoints/flow.h"
#include "webui/page.h"

/* Those that are asked, in the words of their types today; what an earlier consent allows is ticked. */
enum err details_shown_asked(const struct page_detail **out, size_t *n, struct visit *v,
                             const struct flow *f) MUST_CHECK;

/* Those that she decided on in GRANT, in the words she read. */
enum err details_shown_granted(const struct page_detail **out, size_t *n, struct visit *v,
                               const struct grant *grant) MUST_CHECK;

/* The titles of those that GRANT gives, each once, in a line; absent: none. */
enum err details_shown_titles(struct view *out, struct visit *v, const struct grant *grant) MUST_CHECK;

struct view details_shown_title(const struct visit *v, const struct detail_type *type);

/* One of these in a line, where a list names it: its title and what exactly. */
enum err details_shown_line(struct view *out, struct visit *v, const struct grant_detail *d) MUST_CHECK;

#endif
