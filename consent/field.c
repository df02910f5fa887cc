#include "consent/field.h"

#include "base/text.h"
#include "consent/birthdate.h"
#include "consent/place.h"

#define COUNT(A) (sizeof(A) / sizeof *(A))

/* product.md, "Profile fields". Scopes: OIDC Core 5.4; but only what is in the catalogue. */
static const struct field catalogue[] = {
    {"name", "氏名", "Name", FIELD_OF_CARD, NULL, "profile", false, 0},
    {"address", "住所", "Address", FIELD_OF_CARD, NULL, "address", true, 0},
    {"birthdate", "生年月日", "Date of birth", FIELD_OF_CARD, NULL, "profile", true, 0},
    {"gender", "性別", "Gender", FIELD_OF_CARD, NULL, "profile", true, 0},
    {"age_over_18", "18歳以上であること", "18 or older", FIELD_DERIVED, "birthdate", NULL, false, 18},
    {"age_over_20", "20歳以上であること", "20 or older", FIELD_DERIVED, "birthdate", NULL, false, 20},
    {"age_over_65", "65歳以上であること", "65 or older", FIELD_DERIVED, "birthdate", NULL, false, 65},
    {"municipality", "居住市区町村", "Municipality of residence", FIELD_DERIVED, "address", NULL, false, 0},
    {"household", "世帯情報", "Household", FIELD_OF_RESIDENT, NULL, NULL, true, 0},
    {"interests", "興味関心", "Interests", FIELD_OF_RESIDENT, NULL, NULL, false, 0},
    {"email", "メールアドレス", "E-mail address", FIELD_OF_RESIDENT, NULL, "email", true, 0},
    {"phone_number", "電話番号", "Telephone number", FIELD_OF_RESIDENT, NULL, "phone", true, 0},
};
_Static_assert(COUNT(catalogue) <= FIELD_MAX, "arrays of fields are too small");

size_t field_count(void)
{
    return COUNT(catalogue);
}

const struct field *field_at(size_t i)
{
    return i < COUNT(catalogue) ? &catalogue[i] : NULL;
}

const struct field *field_find(struct view id)
{
    for (size_t i = 0; i < COUNT(catalogue); i++)
        if (view_equal_text(id, catalogue[i].id))
            return &catalogue[i];
    return NULL;
}

size_t field_index(const struct field *f)
{
    INSIST(f >= catalogue && f < catalogue + COUNT(catalogue));
    return (size_t)(f - catalogue);
}

bool field_in_scope(const struct field *f, struct view scope)
{
    return text_has_word(scope, view_text(f->id)) || (f->scope && text_has_word(scope, view_text(f->scope)));
}

static const char *const source_names[] = {"none", "card-signed", "card-read", "upstream", "resident"};

const char *field_source_name(enum field_source s)
{
    return (size_t)s < COUNT(source_names) ? source_names[s] : "none";
}

bool field_source_of(struct view name, enum field_source *out)
{
    for (size_t i = 0; i < COUNT(source_names); i++)
        if (view_equal_text(name, source_names[i])) {
            *out = (enum field_source)i;
            return true;
        }
    return false;
}

const struct field_value *field_stored(const struct field_profile *p, const struct field *f)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->values[i].field == f)
            return &p->values[i];
    return NULL;
}

/* --- derived fields --------------------------------------------------------------------------------------------- */

static enum err derive_age(struct view *json, int years, struct view birthdate, struct view today)
{
    struct birthdate b; /* stored as "YYYY-MM-DD" in quotes: no escapes to read */
    if (birthdate.n != 12 || !birthdate_read(&b, view_part(birthdate, 1, 10)))
        return ERR_NOT_FOUND;
    enum birthdate_answer answer = birthdate_is_at_least(&b, years, today);
    if (answer == BIRTHDATE_UNCERTAIN)
        return ERR_NOT_FOUND;
    *json = answer == BIRTHDATE_YES ? VIEW("true") : VIEW("false");
    return ERR_OK;
}

static enum err derive_municipality(struct view *json, struct arena *a, struct view address)
{
    struct json *j;
    enum err err = json_read(&j, a, address, NULL);
    if (err)
        return err == ERR_SYNTAX ? ERR_NOT_FOUND : err;
    struct place place = place_of(json_member_text(j, "formatted"));
    if (!place.code)
        return ERR_NOT_FOUND;
    char *text = arena_printf(a, "{\"code\":\"%s\",\"name\":\"%s\"}", place.code, place.city);
    *json = view_text(text);
    return text ? ERR_OK : ERR_MEMORY;
}

enum err field_value(struct field_value *out, struct arena *a, const struct field_profile *p, const struct field *f)
{
    const struct field *stored = f->from ? field_find(view_text(f->from)) : f;
    const struct field_value *v = field_stored(p, stored);
    if (!v)
        return ERR_NOT_FOUND;
    *out = *v;
    out->field = f;
    if (f->from) /* computed: none of the characters is the card's any more */
        out->substitutes = VIEW_NONE;
    if (f->years)
        return derive_age(&out->json, f->years, v->json, p->today);
    return f->from ? derive_municipality(&out->json, a, v->json) : ERR_OK;
}
