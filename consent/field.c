#include "consent/field.h"

#include "base/text.h"

#define COUNT(A) (sizeof(A) / sizeof *(A))

/* product.md, "Profile fields". Scopes: OIDC Core 5.4; but only what is in the catalogue. */
static const struct field catalogue[] = {
    {.id = "name",
     .ja = "氏名",
     .en = "Name",
     .easy = "なまえ",
     .origin = FIELD_OF_CARD,
     .format = &field_name_format,
     .claim = "name",
     .scope = "profile"},
    {.id = "address",
     .ja = "住所",
     .en = "Address",
     .easy = "すんでいる ところ",
     .origin = FIELD_OF_CARD,
     .sensitive = true,
     .format = &field_address_format,
     .claim = "address",
     .scope = "address"},
    {.id = "birthdate",
     .ja = "生年月日",
     .en = "Date of birth",
     .easy = "うまれた ひ",
     .origin = FIELD_OF_CARD,
     .sensitive = true,
     .format = &field_birthdate_format,
     .claim = "birthdate",
     .scope = "profile"},
    {.id = "gender",
     .ja = "性別",
     .en = "Gender",
     .easy = "おとこ・おんな",
     .origin = FIELD_OF_CARD,
     .sensitive = true,
     .format = &field_gender_format,
     .claim = "gender",
     .scope = "profile"},
    {.id = "age_over_18",
     .ja = "18歳以上であること",
     .en = "18 or older",
     .easy = "18さいに なったか",
     .origin = FIELD_DERIVED,
     .format = &field_flag_format,
     .claim = "age_over_18",
     .from = "birthdate",
     .derive = field_derive_age,
     .years = 18},
    {.id = "age_over_20",
     .ja = "20歳以上であること",
     .en = "20 or older",
     .easy = "20さいに なったか",
     .origin = FIELD_DERIVED,
     .format = &field_flag_format,
     .claim = "age_over_20",
     .from = "birthdate",
     .derive = field_derive_age,
     .years = 20},
    {.id = "age_over_65",
     .ja = "65歳以上であること",
     .en = "65 or older",
     .easy = "65さいに なったか",
     .origin = FIELD_DERIVED,
     .format = &field_flag_format,
     .claim = "age_over_65",
     .from = "birthdate",
     .derive = field_derive_age,
     .years = 65},
    {.id = "municipality",
     .ja = "居住市区町村",
     .en = "Municipality of residence",
     .easy = "すんでいる まち",
     .origin = FIELD_DERIVED,
     .format = &field_municipality_format,
     .claim = "municipality",
     .from = "address",
     .derive = field_derive_municipality},
    {.id = "household",
     .ja = "世帯情報",
     .en = "Household",
     .easy = "いっしょに すんでいる ひと",
     .origin = FIELD_OF_RESIDENT,
     .sensitive = true,
     .format = &field_household_format,
     .claim = "household",
     .share = field_share_household},
    {.id = "household_size",
     .ja = "世帯の人数",
     .en = "Number of people in the household",
     .easy = "いっしょに すんでいる ひとの かず",
     .origin = FIELD_DERIVED,
     .format = &field_number_format,
     .claim = "household_size",
     .from = "household",
     .derive = field_derive_household_size},
    {.id = "has_preschool_child",
     .ja = "小学校に入る前の子がいること",
     .en = "A child before school age in the household",
     .easy = "ちいさい こが いるか（しょうがっこうに はいる まえ）",
     .origin = FIELD_DERIVED,
     .format = &field_flag_format,
     .claim = "has_preschool_child",
     .from = "household",
     .derive = field_derive_preschool},
    {.id = "has_school_child",
     .ja = "小中学生がいること",
     .en = "A child at elementary or junior high school in the household",
     .easy = "しょうがっこう・ちゅうがっこうの こが いるか",
     .origin = FIELD_DERIVED,
     .format = &field_flag_format,
     .claim = "has_school_child",
     .from = "household",
     .derive = field_derive_school},
    {.id = "interests",
     .ja = "興味関心",
     .en = "Interests",
     .easy = "しりたい こと",
     .origin = FIELD_OF_RESIDENT,
     .format = &field_tags_format,
     .claim = "interests"},
    {.id = "email",
     .ja = "メールアドレス",
     .en = "E-mail address",
     .easy = "メールアドレス",
     .origin = FIELD_OF_RESIDENT,
     .sensitive = true,
     .format = &field_email_format,
     .claim = "email",
     .verified = "email_verified",
     .scope = "email"},
    {.id = "phone_number",
     .ja = "電話番号",
     .en = "Telephone number",
     .easy = "でんわばんごう",
     .origin = FIELD_OF_RESIDENT,
     .sensitive = true,
     .format = &field_phone_format,
     .claim = "phone_number",
     .verified = "phone_number_verified",
     .scope = "phone"},
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

/* Most names differ in the first letter. */
static bool is_name(const char *name, struct view v)
{
    return v.n > 0 && v.p[0] == (uint8_t)name[0] && view_equal_text(v, name);
}

const struct field *field_find(struct view id)
{
    for (size_t i = 0; i < COUNT(catalogue); i++)
        if (is_name(catalogue[i].id, id))
            return &catalogue[i];
    return NULL;
}

size_t field_index(const struct field *f)
{
    INSIST(f >= catalogue && f < catalogue + COUNT(catalogue));
    return (size_t)(f - catalogue);
}

_Static_assert(FIELD_MAX <= 32, "a set of fields has a bit for each");

uint32_t field_bit(const struct field *f)
{
    return (uint32_t)1 << field_index(f);
}

const struct field *field_of_claim(struct view claim)
{
    for (size_t i = 0; i < COUNT(catalogue); i++)
        if (is_name(catalogue[i].claim, claim))
            return &catalogue[i];
    return NULL;
}

bool field_is_of_card(const struct field *f)
{
    const struct field *stored = f->from ? field_find(view_text(f->from)) : f;
    return stored->origin == FIELD_OF_CARD;
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

bool field_proof_equal(const struct field_proof *a, const struct field_proof *b)
{
    return view_equal(a->issuer, b->issuer) && a->not_before == b->not_before && a->not_after == b->not_after &&
           a->at == b->at;
}

/* --- derived fields --------------------------------------------------------------------------------------------- */

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
    field_derive *compute = f->derive ? f->derive : f->share;
    return compute ? compute(&out->json, a, f, v->json, p->today) : ERR_OK;
}
