#include "jpki/virtual/making.h"

#include "base/hash.h"

void making_start(struct making *m, size_t max)
{
    m->efs = arena_array(&m->p->arena, max, sizeof *m->efs);
    m->max = m->efs ? max : 0;
    m->n = 0;
    if (!m->efs)
        m->err = ERR_MEMORY;
}

void making_add(struct making *m, struct card_ef ef)
{
    if (m->n < m->max)
        m->efs[m->n++] = ef;
    else
        m->err = m->err != ERR_OK ? m->err : ERR_LIMIT;
}

void making_add_data(struct making *m, uint16_t id, struct view content, unsigned opened_by)
{
    making_add(m, (struct card_ef){.id = id, .kind = EF_DATA, .content = content, .opened_by = opened_by});
}

void making_add_pin(struct making *m, uint16_t id, enum pin_id pin, const char *alarm)
{
    making_add(m, (struct card_ef){.id = id, .kind = EF_PIN, .pin = pin, .alarm = alarm});
}

struct view making_done(struct making *m, struct buf *b)
{
    struct view v = VIEW_NONE;
    enum err e = buf_done(b, &v);
    if (e != ERR_OK)
        m->err = e;
    return v;
}

void making_open_buf(struct making *m, struct buf *b)
{
    buf_open(b, &m->p->arena, 32768);
}

void put_fill(struct buf *b, uint8_t byte, size_t n)
{
    uint8_t *room = n ? buf_room(b, n) : NULL;
    if (room)
        memset(room, byte, n);
}

void put_length(const struct making *m, struct buf *b, size_t n)
{
    if (n > 255 || m->o->long_lengths) {
        buf_put_byte(b, 0x82);
        buf_put_u16(b, (uint16_t)n);
        return;
    }
    if (n > 127)
        buf_put_byte(b, 0x81);
    buf_put_byte(b, (uint8_t)n);
}

size_t length_size(const struct making *m, size_t n)
{
    return n > 255 || m->o->long_lengths ? 3 : n > 127 ? 2 : 1;
}

void put_object(const struct making *m, struct buf *b, uint16_t tag, struct view v)
{
    buf_put_u16(b, tag);
    put_length(m, b, v.n);
    buf_put(b, v);
}

void put_public_key(const struct making *m, struct buf *b)
{
    buf_put(b, VIEW("\x81\x82\x01\x00"));
    key_put_modulus(m->p->chip_key, b);
    buf_put(b, VIEW("\x82\x03\x01\x00\x01"));
}

void put_signature_of(struct making *m, struct buf *b, uint16_t tag, struct view data)
{
    uint8_t hash[SHA256_SIZE];
    sha256(hash, data);
    buf_put_u16(b, tag);
    buf_put_byte(b, 0x82);
    buf_put_u16(b, 256);
    enum err e = key_sign(m->p->chip_key, SCHEME_HASH, VIEW_ARRAY(hash), b);
    if (e != ERR_OK)
        m->err = e;
}

void put_chip_signature(struct making *m, struct buf *b, uint16_t tag)
{
    put_signature_of(m, b, tag, making_done(m, b));
}

/* 7F21 { 5F4E { issuer key id, subject key id, RSA key }, 5F37 signature }: 568 bytes. Only the shape is that of a real
 * one: the chip key certifies itself. */
struct view making_chip_certificate(struct making *m)
{
    struct buf b;
    making_open_buf(m, &b);
    buf_put(&b, VIEW("\x7F\x21\x82\x02\x33\x5F\x4E\x82\x01\x29"));
    buf_put_text(&b, TEST_KEY_ID TEST_KEY_ID);
    put_public_key(m, &b);
    put_chip_signature(m, &b, 0x5F37);
    return making_done(m, &b);
}
