/* Sessions in pages of their own, and the functions that stand before those of GnuTLS. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/pack.h"
#include "http/pool.h"
#include "tests/lib/made.h"

#define SIZE 7168 /* less than a session has */

static bool is_resident(void *p)
{
    unsigned char pages[4] = {0};
    cr_assert_eq(mincore(p, SIZE, pages), 0);
    return pages[0] & 1 || pages[1] & 1;
}

Test(pack, a_session_is_bit_for_bit_what_it_was, .disabled = !POOL_FINDS)
{
    static unsigned char before[SIZE];
    gnutls_session_t session;
    int mine;
    cr_assert_eq(gnutls_init(&session, GNUTLS_SERVER), 0);
    cr_assert_eq(gnutls_set_default_priority(session), 0);
    gnutls_session_set_ptr(session, &mine);
    memcpy(before, (void *)session, SIZE);
    pack_session(session);
    cr_assert(pack_is_packed(session));
    cr_expect_eq(pack_count(), 1);
    cr_expect_not(is_resident(session));
    pack_session(session); /* once more: nothing happens */
    cr_expect_eq(gnutls_session_get_ptr(session), &mine);
    cr_expect_not(pack_is_packed(session));
    cr_expect_eq(memcmp(before, (void *)session, SIZE), 0);
    pack_session(session);
    gnutls_deinit(session);
    cr_expect_eq(pack_count(), 0);
    cr_expect_not(is_resident(session), "nothing of it stays behind");
}

Test(pack, each_session_has_its_own, .disabled = !POOL_FINDS)
{
    enum { N = 600 };
    static gnutls_session_t session[N];
    static int mine[N];
    for (int i = 0; i < N; i++) {
        cr_assert_eq(gnutls_init(&session[i], GNUTLS_SERVER), 0);
        gnutls_session_set_ptr(session[i], &mine[i]);
    }
    for (int i = 0; i < N; i++)
        pack_session(session[i]);
    cr_expect_eq(pack_count(), N);
    for (int i = 0; i < N; i += 2) /* their places are taken again */
        gnutls_deinit(session[i]);
    for (int i = 0; i < N; i += 2) {
        cr_assert_eq(gnutls_init(&session[i], GNUTLS_SERVER), 0);
        cr_expect_null(gnutls_session_get_ptr(session[i]));
        gnutls_session_set_ptr(session[i], &mine[i]);
    }
    for (int i = N - 1; i >= 0; i--) {
        cr_expect_eq(gnutls_session_get_ptr(session[i]), &mine[i]);
        gnutls_deinit(session[i]);
    }
    cr_expect_eq(pack_count(), 0);
}

Test(pack, what_does_not_lie_here_is_left_alone)
{
    static char bytes[SIZE] = "as it was";
    gnutls_session_t client;
    cr_assert_eq(gnutls_init(&client, GNUTLS_CLIENT), 0);
    pack_session(client);
    pack_session(bytes);
    pack_session(NULL);
    cr_expect_not(pack_is_packed(client));
    cr_expect_str_eq(bytes, "as it was");
    cr_expect_eq(pack_count(), 0);
    gnutls_deinit(client);
}

/* --- a whole conversation, with the session packed between any two calls --- */

#define ROUNDS 10

struct side {
    int fd;
    const char *priorities;
    gnutls_certificate_credentials_t credentials;
};

static void shake_hands(gnutls_session_t session, const struct side *side)
{
    int code;
    cr_assert_eq(gnutls_priority_set_direct(session, side->priorities, NULL), 0);
    cr_assert_eq(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, side->credentials), 0);
    gnutls_transport_set_int(session, side->fd);
    do {
        pack_session(session);
        code = gnutls_handshake(session);
    } while (code < 0 && !gnutls_error_is_fatal(code));
    cr_assert_eq(code, 0, "%s", gnutls_strerror(code));
}

/* In small pieces, so that a record is read over several calls. */
static void receive(gnutls_session_t session, char *out, size_t n)
{
    for (size_t have = 0; have < n;) {
        pack_session(session);
        ssize_t got = gnutls_record_recv(session, out + have, n - have < 77 ? n - have : 77);
        cr_assert(got > 0 || !gnutls_error_is_fatal((int)got), "%s", gnutls_strerror((int)got));
        have += got > 0 ? (size_t)got : 0;
    }
}

static void *say_and_hear(void *arg)
{
    const struct side *side = arg;
    gnutls_session_t session;
    char said[600], heard[600];
    cr_assert_eq(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL), 0);
    shake_hands(session, side);
    for (int i = 0; i < ROUNDS; i++) {
        memset(said, 'a' + i, sizeof said);
        if (i == ROUNDS / 2 && gnutls_protocol_get_version(session) == GNUTLS_TLS1_3)
            cr_assert_eq(gnutls_session_key_update(session, GNUTLS_KU_PEER), 0);
        cr_assert_eq(gnutls_record_send(session, said, sizeof said), sizeof said);
        receive(session, heard, sizeof heard);
        cr_expect_eq(memcmp(said, heard, sizeof said), 0);
    }
    gnutls_deinit(session);
    return NULL;
}

static struct made made; /* the server's certificate */

static void converse(const char *priorities)
{
    char bytes[600];
    int fd[2];
    pthread_t other;
    gnutls_session_t session;
    gnutls_datum_t c = {(unsigned char *)made.certificate, (unsigned)strlen(made.certificate)};
    gnutls_datum_t k = {(unsigned char *)made.key, (unsigned)strlen(made.key)};
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    struct side us = {fd[0], priorities, NULL}, client = {fd[1], priorities, NULL};
    cr_assert_eq(gnutls_certificate_allocate_credentials(&us.credentials), 0);
    cr_assert_eq(gnutls_certificate_allocate_credentials(&client.credentials), 0);
    cr_assert_geq(gnutls_certificate_set_x509_key_mem(us.credentials, &c, &k, GNUTLS_X509_FMT_PEM), 0);
    cr_assert_eq(pthread_create(&other, NULL, say_and_hear, &client), 0);
    cr_assert_eq(gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NO_SIGNAL), 0);
    shake_hands(session, &us);
    for (int i = 0; i < ROUNDS; i++) {
        receive(session, bytes, sizeof bytes);
        pack_session(session);
        cr_assert_eq(gnutls_record_send(session, bytes, sizeof bytes), sizeof bytes);
    }
    pthread_join(other, NULL);
    pack_session(session);
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(us.credentials);
    gnutls_certificate_free_credentials(client.credentials);
    close(fd[0]);
    close(fd[1]);
}

Test(pack, is_not_noticed_between_any_two_calls)
{
    make_certificate(&made, &(struct made_of){"localhost", NULL, false, true, 30});
    converse("NORMAL:-VERS-ALL:+VERS-TLS1.3");
    converse("NORMAL:-VERS-ALL:+VERS-TLS1.2");
    cr_expect_eq(pack_count(), 0);
}

/* --- libmicrohttpd --- */

/* What libmicrohttpd calls on a session that may be packed. */
static const char *const guarded[] = {"gnutls_deinit",
                                      "gnutls_handshake",
                                      "gnutls_record_recv",
                                      "gnutls_record_send",
                                      "gnutls_record_check_pending",
                                      "gnutls_record_get_direction",
                                      "gnutls_bye",
                                      "gnutls_cipher_get",
                                      "gnutls_protocol_get_version",
                                      "gnutls_session_get_ptr"};
/* On one that it has just made. */
static const char *const at_first[] = {"gnutls_init",
                                       "gnutls_alpn_set_protocols",
                                       "gnutls_certificate_server_set_request",
                                       "gnutls_credentials_set",
                                       "gnutls_priority_set",
                                       "gnutls_session_set_ptr",
                                       "gnutls_transport_set_int2"};
/* On none. */
static const char *const without[] = {"gnutls_certificate_allocate_",
                                      "gnutls_certificate_free_",
                                      "gnutls_certificate_set_",
                                      "gnutls_dh_params_",
                                      "gnutls_global_",
                                      "gnutls_malloc",
                                      "gnutls_priority_deinit",
                                      "gnutls_priority_init",
                                      "gnutls_psk_",
                                      "gnutls_strerror"};

static bool is_one(const char *name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(name, list[i]) == 0)
            return true;
    return false;
}

static bool begins_with_one(const char *name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strncmp(name, list[i], strlen(list[i])) == 0)
            return true;
    return false;
}

#define IN(NAME, LIST) is_one(NAME, LIST, sizeof(LIST) / sizeof(LIST[0]))

static const char *file_of(void *function)
{
    Dl_info info;
    cr_assert(dladdr(function, &info));
    return info.dli_fname;
}

/* A function that is in none of the lists must be looked at: may a session be packed when it is called? */
Test(pack, stands_before_all_that_libmicrohttpd_calls_on_a_packed_session)
{
    char command[4096], name[256];
    const char *library = file_of((void *)(uintptr_t)MHD_start_daemon), *program = file_of((void *)(uintptr_t)file_of);
    int n = 0;
    snprintf(command, sizeof command, "nm -D --undefined-only --without-symbol-versions '%s'", library);
    FILE *f = popen(command, "r");
    cr_assert(f);
    while (fscanf(f, " %*[Uw] %255s", name) == 1) {
        if (strncmp(name, "gnutls_", 7) != 0)
            continue;
        n++;
        cr_expect(IN(name, guarded) || IN(name, at_first) ||
                      begins_with_one(name, without, sizeof without / sizeof without[0]),
                  "%s is new", name);
        if (POOL_FINDS && IN(name, guarded))
            cr_expect_str_eq(file_of(dlsym(RTLD_DEFAULT, name)), program, "%s goes by us", name);
    }
    pclose(f);
    cr_expect_gt(n, 20);
}
