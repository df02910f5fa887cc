#include "base/hash.h"
#include "jpki/virtual/making.h"
#include "jpki/virtual/picture.h"

/* FF10 { DF11 birth date, DF12 public key, DF13 signature }: proves the age and nothing else (facts 3.3). */
static struct view age_record(struct making *m)
{
    struct buf b;
    making_open_buf(m, &b);
    buf_put(&b, VIEW("\xFF\x10\x82\x02\x1E"));
    buf_put_u16(&b, 0xDF11);
    buf_put_byte(&b, 8);
    buf_put(&b, m->p->birthdate);
    buf_put(&b, VIEW("\xDF\x12\x82\x01\x09"));
    put_public_key(m, &b);
    put_chip_signature(m, &b, 0xDF13);
    return making_done(m, &b);
}

static struct view picture_of(struct making *m, struct view text)
{
    struct buf b;
    making_open_buf(m, &b);
    picture_put_text(&b, text);
    return making_done(m, &b);
}

static struct view photo(struct making *m)
{
    struct buf b;
    making_open_buf(m, &b);
    picture_put_photo(&b);
    return making_done(m, &b);
}

static struct view public_key(struct making *m)
{
    struct buf b;
    making_open_buf(m, &b);
    put_public_key(m, &b);
    return making_done(m, &b);
}

enum { ITEMS = 9, TABLE = 2 + 1 + 2 * ITEMS };

/* What is signed: birth date, sex and key; the pictures of name and address; the photograph. Each is hashed by itself
 * and the three hashes are signed; expiry and security code are not (facts 3.3). */
static const struct {
    size_t from, to;
} segments[] = {{0, 2}, {3, 4}, {5, 5}};

static struct view hash_segment(struct making *m, const struct view *items, size_t from, size_t to)
{
    struct buf b;
    uint8_t *hash = arena_alloc(&m->p->arena, SHA256_SIZE);
    making_open_buf(m, &b);
    for (size_t i = from; i <= to; i++)
        put_object(m, &b, (uint16_t)(0xDF22 + i), items[i]);
    if (!hash)
        return m->err = ERR_MEMORY, VIEW_NONE;
    sha256(hash, making_done(m, &b));
    return view_bytes(hash, SHA256_SIZE);
}

static struct view signature(struct making *m, const struct view *items)
{
    struct buf hashes, b;
    making_open_buf(m, &hashes);
    making_open_buf(m, &b);
    for (size_t i = 0; i < sizeof segments / sizeof segments[0]; i++)
        buf_put(&hashes, hash_segment(m, items, segments[i].from, segments[i].to));
    put_signature_of(m, &b, 0xDF28, making_done(m, &hashes));
    return view_from(making_done(m, &b), 5); /* without tag and length */
}

/* FF20 { DF21 offsets, DF22 birth, DF23 sex, DF24 key, DF25 name, DF26 address, DF27 photograph, DF28 signature, DF29
 * expiry, DF2A security code }, the offsets counted from the start of the file. The coming card does not show the sex
 * (facts 4.7). */
struct view making_face_file(struct making *m)
{
    const struct persona *p = m->p;
    struct view items[ITEMS] = {p->birthdate,
                                m->kind == FILES_NEXT ? VIEW("") : p->gender,
                                public_key(m),
                                picture_of(m, p->name),
                                picture_of(m, p->address),
                                photo(m),
                                VIEW_NONE,
                                p->expiry,
                                picture_of(m, p->security_code)};
    struct buf b;
    size_t body = TABLE, at;
    items[6] = signature(m, items);
    for (size_t i = 0; i < ITEMS; i++)
        body += 2 + length_size(m, items[i].n) + items[i].n;
    making_open_buf(m, &b);
    buf_put_u16(&b, 0xFF20);
    put_length(m, &b, body);
    at = 2 + length_size(m, body) + TABLE;
    buf_put_u16(&b, 0xDF21);
    buf_put_byte(&b, 2 * ITEMS);
    for (size_t i = 0; i < ITEMS; i++) {
        buf_put_u16(&b, (uint16_t)at);
        at += 2 + length_size(m, items[i].n) + items[i].n;
    }
    for (size_t i = 0; i < ITEMS; i++)
        put_object(m, &b, (uint16_t)(0xDF22 + i), items[i]);
    return making_done(m, &b);
}

/* FF30 { DF31 version, DF32 key id, DF33, DF34 municipality, DF35 }; what DF33 and DF35 hold is not public. */
static struct view face_info(struct making *m)
{
    struct buf b;
    making_open_buf(m, &b);
    buf_put(&b, VIEW("\xFF\x30\x30\xDF\x31\x04\x06\x03\x0E\x01\xDF\x32\x10"));
    buf_put_text(&b, TEST_KEY_ID);
    buf_put(&b, VIEW("\xDF\x33\x04\x00\x00\x00\x01\xDF\x34\x05"));
    buf_put(&b, m->p->municipality);
    buf_put(&b, VIEW("\xDF\x35\x04\x00\x00\x00\x00"));
    return making_done(m, &b);
}

/* FF40 { DF41 picture of the individual number, DF42 public key, DF43 signature }. */
static struct view number_picture(struct making *m)
{
    struct view picture = picture_of(m, m->p->number);
    struct buf b;
    making_open_buf(m, &b);
    buf_put_u16(&b, 0xFF40);
    buf_put_byte(&b, 0x82);
    buf_put_u16(&b, (uint16_t)(2 + length_size(m, picture.n) + picture.n + 5 + 265 + 5 + 256));
    put_object(m, &b, 0xDF41, picture);
    buf_put(&b, VIEW("\xDF\x42\x82\x01\x09"));
    put_public_key(m, &b);
    put_chip_signature(m, &b, 0xDF43);
    return making_done(m, &b);
}

/* The references of A and B have changed places against the text application (trap 18). */
void make_face(struct making *m)
{
    making_start(m, 9);
    making_add_data(m, 0x0001, age_record(m), OPENED_BY(PIN_FACE_BIRTH));
    making_add_data(m, 0x0002, making_face_file(m), OPENED_BY(PIN_FACE_A) | OPENED_BY(PIN_FACE_B));
    making_add_data(m, 0x0003, face_info(m), 0);
    making_add_data(m, 0x0004, making_chip_certificate(m), 0);
    making_add(m, (struct card_ef){.id = 0x0005,
                                   .kind = EF_DATA,
                                   .content = number_picture(m),
                                   .opened_by = OPENED_BY(PIN_FACE_A),
                                   .alarm = ALARM_NUMBER});
    making_add(m, (struct card_ef){.id = 0x0006, .kind = EF_OTHER});
    making_add_pin(m, 0x0011, PIN_FACE_BIRTH, NULL);
    making_add_pin(m, 0x0012, PIN_FACE_B, NULL);
    making_add_pin(m, 0x0013, PIN_FACE_A, ALARM_A);
}
