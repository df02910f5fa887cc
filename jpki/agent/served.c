#include "jpki/agent/served.h"

enum err served_take(struct served *s, struct view iss, struct view jti, int64_t until, int64_t now)
{
    uint8_t id[SHA256_SIZE];
    const struct view parts[] = {iss, VIEW("\n"), jti};
    size_t room = SERVED_MAX;
    sha256_of(id, parts, 3);
    for (size_t i = 0; i < SERVED_MAX; i++) {
        if (s->rows[i].until <= now)
            room = room < SERVED_MAX ? room : i;
        else if (memcmp(s->rows[i].jti, id, sizeof id) == 0)
            return ERR_CONFLICT;
    }
    if (room == SERVED_MAX)
        return ERR_LIMIT;
    memcpy(s->rows[room].jti, id, sizeof id);
    s->rows[room].until = until;
    return ERR_OK;
}
