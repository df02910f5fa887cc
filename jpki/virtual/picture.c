#include "jpki/virtual/picture.h"

/* --- PNG: chunks with CRC-32, one stored block of zlib (RFC 1950, 1951 3.2.4) ------------------------------------ */

static uint32_t crc32(uint32_t crc, struct view v)
{
    crc = ~crc;
    for (size_t i = 0; i < v.n; i++) {
        crc ^= v.p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0);
    }
    return ~crc;
}

static void put_chunk(struct buf *out, const char *type, struct view data)
{
    buf_put_u32(out, (uint32_t)data.n);
    buf_put(out, view_bytes(type, 4));
    buf_put(out, data);
    buf_put_u32(out, crc32(crc32(0, view_bytes(type, 4)), data));
}

static void put_u16_little(struct buf *out, size_t v)
{
    buf_put_byte(out, (uint8_t)v);
    buf_put_byte(out, (uint8_t)(v >> 8));
}

static uint32_t adler32(struct view v)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < v.n; i++) {
        a = (a + v.p[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static void put_stored(struct buf *out, struct view raw)
{
    buf_put(out, VIEW("\x78\x01\x01")); /* zlib; final block, stored */
    put_u16_little(out, raw.n);
    put_u16_little(out, ~raw.n & 0xFFFF);
    buf_put(out, raw);
    buf_put_u32(out, adler32(raw));
}

static void put_head(struct buf *out, size_t width)
{
    struct buf head;
    struct view v;
    buf_open(&head, NULL, 64);
    buf_put_u32(&head, (uint32_t)width);
    buf_put_u32(&head, PICTURE_ROWS);
    buf_put(&head, VIEW("\x01\x00\x00\x00\x00")); /* 1 bit, greyscale, no interlace */
    if (buf_done(&head, &v) == ERR_OK)
        put_chunk(out, "IHDR", v);
    buf_close(&head);
}

void picture_put_text(struct buf *out, struct view text)
{
    struct buf rows, packed;
    struct view raw = VIEW_NONE, v = VIEW_NONE;
    buf_open(&rows, NULL, 65000);
    buf_open(&packed, NULL, 65536);
    for (int y = 0; y < PICTURE_ROWS; y++) {
        buf_put_byte(&rows, 0); /* no filter */
        buf_put(&rows, text);
    }
    enum err e = buf_done(&rows, &raw);
    put_stored(&packed, raw);
    if (e == ERR_OK)
        e = buf_done(&packed, &v);
    buf_put(out, VIEW("\x89PNG\r\n\x1A\n"));
    put_head(out, text.n * 8);
    put_chunk(out, "IDAT", v);
    put_chunk(out, "IEND", VIEW(""));
    buf_close(&rows);
    buf_close(&packed);
    if (e != ERR_OK)
        out->err = e;
}

/* --- JPEG 2000: the boxes of a JP2 file and a codestream without coefficients, which decodes to half white ------- */

static void put_codestream(struct buf *out)
{
    buf_put(out, VIEW("\xFF\x4F\xFF\x51\x00\x29\x00\x00")); /* SOC, SIZ */
    for (int i = 0; i < 2; i++) {                           /* the picture, and its only tile */
        buf_put_u32(out, PICTURE_PHOTO_WIDTH);
        buf_put_u32(out, PICTURE_PHOTO_HEIGHT);
        buf_put_u32(out, 0);
        buf_put_u32(out, 0);
    }
    buf_put(out, VIEW("\x00\x01\x07\x01\x01"));                                     /* one component of 8 bits */
    buf_put(out, VIEW("\xFF\x52\x00\x0C\x00\x00\x00\x01\x00\x00\x04\x04\x00\x01")); /* COD: one layer, no levels */
    buf_put(out, VIEW("\xFF\x5C\x00\x04\x40\x40"));                                 /* QCD: reversible */
    buf_put(out, VIEW("\xFF\x90\x00\x0A\x00\x00\x00\x00\x00\x0F\x00\x01"));         /* SOT: 15 bytes in all */
    buf_put(out, VIEW("\xFF\x93\x00\xFF\xD9"));                                     /* SOD, an empty packet, EOC */
}

void picture_put_photo(struct buf *out)
{
    buf_put(out, VIEW("\x00\x00\x00\x0CjP  \r\n\x87\n"));
    buf_put(out, VIEW("\x00\x00\x00\x14"
                      "ftypjp2 \x00\x00\x00\x00jp2 "));
    buf_put(out, VIEW("\x00\x00\x00\x2Djp2h\x00\x00\x00\x16ihdr"));
    buf_put_u32(out, PICTURE_PHOTO_HEIGHT);
    buf_put_u32(out, PICTURE_PHOTO_WIDTH);
    buf_put(out, VIEW("\x00\x01\x07\x07\x00\x00"));
    buf_put(out, VIEW("\x00\x00\x00\x0F"
                      "colr\x01\x00\x00\x00\x00\x00\x11")); /* greyscale */
    buf_put(out, VIEW("\x00\x00\x00\x00jp2c"));             /* to the end of the file */
    put_codestream(out);
}
