#include "idp/rules/likeness.h"

static const struct {
    const char *field;
    bool needed;
} four[] = {{"name", true}, {"address", true}, {"birthdate", true}, {"gender", false}};
enum { FOUR = sizeof four / sizeof *four, PIECES = 2 * FOUR * 2 };

static const struct profile_value *value_of(const struct profile_value *values, size_t n, const char *field)
{
    for (size_t i = 0; i < n; i++)
        if (view_equal_text(values[i].field, field))
            return &values[i];
    return NULL;
}

/* A day or month that nobody knows makes many people alike. */
static bool is_vague(struct view date)
{
    for (size_t i = 0; i + 3 <= date.n; i++)
        if (memcmp(date.p + i, "-00", 3) == 0)
            return true;
    return false;
}

/* Each text behind its length, so that no two lists of texts give the same bytes. */
static void add(struct view *pieces, size_t *n, uint8_t length[8], struct view text)
{
    for (size_t i = 0; i < 8; i++)
        length[i] = (uint8_t)((uint64_t)text.n >> (56 - 8 * i));
    pieces[(*n)++] = view_bytes(length, 8);
    pieces[(*n)++] = text;
}

bool likeness_of(uint8_t out[SHA256_SIZE], struct view key, const struct profile_value *values, size_t n)
{
    static const struct profile_value unstated = {.source = PROFILE_CARD_SIGNED, .json = {(const uint8_t *)"", 0}};
    struct view pieces[PIECES];
    uint8_t lengths[PIECES / 2][8];
    size_t used = 0;
    for (size_t i = 0; i < FOUR; i++) {
        const struct profile_value *v = value_of(values, n, four[i].field);
        if (!v && !four[i].needed)
            v = &unstated;
        if (!v || v->source != PROFILE_CARD_SIGNED || is_vague(v->json))
            return false;
        add(pieces, &used, lengths[used / 2], v->json);
        add(pieces, &used, lengths[used / 2], v->substitutes);
    }
    hmac_sha256_of(out, key, pieces, used);
    return true;
}
