#include "base/hash.h"
#include "jpki/virtual/making.h"

/* FF20 { DF21 offsets, DF22 name, DF23 address, DF24 birth date, DF25 sex }; offsets count from the start of the file
 * (facts 3.2). *signed_from: where DF22 starts, for the digest of EF 0003. */
static struct view four_items(struct making *m, size_t *signed_from)
{
    const struct view items[4] = {m->p->name, m->p->address, m->p->birthdate, m->p->gender};
    size_t table = 2 + 1 + 8, body = table;
    for (size_t i = 0; i < 4; i++)
        body += 2 + length_size(m, items[i].n) + items[i].n;
    size_t at = 2 + length_size(m, body) + table;
    *signed_from = at;
    struct buf b;
    making_open_buf(m, &b);
    buf_put_u16(&b, 0xFF20);
    put_length(m, &b, body);
    buf_put_u16(&b, 0xDF21);
    buf_put_byte(&b, 8);
    for (size_t i = 0; i < 4; i++) {
        buf_put_u16(&b, (uint16_t)at);
        at += 2 + length_size(m, items[i].n) + items[i].n;
    }
    for (size_t i = 0; i < 4; i++)
        put_object(m, &b, (uint16_t)(0xDF22 + i), items[i]);
    return making_done(m, &b);
}

static struct view number_file(struct making *m)
{
    struct buf b;
    making_open_buf(m, &b);
    buf_put(&b, VIEW("\xFF\x10\x0C"));
    buf_put(&b, m->p->number);
    buf_put(&b, VIEW("\xFF\xFF"));
    return making_done(m, &b);
}

/* FF30 { DF31 digest of EF 0001 with its filler, DF32 digest of the items after the offsets, DF33 signature }. */
static struct view integrity(struct making *m, struct view number, struct view items)
{
    uint8_t one[SHA256_SIZE], two[SHA256_SIZE];
    sha256(one, number);
    sha256(two, items);
    struct buf b;
    making_open_buf(m, &b);
    buf_put(&b, VIEW("\xFF\x30\x82\x01\x4B"));
    buf_put(&b, VIEW("\xDF\x31\x20"));
    buf_put(&b, VIEW_ARRAY(one));
    buf_put(&b, VIEW("\xDF\x32\x20"));
    buf_put(&b, VIEW_ARRAY(two));
    put_chip_signature(m, &b, 0xDF33);
    return making_done(m, &b);
}

/* FF40 { DF41 version, DF42 key id, DF43 }, the outer length coded as 82 00 9F (facts 3.1). */
static struct view text_info(struct making *m)
{
    struct buf b;
    making_open_buf(m, &b);
    buf_put(&b, VIEW("\xFF\x40\x82\x00\x9F\xDF\x41\x04\x01\x03\x0E\x01\xDF\x42\x10"));
    buf_put_text(&b, TEST_KEY_ID);
    buf_put(&b, VIEW("\xDF\x43\x82\x00\x80"));
    put_fill(&b, 0x00, 128);
    return making_done(m, &b);
}

static struct view session_key_file(struct making *m)
{
    struct buf b;
    making_open_buf(m, &b);
    buf_put(&b, VIEW("\xA1\x82\x01\x09\x90\x82\x01\x00"));
    key_put_modulus(m->p->chip_key, &b);
    buf_put(&b, VIEW("\x91\x03\x01\x00\x01"));
    return making_done(m, &b);
}

static struct view internal_key_file(struct making *m)
{
    struct buf b;
    making_open_buf(m, &b);
    buf_put(&b, VIEW("\xFF\x50\x82\x02\x13\xDF\x51\x82\x01\x09"));
    put_public_key(m, &b);
    put_chip_signature(m, &b, 0xDF52);
    return making_done(m, &b);
}

/* The coming card has two PINs in all: the one of four digits is the same here as for authentication (facts 4.7). */
static enum pin_id own_pin(const struct making *m)
{
    return m->kind == FILES_NEXT ? PIN_AUTH : PIN_TEXT;
}

void make_text(struct making *m)
{
    size_t signed_from;
    struct view number = number_file(m), items = four_items(m, &signed_from);
    unsigned pin = OPENED_BY(own_pin(m));
    making_start(m, 13);
    making_add(m, (struct card_ef){.id = 0x0001,
                                   .kind = EF_DATA,
                                   .content = number,
                                   .opened_by = pin | OPENED_BY(PIN_TEXT_A),
                                   .alarm = ALARM_NUMBER});
    making_add_data(m, 0x0002, items, pin | OPENED_BY(PIN_TEXT_B));
    making_add_data(m, 0x0003, integrity(m, number, view_from(items, signed_from)), pin);
    making_add_data(m, 0x0004, making_chip_certificate(m), 0);
    making_add_data(m, 0x0005, text_info(m), 0);
    making_add_data(m, 0x0006, session_key_file(m), 0);
    making_add_data(m, 0x0007, internal_key_file(m), 0);
    if (m->kind == FILES_NEXT) /* the face has no application of its own any more; where it went is our invention */
        making_add_data(m, 0x0008, making_face_file(m), OPENED_BY(PIN_TEXT_A) | OPENED_BY(PIN_TEXT_B));
    making_add_pin(m, 0x0011, own_pin(m), NULL);
    making_add_pin(m, 0x0012, PIN_TEXT_SHUT, NULL);
    making_add(m, (struct card_ef){.id = 0x0013, .kind = EF_KEY, .key = m->p->chip_key});
    making_add_pin(m, 0x0014, PIN_TEXT_A, ALARM_A);
    making_add_pin(m, 0x0015, PIN_TEXT_B, NULL);
}
