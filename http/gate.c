#include "http/gate.h"

#include <dlfcn.h>
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/err.h"
#include "http/pack.h"
#include "http/pool.h"

/* GnuTLS's own: the functions below have their names. */
static struct {
    __typeof__(&gnutls_init) init;
    __typeof__(&gnutls_deinit) deinit;
    __typeof__(&gnutls_handshake) handshake;
    __typeof__(&gnutls_record_recv) recv;
    __typeof__(&gnutls_record_send) send;
    __typeof__(&gnutls_record_check_pending) check_pending;
    __typeof__(&gnutls_record_get_direction) get_direction;
    __typeof__(&gnutls_bye) bye;
    __typeof__(&gnutls_cipher_get) cipher_get;
    __typeof__(&gnutls_protocol_get_version) get_version;
    __typeof__(&gnutls_session_get_ptr) get_ptr;
} theirs;

static _Thread_local struct {
    bool is;             /* this thread has turns */
    bool waited, worked; /* handshakes; anything else */
    bool full;           /* it got as many events as it has room for */
} turn;

void gate_begin_turn(void)
{
    turn.is = true;
    turn.waited = turn.worked = turn.full = false;
}

bool gate_only_waited(void)
{
    return turn.waited && !turn.worked;
}

static void *find(const char *name)
{
    void *p = dlsym(RTLD_NEXT, name);
    INSIST(p);
    return p;
}

static void find_theirs(void)
{
    theirs.init = (__typeof__(theirs.init))find("gnutls_init");
    theirs.deinit = (__typeof__(theirs.deinit))find("gnutls_deinit");
    theirs.handshake = (__typeof__(theirs.handshake))find("gnutls_handshake");
    theirs.recv = (__typeof__(theirs.recv))find("gnutls_record_recv");
    theirs.send = (__typeof__(theirs.send))find("gnutls_record_send");
    theirs.check_pending = (__typeof__(theirs.check_pending))find("gnutls_record_check_pending");
    theirs.get_direction = (__typeof__(theirs.get_direction))find("gnutls_record_get_direction");
    theirs.bye = (__typeof__(theirs.bye))find("gnutls_bye");
    theirs.cipher_get = (__typeof__(theirs.cipher_get))find("gnutls_cipher_get");
    theirs.get_version = (__typeof__(theirs.get_version))find("gnutls_protocol_get_version");
    theirs.get_ptr = (__typeof__(theirs.get_ptr))find("gnutls_session_get_ptr");
}

static void find_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    INSIST(pthread_once(&once, find_theirs) == 0);
}

static void enter(gnutls_session_t session)
{
    find_once();
    pack_put_back(session);
}

/* libmicrohttpd takes GNUTLS_E_AGAIN for "the socket is empty" and waits for the next event. GnuTLS also says so when
 * it has read a record that is no application data, such as a KeyUpdate (RFC 8446 4.6.3): what came together with it
 * has had its event already, and would lie there until the connection is cut off. GNUTLS_E_INTERRUPTED brings it back
 * at once. */
static bool has_more(gnutls_session_t session)
{
    char byte;
    return recv(gnutls_transport_get_int(session), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

/* --- in place of GnuTLS's own ------------------------------------------------------------------------------------- */

#define FOR_ALL __attribute__((visibility("default")))

#if POOL_FINDS /* sanitizers have one of their own */
/* In place of the C library's. libmicrohttpd asks once more when there were as many events as it has room for, and is
 * as patient as before, though those first ones wait to be worked on: now it hears at once that there is nothing else.
 */
FOR_ALL int epoll_wait(int fd, struct epoll_event *events, int max, int ms)
{
    int n = epoll_pwait(fd, events, max, turn.full ? 0 : ms, NULL);
    turn.full = turn.is && n == max;
    return n;
}
#endif

FOR_ALL int gnutls_init(gnutls_session_t *session, unsigned flags)
{
    find_once();
    if (!(flags & GNUTLS_SERVER))
        return theirs.init(session, flags);
    pack_make(true);
    int code = theirs.init(session, flags);
    pack_make(false);
    return code;
}

FOR_ALL void gnutls_deinit(gnutls_session_t session)
{
    enter(session);
    turn.worked = true;
    theirs.deinit(session);
}

FOR_ALL int gnutls_handshake(gnutls_session_t session)
{
    enter(session);
    int code = theirs.handshake(session);
    if (code == GNUTLS_E_AGAIN)
        turn.waited = true;
    else
        turn.worked = true;
    return code;
}

FOR_ALL ssize_t gnutls_record_recv(gnutls_session_t session, void *data, size_t n)
{
    enter(session);
    turn.worked = true;
    ssize_t got = theirs.recv(session, data, n);
    return got == GNUTLS_E_AGAIN && has_more(session) ? GNUTLS_E_INTERRUPTED : got;
}

FOR_ALL ssize_t gnutls_record_send(gnutls_session_t session, const void *data, size_t n)
{
    enter(session);
    turn.worked = true;
    return theirs.send(session, data, n);
}

FOR_ALL size_t gnutls_record_check_pending(gnutls_session_t session)
{
    enter(session);
    return theirs.check_pending(session);
}

FOR_ALL int gnutls_record_get_direction(gnutls_session_t session)
{
    enter(session);
    return theirs.get_direction(session);
}

FOR_ALL int gnutls_bye(gnutls_session_t session, gnutls_close_request_t how)
{
    enter(session);
    turn.worked = true;
    return theirs.bye(session, how);
}

FOR_ALL gnutls_cipher_algorithm_t gnutls_cipher_get(gnutls_session_t session)
{
    enter(session);
    return theirs.cipher_get(session);
}

FOR_ALL gnutls_protocol_t gnutls_protocol_get_version(gnutls_session_t session)
{
    enter(session);
    return theirs.get_version(session);
}

FOR_ALL void *gnutls_session_get_ptr(gnutls_session_t session)
{
    enter(session);
    return theirs.get_ptr(session);
}
