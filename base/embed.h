/* embed: files built into the program by tools/embed. */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include "base/view.h"

struct embedded {
    const char *name;   /* file name without folder */
    struct view bytes;  /* a NUL stands behind them, not counted */
    const char *sha256; /* of the bytes, 64 hex digits */
};

#endif
