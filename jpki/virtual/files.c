#include "jpki/virtual/files.h"

#include "jpki/virtual/making.h"

static void add_others(struct making *m, const uint16_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        making_add(m, (struct card_ef){.id = ids[i], .kind = EF_OTHER});
}

/* Certificate files are larger than what is in them; the rest is FF (facts 2.1). */
static struct view cert_file(struct making *m, struct view der)
{
    size_t size = der.n < 1800 ? 2048 : (der.n + 511) / 256 * 256;
    struct buf b;
    making_open_buf(m, &b);
    buf_put(&b, der);
    put_fill(&b, 0xFF, size - der.n);
    return making_done(m, &b);
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
    making_open_buf(m, &b);
    put_padded(&b, m->o->label ? m->o->label : "JPKIAPICCTOKEN2", 32);
    put_fill(&b, '0', 31);
    buf_put_byte(&b, '1');
    put_padded(&b, "E16R01NJ", 16);
    put_padded(&b, "0000000000000001", 16);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        buf_put_u32(&b, numbers[i]);
    buf_put_text(&b, "0301");
    put_fill(&b, '9', 16);
    return making_done(m, &b);
}

static void make_jpki(struct making *m)
{
    static const uint16_t others[] = {0x0005, 0x0009, 0x0010, 0x0016, 0x0019, 0x001C, 0x001E};
    struct persona *p = m->p;
    bool signs = p->sign_key && p->sign_cert.n;
    making_start(m, 18);
    making_add_data(m, 0x0001, cert_file(m, p->sign_cert), OPENED_BY(PIN_SIGN));
    making_add_data(m, 0x0002, cert_file(m, p->ca_sign), 0);
    making_add_data(m, 0x0006, token_info(m), 0);
    making_add_data(m, 0x0008, signs ? VIEW("\x8F\x8F\x00") : VIEW("\x00\x8F\x00"), 0);
    making_add_data(m, 0x000A, cert_file(m, p->auth_cert), m->kind == FILES_PHONE ? OPENED_BY(PIN_AUTH) : 0);
    making_add_data(m, 0x000B, cert_file(m, p->ca_auth), 0);
    making_add(m, (struct card_ef){.id = 0x0017, .kind = EF_KEY, .key = p->auth_key, .opened_by = OPENED_BY(PIN_AUTH)});
    making_add_pin(m, 0x0018, PIN_AUTH, NULL);
    making_add(m, (struct card_ef){.id = 0x001A, .kind = EF_KEY, .key = p->sign_key, .opened_by = OPENED_BY(PIN_SIGN)});
    making_add_pin(m, 0x001B, PIN_SIGN, NULL);
    add_others(m, others, sizeof others / sizeof others[0]);
}

/* Record 1: tag 01, length 1C, card serial, municipality, expiry (facts 2.6). Free to read and unique to the card. Key
 * 0019 answers INTERNAL AUTHENTICATE without a PIN. */
static void make_common(struct making *m)
{
    struct buf b;
    making_open_buf(m, &b);
    buf_put(&b, VIEW("\x01\x1C"));
    buf_put(&b, m->p->card_serial);
    buf_put(&b, m->p->municipality);
    buf_put(&b, m->p->expiry);
    making_start(m, 4);
    making_add(m,
               (struct card_ef){.id = 0x0001, .kind = EF_RECORD, .content = making_done(m, &b), .alarm = ALARM_SERIAL});
    making_add_data(m, 0x0002, VIEW(TEST_KEY_ID), 0);
    making_add(m, (struct card_ef){.id = 0x0019, .kind = EF_KEY, .key = m->p->chip_key});
    making_add_pin(m, 0x001C, PIN_REGISTRY, NULL);
}

static void make_registry(struct making *m)
{
    making_start(m, 1);
    making_add_pin(m, 0x001C, PIN_REGISTRY, NULL);
}

static void make_isd(struct making *m)
{
    making_start(m, 0);
}

/* --- the card --------------------------------------------------------------------------------------------------- */

#define ON(KIND) (1u << (KIND))

/* Which applications are on which kind of card. A phone has the JPKI's only (facts 4.6); the coming card has two, one
 * for what PINs open and one for what the numbers open (facts 4.7: their names are not public, so they keep these). */
static const struct {
    const char *name, *aid;
    size_t n;
    void (*make)(struct making *);
    unsigned kinds;
} apps[] = {
    {"jpki", "\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01", 10, make_jpki,
     ON(FILES_CARD) | ON(FILES_PHONE) | ON(FILES_NEXT)},
    {"text", "\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x08", 10, make_text, ON(FILES_CARD) | ON(FILES_NEXT)},
    {"face", "\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x02", 10, make_face, ON(FILES_CARD)},
    {"registry", "\xD3\x92\x10\x00\x31\x00\x01\x01\x04\x01", 10, make_registry, ON(FILES_CARD)},
    {"common", "\xD3\x92\x10\x00\x31\x00\x01\x01\x01\x00", 10, make_common, ON(FILES_CARD)},
    {"isd", "\xA0\x00\x00\x01\x51\x00\x00\x00", 8, make_isd, ON(FILES_CARD) | ON(FILES_PHONE) | ON(FILES_NEXT)},
};

static enum files_kind kind_of(const struct persona *p, const struct files_options *o)
{
    bool phone = o->label && (strcmp(o->label, "JPKIAPGPSETOKEN") == 0 || strcmp(o->label, "JPKIAPIOSTOKEN") == 0);
    return phone ? FILES_PHONE : key_is_rsa(p->auth_key) ? FILES_CARD : FILES_NEXT;
}

/* What GET DATA hands out without any application (facts 1.3); the others that were seen there are of unknown content.
 */
static void make_objects(struct card_files *f, struct making *m)
{
    const struct card_object objects[FILES_OBJECTS] = {
        {0x0045, m->p->card_serial, ALARM_SERIAL},
        {0x0066, VIEW("\x73\x09\x06\x07\x2A\x86\x48\x86\xFC\x6B\x01"), NULL}, /* GlobalPlatform H.2 */
        {0x00F0, m->p->municipality, NULL},
        {0x00F2, m->p->expiry, NULL},
        {0x7F21, making_chip_certificate(m), NULL},
    };
    memcpy(f->objects, objects, sizeof objects);
}

enum err files_make(struct card_files *f, struct persona *p, const struct files_options *o)
{
    struct making m = {.p = p, .o = o, .kind = kind_of(p, o)};
    *f = (struct card_files){.kind = m.kind};
    f->takes_last_command = o->label && strcmp(o->label, "JPKIAPIOSTOKEN") == 0;
    for (size_t i = 0; i < sizeof apps / sizeof apps[0]; i++) {
        if (!(apps[i].kinds & ON(m.kind)))
            continue;
        apps[i].make(&m);
        f->apps[f->n++] = (struct card_app){apps[i].name, view_bytes(apps[i].aid, apps[i].n), m.efs, m.n};
    }
    make_objects(f, &m);
    return m.err;
}

const struct card_ef *files_find(const struct card_app *app, unsigned id)
{
    for (size_t i = 0; i < app->n; i++)
        if (app->efs[i].id == id)
            return &app->efs[i];
    return NULL;
}
