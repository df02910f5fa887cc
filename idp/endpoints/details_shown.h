/* details_shown: authorization details as a resident reads them, in the language of her page. */
#ifndef IDP_ENDPOINTS_DETAILS_SHOWN_H
#define IDP_ENDPOINTS_DETAILS_SHOWN_H

#include "idp/rules/details.h"
#include "idp/state/visit.h"
#include "webui/page.h"

/* Those that are asked, in the words of their types today. */
enum err details_shown_asked(const struct page_detail **out, size_t *n, struct visit *v,
                             const struct detail_list *asked, const struct details_offers *offers) MUST_CHECK;

/* Those that GRANT has, in the words she read. */
enum err details_shown_granted(const struct page_detail **out, size_t *n, struct visit *v,
                               const struct grant *grant) MUST_CHECK;

#endif
