/* making: one application of the card in the making: its files are added one by one, the first error stays. For the
 * files of this room that fill applications; everybody else has files.h. */
#ifndef JPKI_VIRTUAL_MAKING_H
#define JPKI_VIRTUAL_MAKING_H

#include "jpki/virtual/files.h"

#define OPENED_BY(PIN) (1u << (PIN))
#define ALARM_NUMBER   "individual_number"
#define ALARM_A        "number_a"
#define ALARM_SERIAL   "card_serial"
#define TEST_KEY_ID    "GENKANTEST000001" /* 16 bytes, wherever a card names a key */

struct making {
    struct persona *p;
    const struct files_options *o;
    enum files_kind kind;
    struct card_ef *efs;
    size_t n, max;
    enum err err;
};

void making_start(struct making *m, size_t max);
void making_add(struct making *m, struct card_ef ef);
void making_add_data(struct making *m, uint16_t id, struct view content, unsigned opened_by);
void making_add_pin(struct making *m, uint16_t id, enum pin_id pin, const char *alarm);

/* A buffer in the persona's arena, and what was written to it. */
void making_open_buf(struct making *m, struct buf *b);
struct view making_done(struct making *m, struct buf *b);

void put_fill(struct buf *b, uint8_t byte, size_t n);
/* Lengths of one, two (81) or three (82) bytes; always three with files_options.long_lengths. */
void put_length(const struct making *m, struct buf *b, size_t n);
size_t length_size(const struct making *m, size_t n);
void put_object(const struct making *m, struct buf *b, uint16_t tag, struct view v);
/* 81 modulus, 82 exponent of the chip's key. */
void put_public_key(const struct making *m, struct buf *b);
/* Object TAG: the chip's own signature over all that is in B so far / over DATA. */
void put_chip_signature(struct making *m, struct buf *b, uint16_t tag);
void put_signature_of(struct making *m, struct buf *b, uint16_t tag, struct view data);
/* EF 0004 of several applications: the certificate of the chip's key. */
struct view making_chip_certificate(struct making *m);

/* The applications. */
void make_text(struct making *m);
void make_face(struct making *m);
/* The pictures of the face: EF 0002 there. */
struct view making_face_file(struct making *m);

#endif
