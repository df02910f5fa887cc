/* Any bytes as a Cookie header, and as the value of a cookie to be set. */
#include <stdint.h>

#include "http/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_written(struct view value)
{
    struct buf b;
    struct view text;
    buf_open(&b, NULL, value.n + 200);
    if (cookie_write(&b, &(struct cookie){.name = "__Host-session", .value = value, .max_age = 300}) == ERR_OK) {
        INSIST(buf_done(&b, &text) == ERR_OK);
        size_t semicolons = 0;
        for (size_t i = 0; i < text.n; i++) {
            INSIST(text.p[i] >= 0x20 && text.p[i] < 0x7F);
            semicolons += text.p[i] == ';';
        }
        INSIST(semicolons == 5);
    }
    buf_close(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t count = 0;
    struct view header = view_bytes(data, size);
    struct view value = cookie_find(header, "__Host-session", &count);
    INSIST(!view_is(value) || count == 1);
    for (size_t i = 0; i < value.n; i++)
        INSIST(value.p[i] > 0x20 && value.p[i] < 0x7F && value.p[i] != ';' && value.p[i] != ',' && value.p[i] != '"');
    check_written(header);
    return 0;
}
