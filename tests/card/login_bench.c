/* genkan-card-bench: commands and milliseconds of one card login, through the real smart card service and the virtual
 * card: connect, select, read the certificate, ask for the tries, verify the PIN, sign, log out, disconnect. Nothing is
 * cached between logins. Not a test: nothing here passes or fails by the clock. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "jpki/card/card.h"
#include "jpki/card/reader_pcsc.h"
#include "tests/lib/rig.h"

enum { LOGINS = 50 };

static enum card_result log_in(struct card *c, struct reader *reader, struct arena *a)
{
    struct view der, sig;
    int tries;
    enum card_result r = card_connect(c, reader);
    if (!r)
        r = card_read_certificate(c, CARD_KEY_AUTH, a, &der);
    if (!r)
        r = card_pin_tries(c, CARD_PIN_AUTH, &tries);
    if (!r)
        r = card_verify(c, CARD_PIN_AUTH, VIEW("1234"), &tries);
    if (!r)
        r = card_sign(c, CARD_KEY_AUTH, CARD_RSA_SHA256, VIEW("message"), a, &sig);
    card_log_out(c);
    return r;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int measure(struct reader *reader)
{
    int64_t us[LOGINS];
    struct card c;
    struct arena a;
    arena_open(&a, (size_t)1 << 20);
    for (int i = 0; i < LOGINS; i++) {
        int64_t start = now_us();
        enum card_result r = log_in(&c, reader, &a);
        us[i] = now_us() - start;
        arena_reset(&a);
        if (r) {
            fprintf(stderr, "login %d: %s at %s (%04X)\n", i, card_result_name(r), c.step, c.last_sw);
            return 1;
        }
    }
    arena_close(&a);
    qsort(us, LOGINS, sizeof *us, by_value);
    printf("{\"logins\":%d,\"apdus\":%u,\"ms_median\":%.1f,\"ms_least\":%.1f,\"ms_most\":%.1f}\n", LOGINS, c.apdus,
           (double)us[LOGINS / 2] / 1000, (double)us[0] / 1000, (double)us[LOGINS - 1] / 1000);
    return 0;
}

int main(void)
{
    const struct rig_options o = {.card_dir = BUILD_DIR "/testpki/residents/hanako",
                                  .program = BUILD_DIR "/genkan-card"};
    struct rig *rig;
    struct pcsc *pcsc;
    if (rig_open(&rig, &o)) {
        fprintf(stderr, "no virtual reader\n");
        return 1;
    }
    int status = 1;
    if (pcsc_open(&pcsc, NULL) == ERR_OK) {
        struct reader reader = pcsc_reader(pcsc);
        status = measure(&reader);
        pcsc_close(pcsc);
    }
    rig_close(rig);
    return status;
}
