/* A card on the table: hanako's, without a reader. */
#ifndef TESTS_UNIT_JPKI_VIRTUAL_BENCH_CARD_H
#define TESTS_UNIT_JPKI_VIRTUAL_BENCH_CARD_H

#include "jpki/virtual/applet.h"

struct bench_card {
    struct persona persona;
    struct pins pins;
    struct card_files files;
    struct applet applet;
    struct buf answer;
    char alarms[256]; /* names of the alarms so far, each with a space behind it */
};

#define JPKI   "00A4040C0AD392F000260100000001"
#define TEXT   "00A4040C0AD3921000310001010408"
#define FACE   "00A4040C0AD3921000310001010402"
#define ISD    "00A4040C08A000000151000000"
#define COMMON "00A4040C0AD3921000310001010100"

/* WHO: a resident of the test PKI, like "hanako". STATE may be NULL. The test fails if it cannot be made. */
void bench_open(struct bench_card *b, const char *who, const char *state, struct files_options o);
void bench_close(struct bench_card *b);

/* Sends a command in hexadecimal (spaces allowed); the status word. The data is in *data if given. */
unsigned bench_say(struct bench_card *b, const char *hex, struct view *data);

/* Says several, expecting 9000 each. */
void bench_all_ok(struct bench_card *b, const char *const *hex, size_t n);

#endif
