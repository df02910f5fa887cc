/* field: the catalogue of profile fields (what can be granted or refused by itself), and how a field's value comes out
 * of what is stored of a resident. A stored value is JSON text; derived fields are computed when they are needed and
 * are absent unless they are certain. */
#ifndef CONSENT_FIELD_H
#define CONSENT_FIELD_H

#include "base/buf.h"
#include "base/json.h"

#define FIELD_MAX 24 /* more than the catalogue has; arrays of fields have this size */

/* Who may write the value; card fields come from the card only, resident fields from the resident only. */
enum field_origin { FIELD_OF_CARD, FIELD_DERIVED, FIELD_OF_RESIDENT };

struct field;
struct field_value;
struct field_profile;

/* How values of a kind are checked and shown (consent/field_json.c). */
struct field_format {
    const char *name; /* "text", "flag" ... */
    bool (*is)(const struct json *);
    void (*show)(struct buf *, const struct json *, bool japanese);
};
extern const struct field_format field_name_format, field_address_format, field_birthdate_format, field_gender_format,
    field_flag_format, field_municipality_format, field_household_format, field_number_format, field_tags_format,
    field_email_format, field_phone_format;

/* How a derived value is computed (consent/field_derive.c): from the stored value STORED, on the day TODAY.
 * ERR_NOT_FOUND: not certain. */
typedef enum err field_derive(struct view *json, struct arena *a, const struct field *f, struct view stored,
                              struct view today);
field_derive field_derive_age, field_derive_municipality, field_share_household, field_derive_household_size,
    field_derive_preschool, field_derive_school;

/* One entry of the catalogue is all there is to a field. */
struct field {
    const char *id;      /* field id = scope word */
    const char *ja, *en; /* what people call it */
    const char *easy;    /* ... and say in easy Japanese */
    enum field_origin origin;
    bool sensitive; /* masked on pages until opened */
    const struct field_format *format;
    const char *claim;    /* the claim that carries it (OIDC Core 5.1 where that has one) */
    const char *verified; /* the claim that says whether it was proven, which it is not yet; or NULL */
    const char *scope;    /* the OIDC Core 5.4 scope that also asks for it, or NULL */
    const char *from;     /* derived: id of the stored field it is computed from; else NULL */
    field_derive *derive;
    field_derive *share; /* of a stored one: what of it may be shown and leave; NULL: all */
    int years;           /* age_over_N: N; else 0 */
};

/* The catalogue, in the order people see it. field_at gives NULL past the end. */
size_t field_count(void);
const struct field *field_at(size_t i);
const struct field *field_find(struct view id);        /* NULL: no such field */
size_t field_index(const struct field *f);             /* 0..field_count()-1 */
const struct field *field_of_claim(struct view claim); /* the one that this claim carries; NULL: none */

/* Sets of fields are or'ed bits, one for each field. */
uint32_t field_bit(const struct field *f);

/* Is F, or what it is derived from, of the card and not of the resident's own saying? */
bool field_is_of_card(const struct field *f);

/* Does SCOPE (space-separated) ask for F: by its own name or by a standard scope? */
bool field_in_scope(const struct field *f, struct view scope);

/* Where a value comes from (product.md, "Profile fields"); the numbers are stored. */
enum field_source {
    SOURCE_NONE = 0,
    SOURCE_CARD_SIGNED = 1,
    SOURCE_CARD_READ = 2,
    SOURCE_UPSTREAM = 3,
    SOURCE_RESIDENT = 4
};
const char *field_source_name(enum field_source s); /* "card-signed" ...; "none" */
bool field_source_of(struct view name, enum field_source *out);

/* By what a `card-signed` value was verified. Times are unix seconds. */
struct field_proof {
    struct view issuer;            /* of the sign certificate, as text (RFC 4514); absent: there is no proof */
    int64_t not_before, not_after; /* of that certificate */
    int64_t at;                    /* when the card signed and the certificate was checked */
};
bool field_proof_equal(const struct field_proof *a, const struct field_proof *b);

/* One value as stored or derived. */
struct field_value {
    const struct field *field;
    struct view json; /* one JSON value, compact UTF-8 */
    enum field_source source;
    struct view as_of;  /* "YYYY-MM-DD", the day it was read; absent if not known */
    int64_t changed_at; /* since when it is this value: another number for every other value (sessions/profile.h) */
    struct view substitutes; /* '1' for each character that stands in for another (代替文字); absent: nobody said */
    struct field_proof proof; /* of a derived value: of what it stands on */
};

/* What is stored of one resident, and what day it is in Japan. Views belong to the caller. */
struct field_profile {
    struct field_value values[FIELD_MAX];
    size_t n;
    struct view today; /* "YYYY-MM-DD" */
};

/* The stored value of exactly F (not derived); NULL when there is none. */
const struct field_value *field_stored(const struct field_profile *p, const struct field *f);

/* The value of F, derived if F is derived, with source and date of what it stands on. ERR_NOT_FOUND: there is none, or
 * it is not certain. What is computed lives in ARENA. */
enum err field_value(struct field_value *out, struct arena *a, const struct field_profile *p,
                     const struct field *f) MUST_CHECK;

/* The value as a person reads it. ERR_SYNTAX: not a value of that field. */
enum err field_display(struct view *out, struct arena *a, const struct field_value *v, bool japanese) MUST_CHECK;

/* Is JSON a value of F as we store it? For what residents type and agents read; F must not be derived. */
bool field_is_valid(struct arena *a, const struct field *f, struct view json);

/* The characters of a name or address that stand in for others, for people: "「辻」（3文字目）". Absent if there are
 * none.
 */
enum err field_display_substitutes(struct view *out, struct arena *a, const struct field_value *v,
                                   bool japanese) MUST_CHECK;

/* What the card says, turned into what we store. Each gives ERR_SYNTAX for what it cannot be, and
 * gender ERR_NOT_FOUND for 9 and 0 (the claim is then absent). BIRTHDATE: "YYYYMMDD", 00 or spaces where unknown. */
enum err field_json_of_name(struct view *json, struct arena *a, struct view name) MUST_CHECK;
enum err field_json_of_address(struct view *json, struct arena *a, struct view address) MUST_CHECK;
enum err field_json_of_birthdate(struct view *json, struct arena *a, struct view birthdate) MUST_CHECK;
enum err field_json_of_gender(struct view *json, struct arena *a, struct view gender) MUST_CHECK;

/* What a resident typed, turned into what we store. ERR_SYNTAX: no e-mail address (RFC 5321 4.5.3.1: at most 254 bytes)
 * / no telephone number (ten or eleven digits with the leading 0, or an international one with +). */
enum err field_json_of_email(struct view *json, struct arena *a, struct view typed) MUST_CHECK;
enum err field_json_of_phone(struct view *json, struct arena *a, struct view typed) MUST_CHECK;

/* Tags a resident may choose for `interests`. */
struct field_tag {
    const char *id, *ja, *en;
};
size_t field_tag_count(void);
const struct field_tag *field_tag_at(size_t i);
/* JSON array of the chosen tags in catalogue order; CHOSEN[i] belongs to field_tag_at(i). */
enum err field_json_of_tags(struct view *json, struct arena *a, const bool *chosen, size_t n) MUST_CHECK;

#endif
