#include "sessions/once.h"

#include "base/hash.h"

struct once once_of(enum once_kind kind, struct view who, struct view jti, int64_t expires_at)
{
    uint8_t digest[SHA256_SIZE], kind_byte = (uint8_t)kind, who_digest[SHA256_SIZE];

    sha256(who_digest, who); /* of fixed size, so that no two pairs are joined to the same bytes */
    const struct view pieces[] = {view_bytes(&kind_byte, 1), VIEW_ARRAY(who_digest), jti};
    sha256_of(digest, pieces, 3);
    return (struct once){ident_read(view_part(VIEW_ARRAY(digest), 0, sizeof(struct ident))), expires_at};
}

enum err once_take_job(struct db *db, void *ctx)
{
    static const char SQL[] = "INSERT INTO once (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    const struct once *o = ctx;
    enum err e = db_run(db, SQL, VALUES(V_IDENT(o->id), V_INT(o->expires_at)));

    if (e)
        return e;
    return db_changes(db) == 1 ? ERR_OK : ERR_CONFLICT;
}
