#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/url.h"

static struct url u;

static enum err read_url(const char *text)
{
    return url_read(&u, view_text(text));
}

Test(url, refuses_what_is_no_absolute_url)
{
    static const char *const bad[] = {
        "",         "/cb",         "rp.example/cb", "//rp.example",        "https:/rp.example", "https:rp.example",
        "https://", "https:///cb", "https://:443/", "javascript:alert(1)", "1https://a/",       "ht tps://a/",
        "https//a", "://a"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect_eq(read_url(bad[i]), ERR_SYNTAX, "%s", bad[i]);
    cr_expect_eq(url_read(&u, VIEW_NONE), ERR_SYNTAX);
}

Test(url, refuses_user_info_and_tricks_with_hosts)
{
    static const char *const bad[] = {"https://user@rp.example/",
                                      "https://rp.example@evil.example/",
                                      "https://user:pw@rp.example/",
                                      "https://rp.example\\@evil.example/",
                                      "https://rp.example./",
                                      "https://.rp.example/",
                                      "https://rp..example/",
                                      "https://rp_x.example/",
                                      "https://-rp.example/",
                                      "https://rp-.example/",
                                      "https://rp%2eexample/",
                                      "https://r%70.example/",
                                      "https://[::1/",
                                      "https://[::1]x/",
                                      "https://[g::1]/",
                                      "https://[]/",
                                      "https://rp.example:0/",
                                      "https://rp.example:65536/",
                                      "https://rp.example:/",
                                      "https://rp.example:x/",
                                      "https://rp.example:+1/",
                                      "https://rp.example:01/",
                                      "https://玄関.example/"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect_eq(read_url(bad[i]), ERR_SYNTAX, "%s", bad[i]);
}

Test(url, refuses_characters_no_url_has)
{
    static const char *const bad[] = {"https://a/ b",   "https://a/\t",   "https://a/<",        "https://a/\"",
                                      "https://a/{",    "https://a/`",    "https://a/^",        "https://a/|",
                                      "https://a/\\",   "https://a/%",    "https://a/%4",       "https://a/%zz",
                                      "https://a/#a#b", "https://a/\x7f", "https://a/\r\nX: y", "https://a/\xc3\xa9"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect_eq(read_url(bad[i]), ERR_SYNTAX, "%s", bad[i]);
    cr_expect_eq(url_read(&u, VIEW("https://a/\0")), ERR_SYNTAX);
}

Test(url, refuses_more_than_2048_bytes)
{
    char *text = malloc(3000);
    memset(text, 'a', 3000);
    memcpy(text, "https://", 8);
    text[20] = '/';
    cr_expect_eq(url_read(&u, view_bytes(text, 2049)), ERR_LIMIT);
    cr_expect_eq(url_read(&u, view_bytes(text, 2048)), ERR_OK);
    free(text);
}

Test(url, takes_a_url_apart)
{
    cr_assert_eq(read_url("https://RP.example:8443/cb/x?a=1&b=/?#frag"), ERR_OK);
    cr_expect(view_equal_text(u.scheme, "https"));
    cr_expect(view_equal_text(u.host, "RP.example"));
    cr_expect_eq(u.port, 8443);
    cr_expect(u.port_given);
    cr_expect(view_equal_text(u.path, "/cb/x"));
    cr_expect(view_equal_text(u.query, "a=1&b=/?"));
    cr_expect(view_equal_text(u.fragment, "frag"));
    cr_assert_eq(read_url("http://[2001:db8::1]"), ERR_OK);
    cr_expect(view_equal_text(u.host, "[2001:db8::1]"));
    cr_expect_eq(u.port, 80);
    cr_expect_not(u.port_given);
    cr_expect_eq(u.path.n, 0);
    cr_expect_not(view_is(u.query));
    cr_expect_not(view_is(u.fragment));
    cr_assert_eq(read_url("jp.go.app://login/cb"), ERR_OK);
    cr_expect_eq(u.port, 0);
    cr_assert_eq(read_url("https://a?b"), ERR_OK);
    cr_expect(view_equal_text(u.query, "b"));
    cr_expect(view_equal_text(u.host, "a"));
}

static bool same(const char *a, const char *b)
{
    return url_is_of_origin(view_text(a), view_text(b));
}

Test(url, compares_origins)
{
    cr_expect(same("https://id.example", "https://id.example"));
    cr_expect(same("HTTPS://ID.example:443/x?y", "https://id.example"));
    cr_expect_not(same("http://id.example", "https://id.example"));
    cr_expect_not(same("https://id.example:444", "https://id.example"));
    cr_expect_not(same("https://id.example.evil.example", "https://id.example"));
    cr_expect_not(same("https://id.example@evil.example", "https://id.example"));
    cr_expect_not(same("https://id.example, https://evil.example", "https://id.example"));
    cr_expect_not(same("https://id.example https://id.example", "https://id.example"));
    cr_expect_not(same("null", "https://id.example"));
    cr_expect_not(same("", "https://id.example"));
    cr_expect_not(url_is_of_origin(VIEW_NONE, VIEW("https://id.example")));
}

Test(url, knows_loopback_hosts_and_nothing_that_looks_like_one)
{
    static const char *const yes[] = {"localhost", "LOCALHOST", "a-city.localhost", "127.0.0.1", "127.1.2.3", "[::1]"};
    static const char *const no[] = {"localhost.example",
                                     "notlocalhost",
                                     ".localhost.example",
                                     "128.0.0.1",
                                     "127.1",
                                     "127.0.0.1.example",
                                     "127.0.0.256",
                                     "127.0.0.01",
                                     "[::2]",
                                     "::1",
                                     "",
                                     "2130706433"};
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
        cr_expect(url_is_loopback_host(view_text(yes[i])), "%s", yes[i]);
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        cr_expect_not(url_is_loopback_host(view_text(no[i])), "%s", no[i]);
    cr_expect_not(url_is_loopback_host(VIEW_NONE));
}

static const char *built(struct buf *b)
{
    const char *text = NULL;
    cr_assert_eq(buf_done_text(b, &text), ERR_OK);
    return text;
}

Test(url, writes_the_origin_in_its_one_form)
{
    struct buf b;
    buf_open(&b, NULL, 1000);
    cr_assert_eq(read_url("HTTPS://ID.Example:443/x"), ERR_OK);
    url_put_origin(&b, &u);
    cr_expect_str_eq(built(&b), "https://id.example");
    buf_close(&b);
    buf_open(&b, NULL, 1000);
    cr_assert_eq(read_url("http://localhost:8080"), ERR_OK);
    url_put_origin(&b, &u);
    cr_expect_str_eq(built(&b), "http://localhost:8080");
    buf_close(&b);
}

static const char *with_param(struct buf *b, const char *base, struct view value)
{
    buf_open(b, NULL, 1000);
    buf_put_text(b, base);
    url_add_param(b, "state", value);
    return built(b);
}

/* RFC 3986 2.3: every byte, alone and in the middle. */
Test(url, encodes_every_byte_that_is_not_unreserved)
{
    static const char kept[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (int c = 0; c < 256; c++) {
        char text[4] = {'a', (char)c, 'z', 0}, wanted[16];
        bool is_kept = c && strchr(kept, c);
        struct buf b;
        snprintf(wanted, sizeof wanted, is_kept ? "a%cz" : "a%%%02Xz", c);
        buf_open(&b, NULL, 100);
        url_put_encoded(&b, view_bytes(text, 3));
        cr_expect_str_eq(built(&b), wanted);
        buf_close(&b);
        snprintf(wanted, sizeof wanted, is_kept ? "%c" : "%%%02X", c);
        buf_open(&b, NULL, 100);
        url_put_encoded(&b, view_bytes(text + 1, 1));
        cr_expect_str_eq(built(&b), wanted);
        buf_close(&b);
    }
}

Test(url, adds_parameters_encoded)
{
    struct buf b;
    cr_expect_str_eq(with_param(&b, "https://rp/cb", VIEW("a b&c=\"玄\0")),
                     "https://rp/cb?state=a%20b%26c%3D%22%E7%8E%84%00");
    buf_close(&b);
    cr_expect_str_eq(with_param(&b, "https://rp/cb?x=1", VIEW("-._~Az09")), "https://rp/cb?x=1&state=-._~Az09");
    buf_close(&b);
    cr_expect_str_eq(with_param(&b, "https://rp/cb?", VIEW("1")), "https://rp/cb?state=1");
    buf_close(&b);
    cr_expect_str_eq(with_param(&b, "https://rp/cb?x&", VIEW("")), "https://rp/cb?x&state=");
    buf_close(&b);
    cr_expect_str_eq(with_param(&b, "https://rp/cb", VIEW_NONE), "https://rp/cb");
    buf_close(&b);
}
