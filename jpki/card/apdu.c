#include "jpki/card/apdu.h"

/* ISO 7816-3 12.1.3: case 1 header; 2 with Le; 3 with Lc and data; 4 with both. */
enum err apdu_write(uint8_t out[APDU_COMMAND_MAX], size_t *n, const struct apdu *command)
{
    if (command->data.n > APDU_DATA_MAX || command->le < APDU_NO_LE || command->le > 255)
        return ERR_LIMIT;
    const uint8_t head[] = {command->cla, command->ins, command->p1, command->p2};
    memcpy(out, head, sizeof head);
    *n = sizeof head;
    if (command->data.n > 0) {
        out[(*n)++] = (uint8_t)command->data.n;
        memcpy(out + *n, command->data.p, command->data.n);
        *n += command->data.n;
    }
    if (command->le != APDU_NO_LE)
        out[(*n)++] = (uint8_t)command->le;
    return ERR_OK;
}

enum err apdu_read(struct apdu_answer *out, struct view bytes)
{
    *out = (struct apdu_answer){0};
    if (!bytes.p || bytes.n < 2)
        return ERR_SYNTAX;
    if (bytes.n > APDU_ANSWER_MAX)
        return ERR_LIMIT;
    out->data = view_part(bytes, 0, bytes.n - 2);
    out->sw = (uint16_t)(bytes.p[bytes.n - 2] << 8 | bytes.p[bytes.n - 1]);
    return ERR_OK;
}

bool sw_is_tries(uint16_t sw, int *left)
{
    if ((sw & 0xFFF0) != 0x63C0)
        return false;
    *left = sw & 0x0F;
    return true;
}

bool sw_is_blocked(uint16_t sw)
{
    return sw == 0x63C0 || sw == 0x6983 || sw == 0x6984;
}
