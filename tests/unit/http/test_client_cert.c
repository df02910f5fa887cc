/* A certificate in a header, as each proxy writes it, and only from a proxy that is trusted. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "http/client_cert.h"
#include "tls_rig.h"

static struct arena a;
static struct made cert, authority;
static char *base64, *escaped, *apache;
static struct wire_answer got;

/* PEM with every line end replaced: by " " (Apache) or "%0A" (nginx). */
static char *with_ends(const char *pem, const char *end, bool escape)
{
    struct buf b;
    const char *text;
    buf_open(&b, &a, 16384);
    for (const char *p = pem; *p; p++) {
        if (*p == '\n')
            buf_put_text(&b, end);
        else if (escape && strchr("+/= ", *p))
            buf_printf(&b, "%%%02X", *p);
        else
            buf_put_byte(&b, (uint8_t)*p);
    }
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    return (char *)(uintptr_t)text;
}

static void open_all(void)
{
    arena_open(&a, 1 << 20);
    make_certificate(&authority, &(struct made_of){"Clients CA", NULL, true, false, 300});
    make_certificate(&cert, &(struct made_of){"booking", &authority, false, false, 30});
    base64 = base64_text(&a, cert.der);
    escaped = with_ends(cert.certificate, "%0A", true);
    apache = with_ends(cert.certificate, " ", false);
}

static void close_all(void)
{
    arena_close(&a);
}

TestSuite(client_cert, .init = open_all, .fini = close_all);

static void expect_reads(const char *value)
{
    struct view der;
    cr_assert_eq(client_cert_read(&der, &a, view_text(value)), ERR_OK, "%s", value);
    cr_expect(view_equal(der, cert.der), "%s", value);
}

static void expect_refuses(const char *value)
{
    struct view der;
    cr_expect_neq(client_cert_read(&der, &a, view_text(value)), ERR_OK, "%s", value);
    cr_expect_not(view_is(der), "%s", value);
}

Test(client_cert, is_read_as_each_proxy_writes_it)
{
    expect_reads(arena_printf(&a, ":%s:", base64)); /* RFC 9440 2.1 */
    expect_reads(base64);                           /* HAProxy: ssl_c_der,base64 */
    expect_reads(escaped);                          /* nginx: $ssl_client_escaped_cert */
    expect_reads(apache);                           /* Apache: %{SSL_CLIENT_CERT}s */
}

Test(client_cert, is_absent_when_the_proxy_says_that_there_is_none)
{
    static const char *const none[] = {"", "  ", "(null)"};
    struct view der;
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(client_cert_read(&der, &a, view_text(none[i])), ERR_OK);
        cr_expect_not(view_is(der));
    }
}

Test(client_cert, anything_else_is_refused)
{
    expect_refuses("::");
    expect_refuses(":");
    expect_refuses("-");
    expect_refuses("none");
    expect_refuses("AAAA");
    expect_refuses("%");
    expect_refuses("%2");
    expect_refuses("%zz");
    expect_refuses("-----BEGIN CERTIFICATE----------END CERTIFICATE-----");
    expect_refuses(arena_printf(&a, ":%s", base64));
    expect_refuses(arena_printf(&a, "%s:", base64));
    expect_refuses(arena_printf(&a, ":%s:;a=1", base64));
    expect_refuses(arena_printf(&a, ":%s:, :%s:", base64, base64));
    expect_refuses(arena_printf(&a, "%.20s", base64));
    expect_refuses(arena_printf(&a, "%s%s", escaped, escaped));
    expect_refuses(arena_printf(&a, "x%s", apache));
    expect_refuses(arena_printf(&a, "%sx", apache));
    expect_refuses(arena_printf(&a, "-----BEGIN X-----%s-----END CERTIFICATE-----", base64));
    struct buf b;
    struct view der, text;
    buf_open(&b, &a, 8192);
    buf_put(&b, cert.der);
    buf_put_byte(&b, 0);
    cr_assert_eq(buf_done(&b, &text), ERR_OK);
    expect_refuses(base64_text(&a, text)); /* a byte behind it */
    char *huge = arena_alloc(&a, CLIENT_CERT_MAX + 2);
    memset(huge, 'A', CLIENT_CERT_MAX + 1);
    cr_expect_eq(client_cert_read(&der, &a, view_text(huge)), ERR_LIMIT);
}

/* --- over the wire --- */

static struct net proxies[1];

static void behind_proxy(struct server_config *c)
{
    cr_assert(net_read(&proxies[0], VIEW("127.0.0.0/8")));
    c->proxy = (struct proxy_config){.trusted = proxies, .n_trusted = 1, .cert_header = "Client-Cert"};
    c->tls.authorities = authority.certificate;
}

static void behind_another_proxy(struct server_config *c)
{
    behind_proxy(c);
    cr_assert(net_read(&proxies[0], VIEW("10.0.0.0/8")));
}

static void behind_proxy_without_header(struct server_config *c)
{
    behind_proxy(c);
    c->proxy.cert_header = NULL;
}

static void behind_proxy_with_a_name(struct server_config *c)
{
    behind_proxy(c);
    c->mtls_host = "mtls.example";
}

static void ask(const struct server *s, const char *headers)
{
    wire_ask(s, arena_printf(&a, "GET /cert HTTP/1.1\r\nHost: localhost\r\n%s\r\n", headers), &got);
}

Test(client_cert, of_a_trusted_proxy_counts)
{
    struct server *s = wire_serve(behind_proxy);
    ask(s, arena_printf(&a, "Client-Cert: :%s:\r\n", base64));
    cr_expect_eq(got.status, 200);
    cr_expect_str_eq(got.body + 64, " chained");
    ask(s, "");
    cr_expect_str_eq(got.body, "none");
    ask(s, "Client-Cert: \r\n");
    cr_expect_str_eq(got.body, "none");
    server_close(s);
}

/* A proxy that forgets to remove the header from what clients send where nobody is asked for a certificate. */
Test(client_cert, counts_only_where_certificates_are_asked_for)
{
    struct server *s = wire_serve(behind_proxy_with_a_name);
    ask(s, arena_printf(&a, "Client-Cert: :%s:\r\n", base64));
    cr_expect_str_eq(got.body, "none");
    wire_ask(s, arena_printf(&a, "GET /cert HTTP/1.1\r\nHost: mtls.example\r\nClient-Cert: :%s:\r\n\r\n", base64),
             &got);
    cr_expect_str_eq(got.body + 64, " chained");
    server_close(s);
}

Test(client_cert, of_anybody_else_changes_nothing)
{
    struct server *s = wire_serve(behind_another_proxy);
    ask(s, arena_printf(&a, "Client-Cert: :%s:\r\n", base64));
    cr_expect_str_eq(got.body, "none");
    ask(s, "Client-Cert: nonsense\r\n");
    cr_expect_str_eq(got.body, "none");
    server_close(s);
    s = wire_serve(behind_proxy_without_header);
    ask(s, arena_printf(&a, "Client-Cert: :%s:\r\n", base64));
    cr_expect_str_eq(got.body, "none", "the operator said of no header");
    server_close(s);
}

Test(client_cert, sent_twice_or_broken_is_refused)
{
    struct server *s = wire_serve(behind_proxy);
    ask(s, arena_printf(&a, "Client-Cert: :%s:\r\nclient-cert: :%s:\r\n", base64, base64));
    cr_expect_eq(got.status, 400, "the proxy has let the client's pass");
    ask(s, "Client-Cert: nonsense\r\n");
    cr_expect_eq(got.status, 400);
    server_close(s);
}
