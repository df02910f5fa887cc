#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "http/server_inner.h"

#define MOLD_BODY_MAX 2048

static bool has_mold_body(const struct answer *a)
{
    return a->n_heads == 0 && a->body.n > 0 && a->body.n <= MOLD_BODY_MAX && a->content_type &&
           strlen(a->content_type) < MOLD_TYPE_MAX && !response_is_document(a->content_type);
}

static bool fits_mold(const struct call *call)
{
    const struct answer *a = &call->answer;
    return answer_is_usual(a) && !a->broken && !a->part && !call->fault.status && !call_ends_connection(call) &&
           call->request.worker == call->lane->index && (answer_location(a) || has_mold_body(a));
}

/* That of a redirect has no type. */
static const char *mold_type(const struct answer *a)
{
    return a->content_type ? a->content_type : "";
}

static bool is_mold_of(const struct mold *m, const struct answer *a)
{
    return m->response && m->n == a->body.n && m->no_cache == a->no_cache && strcmp(m->type, mold_type(a)) == 0;
}

void mold_close(struct mold *m)
{
    if (m->response)
        MHD_destroy_response(m->response);
    free(m->body);
    *m = (struct mold){.response = NULL};
}

/* False: it cannot be had. */
static bool mold_open(struct mold *m, const struct call *call)
{
    const struct answer *a = &call->answer;
    mold_close(m);
    m->n = a->body.n;
    m->no_cache = a->no_cache;
    memcpy(m->type, mold_type(a), strlen(mold_type(a)) + 1);
    m->body = m->n ? malloc(m->n) : NULL;
    if (m->body || !m->n)
        m->response = MHD_create_response_from_buffer(m->n, m->body, MHD_RESPMEM_PERSISTENT);
    if (m->response && response_add_common_heads(m->response, call->server, a))
        return true;
    mold_close(m);
    return false;
}

/* Like the answer; else one to be made anew, NULL if all are lent. */
static struct mold *find_mold(struct lane *lane, const struct answer *a)
{
    struct mold *oldest = NULL;
    for (struct mold *m = lane->molds; m < lane->molds + MOLDS_MAX; m++) {
        if (m->lent)
            continue;
        if (is_mold_of(m, a))
            return m;
        if (!oldest || m->used < oldest->used)
            oldest = m;
    }
    return oldest;
}

/* False: it is as it was. */
static bool fill_mold(struct mold *m, const struct answer *a)
{
    const char *location = answer_location(a);
    if (location && !response_add_head(m->response, "Location", location))
        return false;
    m->location = location;
    if (m->n)
        memcpy(m->body, a->body.p, m->n);
    return true;
}

struct MHD_Response *mold_response(struct call *call)
{
    struct lane *lane = call->lane;
    struct mold *m = fits_mold(call) ? find_mold(lane, &call->answer) : NULL;
    if (!m || (!is_mold_of(m, &call->answer) && !mold_open(m, call)) || !fill_mold(m, &call->answer))
        return NULL;
    m->used = ++lane->molded;
    m->lent = true;
    call->mold = m;
    return m->response;
}

/* Nothing of this answer may be in the next one; the head was written long ago. */
static void empty_mold(struct mold *m)
{
    wipe(m->body, m->n);
    if (m->location && MHD_del_response_header(m->response, "Location", m->location) != MHD_YES)
        mold_close(m);
    m->location = NULL;
}

void mold_give_back(struct call *call)
{
    if (!call->mold)
        return;
    empty_mold(call->mold);
    call->mold->lent = false;
    call->mold = NULL;
}
