#include "jpki/pki/name.h"

#include "base/buf.h"
#include "base/hex.h"
#include "base/text.h"
#include "jpki/pki/der.h"

#define DIRECTORY_NAME (DER_EXPLICIT | 4)

/* The kinds of text RFC 5280 wants (4.1.2.4, and IA5String for what domains need); the older ones nobody writes. */
static bool is_text(const struct der *value)
{
    switch (value->tag) {
    case DER_UTF8:
        return value->body.n && text_is_utf8(value->body);
    case DER_PRINTABLE:
    case DER_IA5:
        return value->body.n && text_is_printable(value->body);
    default:
        return false;
    }
}

/* AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY } */
static bool is_attribute(struct view rest)
{
    struct der type, value;
    return der_take(&type, &rest, DER_OID) && der_next(&value, &rest) == ERR_OK && !rest.n && is_text(&value);
}

/* Name ::= SEQUENCE OF SET SIZE (1..MAX) OF AttributeTypeAndValue */
bool name_is_good(struct view contents)
{
    struct der set, pair;
    while (contents.n) {
        if (!der_take(&set, &contents, DER_SET) || !set.body.n)
            return false;
        while (set.body.n)
            if (!der_take(&pair, &set.body, DER_SEQUENCE) || !is_attribute(pair.body))
                return false;
    }
    return true;
}

/* OtherName ::= [0] IMPLICIT SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY } */
static bool is_other_name(struct view rest)
{
    struct der type, wrapped, value;
    return der_take(&type, &rest, DER_OID) && der_take(&wrapped, &rest, DER_EXPLICIT | 0) && !rest.n &&
           der_next(&value, &wrapped.body) == ERR_OK && !wrapped.body.n;
}

static bool is_directory_name(struct view body)
{
    struct view name;
    return der_open(&name, body, DER_SEQUENCE) && name_is_good(name);
}

static bool is_general_name(const struct der *name)
{
    switch (name->tag) {
    case DER_EXPLICIT | 0:
        return is_other_name(name->body);
    case DIRECTORY_NAME:
        return is_directory_name(name->body);
    case DER_CONTEXT | 1: /* rfc822Name */
    case DER_CONTEXT | 2: /* dNSName */
    case DER_CONTEXT | 6: /* URI */
        return text_is_printable(name->body);
    case DER_CONTEXT | 7: /* iPAddress */
        return name->body.n == 4 || name->body.n == 16;
    default:
        return name->tag == (DER_CONTEXT | 8) && der_is_object_id(name->body); /* registeredID */
    }
}

bool name_is_general(struct view contents)
{
    struct der name;
    if (!contents.n)
        return false;
    while (contents.n)
        if (der_next(&name, &contents) || !is_general_name(&name))
            return false;
    return true;
}

struct view name_of_directory(struct view contents)
{
    struct der name;
    while (der_next(&name, &contents) == ERR_OK)
        if (name.tag == DIRECTORY_NAME)
            return name.body;
    return VIEW_NONE;
}

struct view name_attribute(struct view name, struct view type)
{
    struct der set, pair, oid;
    struct view rest;
    if (!der_open(&rest, name, DER_SEQUENCE))
        return VIEW_NONE;
    while (der_take(&set, &rest, DER_SET))
        while (der_take(&pair, &set.body, DER_SEQUENCE))
            if (der_take(&oid, &pair.body, DER_OID) && view_equal(oid.body, type))
                return pair.body;
    return VIEW_NONE;
}

/* --- as text (RFC 4514) ------------------------------------------------------------------------------------------- */

#define RDN_MAX 16

/* RFC 4514 3, those of certificates: what follows 2.5.4 in the OID. */
static const char *keyword_of(struct view oid)
{
    static const struct {
        const char *oid, *keyword;
    } rows[] = {{"\x55\x04\x03", "CN"},     {"\x55\x04\x06", "C"}, {"\x55\x04\x07", "L"}, {"\x55\x04\x08", "ST"},
                {"\x55\x04\x09", "STREET"}, {"\x55\x04\x0A", "O"}, {"\x55\x04\x0B", "OU"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (view_equal_text(oid, rows[i].oid))
            return rows[i].keyword;
    return NULL;
}

/* X.690 8.19: the first number holds two arcs. */
static void put_oid(struct buf *b, struct view oid)
{
    uint64_t arc = 0;
    bool first = true;
    for (size_t i = 0; i < oid.n; i++) {
        arc = arc << 7 | (oid.p[i] & 0x7F);
        if (oid.p[i] & 0x80)
            continue;
        uint64_t top = arc < 80 ? arc / 40 : 2;
        if (first)
            buf_put_int(b, (int64_t)top);
        buf_put_byte(b, '.');
        buf_put_int(b, (int64_t)(first ? arc - 40 * top : arc));
        first = false;
        arc = 0;
    }
}

/* RFC 4514 2.4: what is special anywhere, in front and at the end. */
static void put_value(struct buf *b, struct view text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = (char)text.p[i];
        bool edge = (i == 0 && (c == ' ' || c == '#')) || (i + 1 == text.n && c == ' ');
        if (edge || (c && strchr("\"+,;<>\\", c)))
            buf_put_byte(b, '\\');
        if (c)
            buf_put_byte(b, text.p[i]);
        else
            buf_put_text(b, "\\00");
    }
}

/* RFC 4514 2.3, 2.4: a type that has no keyword has its value as bytes. */
static void put_attribute(struct buf *b, struct view pair)
{
    struct der type = {0}, value = {0};
    if (!der_take(&type, &pair, DER_OID) || der_next(&value, &pair)) {
        b->err = b->err ? b->err : ERR_SYNTAX;
        return;
    }
    const char *keyword = keyword_of(type.body);
    if (keyword) {
        buf_printf(b, "%s=", keyword);
        put_value(b, value.body);
        return;
    }
    put_oid(b, type.body);
    buf_put_text(b, "=#");
    hex_put(b, value.all);
}

static void put_rdn(struct buf *b, struct view set)
{
    struct der pair;
    for (bool first = true; der_take(&pair, &set, DER_SEQUENCE); first = false) {
        if (!first)
            buf_put_byte(b, '+');
        put_attribute(b, pair.body);
    }
}

enum err name_text(struct view *out, struct arena *a, struct view name, size_t max)
{
    struct view sets[RDN_MAX], rest;
    struct der set;
    struct buf b;
    size_t n = 0;
    *out = VIEW_NONE;
    if (!der_open(&rest, name, DER_SEQUENCE))
        return ERR_SYNTAX;
    while (n < RDN_MAX && der_take(&set, &rest, DER_SET))
        sets[n++] = set.body;
    if (rest.n)
        return n == RDN_MAX ? ERR_LIMIT : ERR_SYNTAX;
    buf_open(&b, a, max);
    for (size_t i = n; i > 0; i--) {
        put_rdn(&b, sets[i - 1]);
        if (i > 1)
            buf_put_byte(&b, ',');
    }
    return buf_done(&b, out);
}
