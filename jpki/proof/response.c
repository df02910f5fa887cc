#include "jpki/proof/response.h"

#include "base/base64.h"
#include "base/text.h"

#define NAME_MAX_BYTES    600
#define ADDRESS_MAX_BYTES 1200
#define ID_MAX            64
#define AGENT_TEXT_MAX    64

static const char *const part_names[] = {[PROOF_PART_SIGN] = "sign", [PROOF_PART_TEXT] = "text"};

/* ---- writing ---- */

static void put_base64(struct json_out *o, const char *key, struct arena *a, struct view bytes)
{
    json_pair_text(o, key, base64_text(a, bytes));
}

static void put_signed(struct json_out *o, struct arena *a, const struct proof_signed *s)
{
    json_pair_text(o, "alg", jws_alg_name(s->alg));
    put_base64(o, "cert", a, s->cert);
    put_base64(o, "sig", a, s->sig);
}

static void put_text(struct json_out *o, const struct proof_text *t)
{
    json_key(o, "text");
    json_begin(o);
    json_pair(o, "name", t->name);
    json_pair(o, "address", t->address);
    json_pair(o, "birthdate", t->birthdate);
    json_pair(o, "gender", t->gender);
    json_end(o);
}

static void put_proof(struct json_out *o, struct arena *a, const struct proof_response *r)
{
    put_signed(o, a, &r->auth);
    if (r->sign.alg) {
        json_key(o, "sign");
        json_begin(o);
        put_signed(o, a, &r->sign);
        json_end(o);
    }
    if (r->has_text)
        put_text(o, &r->text);
    if (r->lock.p)
        json_pair_text(o, "lock", base64url_text(a, r->lock));
    json_key(o, "agent");
    json_begin(o);
    json_pair(o, "name", r->agent_name);
    json_pair(o, "ver", r->agent_ver);
    json_pair(o, "os", r->agent_os);
    json_end(o);
}

static enum err write_json(struct buf *out, struct arena *a, const struct proof_response *r)
{
    struct json_out o;
    json_out_open(&o, out);
    json_begin(&o);
    json_pair_text(&o, "format", PROOF_RESPONSE_FORMAT);
    json_pair(&o, "txn", r->txn);
    if (r->error) {
        json_pair_text(&o, "error", proof_error_name(r->error));
        if (r->part != PROOF_PART_AUTH)
            json_pair_text(&o, "of", part_names[r->part]);
    } else {
        put_proof(&o, a, r);
    }
    json_end(&o);
    return out->err;
}

enum err proof_response_write(struct buf *out, const struct proof_response *r)
{
    struct arena a;
    arena_open(&a, (size_t)4 * PROOF_RESPONSE_MAX);
    enum err e = write_json(out, &a, r);
    arena_close(&a);
    return e;
}

enum err proof_response_write_fragment(struct buf *out, const struct proof_response *r)
{
    struct arena a;
    struct buf json;
    struct view text;
    arena_open(&a, (size_t)8 * PROOF_RESPONSE_MAX);
    buf_open(&json, &a, PROOF_RESPONSE_MAX / 4 * 3);
    enum err e = write_json(&json, &a, r);
    if (!e)
        e = buf_done(&json, &text);
    if (!e) {
        base64url_put(out, text);
        e = out->err;
    }
    arena_close(&a);
    return e;
}

/* ---- reading ---- */

struct reading {
    struct arena *arena;
    const char **why;
};

static enum err bad(const struct reading *r, const char *rule)
{
    *r->why = rule;
    return ERR_SYNTAX;
}

static bool is_only(const struct json *j, const char *const members[])
{
    struct view stranger;
    return json_is_object(j) && json_only(j, members, &stranger);
}

/* Standard base64 of 1..MAX bytes; ERR_SYNTAX when it is not. */
static enum err read_bytes(const struct reading *r, const struct json *j, size_t max, struct view *out)
{
    struct view text;
    if (!json_text(j, &text) || text.n == 0 || text.n > (max + 2) / 3 * 4)
        return ERR_SYNTAX;
    enum err e = base64_read(r->arena, text, out);
    return e ? e : (out->n > max ? ERR_SYNTAX : ERR_OK);
}

/* RFC 7518 3.3, 3.4: what a signature of an algorithm looks like from outside. */
static bool fits(enum jws_alg alg, size_t n)
{
    return (alg == JWS_RS256 && n >= 256 && n <= PROOF_SIG_MAX) || (alg == JWS_ES384 && n == 96);
}

static enum err read_signed(const struct reading *r, const struct json *j, struct proof_signed *out)
{
    out->alg = jws_alg_of(json_member_text(j, "alg"));
    if (out->alg != JWS_RS256 && out->alg != JWS_ES384)
        return bad(r, "alg: must be RS256 or ES384");
    enum err e = read_bytes(r, json_member(j, "cert"), PROOF_CERT_MAX, &out->cert);
    if (e)
        return e == ERR_SYNTAX ? bad(r, "cert: must be base64 of at most 4096 bytes") : e;
    e = read_bytes(r, json_member(j, "sig"), PROOF_SIG_MAX, &out->sig);
    if (e)
        return e == ERR_SYNTAX ? bad(r, "sig: must be base64 of at most 512 bytes") : e;
    return fits(out->alg, out->sig.n) ? ERR_OK : bad(r, "sig: the length is not of this algorithm");
}

static enum err read_sign(const struct reading *r, const struct json *j, struct proof_signed *out)
{
    static const char *const members[] = {"alg", "cert", "sig", NULL};
    if (!is_only(j, members))
        return bad(r, "sign: must have alg, cert and sig only");
    return read_signed(r, j, out);
}

static bool is_digits(struct view v, size_t n)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < '0' || v.p[i] > '9')
            return false;
    return v.n == n;
}

static bool is_gender(struct view v)
{
    return v.n == 1 && strchr("0129", v.p[0]) && v.p[0];
}

/* Absent is fine (the card's bytes were unusable), another type is not. */
static bool read_item(const struct json *text, const char *key, struct view *out)
{
    const struct json *j = json_member(text, key);
    *out = VIEW_NONE;
    return !j || json_text(j, out);
}

static enum err read_text(const struct reading *r, const struct json *j, struct proof_text *out)
{
    static const char *const members[] = {"name", "address", "birthdate", "gender", NULL};
    if (!is_only(j, members))
        return bad(r, "text: must have name, address, birthdate and gender only");
    if (!read_item(j, "name", &out->name) || !read_item(j, "address", &out->address) ||
        !read_item(j, "birthdate", &out->birthdate) || !read_item(j, "gender", &out->gender))
        return bad(r, "text: must hold texts");
    if (out->name.n > NAME_MAX_BYTES || out->address.n > ADDRESS_MAX_BYTES)
        return bad(r, "text: too long");
    if (out->birthdate.p && !is_digits(out->birthdate, 8))
        return bad(r, "text: birthdate must be eight digits");
    if (out->gender.p && !is_gender(out->gender))
        return bad(r, "text: gender must be 0, 1, 2 or 9");
    return ERR_OK;
}

static enum err read_agent(const struct reading *r, const struct json *j, struct proof_response *out)
{
    static const char *const members[] = {"name", "ver", "os", NULL};
    if (!is_only(j, members))
        return bad(r, "agent: must have name, ver and os only");
    out->agent_name = json_member_text(j, "name");
    out->agent_ver = json_member_text(j, "ver");
    out->agent_os = json_member_text(j, "os");
    const struct view all[] = {out->agent_name, out->agent_ver, out->agent_os};
    for (size_t i = 0; i < 3; i++)
        if (!all[i].p || all[i].n > AGENT_TEXT_MAX || !text_is_printable(all[i]))
            return bad(r, "agent: must hold three short texts");
    return ERR_OK;
}

/* Absent: the authentication's. */
static bool read_part(const struct json *j, enum proof_part *out)
{
    struct view name;
    *out = PROOF_PART_AUTH;
    if (!j)
        return true;
    if (!json_text(j, &name))
        return false;
    for (enum proof_part p = PROOF_PART_SIGN; p <= PROOF_PART_TEXT; p++)
        if (view_equal_text(name, part_names[p])) {
            *out = p;
            return true;
        }
    return false;
}

static enum err read_lock(const struct reading *r, const struct json *j, struct view *out)
{
    struct view text;
    if (!json_text(j, &text) || text.n > 2 * PROOF_LOCK_SIZE)
        return bad(r, "lock: must be base64url of 32 bytes");
    enum err e = base64url_read(r->arena, text, out);
    if (e == ERR_SYNTAX || (!e && out->n != PROOF_LOCK_SIZE))
        return bad(r, "lock: must be base64url of 32 bytes");
    return e;
}

static enum err read_error(const struct reading *r, const struct json *j, struct proof_response *out)
{
    static const char *const members[] = {"format", "txn", "error", "of", NULL};
    if (!is_only(j, members))
        return bad(r, "error: must stand alone");
    if (!read_part(json_member(j, "of"), &out->part))
        return bad(r, "of: must be sign or text");
    out->error = proof_error_of(json_member_text(j, "error"));
    return out->error < PROOF_ERROR_COUNT ? ERR_OK : bad(r, "error: not one of the codes");
}

static enum err read_proof(const struct reading *r, const struct json *j, struct proof_response *out)
{
    static const char *const members[] = {"format", "txn", "alg", "cert", "sig", "sign", "text", "lock", "agent", NULL};
    const struct json *sign = json_member(j, "sign"), *text = json_member(j, "text"), *lock = json_member(j, "lock");
    if (!is_only(j, members))
        return bad(r, "a member that is not known");
    enum err e = read_signed(r, j, &out->auth);
    if (!e && sign)
        e = read_sign(r, sign, &out->sign);
    if (!e && text)
        e = read_text(r, text, &out->text);
    out->has_text = !e && text;
    if (!e && lock)
        e = read_lock(r, lock, &out->lock);
    return e ? e : read_agent(r, json_member(j, "agent"), out);
}

static enum err read_object(const struct reading *r, const struct json *j, struct proof_response *out)
{
    if (!view_equal_text(json_member_text(j, "format"), PROOF_RESPONSE_FORMAT))
        return bad(r, "format: must be " PROOF_RESPONSE_FORMAT);
    out->txn = json_member_text(j, "txn");
    if (out->txn.n == 0 || out->txn.n > ID_MAX || !text_is_visible(out->txn))
        return bad(r, "txn: must be 1 to 64 characters");
    return json_member(j, "error") ? read_error(r, j, out) : read_proof(r, j, out);
}

enum err proof_response_read(struct proof_response *out, struct arena *arena, struct view json, const char **why)
{
    const struct reading r = {arena, why};
    struct json *object;
    *out = (struct proof_response){0};
    *why = "";
    if (json.n > PROOF_RESPONSE_MAX)
        return bad(&r, "too long");
    enum err e = json_read(&object, arena, json, NULL);
    if (e)
        return e == ERR_SYNTAX ? bad(&r, "not JSON") : e;
    e = read_object(&r, object, out);
    if (e)
        *out = (struct proof_response){0};
    return e;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct view trimmed(struct view v)
{
    while (v.n > 0 && is_blank(v.p[0]))
        v = view_from(v, 1);
    while (v.n > 0 && is_blank(v.p[v.n - 1]))
        v.n--;
    return v;
}

enum err proof_response_read_fragment(struct proof_response *out, struct arena *arena, struct view fragment,
                                      const char **why)
{
    const struct reading r = {arena, why};
    struct view json, text = trimmed(fragment);
    *out = (struct proof_response){0};
    *why = "";
    if (text.n > PROOF_RESPONSE_MAX)
        return bad(&r, "too long");
    enum err e = base64url_read(arena, text, &json);
    if (e)
        return e == ERR_SYNTAX ? bad(&r, "not base64url") : e;
    return proof_response_read(out, arena, json, why);
}
