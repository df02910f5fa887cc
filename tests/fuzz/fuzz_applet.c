/* A conversation with the card: each command has one byte of length before it (00: power off). Whatever is said, the
 * answer ends in a status word, and without the PIN nothing protected comes out. */
#include <stdlib.h>

#include "jpki/virtual/applet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct view issued[PIN_COUNT] = {[PIN_AUTH] = {(const uint8_t *)"1234", 4},
                                              [PIN_SIGN] = {(const uint8_t *)"ABC123", 6},
                                              [PIN_TEXT] = {(const uint8_t *)"1234", 4}};

/* A card without a folder: the fuzzer has no test PKI. Made once. */
static struct card_files *the_files(void)
{
    static struct persona p;
    static struct card_files files;
    if (files.n)
        return &files;
    arena_open(&p.arena, 4u << 20);
    p.auth_cert = p.ca_auth = p.sign_cert = p.ca_sign = VIEW("\x30\x82\x00\x04none");
    p.name = p.address = VIEW("x");
    p.birthdate = p.expiry = VIEW("20000101");
    p.gender = VIEW("1");
    p.number = VIEW("000000000000");
    p.municipality = VIEW("27100");
    p.card_serial = VIEW("000000000000001");
    INSIST(key_make(&p.chip_key) == ERR_OK);
    p.auth_key = p.sign_key = p.chip_key;
    INSIST(files_make(&files, &p, &(struct files_options){.label = NULL}) == ERR_OK);
    return &files;
}

static void say(struct applet *a, struct view apdu)
{
    struct buf out;
    struct view answer;
    buf_open(&out, NULL, APPLET_ANSWER_MAX);
    applet_command(a, apdu, &out);
    INSIST(buf_done(&out, &answer) == ERR_OK && answer.n >= 2);
    uint8_t high = answer.p[answer.n - 2];
    INSIST(high == 0x90 || (high & 0xF0) == 0x60);
    INSIST(answer.n == 2 || high == 0x90);
    buf_close(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pins pins;
    INSIST(pins_open(&pins, issued, NULL) == ERR_OK);
    struct applet a = {.files = the_files(), .pins = &pins, .options.atr = VIEW("\x3B\x00")};
    struct view left = view_bytes(data, size);
    while (left.n) {
        size_t n = left.p[0];
        left = view_from(left, 1);
        if (n == 0)
            applet_power_off(&a);
        else
            say(&a, view_part(left, 0, n));
        left = view_from(left, n);
        INSIST(!a.ef || a.app);
    }
    pins_close(&pins);
    return 0;
}
