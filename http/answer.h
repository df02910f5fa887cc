/* answer: what goes back. A handler fills it; it is sent after the handler has returned.
 * Safe by itself: without a word of the handler an answer is not stored by anybody, not framed, not sniffed, runs
 * nothing (Content-Security-Policy: default-src 'none'), and tells nobody where the resident came from. */
#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "http/cookie.h"

#define ANSWER_HEADERS_MAX 24

struct answer_head {
    const char *name;
    const char *value;
};

/* Brings to the disk what the answers that are kept back for it and for the same CTX tell; called once for many. Not
 * ERR_OK: each becomes a 503. */
typedef enum err settle_fn(void *ctx);

/* Has come what an answer waits for? Asked by the worker every few milliseconds. */
typedef bool ready_fn(const void *ctx);

/* The next part of a body that is made while it is sent. OUT is empty and takes ANSWER_PART bytes. *END: it was the
 * last. No bytes and not the end: not yet, ask again. Not ERR_OK: the connection is cut, and whoever reads sees that
 * the answer is not whole (RFC 9112 8). */
#define ANSWER_PART (1 << 20)
struct request; /* http/request.h */
typedef enum err part_fn(void *ctx, const struct request *request, struct buf *out, bool *end);

struct answer {
    struct arena *arena;
    int status;
    struct view body;
    const char *content_type; /* NULL: no body */
    const char *cache;        /* Cache-Control */
    const char *policy;       /* Content-Security-Policy */
    const char *referrer;     /* Referrer-Policy */
    struct answer_head heads[ANSWER_HEADERS_MAX];
    size_t n_heads;
    settle_fn *settle;
    void *settle_ctx;
    ready_fn *ready;
    const void *ready_ctx;
    int patience_ms;
    part_fn *part; /* answer_stream */
    void *part_ctx;
    bool no_cache; /* Pragma, for what does not know Cache-Control */
    bool kept;     /* answer_keep */
    bool lingers;  /* answer_linger */
    bool broken;   /* something could not be written: it is sent as 500 */
};

/* An empty answer with status 500 until somebody says better. Done by the server before the handler is called. */
void answer_open(struct answer *a, struct arena *arena);

/* Are Cache-Control and policies still those of answer_open? (Pragma is told apart by no_cache.) */
bool answer_is_usual(const struct answer *a);

/* Where a redirect goes that has neither a body nor another header of the handler's own; else NULL. */
const char *answer_location(const struct answer *a);

void answer_status(struct answer *a, int status);

/* One more header. NAME must be static, VALUE is copied unless it is in the arena already (answer_header_text: not
 * copied). Control characters in VALUE break the answer (500). Not for the headers that have functions of their own. */
void answer_header(struct answer *a, const char *name, struct view value);
void answer_header_text(struct answer *a, const char *name, const char *value);

/* One Set-Cookie. */
void answer_cookie(struct answer *a, const struct cookie *c);

/* Status, type and body. BODY must live in the request's arena or forever; it is not copied. CONTENT_TYPE is static. */
void answer_body(struct answer *a, int status, const char *content_type, struct view body);

/* Status and type, and a body of any length, part by part: PART is called by slow workers, each time that everything
 * before was sent, and never twice at a time; so it must not take long, and nobody waits for a client that reads
 * slowly. CTX lives in the request's arena, CONTENT_TYPE is static. More streams than server_config says: 503. */
void answer_stream(struct answer *a, int status, const char *content_type, part_fn *part, void *ctx);

/* For a document that is the same for everybody: this answer is the same whenever its body stands at the same address,
 * where it stays until the server is closed; no headers of the handler's own. The worker makes it once. */
void answer_keep(struct answer *a);

/* A redirect (302, 303 or 307) to URL (visible ASCII only, else the answer is broken). */
void answer_redirect(struct answer *a, int status, struct view url);

/* Cache-Control: no-store and Pragma: no-cache (RFC 6749 5.1). no-store alone is the default anyway. */
void answer_no_store(struct answer *a);
/* Another Cache-Control value (static), for assets, discovery and keys. */
void answer_cache(struct answer *a, const char *cache_control);

/* The answer must not leave before SETTLE was called and returned ERR_OK. The worker first works on whatever else is
 * there, and then calls it once for all of them. */
void answer_hold(struct answer *a, settle_fn *settle, void *ctx);

/* The handler cannot answer yet: what it needs is on its way to READY, fetched by somebody else. It returns, nothing of
 * this answer is sent, and it is called once more, from the beginning, when READY says so; no thread waits meanwhile.
 * When MS milliseconds have passed since it first waited, it is called with request->waited set and must answer. Not
 * after it has written anything to the store. CTX lives in the request's arena. */
void answer_wait(struct answer *a, ready_fn *ready, const void *ctx, int ms);

/* The same for what may never come, and of which nothing is lost when it is looked for again later: a poll. It is asked
 * for less often, and called again at once, with request->waited set, when the server drains or the client has gone.
 * The handler may have written what may be written twice, and finds CTX in request->resumed. */
void answer_linger(struct answer *a, ready_fn *ready, const void *ctx, int ms);

/* Another Content-Security-Policy, for pages. Lives as long as the arena. */
void answer_policy(struct answer *a, const char *policy);

/* Another Referrer-Policy (static): the page that sends the browser to the agent says "origin", so that the agent can
 * see where the resident came from (protocol.md, agent rule 2). */
void answer_referrer(struct answer *a, const char *policy);

#endif
