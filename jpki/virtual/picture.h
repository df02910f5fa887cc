/* picture: what stands for the pictures on the face of the card: real PNG and JPEG 2000 files that any program opens,
 * drawn without fonts and without a face. */
#ifndef JPKI_VIRTUAL_PICTURE_H
#define JPKI_VIRTUAL_PICTURE_H

#include "base/buf.h"

enum { PICTURE_ROWS = 8, PICTURE_PHOTO_WIDTH = 240, PICTURE_PHOTO_HEIGHT = 320 };

/* A black and white PNG (RFC 2083) of PICTURE_ROWS equal rows: the bits of TEXT are its pixels from left to right, so
 * that a test can read the text back out of the picture. TEXT has at most 4096 bytes. */
void picture_put_text(struct buf *out, struct view text);

/* A JPEG 2000 file (ISO/IEC 15444-1) of one even grey. */
void picture_put_photo(struct buf *out);

#endif
