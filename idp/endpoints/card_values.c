#include "idp/endpoints/card_values.h"

#include "base/buf.h"
#include "consent/field.h"
#include "jpki/pki/name.h"

/* One item of the card. */
struct item {
    const char *field;
    enum err (*read)(struct view *json, struct arena *a, struct view text);
    struct view text, substitutes;
    bool sure; /* what cannot be used is a mistake of the card and not "unknown" */
};

static enum err add(struct card_values *c, struct arena *a, const struct item *item, enum profile_source source,
                    struct view today)
{
    struct view json, id = view_text(item->field);
    enum err e = view_is(item->text) ? item->read(&json, a, item->text) : ERR_NOT_FOUND;
    if (!e)
        c->values[c->n++] = (struct profile_value){
            .field = id, .json = json, .source = source, .as_of = today, .substitutes = item->substitutes};
    else if (e == ERR_NOT_FOUND || (e == ERR_SYNTAX && !item->sure))
        c->erase[c->n_erase++] = id;
    else
        return e;
    return ERR_OK;
}

static enum err add_all(struct card_values *out, struct arena *a, const struct item items[CARD_VALUES_MAX],
                        enum profile_source source, struct view today)
{
    enum err e = ERR_OK;
    *out = (struct card_values){0};
    for (size_t i = 0; i < CARD_VALUES_MAX && !e; i++)
        e = add(out, a, &items[i], source, today);
    return e;
}

enum err card_values_of_text(struct card_values *out, struct arena *a, const struct proof_text *text, struct view today)
{
    const struct item items[CARD_VALUES_MAX] = {
        {"name", field_json_of_name, text->name, VIEW_NONE, true},
        {"address", field_json_of_address, text->address, VIEW_NONE, true},
        {"birthdate", field_json_of_birthdate, text->birthdate, VIEW_NONE, false},
        {"gender", field_json_of_gender, text->gender, VIEW_NONE, false},
    };
    if (!view_is(text->name) || !view_is(text->address)) {
        *out = (struct card_values){0};
        return ERR_SYNTAX;
    }
    return add_all(out, a, items, PROFILE_CARD_READ, today);
}

/* "YYYY-MM-DD" as the text application has it. */
static struct view compact(char out[8], const char date[11])
{
    const size_t at[] = {0, 1, 2, 3, 5, 6, 8, 9};
    if (!date[0])
        return VIEW_NONE;
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        out[i] = date[at[i]];
    return view_bytes(out, 8);
}

/* Marks that mark nothing are not kept. */
static struct view marks_of(struct view marks)
{
    return view_is(marks) && memchr(marks.p, '1', marks.n) ? marks : VIEW_NONE;
}

enum err card_values_proof(struct profile_proof *out, struct arena *a, const struct cert *sign, int64_t now)
{
    *out = (struct profile_proof){.not_before = sign->not_before, .not_after = sign->not_after, .at = now};
    return name_text(&out->issuer, a, sign->issuer_der, PROFILE_ISSUER_MAX);
}

static void prove(struct card_values *c, const struct profile_proof *proof)
{
    for (size_t i = 0; i < c->n; i++)
        c->values[i].proof = *proof;
}

enum err card_values_of_person(struct card_values *out, struct arena *a, const struct person *person,
                               const struct profile_proof *proof, struct view today)
{
    char date[8];
    const uint8_t gender = (uint8_t)('0' + person->gender);
    const struct item items[CARD_VALUES_MAX] = {
        {"name", field_json_of_name, person->name, marks_of(person->name_substitutes), true},
        {"address", field_json_of_address, person->address, marks_of(person->address_substitutes), true},
        {"birthdate", field_json_of_birthdate, compact(date, person->birthdate), VIEW_NONE, false},
        {"gender", field_json_of_gender, view_bytes(&gender, 1), VIEW_NONE, false},
    };
    enum err e = add_all(out, a, items, PROFILE_CARD_SIGNED, today);
    prove(out, proof);
    return e;
}

/* --- what may be written down ---------------------------------------------------------------------------------- */

/* The verified value of FIELD; NULL: there is none. */
static const struct profile_value *verified(const struct profile_value *stored, size_t n, struct view field)
{
    for (size_t i = 0; i < n; i++)
        if (view_equal(stored[i].field, field) && stored[i].source == PROFILE_CARD_SIGNED)
            return &stored[i];
    return NULL;
}

void card_values_decide(struct card_values *c, const struct profile_value *stored, size_t n_stored)
{
    struct card_values all = *c;
    *c = (struct card_values){0};
    for (size_t i = 0; i < all.n; i++) {
        const struct profile_value *v = &all.values[i];
        const struct profile_value *better =
            v->source == PROFILE_CARD_READ ? verified(stored, n_stored, v->field) : NULL;
        if (!better)
            c->values[c->n++] = *v;
        else if (!view_equal(better->json, v->json))
            c->held[c->n_held++] = *v;
    }
    bool read_only = all.n > 0 && all.values[0].source == PROFILE_CARD_READ;
    for (size_t i = 0; i < all.n_erase; i++)
        if (!read_only || !verified(stored, n_stored, all.erase[i]))
            c->erase[c->n_erase++] = all.erase[i];
}
