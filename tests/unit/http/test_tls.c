/* TLS by the server itself: versions, its own certificate, the certificates of clients. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/hex.h"
#include "http/pack.h"
#include "http/pool.h"
#include "tls_rig.h"

static struct made server_cert, next_cert, other_key, authority, issued, self_signed, stale, for_servers, stranger;
static struct wire_answer got;

static void make_all(void)
{
    make_certificate(&server_cert, &(struct made_of){"localhost", NULL, false, true, 30});
    make_certificate(&next_cert, &(struct made_of){"localhost", NULL, false, true, 60});
    make_certificate(&other_key, &(struct made_of){"localhost", NULL, false, true, 60});
    make_certificate(&authority, &(struct made_of){"Clients CA", NULL, true, false, 300});
    make_certificate(&issued, &(struct made_of){"booking", &authority, false, false, 30});
    make_certificate(&self_signed, &(struct made_of){"self", NULL, false, false, 30});
    make_certificate(&stale, &(struct made_of){"stale", &authority, false, false, -1});
    make_certificate(&for_servers, &(struct made_of){"server", &authority, false, true, 30});
    make_certificate(&stranger, &(struct made_of){"Clients CA", NULL, true, false, 300});
}

TestSuite(tls, .init = make_all);

static void with_tls(struct server_config *c)
{
    static const char *const asking[] = {"127.0.0.1:0"};
    c->tls = (struct server_tls){server_cert.certificate, server_cert.key, authority.certificate};
    c->listen_mtls = asking;
    c->n_listen_mtls = 1;
    c->mtls_host = "mtls.example";
}

static void expect_cert(const struct server *s, size_t i, const struct made *client, const char *what)
{
    struct tls_ask ask = {.port = server_port(s, i), .client = client};
    cr_assert(tls_exchange(&ask, &got));
    cr_expect_eq(got.status, 200);
    cr_expect_str_eq(got.body, what);
}

static const char *shown(const struct made *m, const char *chained)
{
    static char text[128];
    uint8_t digest[32];
    struct buf b;
    struct view v;
    static struct arena a;
    arena_open(&a, 4096);
    sha256(digest, m->der);
    buf_open(&b, &a, 200);
    hex_put(&b, VIEW_ARRAY(digest));
    cr_assert_eq(buf_done(&b, &v), ERR_OK);
    snprintf(text, sizeof text, "%.*s %s", (int)v.n, (const char *)v.p, chained);
    arena_close(&a);
    return text;
}

Test(tls, speaks_1_3_and_1_2_and_nothing_older)
{
    static const struct {
        const char *priorities, *version;
    } rows[] = {{"NORMAL:-VERS-ALL:+VERS-TLS1.3", "TLS1.3"},
                {"NORMAL:-VERS-ALL:+VERS-TLS1.2", "TLS1.2"},
                {"NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT", NULL},
                {"NORMAL:-VERS-ALL:+VERS-TLS1.0:%COMPAT", NULL}};
    struct server *s = wire_serve(with_tls);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tls_line *l =
            tls_line_open(&(struct tls_ask){.port = server_port(s, 0), .priorities = rows[i].priorities});
        cr_expect_eq(l != NULL, rows[i].version != NULL, "%s", rows[i].priorities);
        if (l)
            cr_expect_str_eq(tls_line_version(l), rows[i].version);
        tls_line_close(l);
    }
    server_close(s);
}

/* RFC 9325 4.2; the first row shows that a client of this kind gets in at all. */
Test(tls, of_1_2_takes_the_recommended_suites_only)
{
    static const struct {
        const char *priorities;
        bool good;
    } rows[] = {{"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM", true},
                {"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-GCM", true},
                {"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC:+AES-256-CBC", false},
                {"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+CHACHA20-POLY1305", false},
                {"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CCM", false},
                {"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA:+DHE-RSA", false}};
    struct server *s = wire_serve(with_tls);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tls_line *l =
            tls_line_open(&(struct tls_ask){.port = server_port(s, 0), .priorities = rows[i].priorities});
        cr_expect_eq(l != NULL, rows[i].good, "%s", rows[i].priorities);
        tls_line_close(l);
    }
    server_close(s);
}

Test(tls, browsers_are_never_asked_for_a_certificate)
{
    struct server *s = wire_serve(with_tls);
    expect_cert(s, 0, NULL, "none");
    expect_cert(s, 0, &issued, "none");
    server_close(s);
}

Test(tls, asks_where_it_shall_and_never_demands)
{
    struct server *s = wire_serve(with_tls);
    expect_cert(s, 1, NULL, "none");
    server_close(s);
}

Test(tls, takes_a_self_signed_certificate_and_says_that_nobody_vouches)
{
    struct server *s = wire_serve(with_tls);
    expect_cert(s, 1, &self_signed, shown(&self_signed, "unchained"));
    server_close(s);
}

Test(tls, says_that_an_authority_vouches_only_when_all_of_it_is_so)
{
    static struct made forged;
    make_certificate(&forged, &(struct made_of){"booking", &stranger, false, false, 30});
    struct server *s = wire_serve(with_tls);
    expect_cert(s, 1, &issued, shown(&issued, "chained"));
    expect_cert(s, 1, &stale, shown(&stale, "unchained"));
    expect_cert(s, 1, &for_servers, shown(&for_servers, "unchained"));
    expect_cert(s, 1, &forged, shown(&forged, "unchained"));
    server_close(s);
}

static void without_authorities(struct server_config *c)
{
    with_tls(c);
    c->tls.authorities = NULL;
}

Test(tls, without_authorities_nobody_vouches)
{
    struct server *s = wire_serve(without_authorities);
    expect_cert(s, 1, &issued, shown(&issued, "unchained"));
    server_close(s);
}

Test(tls, a_connection_has_the_same_client_for_all_its_requests)
{
    struct server *s = wire_serve(with_tls);
    struct tls_line *l = tls_line_open(&(struct tls_ask){.port = server_port(s, 1), .client = &issued});
    cr_assert_not_null(l);
    for (int i = 0; i < 3; i++) {
        cr_assert(tls_line_ask(l, "GET /cert HTTP/1.1\r\nHost: localhost\r\n\r\n", &got));
        cr_expect_str_eq(got.body, shown(&issued, "chained"));
    }
    tls_line_close(l);
    server_close(s);
}

Test(tls, has_no_pages_where_certificates_are_asked_for)
{
    struct server *s = wire_serve(with_tls);
    struct tls_ask ask = {.port = server_port(s, 1), .request = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"};
    cr_assert(tls_exchange(&ask, &got));
    cr_expect_eq(got.status, 404, "by the door");
    ask = (struct tls_ask){.port = server_port(s, 0), .request = "GET /hello HTTP/1.1\r\nHost: mtls.example\r\n\r\n"};
    cr_assert(tls_exchange(&ask, &got));
    cr_expect_eq(got.status, 404, "by the name");
    ask.request = "GET /cert HTTP/1.1\r\nHost: mtls.example\r\n\r\n";
    cr_assert(tls_exchange(&ask, &got));
    cr_expect_eq(got.status, 200);
    ask.request = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
    cr_assert(tls_exchange(&ask, &got));
    cr_expect_eq(got.status, 200);
    server_close(s);
}

static void expect_shows(const struct server *s, const struct made *m)
{
    struct tls_line *l = tls_line_open(&(struct tls_ask){.port = server_port(s, 0)});
    cr_assert_not_null(l);
    cr_expect(view_equal(tls_line_server(l), m->der));
    tls_line_close(l);
}

Test(tls, gets_another_certificate_while_connections_live)
{
    const char *why = NULL;
    struct server *s = wire_serve(with_tls);
    int64_t before = server_certificate_expires(s);
    struct tls_line *l = tls_line_open(&(struct tls_ask){.port = server_port(s, 0)});
    cr_assert_not_null(l);
    expect_shows(s, &server_cert);
    const struct server_tls next = {next_cert.certificate, next_cert.key, authority.certificate};
    cr_assert_eq(server_change_tls(s, &next, &why), ERR_OK, "%s", why);
    expect_shows(s, &next_cert);
    cr_expect_geq(server_certificate_expires(s), before + 29 * 86400);
    cr_expect(tls_line_ask(l, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", &got), "the open one goes on");
    cr_expect_str_eq(got.body, "hello");
    tls_line_close(l);
    server_close(s);
}

Test(tls, keeps_its_certificate_when_the_new_one_cannot_be_used)
{
    static struct made gone;
    make_certificate(&gone, &(struct made_of){"localhost", NULL, false, true, -1});
    const struct {
        struct server_tls tls;
        const char *why;
    } rows[] = {
        {{next_cert.certificate, other_key.key, authority.certificate}, "the key does not belong to the certificate"},
        {{"", next_cert.key, authority.certificate}, "the certificate or the key cannot be read (PEM)"},
        {{next_cert.certificate, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
          authority.certificate},
         "the certificate or the key cannot be read (PEM)"},
        {{gone.certificate, gone.key, authority.certificate}, "the certificate has run out"},
        {{next_cert.certificate, next_cert.key, "none"}, "the authorities of clients cannot be read (PEM)"},
        {{next_cert.certificate, next_cert.key, NULL}, "what it was started with cannot come or go without a restart"},
        {{NULL, NULL, authority.certificate}, "what it was started with cannot come or go without a restart"},
    };
    struct server *s = wire_serve(with_tls);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *why = "";
        cr_expect_eq(server_change_tls(s, &rows[i].tls, &why), ERR_CONFIG, "%zu", i);
        cr_expect_str_eq(why, rows[i].why);
        expect_shows(s, &server_cert);
        expect_cert(s, 1, &issued, shown(&issued, "chained"));
    }
    server_close(s);
}

Test(tls, authorities_change_at_once)
{
    const char *why;
    struct server *s = wire_serve(with_tls);
    const struct server_tls next = {server_cert.certificate, server_cert.key, stranger.certificate};
    cr_assert_eq(server_change_tls(s, &next, &why), ERR_OK);
    expect_cert(s, 1, &issued, shown(&issued, "unchained"));
    server_close(s);
}

static void mtls_without_tls(struct server_config *c)
{
    with_tls(c);
    c->tls = (struct server_tls){0};
}

Test(tls, does_not_start_with_what_it_cannot_use)
{
    static const char *const at[] = {"127.0.0.1:0"};
    static const char *const hosts[] = {"localhost"};
    struct server_config c = {.listen = at, .n_listen = 1, .hosts = hosts, .n_hosts = 1};
    struct server *s;
    mtls_without_tls(&c);
    cr_expect_eq(server_open(&s, &c), ERR_CONFIG);
    c.n_listen_mtls = 0;
    c.tls = (struct server_tls){server_cert.certificate, other_key.key, NULL};
    cr_expect_eq(server_open(&s, &c), ERR_CONFIG);
    c.tls = (struct server_tls){server_cert.certificate, server_cert.key, "none"};
    cr_expect_eq(server_open(&s, &c), ERR_CONFIG);
    c.tls = (struct server_tls){server_cert.certificate, server_cert.key, NULL};
    cr_expect_eq(server_open(&s, &c), ERR_OK);
    server_close(s);
}

/* --- what libmicrohttpd takes wrongly --- */

/* What comes in one packet with a record that is no application data has no event of its own. */
Test(tls, a_request_right_behind_a_key_update_is_answered_at_once)
{
    struct server *s = wire_serve(with_tls);
    struct tls_line *l = tls_line_open(&(struct tls_ask){.port = server_port(s, 0)});
    cr_assert_not_null(l);
    for (int i = 0; i < 3; i++) {
        cr_assert(tls_line_update_and_ask(l, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", &got));
        cr_expect_str_eq(got.body, "hello");
    }
    tls_line_close(l);
    server_close(s);
}

static int64_t cpu_ms(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * INT64_C(1000) + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

/* Whoever connects and does not go on with the handshake must not keep a core busy. */
Test(tls, a_handshake_that_waits_for_its_client_costs_nothing)
{
    struct server *s = wire_serve(with_tls);
    int fd = wire_connect(s);
    wire_send_bytes(fd, "\x16\x03\x01\x01\x00\x01\x00", 7); /* the first bytes of a ClientHello */
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    int64_t before = cpu_ms();
    nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    cr_expect_lt(cpu_ms() - before, 100, "%lld ms in a second", (long long)(cpu_ms() - before));
    struct tls_line *l =
        tls_line_open(&(struct tls_ask){.port = server_port(s, 0)}); /* and others are served meanwhile */
    cr_assert_not_null(l);
    cr_expect(tls_line_ask(l, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", &got));
    tls_line_close(l);
    close(fd);
    server_close(s);
}

/* --- connections that say nothing --- */

static void with_little_patience(struct server_config *c)
{
    with_tls(c);
    c->idle_s = 4;
}

static void wait_until_packed(unsigned n)
{
    for (int i = 0; POOL_FINDS && pack_count() != n && i < 1000; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    if (POOL_FINDS)
        cr_assert_eq(pack_count(), n);
}

static void expect_cert_again(struct tls_line *l, const char *what)
{
    cr_assert(tls_line_ask(l, "GET /cert HTTP/1.1\r\nHost: localhost\r\n\r\n", &got));
    cr_expect_str_eq(got.body, what);
}

/* Three kinds of connections. */
static void open_three(struct tls_line *l[3], const struct server *s)
{
    l[0] = tls_line_open(&(struct tls_ask){.port = server_port(s, 0)});
    l[1] = tls_line_open(&(struct tls_ask){.port = server_port(s, 0), .priorities = "NORMAL:-VERS-TLS1.3"});
    l[2] = tls_line_open(&(struct tls_ask){.port = server_port(s, 1), .client = &issued});
    for (int i = 0; i < 3; i++)
        cr_assert_not_null(l[i]);
}

Test(tls, packed_sessions_go_on_as_if_nothing_had_been)
{
    struct server *s = wire_serve(with_tls);
    struct tls_line *l[3];
    open_three(l, s);
    for (int round = 0; round < 2; round++) {
        expect_cert_again(l[0], "none");
        expect_cert_again(l[1], "none");
        expect_cert_again(l[2], shown(&issued, "chained"));
        wait_until_packed(3);
    }
    expect_cert_again(l[1], "none");
    cr_assert(tls_line_begin(l[1], "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"), "half a record");
    wait_until_packed(3);
    cr_assert(tls_line_go_on(l[1], &got));
    cr_expect_str_eq(got.body, "hello");
    wait_until_packed(3);
    tls_line_close(l[0]);
    wait_until_packed(2);
    server_close(s);
    cr_expect_eq(pack_count(), 0);
    tls_line_close(l[1]);
    tls_line_close(l[2]);
}

/* RFC 8446 6.1: whoever closes says so before. */
Test(tls, a_packed_session_is_ended_with_a_good_bye)
{
    struct server *s = wire_serve(with_little_patience);
    struct tls_line *l[3];
    open_three(l, s);
    for (int i = 0; i < 3; i++)
        cr_assert(tls_line_ask(l[i], "GET /cert HTTP/1.1\r\nHost: localhost\r\n\r\n", &got));
    wait_until_packed(3);
    for (int i = 0; i < 3; i++) {
        cr_expect(tls_line_ended(l[i]));
        tls_line_close(l[i]);
    }
    server_close(s);
    cr_expect_eq(pack_count(), 0);
}
