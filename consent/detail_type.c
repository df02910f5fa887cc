#include "consent/detail_type.h"

#include <inttypes.h>

#include "base/hash.h"
#include "base/text.h"

enum {
    TITLE_MAX = 200,
    DEFINITION_MAX = 32768,
    OBJECT_MAX = 16384,
    LINE_MAX_BYTES = 16384,
    TEXT_USUAL = 100 /* bytes of a text whose member does not say */
};

/* The members that RFC 9396 2.2 gives a meaning: their kind is fixed. */
static const struct common {
    const char *name;
    enum detail_kind kind;
} commons[] = {{"locations", DETAIL_TEXTS},
               {"actions", DETAIL_TEXTS},
               {"datatypes", DETAIL_TEXTS},
               {"privileges", DETAIL_TEXTS},
               {"identifier", DETAIL_TEXT}};

static const struct common *common_of(struct view name)
{
    for (size_t i = 0; i < sizeof commons / sizeof *commons; i++)
        if (view_equal_text(name, commons[i].name))
            return &commons[i];
    return NULL;
}

/* --- texts a resident can read ----------------------------------------------------------------------------------- */

/* Controls (C0, C1), and what turns the direction of writing: a name with these shows something else than it says. */
static bool is_hidden(struct view v, size_t i)
{
    uint8_t a = v.p[i], b = i + 1 < v.n ? v.p[i + 1] : 0, c = i + 2 < v.n ? v.p[i + 2] : 0;

    if (a < 0x20 || a == 0x7F)
        return true;
    if (a == 0xC2)
        return b < 0xA0;
    if (a == 0xD8)
        return b == 0x9C; /* U+061C */
    if (a != 0xE2)
        return false;
    /* U+200B to U+200F, U+2028 to U+202E; U+2060 to U+206F */
    return (b == 0x80 && ((c >= 0x8B && c <= 0x8F) || (c >= 0xA8 && c <= 0xAE))) ||
           (b == 0x81 && c >= 0xA0 && c <= 0xAF);
}

static bool is_line(struct view v, size_t max)
{
    if (v.n == 0 || v.n > max || !text_is_utf8(v))
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (is_hidden(v, i))
            return false;
    return true;
}

struct view detail_words_in(const struct detail_words *words, enum detail_language language)
{
    if (language == DETAIL_EN)
        return words->en;
    return language == DETAIL_EASY && view_is(words->easy) ? words->easy : words->ja;
}

/* --- reading a definition ---------------------------------------------------------------------------------------- */

struct reader {
    struct arena *a;
    struct ask_fault *fault;
    struct view resource;
    const char *place; /* "authorization_details_definitions[0].members[2]" */
};

static enum err refuse(const struct reader *r, const char *member, const char *rule)
{
    const char *at = arena_printf(r->a, "%s%s%s", r->place, *member ? "." : "", member);

    *r->fault = (struct ask_fault){at ? at : "authorization_details_definitions", rule};
    return ERR_SYNTAX;
}

static enum err refuse_stranger(const struct reader *r, struct view member)
{
    const char *name = arena_text(r->a, member);

    return refuse(r, name ? name : "", "is not a known member");
}

static enum err read_line(struct view *out, const struct reader *r, const struct json *j, const char *member,
                          size_t max)
{
    if (json_text(json_member(j, member), out) && is_line(*out, max))
        return ERR_OK;
    return refuse(r, member,
                  max == TITLE_MAX ? "must be a text of 1 to 200 bytes without control characters"
                                   : "must be a text of 1 to 600 bytes without control characters");
}

/* Nobody can agree to what she cannot read: Japanese and English are needed, easy Japanese is welcome. */
static enum err read_words(struct detail_words *out, const struct reader *r, const struct json *j, const char *member,
                           size_t max)
{
    const char *en = arena_printf(r->a, "%s#en", member), *easy = arena_printf(r->a, "%s#ja-simple", member);
    enum err e;

    if (!en || !easy)
        return ERR_MEMORY;
    if ((e = read_line(&out->ja, r, j, member, max)) || (e = read_line(&out->en, r, j, en, max)))
        return e;
    return json_member(j, easy) ? read_line(&out->easy, r, j, easy, max) : ERR_OK;
}

static enum err read_kind(struct detail_member *out, const struct reader *r, const struct json *j)
{
    static const char *const names[] = {"text", "integer", "boolean", "texts", "object"};
    const struct common *common = common_of(out->name);
    struct view kind = json_member_text(j, "kind");

    if (common)
        out->kind = common->kind;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (view_equal_text(kind, names[i])) {
            if (common && common->kind != (enum detail_kind)i)
                return refuse(r, "kind", "is not the one that RFC 9396 2.2 gives this member");
            out->kind = (enum detail_kind)i;
            return ERR_OK;
        }
    if (common && !json_member(j, "kind"))
        return ERR_OK;
    return refuse(r, "kind", "must be text, integer, boolean, texts or object");
}

/* A location of a type is one of its server: what is granted there says nothing about another one. */
static bool is_inside(struct view location, struct view resource)
{
    if (!view_is(resource) || !view_starts(location, resource))
        return !view_is(resource); /* one that is read again was looked at before */
    struct view rest = view_from(location, resource.n);
    return rest.n == 0 || view_ends(resource, VIEW("/")) || rest.p[0] == '/' || rest.p[0] == '?';
}

static enum err read_value(struct detail_value *out, const struct reader *r, const struct detail_member *m,
                           const struct json *j)
{
    static const char *const names[] = {"value", "title", "title#en", "title#ja-simple", NULL};
    struct view stranger;

    if (!json_is_object(j) || !json_only(j, names, &stranger))
        return refuse(r, "values", "must be objects {\"value\", \"title\", \"title#en\", \"title#ja-simple\"}");
    enum err e = read_line(&out->text, r, j, "value", TITLE_MAX);
    if (e)
        return e;
    if (view_equal_text(m->name, "locations") && !is_inside(out->text, r->resource))
        return refuse(r, "values", "must lie inside the resource of this server");
    return read_words(&out->title, r, j, "title", TITLE_MAX);
}

static enum err read_values(struct detail_member *out, const struct reader *r, const struct json *j)
{
    const struct json *list = json_member(j, "values");
    size_t n = json_count(list);
    bool texts = out->kind == DETAIL_TEXT || out->kind == DETAIL_TEXTS;

    if (!list) /* what RFC 9396 2.2 knows as a list is a list of known things */
        return out->kind == DETAIL_TEXTS && common_of(out->name) ? refuse(r, "values", "is missing") : ERR_OK;
    if (!texts || !json_is_array(list) || n == 0 || n > DETAIL_VALUES_MAX)
        return refuse(r, "values", "must be an array of 1 to 64, of a text or texts");
    struct detail_value *values = arena_array(r->a, n, sizeof *values);
    if (!values)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        enum err e = read_value(&values[i], r, out, json_at(list, i));
        for (size_t k = 0; !e && k < i; k++)
            if (view_equal(values[k].text, values[i].text))
                e = refuse(r, "values", "has one twice");
        if (e)
            return e;
    }
    out->values = values;
    out->n_values = n;
    return ERR_OK;
}

static enum err read_bound(int64_t *out, const struct reader *r, const struct json *j, const char *member, int64_t low,
                           int64_t high)
{
    const struct json *bound = json_member(j, member);

    if (!bound || (json_int(bound, out) && *out >= low && *out <= high))
        return ERR_OK;
    return refuse(r, member, "must be a number, of bytes at most 1000");
}

static enum err read_bounds(struct detail_member *out, const struct reader *r, const struct json *j)
{
    const int64_t far = INT64_C(9007199254740991); /* RFC 8259 6: what every reader of JSON can hold */
    bool number = out->kind == DETAIL_INTEGER, text = out->kind == DETAIL_TEXT || out->kind == DETAIL_TEXTS;
    enum err e;

    out->min = number ? -far : 0;
    out->max = number ? far : text ? TEXT_USUAL : 0;
    if ((json_member(j, "min") && !number) || (json_member(j, "max") && !number && !text))
        return refuse(r, json_member(j, "min") ? "min" : "max", "is for an integer, and max for a text too");
    if ((e = read_bound(&out->min, r, j, "min", -far, far)) ||
        (e = read_bound(&out->max, r, j, "max", number ? -far : 1, number ? far : DETAIL_TEXT_MAX)))
        return e;
    return out->min > out->max ? refuse(r, "min", "is more than max") : ERR_OK;
}

static enum detail_fault check_member(const struct detail_member *m, const struct json *j);

static enum err read_otherwise(struct detail_member *out, const struct reader *r, const struct json *j)
{
    out->otherwise = json_member(j, "default");
    if (!out->otherwise)
        return ERR_OK;
    if (out->required || out->kind == DETAIL_OBJECT)
        return refuse(r, "default", "is not for a member that is required or an object");
    return check_member(out, out->otherwise) == DETAIL_GOOD ? ERR_OK
                                                            : refuse(r, "default", "is not a value of this member");
}

static enum err read_members(const struct detail_member **out, size_t *n, const struct reader *r,
                             const struct json *list, int depth);

static enum err read_member(struct detail_member *out, const struct reader *r, const struct json *j, int depth)
{
    static const char *const names[] = {"name",   "kind", "title", "title#en", "title#ja-simple", "required",
                                        "values", "min",  "max",   "default",  "members",         NULL};
    const struct json *required = json_member(j, "required"), *members = json_member(j, "members");
    struct view stranger;
    enum err e;

    if (!json_is_object(j))
        return refuse(r, "", "must be an object");
    if (!json_only(j, names, &stranger))
        return refuse_stranger(r, stranger);
    if ((e = read_line(&out->name, r, j, "name", TITLE_MAX)))
        return e;
    if (!text_is_visible(out->name) || view_equal_text(out->name, "type"))
        return refuse(r, "name", "must be of visible ASCII characters, and not type");
    if (required && !json_bool(required, &out->required))
        return refuse(r, "required", "must be true or false");
    if ((e = read_kind(out, r, j)) || (e = read_words(&out->title, r, j, "title", TITLE_MAX)) ||
        (e = read_values(out, r, j)) || (e = read_bounds(out, r, j)))
        return e;
    if ((out->kind == DETAIL_OBJECT) != (members != NULL))
        return refuse(r, "members", "is there exactly if kind is object");
    if (members && (e = read_members(&out->members, &out->n_members, r, members, depth + 1)))
        return e;
    return read_otherwise(out, r, j);
}

static enum err read_members(const struct detail_member **out, size_t *n, const struct reader *r,
                             const struct json *list, int depth)
{
    if (!json_is_array(list) || json_count(list) > DETAIL_MEMBERS_MAX || depth > DETAIL_DEPTH_MAX)
        return refuse(r, "members", "must be an array of at most 16, at most three deep");
    *n = json_count(list);
    struct detail_member *members = arena_array(r->a, *n, sizeof *members);
    if (!members)
        return ERR_MEMORY;
    for (size_t i = 0; i < *n; i++) {
        struct reader inner = *r;
        inner.place = arena_printf(r->a, "%s.members[%zu]", r->place, i);
        members[i] = (struct detail_member){.required = false};
        enum err e = inner.place ? read_member(&members[i], &inner, json_at(list, i), depth) : ERR_MEMORY;
        for (size_t k = 0; !e && k < i; k++)
            if (view_equal(members[k].name, members[i].name))
                e = refuse(&inner, "name", "is there twice");
        if (e)
            return e;
    }
    *out = members;
    return ERR_OK;
}

/* A type is compared byte for byte (RFC 9396 2.1, 12), and copied from a page: visible ASCII, nothing that a text in
 * quotes would have to escape. */
static bool is_type(struct view id)
{
    return id.n > 0 && id.n <= DETAIL_TYPE_MAX && text_is_visible(id) && view_index(id, '"') == id.n &&
           view_index(id, '\\') == id.n;
}

static enum err read_flag(bool *out, const struct reader *r, const struct json *j, const char *member)
{
    const struct json *flag = json_member(j, member);

    return !flag || json_bool(flag, out) ? ERR_OK : refuse(r, member, "must be true or false");
}

static enum err set_meaning(struct detail_type *t, struct arena *a, const struct json *j)
{
    uint8_t digest[SHA256_SIZE];
    struct buf b;

    buf_open(&b, a, DEFINITION_MAX);
    json_put_canonical(&b, j);
    enum err e = buf_done(&b, &t->definition);
    if (e)
        return e;
    sha256(digest, t->definition);
    memcpy(t->meaning, digest, sizeof t->meaning);
    return ERR_OK;
}

static enum err read_type(struct detail_type *out, const struct reader *r, const struct json *j)
{
    static const char *const names[] = {"type",
                                        "title",
                                        "title#en",
                                        "title#ja-simple",
                                        "sentence",
                                        "sentence#en",
                                        "sentence#ja-simple",
                                        "every_time",
                                        "client_alone",
                                        "members",
                                        NULL};
    struct view stranger;
    enum err e;

    *out = (struct detail_type){.every_time = false};
    if (!json_is_object(j))
        return refuse(r, "", "must be an object");
    if (!json_only(j, names, &stranger))
        return refuse_stranger(r, stranger);
    if (!json_text(json_member(j, "type"), &out->id) || !is_type(out->id))
        return refuse(r, "type", "must be 1 to 200 visible ASCII characters without quotes and backslashes");
    if ((e = read_words(&out->title, r, j, "title", TITLE_MAX)) ||
        (e = read_words(&out->sentence, r, j, "sentence", ASK_PURPOSE_MAX)) ||
        (e = read_flag(&out->every_time, r, j, "every_time")) || (e = read_flag(&out->alone, r, j, "client_alone")) ||
        (e = read_members(&out->members, &out->n_members, r, json_member(j, "members"), 1)))
        return e;
    e = set_meaning(out, r->a, j);
    return e == ERR_LIMIT || e == ERR_SYNTAX ? refuse(r, "", "is larger than 32 KiB, or has a number that is not whole")
                                             : e;
}

enum err detail_types_read(const struct detail_type **out, size_t *n, struct arena *a, const struct json *definitions,
                           struct view resource, struct ask_fault *fault)
{
    struct reader r = {.a = a, .fault = fault, .resource = resource, .place = "authorization_details_definitions"};

    *out = NULL;
    *n = json_count(definitions);
    if (!definitions)
        return ERR_OK;
    if (!json_is_array(definitions) || *n > DETAIL_TYPES_MAX)
        return refuse(&r, "", "must be an array of at most 16");
    if (*n && !view_is(resource))
        return refuse(&r, "", "is for a resource server: resource is needed too");
    struct detail_type *types = arena_array(a, *n, sizeof *types);
    if (!types)
        return ERR_MEMORY;
    for (size_t i = 0; i < *n; i++) {
        r.place = arena_printf(a, "authorization_details_definitions[%zu]", i);
        enum err e = r.place ? read_type(&types[i], &r, json_at(definitions, i)) : ERR_MEMORY;
        for (size_t k = 0; !e && k < i; k++)
            if (view_equal(types[k].id, types[i].id))
                e = refuse(&r, "type", "is there twice");
        if (e)
            return e;
    }
    *out = types;
    return ERR_OK;
}

/* --- checking an object ------------------------------------------------------------------------------------------ */

static enum detail_fault check_text(const struct detail_member *m, const struct json *j)
{
    struct view text;

    if (!json_text(j, &text))
        return DETAIL_WRONG_KIND;
    for (size_t i = 0; i < m->n_values; i++)
        if (view_equal(text, m->values[i].text)) /* RFC 9396 12: no normalization */
            return DETAIL_GOOD;
    return m->n_values == 0 && is_line(text, (size_t)m->max) ? DETAIL_GOOD : DETAIL_WRONG_VALUE;
}

static bool is_before(const struct json *list, size_t i)
{
    struct view text, other;

    for (size_t k = 0; k < i; k++)
        if (json_text(json_at(list, i), &text) && json_text(json_at(list, k), &other) && view_equal(text, other))
            return true;
    return false;
}

static enum detail_fault check_texts(const struct detail_member *m, const struct json *j)
{
    enum detail_fault fault;

    if (!json_is_array(j))
        return DETAIL_WRONG_KIND;
    if (json_count(j) == 0 || json_count(j) > DETAIL_TEXTS_MAX)
        return DETAIL_WRONG_VALUE;
    for (size_t i = 0; i < json_count(j); i++)
        if ((fault = check_text(m, json_at(j, i))) || (is_before(j, i) && (fault = DETAIL_WRONG_VALUE)))
            return fault;
    return DETAIL_GOOD;
}

static const struct detail_member *member_of(const struct detail_member *members, size_t n, struct view name)
{
    for (size_t i = 0; i < n; i++)
        if (view_equal(members[i].name, name))
            return &members[i];
    return NULL;
}

/* The names are visible ASCII; what has none of them is a stranger. */
static const struct json *value_of(const struct json *object, struct view name)
{
    const struct json *value;
    struct view key;

    for (size_t i = 0; json_member_at(object, i, &key, &value); i++)
        if (view_equal(key, name))
            return value;
    return NULL;
}

static enum detail_fault check_object(const struct detail_member *members, size_t n, const struct json *j, bool typed)
{
    const struct json *value;
    enum detail_fault fault;
    struct view name;

    if (!json_is_object(j))
        return DETAIL_WRONG_KIND;
    for (size_t i = 0; json_member_at(j, i, &name, &value); i++) {
        const struct detail_member *m = member_of(members, n, name);
        if (typed && view_equal_text(name, "type"))
            continue;
        if (!m)
            return DETAIL_MEMBER_UNKNOWN;
        if ((fault = check_member(m, value)))
            return fault;
    }
    for (size_t i = 0; i < n; i++)
        if (members[i].required && !value_of(j, members[i].name))
            return DETAIL_MEMBER_MISSING;
    return DETAIL_GOOD;
}

static enum detail_fault check_member(const struct detail_member *m, const struct json *j)
{
    int64_t number;
    bool truth;

    switch (m->kind) {
    case DETAIL_TEXT:
        return check_text(m, j);
    case DETAIL_TEXTS:
        return check_texts(m, j);
    case DETAIL_INTEGER:
        if (!json_int(j, &number))
            return DETAIL_WRONG_KIND;
        return number >= m->min && number <= m->max ? DETAIL_GOOD : DETAIL_WRONG_VALUE;
    case DETAIL_BOOLEAN:
        return json_bool(j, &truth) ? DETAIL_GOOD : DETAIL_WRONG_KIND;
    case DETAIL_OBJECT:
        return check_object(m->members, m->n_members, j, false);
    }
    return DETAIL_WRONG_KIND;
}

enum detail_fault detail_type_check(const struct detail_type *type, const struct json *object)
{
    return check_object(type->members, type->n_members, object, true);
}

enum err detail_type_complete(struct view *out, struct arena *a, const struct detail_type *type,
                              const struct json *object)
{
    const struct json *value;
    struct json *whole;
    struct json_out o;
    struct view name;
    struct buf b;

    buf_open(&b, a, OBJECT_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    for (size_t i = 0; json_member_at(object, i, &name, &value); i++) {
        const char *key = arena_text(a, name);
        if (!key)
            return ERR_MEMORY;
        json_key(&o, key);
        json_put_value(&o, value);
    }
    for (size_t i = 0; i < type->n_members; i++) {
        const struct detail_member *m = &type->members[i];
        const char *key = arena_text(a, m->name);
        if (!key)
            return ERR_MEMORY;
        if (!m->otherwise || value_of(object, m->name))
            continue;
        json_key(&o, key);
        json_put_value(&o, m->otherwise);
    }
    json_end(&o);
    struct view text;
    enum err e = buf_done(&b, &text);
    if (!e)
        e = json_read(&whole, a, text, NULL);
    if (e)
        return e;
    buf_open(&b, a, OBJECT_MAX);
    json_put_canonical(&b, whole);
    return buf_done(&b, out);
}

/* --- as it is read ----------------------------------------------------------------------------------------------- */

static void put_text(struct buf *b, const struct detail_member *m, const struct json *j, enum detail_language language)
{
    struct view text = VIEW_NONE;

    if (!json_text(j, &text))
        return;
    for (size_t i = 0; i < m->n_values; i++)
        if (view_equal(text, m->values[i].text)) {
            buf_put(b, detail_words_in(&m->values[i].title, language));
            return;
        }
    buf_put(b, text);
}

static const char *comma(enum detail_language language)
{
    return language == DETAIL_EN ? ", " : "、";
}

static void put_truth(struct buf *b, const struct json *j, enum detail_language language)
{
    static const char *const words[][2] = {
        [DETAIL_JA] = {"いいえ", "はい"}, [DETAIL_EN] = {"no", "yes"}, [DETAIL_EASY] = {"いいえ", "はい"}};
    bool truth = false;

    buf_put_text(b, json_bool(j, &truth) && truth ? words[language][1] : words[language][0]);
}

static void put_value(struct buf *b, const struct detail_member *m, const struct json *j, enum detail_language language)
{
    int64_t number;

    if (m->kind == DETAIL_TEXT)
        put_text(b, m, j, language);
    if (m->kind == DETAIL_INTEGER && json_int(j, &number))
        buf_put_int(b, number);
    if (m->kind == DETAIL_BOOLEAN)
        put_truth(b, j, language);
    for (size_t i = 0; m->kind == DETAIL_TEXTS && i < json_count(j); i++) {
        buf_put_text(b, i ? comma(language) : "");
        put_text(b, m, json_at(j, i), language);
    }
    for (size_t i = 0, n = 0; m->kind == DETAIL_OBJECT && i < m->n_members; i++) {
        const struct json *inner = value_of(j, m->members[i].name);
        if (!inner)
            continue;
        buf_put_text(b, n++ ? comma(language) : "");
        buf_put(b, detail_words_in(&m->members[i].title, language));
        buf_put_text(b, language == DETAIL_EN ? ": " : "：");
        put_value(b, &m->members[i], inner, language);
    }
}

enum err detail_type_lines(struct detail_line **out, size_t *n, struct arena *a, const struct detail_type *type,
                           const struct json *object, enum detail_language language)
{
    struct detail_line *lines = arena_array(a, type->n_members, sizeof *lines);
    enum err e = lines ? ERR_OK : ERR_MEMORY;
    struct buf b;

    *n = 0;
    for (size_t i = 0; i < type->n_members && !e; i++) {
        const struct detail_member *m = &type->members[i];
        const struct json *value = value_of(object, m->name);
        if (!value)
            continue;
        buf_open(&b, a, LINE_MAX_BYTES);
        put_value(&b, m, value, language);
        lines[*n].label = detail_words_in(&m->title, language);
        e = buf_done(&b, &lines[(*n)++].value);
    }
    *out = lines;
    return e;
}

/* --- kept -------------------------------------------------------------------------------------------------------- */

enum err detail_type_keep(struct db *db, const struct detail_type *type)
{
    static const char SQL[] =
        "INSERT INTO detail_type (meaning, definition) VALUES ($1, $2) ON CONFLICT (meaning) DO NOTHING";

    return db_run(db, SQL, VALUES(V_BLOB(VIEW_ARRAY(type->meaning)), V_TEXT(type->definition)));
}

/* It was read before: that it cannot be read again is damage. Its locations were looked at then. */
enum err detail_type_find(const struct detail_type **out, struct db *db, struct arena *a,
                          const uint8_t meaning[ASK_HASH])
{
    static const char SQL[] = "SELECT definition FROM detail_type WHERE meaning = $1";
    struct reader r = {.a = a, .fault = &(struct ask_fault){NULL, NULL}, .place = ""};
    struct detail_type *type = arena_alloc(a, sizeof *type);
    struct row row;
    struct json *j;
    enum err e = type ? db_one(db, a, SQL, VALUES(V_BLOB(view_bytes(meaning, ASK_HASH))), &row) : ERR_MEMORY;

    if (!e)
        e = json_read(&j, a, row_text(&row, 0), NULL);
    if (!e)
        e = read_type(type, &r, j);
    *out = type;
    return e == ERR_SYNTAX ? ERR_STORE : e;
}
