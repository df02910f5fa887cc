/* Who the client is, as a proxy in front of us says: believed from trusted addresses, in the header they were said to
 * write, from the right to the first that is not trusted. Nobody else's words change anything. */
#include <criterion/criterion.h>
#include <unistd.h>

#include "http/forwarded.h"
#include "wire.h"

static struct arena a;
static struct net trusted[3];
static struct wire_answer got;

static void open_arena(void)
{
    arena_open(&a, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(proxy, .init = open_arena, .fini = close_arena);

static void trust(struct server_config *c, const char *first, enum proxy_words words)
{
    cr_assert(net_read(&trusted[0], view_text(first)));
    cr_assert(net_read(&trusted[1], VIEW("10.0.0.0/8")));
    cr_assert(net_read(&trusted[2], VIEW("2001:db8::/32")));
    c->proxy = (struct proxy_config){.trusted = trusted, .n_trusted = 3, .words = words, .https = true};
}

static void forwarding(struct server_config *c)
{
    trust(c, "127.0.0.1", PROXY_FORWARDED);
}

static void x_forwarding(struct server_config *c)
{
    trust(c, "127.0.0.1", PROXY_X_FORWARDED);
}

static void silent(struct server_config *c)
{
    trust(c, "127.0.0.1", PROXY_SILENT);
}

static void elsewhere(struct server_config *c)
{
    trust(c, "127.0.0.2", PROXY_FORWARDED);
}

static void x_elsewhere(struct server_config *c)
{
    trust(c, "127.0.0.2", PROXY_X_FORWARDED);
}

struct row {
    const char *headers;
    const char *client; /* NULL: 400 */
};

static void check(void change(struct server_config *), const struct row *rows, size_t n)
{
    struct server *s = wire_serve(change);
    for (size_t i = 0; i < n; i++) {
        const char *text = arena_printf(&a, "GET /peer HTTP/1.1\r\nHost: localhost\r\n%s\r\n", rows[i].headers);
        wire_ask(s, text, &got);
        cr_expect_eq(got.status, rows[i].client ? 200 : 400, "%d %s", got.status, rows[i].headers);
        if (rows[i].client)
            cr_expect(view_starts(view_text(got.body), view_text(arena_printf(&a, "%s ", rows[i].client))), "%s: %s",
                      rows[i].headers, got.body);
    }
    server_close(s);
}

#define CHECK(CHANGE, ROWS) check(CHANGE, ROWS, sizeof(ROWS) / sizeof((ROWS)[0]))

/* The same words from an address that is not trusted, be they sane or broken. */
Test(proxy, words_of_anybody_else_change_nothing)
{
    static const struct row rows[] = {{"Forwarded: for=192.0.2.1\r\n", "127.0.0.1"},
                                      {"Forwarded: for=10.0.0.1, for=10.0.0.2;proto=http\r\n", "127.0.0.1"},
                                      {"Forwarded: \"\r\n", "127.0.0.1"},
                                      {"X-Forwarded-For: 192.0.2.1\r\n", "127.0.0.1"},
                                      {"X-Forwarded-For: nonsense\r\nX-Forwarded-Proto: http\r\n", "127.0.0.1"},
                                      {"X-Real-IP: 192.0.2.1\r\n", "127.0.0.1"}};
    CHECK(elsewhere, rows);
    CHECK(x_elsewhere, rows);
    CHECK(NULL, rows);
}

Test(proxy, is_believed_only_in_the_header_it_was_said_to_write)
{
    static const struct row forwarded[] = {{"Forwarded: for=192.0.2.1\r\n", "127.0.0.1"},
                                           {"Forwarded: \"\r\n", "127.0.0.1"}};
    static const struct row x[] = {{"X-Forwarded-For: 192.0.2.1\r\n", "127.0.0.1"},
                                   {"X-Forwarded-For: nonsense\r\nX-Forwarded-Proto: http\r\n", "127.0.0.1"}};
    CHECK(x_forwarding, forwarded);
    CHECK(silent, forwarded);
    CHECK(forwarding, x);
    CHECK(silent, x);
}

Test(proxy, forwarded_gives_the_right_most_address_that_is_not_trusted)
{
    static const struct row rows[] = {
        {"", "127.0.0.1"},
        {"Forwarded: for=192.0.2.1\r\n", "192.0.2.1"},
        {"Forwarded: for=192.0.2.9, for=192.0.2.1\r\n", "192.0.2.1"}, /* the client's own words are left of it */
        {"Forwarded: for=10.0.0.9, for=192.0.2.1\r\n", "192.0.2.1"},  /* and do not count, whomever they name */
        {"Forwarded: for=192.0.2.9\r\nForwarded: for=192.0.2.1\r\n", "192.0.2.1"},
        {"Forwarded: for=192.0.2.1, for=10.0.0.9\r\n", "192.0.2.1"},
        {"Forwarded: for=192.0.2.1, for=10.0.0.8, for=\"[2001:db8::9]\"\r\n", "192.0.2.1"},
        {"Forwarded: for=\"[2001:DB9::1]:4711\";proto=https\r\n", "2001:db9::1"},
        {"Forwarded: FOR=\"192.0.2.1:80\";Proto=HTTPS;by=_x;host=localhost\r\n", "192.0.2.1"},
        {"Forwarded: for=\"\\192.0.2.1\"\r\n", "192.0.2.1"},
        {"Forwarded: for=192.0.2.1;ext=\"a,b;for=1.1.1.1\"\r\n", "192.0.2.1"},
        {"Forwarded: ,for=192.0.2.1;,,\r\n", "192.0.2.1"},
        {"Forwarded: for=10.0.0.1\r\n", "10.0.0.1"}, /* all trusted: the farthest of them is the client */
        {"Forwarded: for=192.0.2.1, for=unknown\r\n", "127.0.0.1"}, /* it does not know: it is all we know */
        {"Forwarded: for=_hidden, for=10.0.0.9\r\n", "10.0.0.9"},
        {"Forwarded: proto=https\r\n", "127.0.0.1"},
    };
    CHECK(forwarding, rows);
}

Test(proxy, forwarded_that_is_broken_or_contradicts_itself_is_refused)
{
    static const struct row rows[] = {
        {"Forwarded: for\r\n", NULL},
        {"Forwarded: for=\r\n", NULL},
        {"Forwarded: =192.0.2.1\r\n", NULL},
        {"Forwarded: for = 192.0.2.1\r\n", NULL},
        {"Forwarded: for=192.0.2.1 proto=https\r\n", NULL},
        {"Forwarded: for=\"192.0.2.1\r\n", NULL},
        {"Forwarded: for=\"192.0.2.1\"x\r\n", NULL},
        {"Forwarded: for=\"x, for=192.0.2.1\r\n", NULL}, /* the client opened a quotation to swallow the proxy's word */
        {"Forwarded: for=[2001:db9::1]\r\n", NULL},      /* RFC 7239 6: brackets and colons must be quoted */
        {"Forwarded: for=\"2001:db9::1\"\r\n", NULL},
        {"Forwarded: for=\"[192.0.2.1]\"\r\n", NULL},
        {"Forwarded: for=\"[2001:db9::1\"\r\n", NULL},
        {"Forwarded: for=\"[2001:db9::1]x\"\r\n", NULL},
        {"Forwarded: for=\"192.0.2.1:\"\r\n", NULL},
        {"Forwarded: for=\"192.0.2.1:http\"\r\n", NULL},
        {"Forwarded: for=\"192.0.2.1:123456\"\r\n", NULL},
        {"Forwarded: for=client.example\r\n", NULL},
        {"Forwarded: for=_\r\n", NULL},
        {"Forwarded: for=192.0.2.256\r\n", NULL},
        {"Forwarded: for=192.0.2.1;for=192.0.2.2\r\n", NULL},
        {"Forwarded: for=192.0.2.1;proto=https;proto=https\r\n", NULL},
        {"Forwarded: for=192.0.2.1;by=x y\r\n", NULL},
        {"Forwarded: for=192.0.2.1;by=10.0.0.1;by=10.0.0.1\r\n", NULL},
        {"Forwarded: for=192.0.2.1;proto=http\r\n", NULL},
        {"Forwarded: for=192.0.2.1;proto=http, for=10.0.0.1;proto=https\r\n", NULL},
        {"Forwarded: for=192.0.2.1;proto=gopher\r\n", NULL},
        {"Forwarded: for=192.0.2.1;host=evil.example\r\n", NULL},
    };
    CHECK(forwarding, rows);
}

/* How a proxy behind the first one was asked is between them. */
Test(proxy, only_how_the_client_came_must_be_https)
{
    static const struct row rows[] = {
        {"Forwarded: for=192.0.2.1;proto=https, for=10.0.0.1;proto=http\r\n", "192.0.2.1"},
        {"Forwarded: for=192.0.2.9;proto=http;host=x, for=192.0.2.1;proto=https\r\n", "192.0.2.1"}};
    CHECK(forwarding, rows);
}

Test(proxy, has_no_endless_chain)
{
    struct buf b;
    const char *text;
    buf_open(&b, &a, 4096);
    buf_put_text(&b, "Forwarded: for=192.0.2.1");
    for (int i = 1; i < FORWARDED_HOPS_MAX; i++)
        buf_put_text(&b, ", for=10.0.0.1");
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    const struct row rows[] = {{arena_printf(&a, "%s\r\n", text), "192.0.2.1"},
                               {arena_printf(&a, "%s, for=10.0.0.1\r\n", text), NULL}};
    CHECK(forwarding, rows);
}

Test(proxy, x_forwarded_for_gives_the_right_most_address_that_is_not_trusted)
{
    static const struct row rows[] = {
        {"", "127.0.0.1"},
        {"X-Forwarded-For: \r\n", "127.0.0.1"},
        {"X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 192.0.2.9, 192.0.2.1\r\n", "192.0.2.1"},
        {"X-Forwarded-For: nonsense, 192.0.2.1\r\n", "192.0.2.1"}, /* what the client wrote is not even read */
        {"X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 192.0.2.1, 10.0.0.9\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 10.0.0.9\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 192.0.2.1,10.0.0.8,2001:db8::9\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 2001:DB9::1\r\nX-Forwarded-Proto: https\r\n", "2001:db9::1"},
        {"X-Forwarded-For: [2001:db9::1]:4711\r\n", "2001:db9::1"},
        {"X-Forwarded-For: 192.0.2.1:4711\r\n", "192.0.2.1"},
        {"X-Forwarded-For: 10.0.0.1\r\n", "10.0.0.1"},
        {"X-Forwarded-Proto: HTTPS\r\n", "127.0.0.1"},
    };
    CHECK(x_forwarding, rows);
}

Test(proxy, x_forwarded_that_is_broken_is_refused)
{
    static const struct row rows[] = {
        {"X-Forwarded-For: unknown\r\n", NULL},
        {"X-Forwarded-For: 192.0.2.1,\r\n", NULL},
        {"X-Forwarded-For: 192.0.2.1, nonsense, 10.0.0.1\r\n", NULL},
        {"X-Forwarded-For: 192.0.2.1:\r\n", NULL},
        {"X-Forwarded-For: 192.0.2.1:http\r\n", NULL},
        {"X-Forwarded-For: [192.0.2.1]:80\r\n", NULL},
        {"X-Forwarded-For: [2001:db9::1]\r\n", NULL},
        {"X-Forwarded-For: 192.0.2.1 10.0.0.1\r\n", NULL},
        {"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\n", NULL},
        {"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https, https\r\n", NULL},
        {"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Proto: https\r\n", NULL},
        {"X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: \r\n", NULL},
    };
    CHECK(x_forwarding, rows);
}

static void few_for_one(struct server_config *c)
{
    forwarding(c);
    c->per_address_max = 2;
}

static void few_for_others(struct server_config *c)
{
    elsewhere(c);
    c->per_address_max = 2;
}

static int welcomed(void change(struct server_config *))
{
    int fd[4], n = 0;
    struct server *s = wire_serve(change);
    for (int i = 0; i < 4; i++) {
        fd[i] = wire_connect(s);
        wire_send(fd[i], "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
        wire_read(fd[i], &got);
        n += got.status == 200;
    }
    for (int i = 0; i < 4; i++)
        close(fd[i]);
    server_close(s);
    return n;
}

Test(proxy, may_have_as_many_connections_as_its_clients_need)
{
    cr_expect_eq(welcomed(few_for_others), 2);
    cr_expect_eq(welcomed(few_for_one), 4);
}
