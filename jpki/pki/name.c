#include "jpki/pki/name.h"

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
