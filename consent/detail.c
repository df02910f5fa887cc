#include "consent/detail.h"

enum { OBJECT_MAX = 16384, LIST_MAX = 65536 };

static bool same(const struct json *a, const struct json *b);

static bool same_members(const struct json *a, const struct json *b)
{
    const struct json *x, *y;
    struct view name, other;

    for (size_t i = 0; json_member_at(a, i, &name, &x); i++) {
        bool found = false;
        for (size_t k = 0; !found && json_member_at(b, k, &other, &y); k++)
            found = view_equal(name, other) && same(x, y);
        if (!found)
            return false;
    }
    return true;
}

/* RFC 9396 12: texts byte for byte. What is not a whole number is the same as nothing. */
static bool same(const struct json *a, const struct json *b)
{
    struct view text, other_text;
    int64_t number, other_number;
    bool truth, other_truth;

    if (json_text(a, &text))
        return json_text(b, &other_text) && view_equal(text, other_text);
    if (json_int(a, &number))
        return json_int(b, &other_number) && number == other_number;
    if (json_bool(a, &truth))
        return json_bool(b, &other_truth) && truth == other_truth;
    if (json_is_object(a))
        return json_is_object(b) && json_count(a) == json_count(b) && same_members(a, b);
    if (!json_is_array(a) || !json_is_array(b) || json_count(a) != json_count(b))
        return false;
    for (size_t i = 0; i < json_count(a); i++)
        if (!same(json_at(a, i), json_at(b, i)))
            return false;
    return true;
}

static bool has(const struct json *list, const struct json *one)
{
    for (size_t i = 0; i < json_count(list); i++)
        if (same(json_at(list, i), one))
            return true;
    return false;
}

/* Some of the same; nothing at all would be a question and no answer. */
static bool is_part(const struct json *granted, const struct json *asked)
{
    if (!json_is_array(granted) || !json_is_array(asked))
        return same(granted, asked);
    for (size_t i = 0; i < json_count(asked); i++)
        if (!has(granted, json_at(asked, i)))
            return false;
    return json_count(asked) > 0;
}

static const struct json *value_of(const struct json *object, struct view name)
{
    const struct json *value;
    struct view key;

    for (size_t i = 0; json_member_at(object, i, &key, &value); i++)
        if (view_equal(key, name))
            return value;
    return NULL;
}

bool detail_fits(const struct json *granted, const struct json *asked)
{
    const struct json *value;
    struct view name;

    if (!json_is_object(granted) || !json_is_object(asked) || !view_is(json_member_text(asked, "type")))
        return false;
    for (size_t i = 0; json_member_at(asked, i, &name, &value); i++) {
        const struct json *of_granted = value_of(granted, name);
        if (!of_granted || !is_part(of_granted, value))
            return false;
    }
    return true;
}

bool detail_covers(const struct json *granted, const struct json *asked)
{
    return detail_fits(granted, asked) && json_count(granted) == json_count(asked);
}

enum err detail_narrow(struct view *out, struct arena *a, const struct json *granted, const struct json *asked)
{
    const struct json *value;
    struct json_out o;
    struct view name;
    struct buf b;

    /* in the order of GRANTED, whose text was canonical: so is this */
    buf_open(&b, a, OBJECT_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    for (size_t i = 0; json_member_at(granted, i, &name, &value); i++) {
        const struct json *narrower = value_of(asked, name);
        const char *key = arena_text(a, name);
        if (!key)
            return ERR_MEMORY;
        json_key(&o, key);
        json_put_value(&o, narrower ? narrower : value);
    }
    json_end(&o);
    return buf_done(&b, out);
}

enum err detail_list_write(struct view *out, struct arena *a, const struct view *objects, size_t n)
{
    struct json_out o;
    struct buf b;

    *out = VIEW_NONE;
    if (n == 0)
        return ERR_OK;
    buf_open(&b, a, LIST_MAX);
    json_out_open(&o, &b);
    json_begin_array(&o);
    for (size_t i = 0; i < n; i++)
        json_put_raw(&o, objects[i]);
    json_end_array(&o);
    return buf_done(&b, out);
}
