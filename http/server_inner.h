/* server_inner: what the files of the server share among themselves.
 *
 * A connection is accepted by the doorkeeper, which makes a line of it and hands it to a lane, a thread with a daemon
 * of libmicrohttpd. Of each request there the lane makes a call, reads its head, has the handler work on it (at once,
 * in a slow worker, or again later), and queues the response. */
#ifndef HTTP_SERVER_INNER_H
#define HTTP_SERVER_INNER_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/thread.h"
#include "base/trace.h"
#include "http/intake.h"
#include "http/listener.h"
#include "http/meter.h"
#include "http/pool.h"
#include "http/server.h"
#include "http/silence.h"
#include "http/tls.h"
#include "http/workers.h"

#define HEADERS_ROOM  100  /* headers we can hold; headers_max is at most this */
#define SLIM_AFTER_MS 1000 /* of silence: a browser's next request often comes sooner */
#define WAIT_TICK_MS  10   /* how often an answer that waits is asked about */
#define KEPT_MAX      4    /* answers a lane keeps; whichever is next makes room for another one */
#define MOLDS_MAX     8    /* and of those that are filled anew; whichever waits longest makes room */
#define MOLD_TYPE_MAX 64

/* One request on its way: from the first line to the last byte of the answer. Kept and used again. */
struct call {
    struct job job;    /* first, so that a job is its call */
    struct call *next; /* of those that are free, held or waiting */
    struct server *server;
    struct lane *lane;
    struct MHD_Connection *connection;
    struct line *line;
    const struct route *route;
    enum { CALL_LINE, CALL_BODY, CALL_WORK, CALL_DONE } phase;
    unsigned allowed;
    struct fault fault;
    struct body_plan plan;
    struct buf body;
    struct arena arena;
    struct request request;
    struct answer answer;
    size_t target_bytes, prefix_bytes; /* of the target; what stood before it (RFC 9112 3.2.2) */
    int64_t started_ns;
    struct mold *mold;     /* lent for its answer; NULL: none */
    bool last;             /* the connection ends with its answer */
    int64_t wait_until_ms; /* 0: it did not wait yet */
    struct streaming {     /* answer_stream */
        bool is;           /* it counts as one */
        bool end;          /* the part is the last */
        enum err err;      /* there is no next one */
        struct buf part;
        size_t sent; /* of it */
    } stream;
    struct header headers[HEADERS_ROOM];
    struct trace trace;
};

/* One connection. Made when it is accepted, for its peer's address and for the watch over slow senders. */
struct line {
    struct line *prev, *next;
    struct line *next_new; /* dealt to its lane, which has not looked yet */
    struct lane *lane;
    int fd;
    bool started; /* libmicrohttpd has it and will say when it is closed */
    struct sockaddr_storage from;
    socklen_t from_size;
    struct peer peer;
    bool trusted;                  /* a proxy we believe */
    bool local;                    /* over a socket in the file system */
    bool mtls;                     /* asked for a certificate */
    struct tls_identity *identity; /* the certificate it was shown; NULL: no TLS */
    void *session;                 /* of TLS; NULL: none */
    struct view cert;              /* of the client; lives in the TLS session */
    bool cert_known, cert_chained; /* it was looked at; it leads to an authority */
    _Atomic int64_t deadline_ms;   /* cut off after this */
    struct pool pool;              /* what libmicrohttpd keeps for it */
    struct silent silent;
};

/* An answer that was made once (answer_keep), found by its body. */
struct kept {
    struct view body;
    struct MHD_Response *response;
};

/* The head of an answer as many have it, made once, with a body of one length that each of them fills: libmicrohttpd
 * makes a response of ten headers with thirty small allocations, which is more than many a handler does. A redirect has
 * no body; its Location is put into the head while it is lent, and taken out again. */
struct mold {
    struct MHD_Response *response; /* NULL: free */
    uint8_t *body;                 /* NULL: of redirects */
    size_t n;
    char type[MOLD_TYPE_MAX];
    bool no_cache;
    const char *location; /* in the head now; of the call it is lent to */
    bool lent;            /* its answer is being sent */
    uint64_t used;
};

/* A worker: a thread that runs one libmicrohttpd daemon with its share of the connections. */
struct lane {
    struct server *server;
    int index;
    struct MHD_Daemon *daemon;
    int epoll; /* of the daemon */
    pthread_t thread;
    bool has_thread;
    int bell; /* eventfd: wakes it for new connections, for answers of slow workers and to end */
    _Atomic(struct line *) newcomers;
    struct line *adding;        /* the one it is handing to libmicrohttpd */
    struct call *free_calls;    /* only its thread touches these */
    struct call *held;          /* their answers wait until the lane goes to the disk */
    struct call *waiting;       /* their handlers are called again */
    struct kept kept[KEPT_MAX]; /* each lane its own: whoever sends one counts it, under a lock */
    unsigned next_kept;
    struct mold molds[MOLDS_MAX];
    uint64_t molded;              /* answers */
    uint64_t next_id;             /* of its requests */
    _Atomic int in_flight;        /* requests; written by its thread alone */
    long pools;                   /* of connections that are not closed, as far as they are known */
    struct silence silence;       /* connections that say nothing since their last answer and are not slimmed yet */
    _Atomic unsigned connections; /* dealt to it and not closed yet */
};

struct server {
    struct server_config config; /* without the lists, which are below */
    struct route_table *routes;
    struct intake intake;
    char **hosts;
    char *mtls_host, *cert_header;
    struct net *trusted;
    struct tls *tls; /* NULL: plain http */
    pthread_rwlock_t authorities_lock;
    struct tls_authorities *authorities;
    uint16_t *ports;
    struct listener *listeners;
    size_t n_listeners;
    struct lane *lanes;
    struct workers *slow;
    struct meter *meter;

    _Atomic unsigned streams;
    uint64_t process; /* random: the first half of the traces that begin here */
    _Atomic bool draining;

    pthread_mutex_t lines_lock; /* lines, and the fields of a line that are not atomic */
    struct line *lines;
    unsigned n_lines;
    pthread_t doorkeeper;
    bool has_doorkeeper;
    int bell;             /* eventfd: wakes the doorkeeper */
    _Atomic bool closing; /* the doorkeeper ends */
    _Atomic bool ending;  /* the lanes end */
};

/* --- call -------------------------------------------------------------------------------------------------------- */

/* NULL: no memory. */
struct call *call_take(struct lane *lane);
void call_give_back(struct lane *lane, struct call *call);
/* Makes it ready for a request of CONNECTION. */
void call_open(struct call *call, struct lane *lane, struct MHD_Connection *connection);
/* Is its answer the last of its connection? */
bool call_ends_connection(const struct call *call);
/* The path for the log: not what stands behind a prefix, which may be a secret, and no novels. */
struct view call_path(const struct call *call);
/* Puts the page of its fault in place of the answer. */
void call_show_fault(struct call *call);
/* The same with another fault, outside of the handler. RULE: static. */
void call_refuse(struct call *call, int status, const char *rule);

/* --- head -------------------------------------------------------------------------------------------------------- */

/* Everything of the head is there: collects, checks, and prepares for the body. What is refused is in the fault. */
void head_read(struct call *call, const char *url, const char *method, const char *version);

/* --- work -------------------------------------------------------------------------------------------------------- */

void work_take_body(struct call *call, const char *data, size_t n);
/* All of the request is there. MHD_NO: the connection is to be closed. */
enum MHD_Result work_dispatch(struct call *call);
/* Answers at once, whatever is not there yet. */
enum MHD_Result work_answer_early(struct call *call);
/* Of a slow worker. */
void work_run_slow(void *ctx, struct job *job, int worker);
/* The lane has worked on everything that was there, and goes to the disk once for all of it. */
void work_release_held(struct lane *lane);
/* Those whose time has come, or all; the connections are asleep. */
void work_look_at_waiting(struct lane *lane, bool all);
/* How long the lane may sleep, in milliseconds; -1: until something comes. */
int work_patience(const struct lane *lane);

/* --- response ---------------------------------------------------------------------------------------------------- */

/* Hands the answer to libmicrohttpd. False if even that failed: the connection is closed then. */
bool response_queue(struct call *call);
bool response_add_head(struct MHD_Response *response, const char *name, const char *value);
/* What every answer of its kind has. */
bool response_add_common_heads(struct MHD_Response *response, const struct server *s, const struct answer *a);
bool response_is_document(const char *type);

/* --- mold -------------------------------------------------------------------------------------------------------- */

/* The call's answer in a mold of its lane, which is lent until mold_give_back. NULL: it is made anew. */
struct MHD_Response *mold_response(struct call *call);
/* While the call's arena still has the Location. */
void mold_give_back(struct call *call);
void mold_close(struct mold *m);

/* --- lines ------------------------------------------------------------------------------------------------------- */

/* Puts a new connection on the list; false if its address has too many already. */
bool line_link(struct server *s, struct line *line);
/* The line the doorkeeper made for this socket, which libmicrohttpd has now. */
struct line *line_started(struct server *s, int fd);
void line_free(struct server *s, struct line *line);
bool lines_are_full(struct server *s);
/* Shuts those down that are past their deadline. */
void lines_cut_off_late(struct server *s);

/* --- threads ----------------------------------------------------------------------------------------------------- */

enum err lane_open(struct lane *lane) MUST_CHECK;
void lane_close(struct lane *lane);
enum err doorkeeper_start(struct server *s) MUST_CHECK;
void doorkeeper_end(struct server *s);
/* What a thread of this server does, as its name. */
const char *server_thread_name(char out[THREAD_NAME], const struct server *s, const char *what);
/* Wakes whoever sleeps over this eventfd; nothing if it is -1. */
void bell_ring(int bell);

#endif
