/* Any bytes as a URL: what is accepted has its parts inside the text, no user-info, and an origin that reads back. */
#include <stdint.h>

#include "http/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_origin(const struct url *u)
{
    struct buf b;
    struct view text;
    struct url again;
    buf_open(&b, NULL, 4096);
    url_put_origin(&b, u);
    INSIST(buf_done(&b, &text) == ERR_OK);
    INSIST(url_read(&again, text) == ERR_OK);
    INSIST(url_same_origin(u, &again));
    INSIST(again.path.n == 0 && !view_is(again.query));
    buf_close(&b);
}

static void check_param(struct view base, struct view value)
{
    struct buf b;
    struct view text;
    buf_open(&b, NULL, 16384);
    buf_put(&b, base);
    url_add_param(&b, "state", value);
    if (buf_done(&b, &text) == ERR_OK)
        for (size_t i = base.n; i < text.n; i++)
            INSIST(text.p[i] > 0x20 && text.p[i] < 0x7F && text.p[i] != '#');
    buf_close(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view text = view_bytes(data, size);
    struct url u;
    if (url_read(&u, text) == ERR_OK) {
        INSIST(u.host.n > 0 && !memchr(u.host.p, '@', u.host.n));
        INSIST(u.path.n == 0 || u.path.p[0] == '/');
        url_is_loopback_host(u.host);
        check_origin(&u);
    }
    check_param(VIEW("https://rp.example/cb"), text);
    return 0;
}
