#include "jpki/card/ecdsa.h"

enum { HALF = ECDSA_P384_SIZE / 2 };

/* A positive INTEGER in its shortest form, right-aligned into HALF bytes. */
static bool take_integer(struct view *rest, uint8_t *out)
{
    if (rest->n < 3 || rest->p[0] != 0x02 || rest->p[1] < 1 || rest->p[1] > HALF + 1)
        return false;
    struct view v = view_part(*rest, 2, rest->p[1]);
    if (v.n != rest->p[1] || (v.p[0] & 0x80) != 0)
        return false;
    *rest = view_from(*rest, 2 + v.n);
    if (v.p[0] == 0 && v.n > 1) {
        v = view_from(v, 1);
        if ((v.p[0] & 0x80) == 0)
            return false;
    }
    if (v.n > HALF)
        return false;
    memset(out, 0, HALF);
    memcpy(out + HALF - v.n, v.p, v.n);
    return true;
}

enum err ecdsa_p384_read(uint8_t out[ECDSA_P384_SIZE], struct view signature)
{
    /* 2 + 2 * (2 + 49) bytes at most: the length is a single byte */
    bool der = signature.n > 2 && signature.p[0] == 0x30 && signature.p[1] == signature.n - 2 && signature.p[1] < 0x80;
    struct view rest = view_from(signature, 2);
    if (der && take_integer(&rest, out) && take_integer(&rest, out + HALF) && rest.n == 0)
        return ERR_OK;
    if (signature.n != ECDSA_P384_SIZE)
        return ERR_SYNTAX;
    memcpy(out, signature.p, ECDSA_P384_SIZE);
    return ERR_OK;
}
