/* applet: the operating system of the card: commands in, answers out. Knows no reader and no clock; everything that
 * may surprise a caller is said in facts 1.3, 1.4, 2.3, 2.4 and 9. */
#ifndef JPKI_VIRTUAL_APPLET_H
#define JPKI_VIRTUAL_APPLET_H

#include "jpki/virtual/files.h"

struct applet_options {
    struct view atr;
    bool short_only;     /* extended lengths are answered 6700, as by chips that do not declare them */
    bool says_eof;       /* READ BINARY past the end answers 6282 instead of 9000 */
    bool reset_forgets;  /* a warm reset clears PIN states too */
    bool first_fails;    /* the first command after power-on is answered 6F00, as one card was measured (facts 1.3) */
    bool blocked_6983;   /* a blocked PIN is answered 6983, the ISO wording, instead of 6984 */
    bool verified_9000;  /* the question for the tries left is answered 9000 while verified (facts 2.4) */
    bool length_is_free; /* a PIN of impossible length is answered 6700 and costs no try */
};

struct applet {
    const struct card_files *files;
    struct pins *pins;
    struct applet_options options;
    /* Somebody touched what nobody of ours may touch. May be NULL. */
    void (*alarm)(void *ctx, const char *what);
    void *alarm_ctx;
    /* volatile state */
    const struct card_app *app;
    const struct card_ef *ef;
    unsigned verified; /* bits 1 << pin_id */
    bool fresh;        /* no command since power-on */
};

#define APPLET_ANSWER_MAX (65536 + 2)

void applet_power_off(struct applet *a);
void applet_reset(struct applet *a);

/* Appends the whole answer, data and status word, to OUT (at least APPLET_ANSWER_MAX bytes of room). */
void applet_command(struct applet *a, struct view apdu, struct buf *out);

#endif
