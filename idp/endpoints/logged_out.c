#include "idp/endpoints/logged_out.h"

#include "base/log.h"
#include "http/url.h"
#include "idp/endpoints/show.h"
#include "idp/state/clients.h"
#include "idp/state/logout.h"
#include "idp/state/upkeep.h"
#include "idp/tokens/subject.h"
#include "store/store.h"

#define FRAMES_S  3 /* what services get to hear of it in their frames */
#define FRAME_MAX 4096

/* Front-Channel Logout 1.0 2: the query that is registered stays; iss and sid come both or not at all. */
static enum err add_frame(struct logged_out *out, struct visit *v, const struct client *client, struct ident session)
{
    struct page_logout_frame *frame = &out->frames[out->n_frames];
    struct buf b;

    buf_open(&b, v->arena, FRAME_MAX);
    buf_put(&b, client->frontchannel_uri);
    url_add_param(&b, "iss", v->op->issuer);
    url_add_param(&b, "sid", view_text(subject_sid(v->arena, v->keys, session, client->id)));
    enum err e = buf_done(&b, &frame->url);
    out->n_frames += !e;
    return e == ERR_LIMIT ? ERR_OK : e;
}

static enum err add_service(struct logged_out *out, struct visit *v, const struct client *client, struct ident session)
{
    struct view name = v->english ? client->name.en : client->name.ja;
    bool framed = view_is(client->frontchannel_uri);

    if (view_is(client->backchannel_uri))
        out->told[out->n_told++].text = name;
    else if (framed)
        out->framed[out->n_framed++].text = name;
    else
        out->untold[out->n_untold++].text = name;
    return framed ? add_frame(out, v, client, session) : ERR_OK;
}

static enum err find_services(struct logged_out *out, struct visit *v, const struct session *session)
{
    struct view *ids;
    size_t n;

    enum err e = session_services(&ids, &n, v->db, v->arena, session->id);
    if (e)
        return e;
    out->told = arena_array(v->arena, n, sizeof *out->told);
    out->framed = arena_array(v->arena, n, sizeof *out->framed);
    out->untold = arena_array(v->arena, n, sizeof *out->untold);
    out->frames = arena_array(v->arena, n, sizeof *out->frames);
    if (!out->told || !out->framed || !out->untold || !out->frames)
        return ERR_MEMORY;
    for (size_t i = 0; !e && i < n; i++) {
        const struct client *client;
        e = clients_find(v->op->clients, v->db, ids[i], &client);
        if (!e && client)
            e = add_service(out, v, client, session->id);
    }
    return e;
}

static enum err end_everywhere(struct visit *v, struct ident resident)
{
    struct logout_many logins = logout_all(v, resident);
    enum err e = store_write(v->op->store, logout_many_job, &logins);

    if (!e)
        upkeep_wake(v->op->upkeep);
    return e;
}

static enum err end(struct logged_out *out, struct visit *v, struct session *session, enum logged_out_where where)
{
    struct logout here = logout_of(v, session);
    enum err e = find_services(out, v, session);

    if (!e)
        e = where == LOGGED_OUT_EVERYWHERE ? end_everywhere(v, session->resident) : logout_session(v, &here);
    if (e)
        return e;
    visit_drop_session_cookie(v);
    return ERR_OK;
}

enum err logged_out_end(struct logged_out *out, struct visit *v, struct session *session, enum logged_out_where where,
                        const char *by)
{
    char number[SESSION_NUMBER_SIZE] = "";
    enum err e;

    *out = (struct logged_out){0};
    if (session && (e = end(out, v, session, where)))
        return e;
    if (session)
        session_number(number, session->id);
    log_event(LOG_INFO, "logout", LOG_STR("login", number),
              LOG_INT("services", (int64_t)(out->n_told + out->n_framed + out->n_untold)),
              LOG_STR("where", where == LOGGED_OUT_EVERYWHERE ? "everywhere" : "here"), LOG_STR("by", by));
    return ERR_OK;
}

/* --- the page --------------------------------------------------------------------------------------------------- */

/* A source of CSP has no query, and its own separators must be encoded (CSP3 2.3.1). */
static void put_source(struct buf *b, struct view url)
{
    struct view address = view_part(url, 0, view_index(url, '?'));

    buf_put_byte(b, ' ');
    for (size_t i = 0; i < address.n; i++)
        if (address.p[i] == ';' || address.p[i] == ',')
            url_put_encoded(b, view_part(address, i, 1));
        else
            buf_put_byte(b, address.p[i]);
}

/* Frames of exactly these addresses, and of nothing else. */
static const char *policy_of(struct visit *v, const struct logged_out *ended)
{
    struct buf b;
    const char *text;

    buf_open(&b, v->arena, FRAME_MAX * (ended->n_frames + 1));
    buf_put_text(&b, page_csp(PAGE_PLAIN));
    buf_put_text(&b, "; frame-src");
    for (size_t i = 0; i < ended->n_frames; i++)
        put_source(&b, ended->frames[i].url);
    return buf_done_text(&b, &text) ? NULL : text;
}

void logged_out_show(struct visit *v, const struct logged_out *ended, bool was_logged_in, struct view back,
                     struct view service)
{
    const char *policy = ended->n_frames ? policy_of(v, ended) : NULL;
    struct page_logged_out facts = {.was_logged_in = was_logged_in,
                                    .told = ended->told,
                                    .n_told = ended->n_told,
                                    .framed = ended->framed,
                                    .n_framed = ended->n_framed,
                                    .untold = ended->untold,
                                    .n_untold = ended->n_untold,
                                    .frames = ended->frames,
                                    .n_frames = policy ? ended->n_frames : 0,
                                    .return_url = back,
                                    .service = service};

    show_logged_out(v, &facts);
    if (policy)
        answer_policy(v->answer, policy);
    if (view_is(back)) {
        const char *refresh = arena_printf(v->arena, "%d; url=%.*s", FRAMES_S, (int)back.n, (const char *)back.p);
        answer_header_text(v->answer, "Refresh", refresh ? refresh : "");
    }
}
