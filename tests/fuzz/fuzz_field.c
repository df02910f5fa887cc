/* Any bytes as what a card says and as a stored value of every field: refused, or a value that can be shown and that
 * reads back as valid. */
#include "consent/field.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum err make_fn(struct view *json, struct arena *a, struct view from);

static void from_card(struct arena *a, make_fn *make, const char *id, struct view from)
{
    struct view json, shown;
    const struct field *f = field_find(view_text(id));
    if (make(&json, a, from))
        return;
    INSIST(field_is_valid(a, f, json));
    const struct field_value v = {.field = f, .json = json, .source = SOURCE_CARD_READ};
    for (int japanese = 0; japanese < 2; japanese++)
        INSIST(field_display(&shown, a, &v, japanese) == ERR_OK && shown.n > 0);
}

static void as_value(struct arena *a, const struct field *f, struct view json)
{
    struct view shown;
    struct field_profile p = {
        .values = {{.field = f, .json = json, .source = SOURCE_RESIDENT}}, .n = 1, .today = VIEW("2026-11-22")};
    bool valid = field_is_valid(a, f, json);
    enum err err = field_display(&shown, a, &p.values[0], true);
    INSIST(!valid || err == ERR_OK);
    for (size_t i = 0; i < field_count(); i++) {
        struct field_value v;
        if (field_value(&v, a, &p, field_at(i)) == ERR_OK && valid)
            INSIST(field_display(&shown, a, &v, false) == ERR_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct view all = view_bytes(data, size);
    if (size > 8192)
        return 0;
    arena_open(&a, 8 << 20);
    from_card(&a, field_json_of_name, "name", all);
    from_card(&a, field_json_of_address, "address", all);
    from_card(&a, field_json_of_birthdate, "birthdate", all);
    from_card(&a, field_json_of_gender, "gender", all);
    for (size_t i = 0; i < field_count(); i++)
        as_value(&a, field_at(i), all);
    arena_close(&a);
    return 0;
}
