#include "idp/rules/claim_wish.h"

#define VALUES_MAX 32 /* of one claim */
#define VALUE_MAX  16384

bool claim_wish_is_good(const struct json *j)
{
    const struct json *essential = json_member(j, "essential"), *values = json_member(j, "values"),
                      *max_age = json_member(j, "max_age");
    bool truth;
    int64_t seconds = 0;

    if (json_is_null(j))
        return true;
    if (!json_is_object(j) || (essential && !json_bool(essential, &truth)))
        return false;
    if (max_age && (!json_int(max_age, &seconds) || seconds < 0))
        return false;
    return !values || (json_is_array(values) && json_count(values) > 0 && json_count(values) <= VALUES_MAX);
}

bool claim_wish_has_values(const struct json *j)
{
    return json_member(j, "value") || json_member(j, "values") || json_member(j, "max_age");
}

/* Two JSON values are the same if their canonical forms are (RFC 8785). */
static bool is_same(struct arena *a, const struct json *wanted, struct view canonical)
{
    struct view text = VIEW_NONE;
    struct buf b;

    buf_open(&b, a, VALUE_MAX);
    json_put_canonical(&b, wanted);
    return buf_done(&b, &text) == ERR_OK && view_equal(text, canonical);
}

static bool has_value(const struct json *wish, struct arena *a, struct view canonical)
{
    const struct json *value = json_member(wish, "value"), *values = json_member(wish, "values");

    if (value && is_same(a, value, canonical))
        return true;
    for (size_t i = 0; i < json_count(values); i++)
        if (is_same(a, json_at(values, i), canonical))
            return true;
    return false;
}

bool claim_wish_takes(const struct json *wish, struct arena *a, struct view json)
{
    struct view canonical = VIEW_NONE;
    struct json *j;
    struct buf b;

    if (!json_member(wish, "value") && !json_member(wish, "values"))
        return true;
    if (json_read(&j, a, json, NULL) != ERR_OK)
        return false;
    buf_open(&b, a, VALUE_MAX);
    json_put_canonical(&b, j);
    return buf_done(&b, &canonical) == ERR_OK && has_value(wish, a, canonical);
}

bool claim_wish_takes_date(const struct json *wish, int64_t unix_s, int64_t now)
{
    int64_t max_age;

    return !json_int(json_member(wish, "max_age"), &max_age) || now < unix_s || now - unix_s <= max_age;
}

void claim_wish_keep(struct json_out *o, const struct json *wish)
{
    static const char *const names[] = {"max_age", "value", "values"};

    if (!claim_wish_has_values(wish)) {
        json_put_null(o);
        return;
    }
    json_begin(o);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!json_member(wish, names[i]))
            continue;
        json_key(o, names[i]);
        json_put_value(o, json_member(wish, names[i]));
    }
    json_end(o);
}
