#include "idp/endpoints/people.h"

#include "idp/endpoints/show.h"

/* This page's address, if it can be opened again by GET: the language switch comes back to it. */
static struct view here_of(const struct visit *v)
{
    const struct request *r = v->request;
    if (r->method != METHOD_GET)
        return VIEW_NONE;
    if (!view_is(r->query_raw))
        return r->path;
    return view_text(
        arena_printf(v->arena, "%.*s?%.*s", (int)r->path.n, r->path.p, (int)r->query_raw.n, r->query_raw.p));
}

struct page_frame people_frame(const struct visit *v, struct view interaction)
{
    return (struct page_frame){.lang = v->english ? PAGE_EN : PAGE_JA,
                               .csrf = v->keys ? visit_csrf(v) : VIEW_NONE,
                               .interaction = interaction,
                               .here = here_of(v)};
}

struct view people_text(const struct visit *v, struct client_name name)
{
    return v->english ? name.en : name.ja;
}

struct page_service people_service(const struct visit *v, const struct client *client)
{
    return (struct page_service){.name = people_text(v, client->name),
                                 .organisation = people_text(v, client->org_name),
                                 .policy_uri = client->policy_uri};
}

struct view people_name(const struct visit *v, const struct field_profile *profile)
{
    struct field_value value;
    struct view name;
    if (field_value(&value, v->arena, profile, field_find(VIEW("name"))) != ERR_OK ||
        field_display(&name, v->arena, &value, !v->english) != ERR_OK)
        return VIEW_NONE;
    return name;
}

struct view people_time(const struct visit *v, int64_t unix_s)
{
    int64_t minute = (unix_s + 9 * 3600) / 60 % 1440;
    return view_text(arena_printf(v->arena, "%d:%02d", (int)(minute / 60), (int)(minute % 60)));
}

void people_open(struct buf *b, const struct visit *v)
{
    buf_open(b, v->arena, PEOPLE_PAGE_MAX);
}

void people_answer(struct visit *v, int status, enum page_kind kind, const struct buf *b)
{
    struct view page;
    enum err e = buf_done(b, &page);
    if (e) {
        show_failure(v, e, "write a page");
        return;
    }
    answer_body(v->answer, status, page_content_type, page);
    answer_policy(v->answer, page_csp(kind));
    answer_referrer(v->answer, page_referrer_policy(kind));
}
