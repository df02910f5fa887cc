#include "jpki/pki/person.h"

#include <openssl/err.h>

#include "base/text.h"
#include "jpki/pki/asn1.h"

#define TEXT_MAX 1024 /* bytes of a name or an address: the longest known forms have some 400 */

/* Facts 4.4: six otherNames below this arc, in this order. */
static const char arc[] = "1.2.392.200149.8.5.5.";
enum { NAME, BIRTH, GENDER, ADDRESS, NAME_MAP, ADDRESS_MAP, ITEMS };
static const char order[ITEMS] = {'1', '4', '3', '5', '2', '6'};

static bool has_oid(const OTHERNAME *other, char last)
{
    char oid[80];
    int n = OBJ_obj2txt(oid, sizeof oid, other->type_id, 1);
    return n == (int)sizeof arc && strncmp(oid, arc, sizeof arc - 1) == 0 && oid[n - 1] == last;
}

static enum person_fault read_item(struct view *out, const GENERAL_NAME *name, char last)
{
    if (name->type != GEN_OTHERNAME)
        return PERSON_NOT_SIX;
    const OTHERNAME *other = name->d.otherName;
    if (!has_oid(other, last))
        return PERSON_WRONG_ORDER;
    if (ASN1_TYPE_get(other->value) != V_ASN1_UTF8STRING)
        return PERSON_NOT_UTF8;
    *out = asn1_view(other->value->value.utf8string);
    return out->n > 0 && out->n <= TEXT_MAX && text_is_utf8(*out) ? PERSON_FINE : PERSON_NOT_UTF8;
}

static enum person_fault read_items(struct view items[ITEMS], const GENERAL_NAMES *names)
{
    enum person_fault fault = sk_GENERAL_NAME_num(names) == ITEMS ? PERSON_FINE : PERSON_NOT_SIX;
    for (int i = 0; i < ITEMS && !fault; i++)
        fault = read_item(&items[i], sk_GENERAL_NAME_value(names, i), order[i]);
    return fault;
}

static bool is_map_of(struct view map, struct view text)
{
    bool fits = map.n == text_count(text);
    for (size_t i = 0; i < map.n && fits; i++)
        fits = map.p[i] == '0' || map.p[i] == '1';
    return fits;
}

static bool read_gender(enum person_gender *out, struct view v)
{
    if (v.n != 1 || !memchr("0129", v.p[0], 4))
        return false;
    *out = (enum person_gender)(v.p[0] - '0');
    return true;
}

/* --- birth ----------------------------------------------------------------------------------------------------- */

static int number(const uint8_t *p, size_t n)
{
    int value = 0;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + p[i] - '0';
    return value;
}

/* The Gregorian years an era touches; the year in the certificate is Gregorian and the era only says so again. */
static bool is_year_of(int era, int year)
{
    static const struct {
        int from, to;
    } eras[] = {[ERA_UNKNOWN] = {0, 9999},  [ERA_MEIJI] = {1868, 1912},  [ERA_TAISHO] = {1912, 1926},
                [ERA_SHOWA] = {1926, 1989}, [ERA_HEISEI] = {1989, 2019}, [ERA_REIWA] = {2019, 9999}};
    return year == 0 || (year >= eras[era].from && year <= eras[era].to);
}

static bool is_day_of(int year, int month, int day)
{
    static const int days[] = {31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year == 0 || (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month <= 12 && day <= days[month] && (month != 2 || day < 29 || leap) && (month > 0 || day == 0);
}

/* "E" "YYYYMMDD" (facts 4.4). Zeros mean unknown and stay zeros: nothing is invented. */
static bool read_birth(struct person *out, struct view v)
{
    if (v.n != 9 || v.p[0] > '0' + ERA_REIWA)
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < '0' || v.p[i] > '9')
            return false;
    int era = v.p[0] - '0', year = number(v.p + 1, 4), month = number(v.p + 5, 2), day = number(v.p + 7, 2);
    if (!is_year_of(era, year) || !is_day_of(year, month, day))
        return false;
    out->era = (enum person_era)era;
    if (!year && !month && !day)
        return true;
    const char *p = (const char *)v.p;
    memcpy(out->birthdate, (char[]){p[1], p[2], p[3], p[4], '-', p[5], p[6], '-', p[7], p[8], '\0'}, 11);
    return true;
}

/* --- the whole ------------------------------------------------------------------------------------------------- */

static enum person_fault read_values(struct person *out, const struct view items[ITEMS])
{
    if (!is_map_of(items[NAME_MAP], items[NAME]) || !is_map_of(items[ADDRESS_MAP], items[ADDRESS]))
        return PERSON_BAD_MAP;
    if (!read_gender(&out->gender, items[GENDER]))
        return PERSON_BAD_GENDER;
    return read_birth(out, items[BIRTH]) ? PERSON_FINE : PERSON_BAD_BIRTH;
}

static enum err keep_texts(struct person *out, struct arena *a, const struct view items[ITEMS])
{
    out->name = arena_copy(a, items[NAME]);
    out->address = arena_copy(a, items[ADDRESS]);
    out->name_substitutes = arena_copy(a, items[NAME_MAP]);
    out->address_substitutes = arena_copy(a, items[ADDRESS_MAP]);
    out->has_substitutes =
        memchr(items[NAME_MAP].p, '1', items[NAME_MAP].n) || memchr(items[ADDRESS_MAP].p, '1', items[ADDRESS_MAP].n);
    bool kept = out->name.p && out->address.p && out->name_substitutes.p && out->address_substitutes.p;
    return kept ? ERR_OK : ERR_MEMORY;
}

enum err person_read(struct person *out, struct arena *a, const struct cert *sign, enum person_fault *fault)
{
    *out = (struct person){0};
    *fault = PERSON_NO_NAMES;
    if (!sign->san.p)
        return ERR_SYNTAX;
    struct view items[ITEMS];
    const unsigned char *p = sign->san.p;
    GENERAL_NAMES *names = d2i_GENERAL_NAMES(NULL, &p, (long)sign->san.n);
    *fault = names ? read_items(items, names) : PERSON_NOT_SIX;
    if (!*fault)
        *fault = read_values(out, items);
    enum err e = *fault ? ERR_SYNTAX : keep_texts(out, a, items);
    GENERAL_NAMES_free(names);
    ERR_clear_error();
    if (e)
        *out = (struct person){0};
    return e;
}

const char *person_fault_name(enum person_fault fault)
{
    static const char *const names[] = {
        [PERSON_FINE] = "PERSON_FINE",
        [PERSON_NO_NAMES] = "PERSON_NO_NAMES",
        [PERSON_NOT_SIX] = "PERSON_NOT_SIX",
        [PERSON_WRONG_ORDER] = "PERSON_WRONG_ORDER",
        [PERSON_NOT_UTF8] = "PERSON_NOT_UTF8",
        [PERSON_BAD_MAP] = "PERSON_BAD_MAP",
        [PERSON_BAD_GENDER] = "PERSON_BAD_GENDER",
        [PERSON_BAD_BIRTH] = "PERSON_BAD_BIRTH",
    };
    return names[fault];
}
