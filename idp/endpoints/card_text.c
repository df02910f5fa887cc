#include "idp/endpoints/card_text.h"

#include "consent/field.h"

typedef enum err json_of(struct view *json, struct arena *a, struct view text);

/* One item; SURE: what cannot be used is a mistake of the card and not "unknown". */
static enum err add(struct card_text *t, struct arena *a, const char *field, json_of *read, struct view text, bool sure,
                    struct view today)
{
    struct view json, id = view_text(field);
    enum err e = view_is(text) ? read(&json, a, text) : ERR_NOT_FOUND;
    if (!e)
        t->values[t->n++] =
            (struct profile_value){.field = id, .json = json, .source = PROFILE_CARD_READ, .as_of = today};
    else if (e == ERR_NOT_FOUND || (e == ERR_SYNTAX && !sure))
        t->erase[t->n_erase++] = id;
    else
        return e;
    return ERR_OK;
}

enum err card_text_read(struct card_text *out, struct arena *a, const struct proof_text *text, struct view today)
{
    *out = (struct card_text){0};
    if (!view_is(text->name) || !view_is(text->address))
        return ERR_SYNTAX;
    enum err e = add(out, a, "name", field_json_of_name, text->name, true, today);
    if (!e)
        e = add(out, a, "address", field_json_of_address, text->address, true, today);
    if (!e)
        e = add(out, a, "birthdate", field_json_of_birthdate, text->birthdate, false, today);
    if (!e)
        e = add(out, a, "gender", field_json_of_gender, text->gender, false, today);
    return e;
}
