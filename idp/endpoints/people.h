/* people: what all pages for people need: the frame, the service's names, the headers of a page. */
#ifndef IDP_ENDPOINTS_PEOPLE_H
#define IDP_ENDPOINTS_PEOPLE_H

#include "consent/field.h"
#include "idp/rules/client.h"
#include "idp/state/visit.h"
#include "webui/page.h"

#define PEOPLE_PAGE_MAX 262144

/* The frame of a page of this visit; INTERACTION absent outside of a login. */
struct page_frame people_frame(const struct visit *v, struct view interaction);

/* The service in the language of the visit. */
/* Where CLIENT begins a login at us by itself (OIDC Core 4: iss, and its site as target_link_uri); absent: it
 * registered no initiate_login_uri. */
struct view people_open_url(const struct visit *v, const struct client *client);

struct page_service people_service(const struct visit *v, const struct client *client);
struct page_party people_party(const struct visit *v, const struct client *client);

/* A name in the language of the visit. */
struct view people_text(const struct visit *v, struct client_name name);

/* What a field is called, in the language of the visit. */
struct view people_field(const struct visit *v, const struct field *f);

/* The resident's name as people read it; absent when none is stored. */
struct view people_name(const struct visit *v, const struct field_profile *profile);

/* "13:05" in Japan's time. */
struct view people_time(const struct visit *v, int64_t unix_s);

/* "2026-11-22" as people write it: "2026年11月22日", "22 November 2026"; DATE itself if it is no such date. */
struct view people_date(const struct visit *v, struct view date);

/* The day / day and minute of a time, in Japan, as people write it. */
struct view people_day(const struct visit *v, int64_t unix_s);
struct view people_moment(const struct visit *v, int64_t unix_s);

/* Where a value comes from. */
enum page_source people_source(enum field_source source);

/* A buffer for one page, and its answer. A page that could not be written is a failure (show_failure). */
void people_open(struct buf *b, const struct visit *v);
void people_answer(struct visit *v, int status, enum page_kind kind, const struct buf *b);

#endif
