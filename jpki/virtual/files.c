#include "jpki/virtual/files.h"

#include "base/hash.h"

#define OPENED_BY(PIN) (1u << (PIN))
#define ALARM_NUMBER   "individual_number"
#define ALARM_A        "number_a"
#define ALARM_SERIAL   "card_serial"

/* One application in the making. */
struct making {
    struct persona *p;
    const struct files_options *o;
    struct card_ef *efs;
    size_t n, max;
    enum err err;
};

static void start(struct making *m, size_t max)
{
    m->efs = arena_array(&m->p->arena, max, sizeof *m->efs);
    m->max = m->efs ? max : 0;
    m->n = 0;
    if (!m->efs)
        m->err = ERR_MEMORY;
}

static void add(struct making *m, struct card_ef ef)
{
    if (m->n < m->max)
        m->efs[m->n++] = ef;
    else
        m->err = m->err != ERR_OK ? m->err : ERR_LIMIT;
}

static void add_data(struct making *m, uint16_t id, struct view content, unsigned opened_by)
{
    add(m, (struct card_ef){.id = id, .kind = EF_DATA, .content = content, .opened_by = opened_by});
}

static void add_pin(struct making *m, uint16_t id, enum pin_id pin, const char *alarm)
{
    add(m, (struct card_ef){.id = id, .kind = EF_PIN, .pin = pin, .alarm = alarm});
}

static void add_others(struct making *m, const uint16_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add(m, (struct card_ef){.id = ids[i], .kind = EF_OTHER});
}

static struct view done(struct making *m, struct buf *b)
{
    struct view v = VIEW_NONE;
    enum err e = buf_done(b, &v);
    if (e != ERR_OK)
        m->err = e;
    return v;
}

static void open_buf(struct making *m, struct buf *b)
{
    buf_open(b, &m->p->arena, 16384);
}

static void put_fill(struct buf *b, uint8_t byte, size_t n)
{
    uint8_t *room = n ? buf_room(b, n) : NULL;
    if (room)
        memset(room, byte, n);
}

/* Certificate files are larger than what is in them; the rest is FF (facts 2.1). */
static struct view cert_file(struct making *m, struct view der)
{
    size_t size = der.n < 1800 ? 2048 : (der.n + 511) / 256 * 256;
    struct buf b;
    open_buf(m, &b);
    buf_put(&b, der);
    put_fill(&b, 0xFF, size - der.n);
    return done(m, &b);
}

static void put_padded(struct buf *b, const char *text, size_t n)
{
    size_t len = strlen(text) < n ? strlen(text) : n;
    buf_put(b, view_bytes(text, len));
    put_fill(b, ' ', n - len);
}

/* A serialised CK_TOKEN_INFO, 160 bytes (facts 2.5). */
static struct view token_info(struct making *m)
{
    static const uint32_t numbers[] = {0x40D, 1, 0, 1, 0, 16, 6, ~0u, ~0u, ~0u, ~0u};
    struct buf b;
    open_buf(m, &b);
    put_padded(&b, m->o->label ? m->o->label : "JPKIAPICCTOKEN2", 32);
    put_fill(&b, '0', 31);
    buf_put_byte(&b, '1');
    put_padded(&b, "E16R01NJ", 16);
    put_padded(&b, "0000000000000001", 16);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        buf_put_u32(&b, numbers[i]);
    buf_put_text(&b, "0301");
    put_fill(&b, '9', 16);
    return done(m, &b);
}

/* On phones the certificate for authentication is behind its PIN as well (facts 2.1). */
static bool is_phone(const struct files_options *o)
{
    return o->label && (strcmp(o->label, "JPKIAPGPSETOKEN") == 0 || strcmp(o->label, "JPKIAPIOSTOKEN") == 0);
}

static void make_jpki(struct making *m)
{
    static const uint16_t others[] = {0x0005, 0x0009, 0x0010, 0x0016, 0x0019, 0x001C, 0x001E};
    struct persona *p = m->p;
    bool signs = p->sign_key && p->sign_cert.n;
    start(m, 18);
    add_data(m, 0x0001, cert_file(m, p->sign_cert), OPENED_BY(PIN_SIGN));
    add_data(m, 0x0002, cert_file(m, p->ca_sign), 0);
    add_data(m, 0x0006, token_info(m), 0);
    add_data(m, 0x0008, signs ? VIEW("\x8F\x8F\x00") : VIEW("\x00\x8F\x00"), 0);
    add_data(m, 0x000A, cert_file(m, p->auth_cert), is_phone(m->o) ? OPENED_BY(PIN_AUTH) : 0);
    add_data(m, 0x000B, cert_file(m, p->ca_auth), 0);
    add(m, (struct card_ef){.id = 0x0017, .kind = EF_KEY, .key = p->auth_key, .opened_by = OPENED_BY(PIN_AUTH)});
    add_pin(m, 0x0018, PIN_AUTH, NULL);
    add(m, (struct card_ef){.id = 0x001A, .kind = EF_KEY, .key = p->sign_key, .opened_by = OPENED_BY(PIN_SIGN)});
    add_pin(m, 0x001B, PIN_SIGN, NULL);
    add_others(m, others, sizeof others / sizeof others[0]);
}

/* --- the text application -------------------------------------------------------------------------------------- */

static void put_length(const struct making *m, struct buf *b, size_t n)
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

static size_t length_size(const struct making *m, size_t n)
{
    return n > 255 || m->o->long_lengths ? 3 : n > 127 ? 2 : 1;
}

static void put_object(const struct making *m, struct buf *b, uint16_t tag, struct view v)
{
    buf_put_u16(b, tag);
    put_length(m, b, v.n);
    buf_put(b, v);
}

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
    open_buf(m, &b);
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
    return done(m, &b);
}

static struct view number_file(struct making *m)
{
    struct buf b;
    open_buf(m, &b);
    buf_put(&b, VIEW("\xFF\x10\x0C"));
    buf_put(&b, m->p->number);
    buf_put(&b, VIEW("\xFF\xFF"));
    return done(m, &b);
}

/* The chip's own signature over all that is in B so far. */
static void put_chip_signature(struct making *m, struct buf *b, uint16_t tag)
{
    uint8_t hash[SHA256_SIZE];
    struct view v = done(m, b);
    sha256(hash, v);
    buf_put_u16(b, tag);
    buf_put_byte(b, 0x82);
    buf_put_u16(b, 256);
    enum err e = key_sign(m->p->chip_key, SCHEME_HASH, VIEW_ARRAY(hash), b);
    if (e != ERR_OK)
        m->err = e;
}

/* FF30 { DF31 digest of EF 0001 with its filler, DF32 digest of the items after the offsets, DF33 signature }. */
static struct view integrity(struct making *m, struct view number, struct view items)
{
    uint8_t one[SHA256_SIZE], two[SHA256_SIZE];
    sha256(one, number);
    sha256(two, items);
    struct buf b;
    open_buf(m, &b);
    buf_put(&b, VIEW("\xFF\x30\x82\x01\x4B"));
    buf_put(&b, VIEW("\xDF\x31\x20"));
    buf_put(&b, VIEW_ARRAY(one));
    buf_put(&b, VIEW("\xDF\x32\x20"));
    buf_put(&b, VIEW_ARRAY(two));
    put_chip_signature(m, &b, 0xDF33);
    return done(m, &b);
}

static void put_public_key(struct making *m, struct buf *b)
{
    buf_put(b, VIEW("\x81\x82\x01\x00"));
    key_put_modulus(m->p->chip_key, b);
    buf_put(b, VIEW("\x82\x03\x01\x00\x01"));
}

/* 7F21 { 5F4E { issuer key id, subject key id, RSA key }, 5F37 signature }: 568 bytes. Only the shape is that of a real
 * one: the chip key certifies itself. */
static struct view chip_certificate(struct making *m)
{
    struct buf b;
    open_buf(m, &b);
    buf_put(&b, VIEW("\x7F\x21\x82\x02\x33\x5F\x4E\x82\x01\x29"));
    buf_put_text(&b, "GENKANTEST000001GENKANTEST000001");
    put_public_key(m, &b);
    put_chip_signature(m, &b, 0x5F37);
    return done(m, &b);
}

/* FF40 { DF41 version, DF42 key id, DF43 }, the outer length coded as 82 00 9F (facts 3.1). */
static struct view text_info(struct making *m)
{
    struct buf b;
    open_buf(m, &b);
    buf_put(&b, VIEW("\xFF\x40\x82\x00\x9F\xDF\x41\x04\x01\x03\x0E\x01\xDF\x42\x10"));
    buf_put_text(&b, "GENKANTEST000001");
    buf_put(&b, VIEW("\xDF\x43\x82\x00\x80"));
    put_fill(&b, 0x00, 128);
    return done(m, &b);
}

static struct view session_key_file(struct making *m)
{
    struct buf b;
    open_buf(m, &b);
    buf_put(&b, VIEW("\xA1\x82\x01\x09\x90\x82\x01\x00"));
    key_put_modulus(m->p->chip_key, &b);
    buf_put(&b, VIEW("\x91\x03\x01\x00\x01"));
    return done(m, &b);
}

static struct view internal_key_file(struct making *m)
{
    struct buf b;
    open_buf(m, &b);
    buf_put(&b, VIEW("\xFF\x50\x82\x02\x13\xDF\x51\x82\x01\x09"));
    put_public_key(m, &b);
    put_chip_signature(m, &b, 0xDF52);
    return done(m, &b);
}

static void make_text(struct making *m)
{
    size_t signed_from;
    struct view number = number_file(m), items = four_items(m, &signed_from);
    start(m, 12);
    add(m, (struct card_ef){.id = 0x0001,
                            .kind = EF_DATA,
                            .content = number,
                            .opened_by = OPENED_BY(PIN_TEXT) | OPENED_BY(PIN_TEXT_A),
                            .alarm = ALARM_NUMBER});
    add_data(m, 0x0002, items, OPENED_BY(PIN_TEXT) | OPENED_BY(PIN_TEXT_B));
    add_data(m, 0x0003, integrity(m, number, view_from(items, signed_from)), OPENED_BY(PIN_TEXT));
    add_data(m, 0x0004, chip_certificate(m), 0);
    add_data(m, 0x0005, text_info(m), 0);
    add_data(m, 0x0006, session_key_file(m), 0);
    add_data(m, 0x0007, internal_key_file(m), 0);
    add_pin(m, 0x0011, PIN_TEXT, NULL);
    add_pin(m, 0x0012, PIN_TEXT_SHUT, NULL);
    add(m, (struct card_ef){.id = 0x0013, .kind = EF_KEY, .key = m->p->chip_key});
    add_pin(m, 0x0014, PIN_TEXT_A, ALARM_A);
    add_pin(m, 0x0015, PIN_TEXT_B, NULL);
}

/* --- the others: there, and locked ----------------------------------------------------------------------------- */

/* Pictures are not on this card; who opens a file of the face finds filler. */
static void make_face(struct making *m)
{
    unsigned a_or_b = OPENED_BY(PIN_FACE_A) | OPENED_BY(PIN_FACE_B);
    struct view filler = VIEW("\xFF\xFF\xFF\xFF");
    start(m, 9);
    add_data(m, 0x0001, filler, OPENED_BY(PIN_FACE_BIRTH));
    add_data(m, 0x0002, filler, a_or_b);
    add_data(m, 0x0003, VIEW("\xFF\x30\x07\xDF\x31\x04\x06\x03\x0E\x01"), 0);
    add_data(m, 0x0004, chip_certificate(m), 0);
    add(m, (struct card_ef){.id = 0x0005,
                            .kind = EF_DATA,
                            .content = filler,
                            .opened_by = OPENED_BY(PIN_FACE_A),
                            .alarm = ALARM_NUMBER});
    add(m, (struct card_ef){.id = 0x0006, .kind = EF_OTHER});
    add_pin(m, 0x0011, PIN_FACE_BIRTH, NULL);
    add_pin(m, 0x0012, PIN_FACE_B, NULL);
    add_pin(m, 0x0013, PIN_FACE_A, ALARM_A);
}

/* Record 1: tag 01, length 1C, card serial, municipality, expiry (facts 2.6). Free to read and unique to the card. */
static void make_common(struct making *m)
{
    struct buf b;
    open_buf(m, &b);
    buf_put(&b, VIEW("\x01\x1C"));
    buf_put(&b, m->p->card_serial);
    buf_put(&b, m->p->municipality);
    buf_put(&b, m->p->expiry);
    start(m, 3);
    add(m, (struct card_ef){.id = 0x0001, .kind = EF_RECORD, .content = done(m, &b), .alarm = ALARM_SERIAL});
    add_data(m, 0x0002, VIEW("GENKANTEST000001"), 0);
    add_pin(m, 0x001C, PIN_REGISTRY, NULL);
}

static void make_registry(struct making *m)
{
    start(m, 1);
    add_pin(m, 0x001C, PIN_REGISTRY, NULL);
}

static void make_isd(struct making *m)
{
    start(m, 0);
}

enum err files_make(struct card_files *f, struct persona *p, const struct files_options *o)
{
    static const struct {
        const char *name, *aid;
        size_t n;
        void (*make)(struct making *);
    } apps[] = {
        {"jpki", "\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01", 10, make_jpki},
        {"text", "\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08", 10, make_text},
        {"face", "\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x02", 10, make_face},
        {"registry", "\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x01", 10, make_registry},
        {"common", "\xD3\x92\x10\x00\x31\x00\x01\x01\x01\x00", 10, make_common},
        {"isd", "\xA0\x00\x00\x01\x51\x00\x00\x00", 8, make_isd},
    };
    struct making m = {.p = p, .o = o};
    f->n = sizeof apps / sizeof apps[0];
    for (size_t i = 0; i < f->n; i++) {
        apps[i].make(&m);
        f->apps[i] = (struct card_app){apps[i].name, view_bytes(apps[i].aid, apps[i].n), m.efs, m.n};
    }
    return m.err;
}

const struct card_ef *files_find(const struct card_app *app, unsigned id)
{
    for (size_t i = 0; i < app->n; i++)
        if (app->efs[i].id == id)
            return &app->efs[i];
    return NULL;
}
