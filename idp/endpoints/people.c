#include "idp/endpoints/people.h"

#include "base/clock.h"
#include "base/text.h"
#include "http/url.h"
#include "idp/endpoints/show.h"
#include "idp/state/config.h"

#define OPEN_URL_MAX 16384 /* two registered addresses, one of them percent-encoded, and the issuer */

/* This page's address, if it can be opened again by GET: the switches of language and letters come back to it. */
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

static struct page_help help_of(const struct visit *v)
{
    const struct config *c = v->op->config;

    return (struct page_help){.office = view_text(v->english ? c->help.office_en : c->help.office),
                              .phone = view_text(c->help.phone),
                              .hours = view_text(v->english ? c->help.hours_en : c->help.hours),
                              .email = view_text(c->help.email)};
}

struct page_frame people_frame(const struct visit *v, struct view interaction)
{
    return (struct page_frame){.lang = v->english ? PAGE_EN
                                       : v->easy  ? PAGE_EASY
                                                  : PAGE_JA,
                               .csrf = v->keys ? visit_csrf(v) : VIEW_NONE,
                               .interaction = interaction,
                               .here = here_of(v),
                               .letters = v->large ? PAGE_LETTERS_LARGE : PAGE_LETTERS_NORMAL,
                               .help = help_of(v)};
}

struct view people_text(const struct visit *v, struct client_name name)
{
    return v->english ? name.en : name.ja;
}

struct page_service people_service(const struct visit *v, const struct client *client)
{
    return (struct page_service){.name = people_text(v, client->name),
                                 .organisation = people_text(v, client->org_name),
                                 .policy_uri = client->policy_uri,
                                 .tos_uri = client->tos_uri,
                                 .client_uri = client->client_uri};
}

struct page_party people_party(const struct visit *v, const struct client *client)
{
    return (struct page_party){.address = party_address_line(v->arena, &client->party.address, !v->english),
                               .email = client->party.email,
                               .phone = client->party.phone};
}

struct view people_open_url(const struct visit *v, const struct client *client)
{
    struct view url;
    struct buf b;

    if (!view_is(client->initiate_login_uri))
        return VIEW_NONE;
    buf_open(&b, v->arena, OPEN_URL_MAX);
    buf_put(&b, client->initiate_login_uri);
    url_add_param(&b, "iss", v->op->issuer);
    url_add_param(&b, "target_link_uri", client->client_uri);
    return buf_done(&b, &url) ? VIEW_NONE : url;
}

struct view people_field(const struct visit *v, const struct field *f)
{
    return view_text(v->english ? f->en : v->easy ? f->easy : f->ja);
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
    int64_t minute = (unix_s + 32400) / 60 % 1440;
    return view_text(arena_printf(v->arena, "%d:%02d", (int)(minute / 60), (int)(minute % 60)));
}

struct view people_date(const struct visit *v, struct view date)
{
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
    struct view rest = date, part[3];
    int64_t number[3];
    for (int i = 0; i < 3; i++) {
        if (!view_next(&rest, '-', &part[i]))
            return date;
        if (part[i].n > 1 && part[i].p[0] == '0')
            part[i] = view_from(part[i], 1);
        if (!text_to_int(part[i], &number[i]))
            return date;
    }
    int year = (int)number[0], month = (int)number[1], day = (int)number[2];
    if (number[0] > 9999 || number[1] < 1 || number[1] > 12 || number[2] < 1 || number[2] > 31)
        return date;
    return view_text(v->english ? arena_printf(v->arena, "%d %s %d", day, months[month - 1], year)
                                : arena_printf(v->arena, "%d年%d月%d日", year, month, day));
}

struct view people_day(const struct visit *v, int64_t unix_s)
{
    return people_date(v, view_text(clock_jst_date(v->arena, unix_s)));
}

struct view people_moment(const struct visit *v, int64_t unix_s)
{
    struct view day = people_day(v, unix_s), time = people_time(v, unix_s);
    return view_text(
        arena_printf(v->arena, "%.*s %.*s", (int)day.n, (const char *)day.p, (int)time.n, (const char *)time.p));
}

enum page_source people_source(enum field_source source)
{
    static const enum page_source sources[] = {[SOURCE_NONE] = PAGE_SOURCE_RESIDENT,
                                               [SOURCE_CARD_SIGNED] = PAGE_SOURCE_CARD_SIGNED,
                                               [SOURCE_CARD_READ] = PAGE_SOURCE_CARD_READ,
                                               [SOURCE_UPSTREAM] = PAGE_SOURCE_UPSTREAM,
                                               [SOURCE_RESIDENT] = PAGE_SOURCE_RESIDENT};
    return sources[source];
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
