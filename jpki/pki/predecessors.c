#include "jpki/pki/predecessors.h"

#include "base/base64.h"
#include "base/hex.h"
#include "base/json.h"
#include "jpki/pki/der.h"

#define FORMAT     "genkan-predecessors:1"
#define ISSUER_MAX 1024 /* bytes of a DER Name */
#define SERIAL_MAX 20   /* octets, RFC 5280 4.1.2.2 */

static const char *const names[] = {"not_answered", "unknown", "too_new", "none", "older"};

const char *predecessors_result_name(enum predecessors_result r)
{
    return names[r];
}

/* --- asking --------------------------------------------------------------------------------------------------------
 */

enum err predecessors_write(struct view *out, struct arena *a, const struct predecessors_question *q)
{
    struct buf b;
    struct json_out o;
    const char *issuer = base64url_text(a, q->cert->issuer_der), *serial = hex_text(a, q->cert->serial);
    if (!issuer || !serial)
        return ERR_MEMORY;
    buf_open(&b, a, PREDECESSORS_BODY_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair_text(&o, "format", FORMAT);
    json_pair(&o, "nonce", q->nonce);
    json_pair_text(&o, "issuer", issuer);
    json_pair_text(&o, "serial", serial);
    json_end(&o);
    return buf_done(&b, out);
}

/* --- understanding the answer --------------------------------------------------------------------------------------
 */

struct reading {
    struct arena *a;
    const struct predecessors_question *question;
    const char *why;
};

static enum err no(struct reading *r, const char *why)
{
    r->why = why;
    return ERR_SYNTAX;
}

/* A certificate as the account key wants it: issuer || serial, in the arena. */
static enum err join(struct view *out, struct arena *a, struct view issuer, struct view serial)
{
    struct buf b;
    buf_open(&b, a, ISSUER_MAX + SERIAL_MAX + 8);
    buf_put(&b, issuer);
    buf_put_byte(&b, DER_INTEGER);
    buf_put_byte(&b, (uint8_t)serial.n);
    buf_put(&b, serial);
    return buf_done(&b, out);
}

/* RFC 5280 4.1.2.2: positive and at most 20 octets; DER: no octet more than needed. */
static bool is_serial(struct view v)
{
    return v.n > 0 && v.n <= SERIAL_MAX && der_is_integer(v) && !(v.p[0] & 0x80);
}

static bool is_name(struct view v)
{
    struct view body;
    return v.n <= ISSUER_MAX && der_open(&body, v, DER_SEQUENCE) && der_is_strict(v);
}

static enum err read_certificate(struct view *out, struct reading *r, const struct json *j)
{
    struct view issuer = json_member_text(j, "issuer"), serial = json_member_text(j, "serial");
    if (!view_is(issuer) || !view_is(serial))
        return no(r, "a certificate has no issuer or no serial");
    enum err e = base64url_read(r->a, issuer, &issuer);
    if (!e)
        e = hex_read(r->a, serial, &serial);
    if (e == ERR_SYNTAX || (!e && !(is_name(issuer) && is_serial(serial))))
        return no(r, "an issuer or a serial is none");
    return e ? e : join(out, r->a, issuer, serial);
}

/* Nobody else's answer, and not that to another question of ours. */
static enum err check_echo(struct reading *r, const struct json *j, struct view *self)
{
    const struct cert *c = r->question->cert;
    struct view wanted;
    if (!view_equal_text(json_member_text(j, "format"), FORMAT))
        return no(r, "the format is another one");
    if (!view_equal(json_member_text(j, "nonce"), r->question->nonce))
        return no(r, "the nonce is not that of the question");
    enum err e = read_certificate(self, r, j);
    if (!e)
        e = join(&wanted, r->a, c->issuer_der, c->serial);
    if (!e && !view_equal(*self, wanted))
        return no(r, "it is about another certificate");
    return e;
}

static bool is_among(const struct predecessors *p, struct view key)
{
    for (size_t i = 0; i < p->n; i++)
        if (view_equal(p->older[i], key))
            return true;
    return false;
}

static enum err read_older(struct predecessors *out, struct reading *r, const struct json *list, struct view self)
{
    static const char *const members[] = {"issuer", "serial", NULL};
    struct view stranger, key;
    size_t n = json_count(list);
    if (!json_is_array(list) || n == 0 || n > PREDECESSORS_MAX)
        return no(r, "the older ones are none or too many");
    for (size_t i = 0; i < n; i++) {
        const struct json *one = json_at(list, i);
        if (!json_is_object(one) || !json_only(one, members, &stranger))
            return no(r, "an older one has another form");
        enum err e = read_certificate(&key, r, one);
        if (e)
            return e;
        if (view_equal(key, self) || is_among(out, key))
            return no(r, "an older one is the certificate itself, or is there twice");
        out->older[out->n++] = key;
    }
    return ERR_OK;
}

static bool read_result(enum predecessors_result *out, struct view name)
{
    for (size_t i = PREDECESSORS_UNKNOWN; i < sizeof names / sizeof *names; i++)
        if (view_equal_text(name, names[i])) {
            *out = (enum predecessors_result)i;
            return true;
        }
    return false;
}

static enum err read_answer(struct predecessors *out, struct reading *r, struct view body)
{
    static const char *const members[] = {"format", "nonce", "issuer", "serial", "result", "older", NULL};
    struct json *j;
    struct view stranger, self;
    enum predecessors_result result;
    enum err e = json_read(&j, r->a, body, NULL);
    if (e)
        return e == ERR_SYNTAX ? no(r, "it is no JSON") : e;
    if (!json_is_object(j) || !json_only(j, members, &stranger))
        return no(r, "it has another form");
    e = check_echo(r, j, &self);
    if (e)
        return e;
    if (!read_result(&result, json_member_text(j, "result")))
        return no(r, "the result is another one");
    if ((json_member(j, "older") != NULL) != (result == PREDECESSORS_OLDER))
        return no(r, "older ones and result contradict each other");
    if (result == PREDECESSORS_OLDER)
        e = read_older(out, r, json_member(j, "older"), self);
    if (!e)
        out->result = result;
    return e;
}

enum err predecessors_read(struct predecessors *out, struct arena *a, const struct predecessors_question *q,
                           struct view body, const char **why)
{
    struct reading r = {.a = a, .question = q, .why = ""};
    *out = (struct predecessors){.result = PREDECESSORS_NOT_ANSWERED};
    enum err e = read_answer(out, &r, body);
    *why = r.why;
    if (e)
        *out = (struct predecessors){.result = PREDECESSORS_NOT_ANSWERED};
    return e;
}
