#include "consent/log/note.h"

#include <stdio.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/text.h"

#define DASH "\xe2\x80\x94 " /* em dash and space begin a signature line */

enum { ID_SIZE = 4, TIME_SIZE = 8, NAME_MAX_BYTES = 255 };

/* --- names and keys --------------------------------------------------------------------------------------------- */

/* Unicode's White_Space, as UTF-8. */
static bool has_space(struct view v)
{
    static const struct view spaces[] = {VIEW("\xc2\x85"),     VIEW("\xc2\xa0"),     VIEW("\xe1\x9a\x80"),
                                         VIEW("\xe2\x80\xa8"), VIEW("\xe2\x80\xa9"), VIEW("\xe2\x80\xaf"),
                                         VIEW("\xe2\x81\x9f"), VIEW("\xe3\x80\x80")};
    for (size_t i = 0; i < v.n; i++) {
        struct view rest = view_from(v, i);
        if (v.p[i] <= ' ' || v.p[i] == 0x7F)
            return true;
        for (size_t k = 0; k < sizeof spaces / sizeof *spaces; k++)
            if (view_starts(rest, spaces[k]))
                return true;
        if (view_starts(rest, VIEW("\xe2\x80")) && rest.n > 2 && rest.p[2] >= 0x80 && rest.p[2] <= 0x8A)
            return true; /* U+2000 to U+200A */
    }
    return false;
}

bool note_is_name(struct view name)
{
    return name.n > 0 && name.n <= NAME_MAX_BYTES && text_is_utf8(name) && !has_space(name) &&
           view_index(name, '+') == name.n;
}

/* key ID = SHA-256(key name || 0x0A || signature type || public key)[:4] */
static uint32_t id_of(struct view name, enum note_type type, const uint8_t public_key[ED25519_PUBLIC])
{
    uint8_t byte = (uint8_t)type, digest[SHA256_SIZE];
    const struct view pieces[] = {name, VIEW("\n"), view_bytes(&byte, 1), view_bytes(public_key, ED25519_PUBLIC)};
    sha256_of(digest, pieces, 4);
    return (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | digest[3];
}

struct note_key note_key_of(struct view name, enum note_type type, const struct ed25519_key *private_key)
{
    struct note_key k = {.name = name, .type = type};
    INSIST(note_is_name(name));
    ed25519_public(k.public_key, private_key);
    k.id = id_of(name, type, k.public_key);
    return k;
}

static bool is_known_type(uint8_t type)
{
    return type == NOTE_ED25519 || type == NOTE_COSIGNATURE;
}

enum err note_key_read(struct note_key *out, struct arena *a, struct view vkey)
{
    struct view rest = vkey, id, key, id_bytes;
    *out = (struct note_key){0};
    if (!view_next(&rest, '+', &out->name) || !view_next(&rest, '+', &id) || !view_is(rest) || !note_is_name(out->name))
        return ERR_SYNTAX;
    enum err err = base64_read(a, rest, &key);
    if (!err)
        err = hex_read(a, id, &id_bytes);
    if (err)
        return err;
    if (id_bytes.n != ID_SIZE || key.n != 1 + ED25519_PUBLIC || !is_known_type(key.p[0]))
        return ERR_SYNTAX;
    out->type = (enum note_type)key.p[0];
    memcpy(out->public_key, key.p + 1, ED25519_PUBLIC);
    out->id = id_of(out->name, out->type, out->public_key);
    char expected[2 * ID_SIZE + 1];
    snprintf(expected, sizeof expected, "%08x", out->id);
    return view_equal_text(id, expected) ? ERR_OK : ERR_SYNTAX;
}

void note_key_put(struct buf *out, const struct note_key *k)
{
    uint8_t bytes[1 + ED25519_PUBLIC] = {(uint8_t)k->type};
    memcpy(bytes + 1, k->public_key, ED25519_PUBLIC);
    buf_put(out, k->name);
    buf_printf(out, "+%08x+", k->id);
    base64_put(out, VIEW_ARRAY(bytes));
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

/* "Signed notes MUST be valid UTF-8 and MUST NOT contain any ASCII control characters other than newline." */
static bool is_note_text(struct view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < ' ' && v.p[i] != '\n')
            return false;
    return text_is_utf8(v);
}

/* "— <key name> base64(32-bit key ID || signature)", without the newline. */
static enum err read_signature(struct note_signature *out, struct arena *a, struct view line)
{
    struct view rest = view_from(line, sizeof DASH - 1), name, bytes;
    if (!view_starts(line, VIEW(DASH)) || !view_next(&rest, ' ', &name) || !view_is(rest) || !note_is_name(name))
        return ERR_SYNTAX;
    enum err err = base64_read(a, rest, &bytes);
    if (err)
        return err;
    if (bytes.n <= ID_SIZE)
        return ERR_SYNTAX;
    out->name = name;
    out->id = (uint32_t)bytes.p[0] << 24 | (uint32_t)bytes.p[1] << 16 | (uint32_t)bytes.p[2] << 8 | bytes.p[3];
    out->bytes = view_from(bytes, ID_SIZE);
    return ERR_OK;
}

enum err note_read_signatures(struct note *out, struct arena *a, struct view lines)
{
    if (lines.n == 0 || lines.n > NOTE_MAX || lines.p[lines.n - 1] != '\n' || !is_note_text(lines))
        return ERR_SYNTAX;
    while (lines.n > 0) {
        if (out->n == NOTE_SIGNATURES)
            return ERR_LIMIT;
        struct note_signature *s = &out->signatures[out->n];
        size_t end = view_index(lines, '\n');
        enum err err = read_signature(s, a, view_part(lines, 0, end));
        if (err)
            return err;
        s->line = view_part(lines, 0, end + 1);
        lines = view_from(lines, end + 1);
        out->n++;
    }
    return ERR_OK;
}

/* "The text is separated from the signatures by the last empty line in the note." */
enum err note_read(struct note *out, struct arena *a, struct view v)
{
    out->n = 0;
    if (v.n > NOTE_MAX)
        return ERR_LIMIT;
    if (!view_is(v) || !is_note_text(v))
        return ERR_SYNTAX;
    for (size_t i = v.n; i > 1; i--)
        if (v.p[i - 1] == '\n' && v.p[i - 2] == '\n') {
            out->text = view_part(v, 0, i - 1);
            return note_read_signatures(out, a, view_from(v, i));
        }
    return ERR_SYNTAX;
}

/* --- signatures ------------------------------------------------------------------------------------------------- */

/* tlog-cosignature, "Ed25519 signed message". */
static enum err cosigned_message(struct view *out, struct arena *a, struct view text, int64_t at)
{
    struct buf b;
    buf_open(&b, a, NOTE_MAX + 64);
    buf_put_text(&b, "cosignature/v1\ntime ");
    buf_put_int(&b, at);
    buf_put_byte(&b, '\n');
    buf_put(&b, text);
    return buf_done(&b, out);
}

static enum err verify_cosignature(struct view text, const struct note_key *k, struct view bytes, int64_t *at)
{
    struct arena a;
    struct view message;
    uint64_t time = 0;
    if (bytes.n != TIME_SIZE + ED25519_SIGNATURE)
        return ERR_MISMATCH;
    for (size_t i = 0; i < TIME_SIZE; i++)
        time = time << 8 | bytes.p[i];
    if (time == 0 || time > INT64_MAX)
        return ERR_MISMATCH;
    arena_open(&a, 4 * NOTE_MAX);
    enum err err = cosigned_message(&message, &a, text, (int64_t)time);
    if (!err)
        err = ed25519_verify(k->public_key, view_from(bytes, TIME_SIZE), message);
    arena_close(&a);
    *at = (int64_t)time;
    return err;
}

enum err note_verify(const struct note *n, const struct note_key *k, int64_t *at)
{
    enum err result = ERR_NOT_FOUND;
    int64_t time = 0;
    for (size_t i = 0; i < n->n; i++) {
        const struct note_signature *s = &n->signatures[i];
        if (s->id != k->id || !view_equal(s->name, k->name))
            continue;
        result = k->type == NOTE_COSIGNATURE ? verify_cosignature(n->text, k, s->bytes, &time)
                                             : ed25519_verify(k->public_key, s->bytes, n->text);
        if (result)
            return result;
    }
    if (at)
        *at = time;
    return result;
}

static enum err sign(uint8_t out[ED25519_SIGNATURE], struct view text, const struct note_key *k,
                     const struct ed25519_key *private_key, int64_t at)
{
    struct arena a;
    struct view message;
    if (k->type == NOTE_ED25519)
        return ed25519_sign(out, private_key, text);
    arena_open(&a, 4 * NOTE_MAX);
    enum err err = cosigned_message(&message, &a, text, at);
    if (!err)
        err = ed25519_sign(out, private_key, message);
    arena_close(&a);
    return err;
}

enum err note_put_signature(struct buf *out, struct view text, const struct note_key *k,
                            const struct ed25519_key *private_key, int64_t at)
{
    uint8_t bytes[ID_SIZE + TIME_SIZE + ED25519_SIGNATURE], signature[ED25519_SIGNATURE];
    size_t n = 0;
    enum err err = sign(signature, text, k, private_key, at);
    if (err)
        return err;
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes[n++] = (uint8_t)(k->id >> shift);
    for (int shift = 56; k->type == NOTE_COSIGNATURE && shift >= 0; shift -= 8)
        bytes[n++] = (uint8_t)((uint64_t)at >> shift);
    memcpy(bytes + n, signature, sizeof signature);
    buf_put_text(out, DASH);
    buf_put(out, k->name);
    buf_put_byte(out, ' ');
    base64_put(out, view_bytes(bytes, n + sizeof signature));
    buf_put_byte(out, '\n');
    return out->err;
}
