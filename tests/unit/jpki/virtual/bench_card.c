#include "tests/unit/jpki/virtual/bench_card.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void on_alarm(void *ctx, const char *what)
{
    struct bench_card *b = ctx;
    size_t n = strlen(b->alarms);
    snprintf(b->alarms + n, sizeof b->alarms - n, "%s ", what);
}

void bench_open(struct bench_card *b, const char *who, const char *state, struct files_options o)
{
    char path[512];
    const char *what = "";
    memset(b, 0, sizeof *b);
    snprintf(path, sizeof path, BUILD_DIR "/testpki/residents/%s", who);
    cr_assert_eq(persona_open(&b->persona, path, BUILD_DIR "/testpki/chip.pem", &what), ERR_OK, "%s of %s", what, path);
    cr_assert_eq(pins_open(&b->pins, b->persona.pins, state), ERR_OK);
    cr_assert_eq(files_make(&b->files, &b->persona, &o), ERR_OK);
    b->applet = (struct applet){.files = &b->files,
                                .pins = &b->pins,
                                .options.atr = VIEW("\x3B\xE0\x00\xFF\x81\x31\xFE\x45\x14"),
                                .alarm = on_alarm,
                                .alarm_ctx = b};
}

void bench_close(struct bench_card *b)
{
    buf_close(&b->answer);
    pins_close(&b->pins);
    persona_close(&b->persona);
}

static size_t from_hex(uint8_t *out, const char *hex)
{
    size_t n = 0;
    unsigned v;
    for (; *hex; hex += *hex == ' ' ? 1 : 2)
        if (*hex != ' ') {
            cr_assert_eq(sscanf(hex, "%2x", &v), 1);
            out[n++] = (uint8_t)v;
        }
    return n;
}

unsigned bench_say(struct bench_card *b, const char *hex, struct view *data)
{
    uint8_t apdu[4096];
    struct view v;
    size_t n = from_hex(apdu, hex);
    buf_close(&b->answer);
    buf_open(&b->answer, NULL, APPLET_ANSWER_MAX);
    applet_command(&b->applet, view_bytes(apdu, n), &b->answer);
    cr_assert_eq(buf_done(&b->answer, &v), ERR_OK);
    cr_assert_geq(v.n, 2);
    if (data)
        *data = view_part(v, 0, v.n - 2);
    return (unsigned)v.p[v.n - 2] << 8 | v.p[v.n - 1];
}

void bench_all_ok(struct bench_card *b, const char *const *hex, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cr_assert_eq(bench_say(b, hex[i], NULL), 0x9000, "%s", hex[i]);
}
