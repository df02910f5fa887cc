/* notice_text: what a service registered about a field, as the resident reads it in the language of the visit. */
#ifndef IDP_ENDPOINTS_NOTICE_TEXT_H
#define IDP_ENDPOINTS_NOTICE_TEXT_H

#include "consent/ask.h"
#include "idp/state/visit.h"

struct view notice_purpose(const struct visit *v, const struct ask_item *item);
/* Absent: the service did not say. */
struct view notice_basis(const struct visit *v, const struct ask_item *item);
struct view notice_retention(const struct visit *v, const struct ask_item *item);  /* "5年", "5 years" */
struct view notice_recipients(const struct visit *v, const struct ask_item *item); /* joined */
struct view notice_storage(const struct visit *v, const struct ask_item *item); /* "日本（庁舎）、アメリカ" */
struct view notice_processing(const struct visit *v, const struct ask_item *item);

#endif
